// See the header. Owner: tools/bench.
#include "tools/bench/flat_rule.h"

#include <algorithm>

#include "rules/model/protocol.h"

namespace sallyport::bench {
namespace {

Words masks_of(std::uint32_t length) {
  Words masks{};
  for (std::uint32_t i = 0; i < 4; ++i) {
    const std::uint32_t bits = std::min(32U, length - std::min(length, 32 * i));
    masks[i] = bits == 0 ? 0 : ~std::uint32_t{0} << (32 - bits);
  }
  return masks;
}

std::uint32_t some_ipv4(Random& random) { return (1U << 24U) + pick(random, 223U << 24U); }

}  // namespace

Words masked(const Words& address, const Words& mask) {
  return {address[0] & mask[0], address[1] & mask[1], address[2] & mask[2], address[3] & mask[3]};
}

std::uint16_t some_port(Random& random) {
  static constexpr std::array<std::uint16_t, 16> kServices{22,   25,   53,   80,   123,  389,  443,  636,
                                                           1433, 3306, 3389, 5432, 6379, 8080, 8443, 9200};
  return pick(random, 4) == 0 ? static_cast<std::uint16_t>(1024 + pick(random, 48000)) : kServices[pick(random, 16)];
}

Words some_address(Random& random, Family family) {
  if (family == Family::ipv4) return {some_ipv4(random)};
  const auto low = [&] { return static_cast<std::uint32_t>(random()); };
  return {0x2A00'0000U | pick(random, 4096) << 4U, pick(random, 256) << 16U | pick(random, 16), low(), low()};
}

FlatRule flat_rule(std::uint32_t set, const rules::Traffic& traffic, const Words& address, std::uint8_t length) {
  const Words mask = masks_of(length);
  FlatRule rule{.base = masked(address, mask), .mask = mask, .set = set, .protocol = traffic.protocol};
  rule.length = length;
  if (traffic.protocol == rules::kProtocolTcp || traffic.protocol == rules::kProtocolUdp) {
    rule.first = traffic.from_port;
    rule.last = traffic.to_port;
  } else if (rules::has_icmp_type(traffic.protocol) && traffic.icmp_type >= 0) {
    rule.first = static_cast<std::uint16_t>(traffic.icmp_type << 8U);
    rule.last = static_cast<std::uint16_t>(rule.first | 0xFFU);
  }
  return rule;
}

Words words_of(const rules::Ipv6& address) {
  const auto word = [](std::uint64_t half, unsigned shift) { return static_cast<std::uint32_t>(half >> shift); };
  return {word(address.high, 32), word(address.high, 0), word(address.low, 32), word(address.low, 0)};
}

}  // namespace sallyport::bench
