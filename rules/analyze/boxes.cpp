// Boxes: what a rule matches, and exact subtraction. Owner: rules/analyze.
#include "rules/analyze/boxes.h"

#include <algorithm>

namespace sallyport::rules {
namespace {

std::uint32_t unsigned_of(std::int16_t number) { return static_cast<std::uint32_t>(number); }

Interval key_of(const Traffic& traffic) {
  switch (traffic.protocol) {
    case kProtocolTcp:
    case kProtocolUdp:
      return {traffic.from_port, traffic.to_port};
    case kProtocolIcmp: {
      if (traffic.icmp_type < 0) return kEveryKey;
      const auto first = unsigned_of(traffic.icmp_type) * 256U;
      if (traffic.icmp_code < 0) return {first, first + 255U};
      return {first + unsigned_of(traffic.icmp_code), first + unsigned_of(traffic.icmp_code)};
    }
    default:
      return kEveryKey;
  }
}

// Cuts what lies outside `hole` in one direction off `from`, which is left with the part inside.
void cut(Box& from, const Box& hole, Interval Box::* side, std::vector<Box>& rest) {
  auto& whole = from.*side;
  const auto& inner = hole.*side;
  if (whole.first < inner.first) {
    rest.push_back(from);
    (rest.back().*side).last = inner.first - 1;
    whole.first = inner.first;
  }
  if (whole.last > inner.last) {
    rest.push_back(from);
    (rest.back().*side).first = inner.last + 1;
    whole.last = inner.last;
  }
}

}  // namespace

Box box_of(const Traffic& traffic, const Interval& address) {
  const auto number = unsigned_of(traffic.protocol);
  const auto protocol = traffic.protocol == kAnyProtocol ? kEveryProtocol : Interval{number, number};
  return {address, protocol, key_of(traffic)};
}

void subtract(const Box& from, const Box& what, std::vector<Box>& rest) {
  if (!from.overlaps(what)) {
    rest.push_back(from);
    return;
  }
  Box left = from;
  for (const auto side : {&Box::address, &Box::protocol, &Box::key}) cut(left, what, side, rest);
}

std::vector<Box> subtract(const std::vector<Box>& from, const Box& what) {
  std::vector<Box> rest;
  rest.reserve(from.size());
  for (const auto& box : from) subtract(box, what, rest);
  return rest;
}

std::vector<Interval> merged(std::vector<Interval> intervals) {
  std::ranges::sort(intervals, {}, &Interval::first);
  std::vector<Interval> result;
  for (const auto& interval : intervals) {
    const bool touches =
        !result.empty() && (result.back().last == kEveryAddress.last || interval.first <= result.back().last + 1);
    if (touches) {
      result.back().last = std::max(result.back().last, interval.last);
    } else {
      result.push_back(interval);
    }
  }
  return result;
}

bool holds(const std::vector<Interval>& merged, const Interval& what) {
  const auto above = std::ranges::upper_bound(merged, what.first, {}, &Interval::first);
  return above != merged.begin() && std::prev(above)->last >= what.last;
}

}  // namespace sallyport::rules
