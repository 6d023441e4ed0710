// Sets of keys of one kind of traffic (ports, ICMP type and code, protocol numbers) as disjoint ascending intervals.
//
// Owner: rules/analyze.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "rules/model/policy.h"

namespace sallyport::rules::literal {

// What a key is: a destination port, ICMP type * 256 + code, or a protocol number. ICMPv6 is in the place of ICMP in
// IPv6, and no kind of IPv4.
enum class Kind : std::uint8_t { tcp, udp, icmp, other, icmpv6 };
inline constexpr std::uint32_t kKinds = 4;  // of IPv4

struct Keys {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  friend auto operator<=>(const Keys&, const Keys&) = default;
};
using KeySet = std::vector<Keys>;

// The keys of a kind that a rule's traffic is about; if it is about that kind.
[[nodiscard]] std::optional<Keys> keys_of(const Traffic& traffic, Kind kind);

[[nodiscard]] KeySet unite(const KeySet& a, const KeySet& b);
[[nodiscard]] KeySet subtract(const KeySet& a, const KeySet& b);
[[nodiscard]] KeySet intersect(const KeySet& a, const KeySet& b);

}  // namespace sallyport::rules::literal
