// Sets of traffic as boxes: an interval of addresses of the far side, one of protocols, one of keys.
//
// Owner: rules/analyze. Knows the model alone; made for lint, fit for every analysis that takes sets apart.
// Always: intervals are closed and never empty; subtraction is exact, and what it leaves is disjoint.
#pragma once

#include <cstdint>
#include <vector>

#include "rules/model/policy.h"

namespace sallyport::rules {

struct Interval {
  std::uint32_t first = 0;
  std::uint32_t last = 0;

  [[nodiscard]] constexpr bool contains(const Interval& other) const {
    return first <= other.first && other.last <= last;
  }
  [[nodiscard]] constexpr bool overlaps(const Interval& other) const {
    return first <= other.last && other.first <= last;
  }
  friend constexpr bool operator==(const Interval&, const Interval&) = default;
};

inline constexpr Interval kEveryAddress{0, 0xFFFFFFFFU};
inline constexpr Interval kEveryProtocol{0, 255};
inline constexpr Interval kEveryKey{0, 65535};

// The key is the destination port of TCP and UDP, and type * 256 + code of ICMP. Other protocols have none: a box that
// holds one of them takes every key.
struct Box {
  Interval address = kEveryAddress;
  Interval protocol = kEveryProtocol;
  Interval key = kEveryKey;

  [[nodiscard]] constexpr bool contains(const Box& other) const {
    return address.contains(other.address) && protocol.contains(other.protocol) && key.contains(other.key);
  }
  [[nodiscard]] constexpr bool overlaps(const Box& other) const {
    return address.overlaps(other.address) && protocol.overlaps(other.protocol) && key.overlaps(other.key);
  }
  friend constexpr bool operator==(const Box&, const Box&) = default;
};

[[nodiscard]] constexpr Interval interval_of(const Prefix& prefix) {
  return {prefix.first().value, prefix.last().value};
}
[[nodiscard]] Box box_of(const Traffic& traffic, const Interval& address = kEveryAddress);

// Appends `from` without `what` to `rest`: `from` itself where they do not meet, else at most six boxes.
void subtract(const Box& from, const Box& what, std::vector<Box>& rest);
// The same of a set; the boxes of `from` are disjoint, and so are those returned.
[[nodiscard]] std::vector<Box> subtract(const std::vector<Box>& from, const Box& what);

// Sorted, with those that overlap or touch made one.
[[nodiscard]] std::vector<Interval> merged(std::vector<Interval> intervals);
// Does one of `merged` intervals hold all of `what`?
[[nodiscard]] bool holds(const std::vector<Interval>& merged, const Interval& what);

}  // namespace sallyport::rules
