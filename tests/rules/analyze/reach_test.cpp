// Reach against the reference evaluator: on random policies every packet the reference lets through is claimed, every
// claim has a packet that it lets through, and the folded table holds what its addresses have between each other.
#include "rules/analyze/reach.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "rules/analyze/reach_ends.h"
#include "rules/analyze/reach_outside.h"
#include "rules/analyze/reference.h"
#include "rules/document/documents.h"
#include "rules/model/protocol.h"
#include "tests/support/policy_world.h"

namespace sallyport::rules {
namespace {

using reaching::Ground;
using reaching::kEverything;
using reaching::kNothing;
using reaching::SetId;
using reference::FirstPacket;
using test::policy_of;

bool holds(const TrafficSet& set, const FirstPacket& packet) {
  const bool tcp = packet.protocol == kProtocolTcp;
  const bool ports = tcp || packet.protocol == kProtocolUdp;
  const std::size_t kind = tcp ? 0 : packet.protocol == kProtocolUdp ? 1 : packet.protocol == kProtocolIcmp ? 2 : 3;
  const std::uint32_t key = ports       ? packet.to_port
                            : kind == 2 ? packet.icmp_type * 256U + packet.icmp_code
                                        : packet.protocol;
  return std::ranges::any_of(set[kind], [key](const auto& keys) { return keys.first <= key && key <= keys.last; });
}

FirstPacket packet_of(const ReachProof& proof) {
  return {.protocol = proof.protocol,
          .from = proof.from,
          .to = proof.to,
          .from_port = proof.from_port,
          .to_port = proof.to_port,
          .icmp_type = proof.icmp_type,
          .icmp_code = proof.icmp_code};
}

// A claim, by packets: the proof of all of it, and of nothing that is lost.
void expect_shown(const Policy& policy, Ground& ground, const ReachUsual& claim, Ipv4 from, Ipv4 to) {
  for (const auto& [set, open] : {std::pair(claim.open, true), std::pair(claim.lost, false)}) {
    if (set == kNothing) continue;
    const auto proof = prove_reach(ground, set, from, to);
    const auto packet = packet_of(proof);
    ASSERT_EQ(proof.open, open) << test::describe(packet);
    const auto answer = reference::follow(policy, packet);
    ASSERT_EQ(answer.allow, open) << test::describe(packet) << ' ' << name_of(answer.code);
    ASSERT_EQ(answer.on_reply, !open) << test::describe(packet);
    ASSERT_TRUE(holds(ground.sets.at(set), packet)) << test::describe(packet);
  }
}

// What is refused is refused where the reference says.
void expect_refused_alike(Ground& ground, const FirstPacket& packet, const reference::PathAnswer& answer) {
  if (packet.protocol == kProtocolIcmp || answer.on_reply || !ground.host_of(packet.from)) return;
  Traffic traffic{.protocol = static_cast<std::int16_t>(packet.protocol)};
  if (has_ports(traffic.protocol)) traffic.from_port = traffic.to_port = packet.to_port;
  const auto proof = prove_reach(ground, ground.sets.of(traffic), packet.from, packet.to);
  ASSERT_FALSE(proof.open) << test::describe(packet);
  ASSERT_EQ(name_of(proof.steps.back().code), name_of(answer.code)) << test::describe(packet);
  if (!answer.rule.empty()) {
    ASSERT_EQ(proof.steps.back().rule, answer.rule) << test::describe(packet);
  }
}

TEST(Reach, BetweenTwoAddressesIsWhatTheReferenceLetsThrough) {
  std::size_t allowed = 0;
  std::size_t lost = 0;
  for (std::uint64_t seed = 1; seed <= 80; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    test::Random random(seed);
    const Policy policy = policy_of(test::random_policy(random));
    Ground ground(policy);
    for (int i = 0; i < 150; ++i) {
      const auto packet = test::random_packet(random);
      const auto answer = follow(policy, packet);
      const auto claim = reach_between(ground, kEverything, packet.from, packet.to);
      ASSERT_TRUE(!answer.allow || holds(ground.sets.at(claim.open), packet)) << test::describe(packet);
      expect_shown(policy, ground, claim, packet.from, packet.to);
      if (!answer.allow) expect_refused_alike(ground, packet, answer);
      if (testing::Test::HasFatalFailure()) return;
      allowed += answer.allow ? 1U : 0U;
      lost += claim.lost != kNothing ? 1U : 0U;
    }
  }
  EXPECT_GT(allowed, 500U);
  EXPECT_GT(lost, 50U);
}

using Pairs = std::map<std::pair<std::uint32_t, std::uint32_t>, ReachUsual>;

void unite(Ground& ground, ReachUsual& all, const ReachUsual& one) {
  all.open = ground.sets.unite(all.open, one.open);
  all.lost = ground.sets.unite(all.lost, one.lost);
}

Pairs claimed(const Reach& reach) {
  Pairs pairs;
  for (const auto& cell : reach.cells) pairs[{cell.from, cell.to}] = {cell.open, cell.lost};
  for (std::uint32_t to = 0; to < reach.to.size(); ++to) {
    for (std::uint32_t from = 0; from < reach.from.size(); ++from) {
      const auto& usual = reach.usual[to][reach.profile[from]];
      if (usual != ReachUsual{}) pairs.try_emplace({from, to}, usual);
    }
  }
  return pairs;
}

TEST(Reach, FoldsWithoutLosingAnAddress) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    test::Random random(seed);
    const Policy policy = policy_of(test::random_policy(random));
    const auto found =
        reach(policy, {everybody(policy), everybody(policy), {{{{0, 65535}}, {{0, 65535}}, {{0, 65535}}, {{0, 255}}}}});
    ASSERT_TRUE(found) << found.error();
    Ground& ground = *found->ground;
    const auto ends = reaching::ends_of(ground, everybody(policy).inside);
    Pairs expected;
    for (const auto& from : ends.ends) {
      for (const auto& to : ends.ends) {
        for (const auto& senders : from.addresses) {
          for (auto sender = senders.first; sender <= senders.last; ++sender) {
            for (const auto& receivers : to.addresses) {
              for (auto receiver = receivers.first; receiver <= receivers.last; ++receiver) {
                if (sender == receiver) continue;
                unite(ground, expected[{from.party, to.party}],
                      reach_between(ground, kEverything, Ipv4{sender}, Ipv4{receiver}));
              }
            }
          }
        }
      }
    }
    auto pairs = claimed(*found);
    for (const auto& [pair, all] : expected) {
      const auto& words = in_words(found->traffic(all.open));
      ASSERT_EQ(pairs[pair], all) << found->from[pair.first].name << " to " << found->to[pair.second].name << ": "
                                  << (words.empty() ? "nothing" : words.front());
    }
    for (const auto& cell : found->cells) {
      if (cell.open == kNothing) continue;
      const auto own = reach_between(ground, kEverything, cell.from_sample, cell.to_sample);
      expect_shown(policy, ground, own, cell.from_sample, cell.to_sample);
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

// The internet's side: every part is what its addresses get, and together they are all addresses.
TEST(Reach, TheInternetIsCutWhereItsAddressesDiffer) {
  std::size_t parts_seen = 0;
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    test::Random random(seed);
    const Policy policy = policy_of(test::random_policy(random));
    Ground ground(policy);
    const auto internet = reaching::internet_of(policy);
    reaching::Outside outside(ground, internet, kEverything);
    for (const auto& end : reaching::ends_of(ground, everybody(policy).inside).ends) {
      const bool both_ways[] = {true, false};
      for (const bool out : both_ways) {
        if (!out && !end.translated) continue;
        const Ipv4 inside = out ? end.sample : *ground.host_of(end.sample)->interface->second.public_ip;
        std::uint64_t addresses = 0;
        for (const auto& part : out ? *outside.from_end(end) : *outside.to_end(end)) {
          addresses += part.addresses;
          ++parts_seen;
          for (const auto& range : part.ranges) {
            for (const std::uint32_t address :
                 {range.first, range.last, range.first + (range.last - range.first) / 2}) {
              const auto seen = out ? reach_between(ground, kEverything, inside, Ipv4{address})
                                    : reach_between(ground, kEverything, Ipv4{address}, inside);
              ASSERT_EQ(seen, (ReachUsual{part.open, part.lost}))
                  << to_string(inside) << ' ' << to_string(Ipv4{address});
            }
          }
        }
        std::uint64_t all = 0;
        for (const auto& range : internet) all += std::uint64_t{range.last} - range.first + 1;
        ASSERT_EQ(addresses, all);
      }
    }
  }
  EXPECT_GT(parts_seen, 500U);
}

struct ReplyCase {
  const char* description;
  const char* acl;  // ingress of the subnet with the NAT gateway and the public host
  const char* from;
  std::vector<std::string> open, lost;
  std::uint16_t source_port;  // of the proof
};

// Replies come back to ports that ACLs must know of: those of hosts, and behind a NAT gateway all it may use.
TEST(Reach, RepliesComeBackToSomePortsOrAreLost) {
  const std::string text = R"({ "version": 1, "vpc": { "cidr_blocks": ["10.0.0.0/16"], "internet_gateway": true },
    "network_acls": { "edge": { "ingress": [ ACL ],
      "egress": [ { "rule_no": 1, "action": "allow", "protocol": "-1", "cidr_block": "0.0.0.0/0" } ] } },
    "route_tables": { "public": [ { "cidr_block": "0.0.0.0/0", "gateway": "internet" } ],
                      "private": [ { "cidr_block": "0.0.0.0/0", "nat_gateway": "nat" } ] },
    "subnets": { "dmz": { "cidr_block": "10.0.1.0/24", "route_table": "public", "network_acl": "edge" },
                 "inside": { "cidr_block": "10.0.2.0/24", "route_table": "private" } },
    "interfaces": { "web": { "subnet": "dmz", "private_ips": ["10.0.1.10"], "public_ip": "203.0.113.10" },
                    "app": { "subnet": "inside", "private_ips": ["10.0.2.10"] } },
    "nat_gateways": { "nat": { "subnet": "dmz", "private_ip": "10.0.1.5", "public_ips": ["203.0.113.5"] } } })";
  const std::string inside = R"({ "rule_no": 9, "action": "allow", "protocol": "-1", "cidr_block": "10.0.0.0/16" })";
  const auto back = [&](const char* from, const char* to) {
    return inside + R"(, { "rule_no": 10, "action": "allow", "protocol": "tcp", "cidr_block": "0.0.0.0/0",
                           "from_port": )" +
           from + R"(, "to_port": )" + to + " }";
  };
  const auto all = back("1024", "65535");
  const auto hosts = back("32768", "40000");
  const auto low = back("0", "1023");
  const ReplyCase cases[] = {
      {"every port, 1:1", all.c_str(), "10.0.1.10", {"all tcp"}, {}, 49152},
      {"every port, NAT gateway", all.c_str(), "10.0.2.10", {"all tcp"}, {}, 49152},
      {"ports of hosts, 1:1", hosts.c_str(), "10.0.1.10", {"all tcp"}, {}, 32768},
      {"ports of hosts, NAT gateway", hosts.c_str(), "10.0.2.10", {}, {"all tcp"}, 49152},
      {"reserved ports, 1:1", low.c_str(), "10.0.1.10", {}, {"all tcp"}, 49152},
      {"nothing but the inside", inside.c_str(), "10.0.2.10", {}, {"all tcp"}, 49152},
  };
  for (const auto& each : cases) {
    auto document = text;
    const Policy policy = policy_of(document.replace(document.find("ACL ]"), 3, each.acl));
    Ground ground(policy);
    const SetId tcp = ground.sets.of({.protocol = kProtocolTcp});
    const Ipv4 from = *parse_ipv4(each.from);
    const Ipv4 to = *parse_ipv4("198.51.100.7");
    const auto seen = reach_between(ground, tcp, from, to);
    EXPECT_EQ(in_words(ground.sets.at(seen.open)), each.open) << each.description;
    EXPECT_EQ(in_words(ground.sets.at(seen.lost)), each.lost) << each.description;
    EXPECT_EQ(prove_reach(ground, tcp, from, to).from_port, each.source_port) << each.description;
    expect_shown(policy, ground, seen, from, to);
  }
}

TEST(Reach, ManyPairsSayWhatIsUsualAndLoseNothing) {
  std::string text = R"({ "version": 1, "vpc": { "cidr_blocks": ["10.0.0.0/16"] }, "security_groups": {)";
  std::string interfaces;
  for (int i = 0; i < 120; ++i) {
    const std::string name = "g" + std::to_string(i);
    text += (i == 0 ? "" : ",") + std::string("\"") + name + R"(": { "ingress": [
      { "protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ["0.0.0.0/0"] },
      { "protocol": "tcp", "from_port": 22, "to_port": 22, "security_groups": ["g)" +
            std::to_string((i + 1) % 120) + R"("] } ])" +
            (i % 10 == 0 ? "" : R"(, "egress": [ { "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"] } ])") + "}";
    interfaces += (i == 0 ? "" : ",") + std::string("\"i") + std::to_string(i) +
                  R"(": { "subnet": "a", "private_ips": ["10.0.1.)" + std::to_string(10 + i) +
                  R"("], "security_groups": [")" + name + R"("] })";
  }
  text += R"(}, "subnets": { "a": { "cidr_block": "10.0.1.0/24" } }, "interfaces": {)" + interfaces + "} }";
  const Policy policy = policy_of(text);
  const auto found = reach(policy, {everybody(policy), everybody(policy), {{{{0, 65535}}, {}, {}, {}}}});
  ASSERT_TRUE(found) << found.error();
  EXPECT_FALSE(found->complete);
  EXPECT_LT(found->cells.size(), 300U);
  const auto pairs = claimed(*found);
  for (std::uint32_t from = 0; from < 120; ++from) {
    for (std::uint32_t to = 0; to < 120; ++to) {
      const auto pair = pairs.find({from, to});
      const bool silent = found->from[from].groups[0] == "g0" || found->from[from].groups[0].ends_with('0');
      if (from == to) continue;
      const auto words = pair == pairs.end() ? std::vector<std::string>{} : in_words(found->traffic(pair->second.open));
      const int receiver = std::stoi(found->to[to].groups[0].substr(1));
      const bool neighbour = found->from[from].groups[0] == "g" + std::to_string((receiver + 1) % 120);
      ASSERT_EQ(words, silent      ? std::vector<std::string>{}
                       : neighbour ? (std::vector<std::string>{"tcp 22", "tcp 443"})
                                   : std::vector<std::string>{"tcp 443"})
          << found->from[from].name << " to " << found->to[to].name;
    }
  }
}

// Wherever it is told to.
TEST(Reach, StopsWhenItIsToldTo) {
  test::Random random(7);
  const Policy policy = policy_of(test::random_policy(random));
  const ReachQuestion question{everybody(policy), everybody(policy), {{{{0, 65535}}, {}, {}, {}}}};
  std::vector<double> told;
  const auto whole = reach(policy, question, [&](double done) {
    told.push_back(done);
    return true;
  });
  ASSERT_TRUE(whole) << whole.error();
  ASSERT_GT(told.size(), 3U);
  EXPECT_TRUE(std::ranges::is_sorted(told));
  EXPECT_GE(told.front(), 0.0);
  EXPECT_LE(told.back(), 1.0);
  for (std::size_t at = 0; at < told.size(); ++at) {
    std::size_t asked = 0;
    const auto stopped = reach(policy, question, [&](double) { return asked++ < at; });
    ASSERT_FALSE(stopped) << at;
    EXPECT_EQ(asked, at + 1);
    EXPECT_TRUE(stopped.error().contains("--from and --to narrow the question")) << stopped.error();
  }
}

}  // namespace
}  // namespace sallyport::rules
