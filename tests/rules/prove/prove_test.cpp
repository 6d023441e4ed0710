// The proof holds for what the compiler makes, and one wrong bit anywhere in an image's tables is found.
#include "rules/prove/prove.h"

#include <gtest/gtest.h>

#include <array>
#include <span>
#include <tuple>

#include "rules/compile/compile.h"
#include "rules/decide/policy_view.h"
#include "rules/document/documents.h"
#include "rules/image/tables.h"
#include "rules/image/wide_map_walk.h"
#include "tests/rules/compile/policy_builder.h"
#include "tests/rules/image/planted_bit.h"
#include "tests/support/policy_world.h"

namespace sallyport::rules {
namespace {

using layout::SectionId;
using test::pick;
using test::PolicyWorld;
using test::Random;

// Every second one of both families.
PolicyWorld random_world(Random& random) {
  return test::random_world(random, pick(random, 2) == 0 ? Families::ipv4 : Families::ipv4_and_ipv6);
}

TEST(Prove, HoldsForRandomPolicies) {
  Random random(11);
  for (int i = 0; i < 150; ++i) {
    const PolicyWorld world = random_world(random);
    const auto proof = verify(world.policy, world.image);
    ASSERT_TRUE(proof) << "policy " << i << ": " << proof.error();
    EXPECT_GT(proof->decision_cells, 0U);
    EXPECT_GT(proof->address_cells, 0U);
  }
}

struct Planted {
  std::size_t refused = 0;  // by the loader
  std::size_t proven = 0;   // the proof saw the difference
  std::size_t missed = 0;   // no packet can tell: only a fresh compilation does
};

// Flips one bit of the section and seals the image again, as one who wants to be believed would.
void plant(const PolicyWorld& world, SectionId section, Random& random, Planted& planted) {
  auto bytes = testing_support::with_planted_bit(world.image, section, random);
  if (bytes.empty()) return;
  const auto image = Image::load(std::move(bytes));
  if (!image) {
    ++planted.refused;
    return;
  }
  ++(prove(world.policy, *image) ? planted.missed : planted.proven);
  EXPECT_FALSE(verify(world.policy, *image));
}

// The lines of a wide map.
void collect_wide_lines(const layout::Tables& tables, step_map::Ref ref, std::vector<std::size_t>& lines) {
  if (step_map::is_leaf(ref)) return;
  lines.push_back(step_map::line_of(ref));
  const Line& line = tables.lines()[lines.back()];
  if (step_map::form_of(ref) == wide_map::kFew) return;
  if (step_map::form_of(ref) == wide_map::kSkip) {
    return collect_wide_lines(tables, line.words[wide_map::kSkipInside], lines);
  }
  if (step_map::form_of(ref) == step_map::Form::flat) lines.insert(lines.end(), {lines.back() + 1, lines.back() + 2});
  step_map::walk(tables.lines().data(), ref,
                 [&](auto, auto, step_map::Ref below) { collect_wide_lines(tables, below, lines); });
}

// Whether groups say the same of IPv6 packets from each interval of addresses that either image tells from its
// neighbours.
bool decide_alike(const Image& a, const Image& b) {
  std::vector<Ipv6> addresses;
  for (const Image* image : {&a, &b}) {
    const layout::Tables& tables = image->tables();
    wide_map::walk(tables.lines().data(), tables.options().class_of_ipv6,
                   [&](const wide_map::Range& range, std::uint32_t) { addresses.push_back(range.first); });
  }
  constexpr std::array<Ipv6Query, 5> kQueries{{{.protocol = kProtocolTcp, .destination_port = 80},
                                               {.protocol = kProtocolTcp, .destination_port = 40000},
                                               {.protocol = kProtocolUdp, .destination_port = 53},
                                               {.protocol = kProtocolIcmpv6, .icmp_type = 128},
                                               {.protocol = 47}}};
  const PolicyView before(a);
  const PolicyView after(b);
  for (const Ipv6 address : addresses) {
    for (Ipv6Query query : kQueries) {
      query.remote = address;
      for (InterfaceIndex i = 0; i < before.interfaces(); ++i) {
        const auto seen = before.judge_groups(i, Direction::ingress, query);
        const auto now = after.judge_groups(i, Direction::ingress, query);
        if (std::tuple(seen.rule, seen.untracked) != std::tuple(now.rule, now.untracked)) return false;
      }
    }
  }
  return true;
}

Planted plant_everywhere(std::span<const SectionId> sections, std::uint64_t seed, auto next_world) {
  Random random(seed);
  Planted planted;
  for (int i = 0; i < 12; ++i) {
    const PolicyWorld world = next_world(random);
    for (const SectionId section : sections) {
      for (int flip = 0; flip < 60; ++flip) plant(world, section, random, planted);
    }
  }
  return planted;
}

// Records whose every bit a packet can observe: the proof itself sees a wrong one, without a fresh compilation.
TEST(Prove, FindsEveryWrongBitInRecordsThatDecide) {
  constexpr std::array kRecords{SectionId::vpc_cidrs,   SectionId::private_ips,  SectionId::groups,
                                SectionId::acls,        SectionId::nat_gateways, SectionId::nat_public_ips,
                                SectionId::list_groups, SectionId::publish,      SectionId::interface_groups};
  const Planted planted = plant_everywhere(kRecords, 12, [](Random& random) { return test::random_world(random); });
  EXPECT_EQ(planted.missed, 0U);
  EXPECT_GT(planted.refused + planted.proven, 3000U);
}

// Tables with places that nothing reaches (spare values, texts for people, rows hidden behind earlier rules).
TEST(Prove, FindsWrongBitsInTables) {
  constexpr std::array kTables{
      SectionId::options,    SectionId::subnets,       SectionId::interfaces,      SectionId::group_lists,
      SectionId::owners,     SectionId::public_owners, SectionId::descriptors,     SectionId::row_buckets,
      SectionId::predicates, SectionId::rules,         SectionId::predicate_rules, SectionId::route_tables,
      SectionId::routes,     SectionId::lines,         SectionId::strings,         SectionId::ipv6_descriptors};
  const Planted planted = plant_everywhere(kTables, 13, [](Random& random) { return random_world(random); });
  RecordProperty("refused", static_cast<int>(planted.refused));
  RecordProperty("proven", static_cast<int>(planted.proven));
  RecordProperty("missed", static_cast<int>(planted.missed));
  EXPECT_GT(planted.refused, 3000U);
  EXPECT_GT(planted.proven, 1000U);
}

// In the tables that decisions are made of: what the proof does not see, no packet sees either.
TEST(Prove, WhatItDoesNotFindChangesNoDecision) {
  Random random(13);
  std::size_t unseen = 0;
  for (int i = 0; i < 40; ++i) {
    const PolicyWorld world = random_world(random);
    for (std::size_t flip = 0; flip < 60; ++flip) {
      constexpr std::array kDeciding{SectionId::lines, SectionId::row_buckets, SectionId::descriptors,
                                     SectionId::predicates, SectionId::ipv6_descriptors};
      auto bytes = testing_support::with_planted_bit(world.image, kDeciding[flip % kDeciding.size()], random);
      if (bytes.empty()) continue;
      const auto image = Image::load(std::move(bytes));
      if (!image || !prove(world.policy, *image)) continue;
      ++unseen;
      const PolicyView before(world.image);
      const PolicyView after(*image);
      for (int ask = 0; ask < 300; ++ask) {
        const auto packet = test::random_packet(random);
        const Query query{packet.to, packet.protocol, packet.to_port, packet.icmp_type, packet.icmp_code};
        const Ipv6Query ipv6_query{test::random_ipv6_address(random),
                                   packet.protocol == kProtocolIcmp ? std::uint8_t{kProtocolIcmpv6} : packet.protocol,
                                   packet.to_port, static_cast<std::uint8_t>(pick(random, 2) == 0 ? 128 : 2),
                                   packet.icmp_code};
        const auto interface = static_cast<InterfaceIndex>(pick(random, before.interfaces()));
        for (const Direction direction : {Direction::ingress, Direction::egress}) {
          const auto decided = [&](const PolicyView& view, const auto& asked) {
            const auto verdict = view.judge_groups(interface, direction, asked);
            return std::tuple(verdict.allow, verdict.untracked, verdict.rule);
          };
          ASSERT_EQ(decided(before, query), decided(after, query));
          ASSERT_EQ(decided(before, ipv6_query), decided(after, ipv6_query));
        }
      }
    }
  }
  EXPECT_GT(unseen, 0U);
}

// The lines of the map of IPv6 addresses alone: each wrong bit is refused, or proven wrong, or no address can meet it.
TEST(Prove, FindsWrongBitsInTheMapOfIpv6Addresses) {
  Random random(14);
  Planted planted;
  std::size_t decide_otherwise = 0;  // of those missed
  for (int i = 0; i < 25; ++i) {
    const PolicyWorld world = test::random_world(random, Families::ipv4_and_ipv6);
    const layout::Tables& tables = world.image.tables();
    std::vector<std::size_t> lines;
    collect_wide_lines(tables, tables.options().class_of_ipv6, lines);
    for (int flip = 0; flip < 100 && !lines.empty(); ++flip) {
      const auto* first = reinterpret_cast<const std::byte*>(tables.lines().data());
      const std::size_t at = static_cast<std::size_t>(first - world.image.bytes().data()) +
                             sizeof(Line) * lines[pick(random, lines.size())] + pick(random, sizeof(Line));
      const auto image = Image::load(testing_support::with_flipped_bit(world.image, at, pick(random, 8)));
      if (!image) {
        ++planted.refused;
      } else if (!prove(world.policy, *image)) {
        ++planted.proven;
      } else {
        ++planted.missed;
        decide_otherwise += decide_alike(world.image, *image) ? 0U : 1U;
      }
    }
  }
  RecordProperty("refused", static_cast<int>(planted.refused));
  RecordProperty("proven", static_cast<int>(planted.proven));
  RecordProperty("missed", static_cast<int>(planted.missed));
  EXPECT_GT(planted.refused, 1000U);
  EXPECT_GT(planted.proven, 150U);
  EXPECT_EQ(decide_otherwise, 0U);
}

TEST(Prove, TellsTheFirstDifferenceWithAPacket) {
  const std::string text = R"({ "version": 1, "vpc": { "cidr_blocks": ["10.0.0.0/16"] },
    "security_groups": { "web": { "ingress": [ { "protocol": "tcp", "from_port": 443, "to_port": 443,
                                                 "cidr_blocks": ["192.0.2.0/24"] } ] } },
    "subnets": { "a": { "cidr_block": "10.0.1.0/24" } },
    "interfaces": { "web-1": { "subnet": "a", "private_ips": ["10.0.1.10"], "security_groups": ["web"] } } })";
  auto read = read_policy(text, "p.json");
  ASSERT_TRUE(read);
  const auto compiled = compile(read->policy);
  ASSERT_TRUE(compiled);
  Policy other = read->policy;
  other.security_groups.at("web").ingress[0].traffic.from_port = 442;
  const auto proof = prove(other, compiled->image);
  ASSERT_FALSE(proof);
  EXPECT_EQ(proof.error(),
            "interface web-1, ingress, tcp 442 with 192.0.2.0: the rules say allow by web/ingress/0, the image says "
            "deny by no rule");
}

using testing::allow;
using testing::PolicyBuilder;
using testing::tcp;

TEST(Prove, NoAddressNeedsToBeOutsideEveryRule) {
  PolicyBuilder b;
  b.group("halves",
          {allow(tcp(1, 1), {"0.0.0.0/1"}), allow(tcp(2, 2), {"128.0.0.0/1"}), allow(tcp(3, 3), {"::/1"}),
           allow(tcp(4, 4), {"8000::/1"})},
          {});
  b.subnet("s", "10.0.1.0/24").interface("i", "s", {"10.0.1.10"}, {"halves"});
  const Image image = b.build();
  const auto proof = prove(b.policy(), image);
  EXPECT_TRUE(proof.has_value()) << proof.error();
}

}  // namespace
}  // namespace sallyport::rules
