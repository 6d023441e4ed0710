// Images changed at random, their checksums made good again: refused, or read without harm.
#include <random>

#include "tests/rules/image/sample_image.h"

namespace sallyport::rules {
namespace {

using namespace testing;
using layout::Header;

TEST(HostileImage, NoChangedByteIsAccepted) {
  const Bytes good = sample_bytes();
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes bytes = good;
    bytes[i] ^= std::byte{0x10};
    ASSERT_NE(reason(std::move(bytes)), "") << "byte " << i;
  }
}

TEST(HostileImage, NoShorterImageIsAcceptedEvenSealedAgain) {
  const Bytes good = sample_bytes();
  for (std::size_t size = 0; size < good.size(); size += 7) {
    Bytes bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    ASSERT_NE(reason(bytes), "") << size;
    if (size < sizeof(Header)) continue;
    write_at(bytes, offsetof(Header, size), std::uint64_t{size});
    seal_image(bytes);
    ASSERT_NE(reason(std::move(bytes)), "") << size << " sealed";
  }
}

// An address, mostly one near those of the sample.
Ipv4 some_address(std::mt19937& random) {
  const auto value = static_cast<std::uint32_t>(random());
  return Ipv4{(random() & 3U) == 0 ? value : 0x0A000000U + (value & 0x3FFU)};
}

Ipv6 some_ipv6_address(std::mt19937& random) {
  const Ipv6 any{random() | std::uint64_t{random()} << 32U, random() | std::uint64_t{random()} << 32U};
  return (random() & 3U) == 0 ? any : Ipv6{0x2001'0DB8'0010'0001U ^ (any.high & 0x3U), any.low & 0x3FU};
}

// Asks for everything an image can say, so that a crash or a sanitizer shows what the checks let through. Returns how
// many bytes of text came back: every byte of them is read.
std::size_t read_all(const Image& image, std::mt19937& random) {
  const PolicyView view(image);
  std::string text;
  std::vector<RuleIndex> rules;
  for (InterfaceIndex i = 0; i < view.interfaces(); ++i) {
    const InterfaceInfo info = view.interface(i);
    const SubnetInfo subnet = view.subnet(info.subnet);
    const Query query{.remote = some_address(random),
                      .protocol = static_cast<std::uint8_t>(random() % 20),
                      .destination_port = static_cast<std::uint16_t>(random())};
    const Ipv6Query ipv6_query{.remote = some_ipv6_address(random),
                               .protocol = static_cast<std::uint8_t>(random() % 60),
                               .destination_port = static_cast<std::uint16_t>(random())};
    for (const auto direction : {Direction::ingress, Direction::egress}) {
      rules.push_back(view.judge_groups(i, direction, query).rule);
      rules.push_back(view.judge_acl(subnet.acl, direction, query).rule);
      view.matching_rules(i, direction, query, rules);
      rules.push_back(view.judge_groups(i, direction, ipv6_query).rule);
      rules.push_back(view.judge_acl(subnet.acl, direction, ipv6_query).rule);
      view.matching_rules(i, direction, ipv6_query, rules);
    }
    const RouteVerdict route = view.route(subnet.table, some_address(random));
    if (route.route != kNone) text += to_string(view.route_info(route.route).destination);
    if (route.target == RouteTarget::nat_gateway) text += view.nat(route.index).name;
    const PublishInfo* published = view.published(i, some_address(random), 6, 80);
    if (published != nullptr) text += std::to_string(published->target);
    for (const auto name : view.group_names(i)) text += name;
    for (const Ipv4 address : view.private_ips(i)) text += to_string(address);
    text += info.name;
    text += subnet.name;
    text += view.acl_name(subnet.acl);
    text += view.table_name(subnet.table);
    text += std::to_string(view.interface_named(info.name));
  }
  for (const RuleIndex rule : rules) {
    if (rule == kNone) continue;
    const RuleInfo info = view.rule(rule);
    for (const auto part : {info.name, info.owner, info.text, info.description}) text += part;
  }
  const Owner owner = view.owner_of(some_address(random));
  if (owner.kind == OwnerKind::interface) text += view.interface(owner.index).name;
  if (owner.kind == OwnerKind::nat_gateway) text += view.nat(owner.index).name;
  if (view.public_owner_of(ip("203.0.113.5")).kind == PublicKind::nat_gateway) text += "nat";
  return text.size();
}

TEST(HostileImage, SealedAgainItIsRefusedOrReadSafely) {
  const Bytes good = sample_bytes();
  std::mt19937 random(20240607);
  std::size_t accepted = 0;
  std::size_t read = 0;
  constexpr int kRounds = 20'000;
  for (int round = 0; round < kRounds; ++round) {
    Bytes bytes = good;
    for (std::size_t changes = 1 + random() % 3; changes > 0; --changes) {
      const std::size_t at = sizeof(Header) + random() % (bytes.size() - sizeof(Header));
      bytes[at] = static_cast<std::byte>((random() & 1U) != 0 ? random() % 4 : random() % 256);
    }
    seal_image(bytes);
    const auto image = Image::load(std::move(bytes));
    if (!image) continue;
    ++accepted;
    read += read_all(*image, random);
  }
  // Both happen, else one side was hardly tried.
  EXPECT_GT(accepted, kRounds / 20U);
  EXPECT_LT(accepted, kRounds * 19U / 20U);
  EXPECT_GT(read, 0U);
}

}  // namespace
}  // namespace sallyport::rules
