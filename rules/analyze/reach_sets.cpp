// Owner: rules/analyze. See reach_sets.h.
#include "rules/analyze/reach_sets.h"

#include <utility>

namespace sallyport::rules::reaching {

void NumberMap::grow() {
  auto old = std::exchange(slots_, std::vector<Slot>(slots_.size() * 4));
  for (const Slot& slot : old) {
    if (slot.used) slots_[find(slot.key)] = slot;
  }
}

SetTable::SetTable() {
  (void)intern(TrafficSet{});
  (void)intern(TrafficSet{{{{0, 65535}}, {{0, 65535}}, {{0, 65535}}, {{0, 255}}}});
}

SetId SetTable::intern(const TrafficSet& set) {
  const auto [found, added] = ids_.try_emplace(set, static_cast<SetId>(sets_.size()));
  if (added) sets_.push_back(&found->first);
  return found->second;
}

SetId SetTable::of(const Traffic& traffic) {
  TrafficSet set;
  for (std::uint32_t kind = 0; kind < literal::kKinds; ++kind) {
    if (const auto keys = literal::keys_of(traffic, static_cast<literal::Kind>(kind))) set[kind] = {*keys};
  }
  return intern(set);
}

template <typename Combine>
SetId SetTable::combined(std::uint64_t operation, SetId a, SetId b, Combine combine) {
  const std::uint64_t key = operation << 62U | std::uint64_t{a} << 31U | b;
  return known_.get(key, [&] {
    TrafficSet result;
    for (std::size_t kind = 0; kind < result.size(); ++kind) result[kind] = combine(at(a)[kind], at(b)[kind]);
    return intern(result);
  });
}

SetId SetTable::unite(SetId a, SetId b) {
  if (a > b) std::swap(a, b);
  if (a == kNothing || a == b) return b;
  if (a == kEverything) return kEverything;
  return combined(0, a, b, literal::unite);
}

SetId SetTable::intersect(SetId a, SetId b) {
  if (a > b) std::swap(a, b);
  if (a == kNothing || a == b) return a;
  if (a == kEverything) return b;
  return combined(1, a, b, literal::intersect);
}

SetId SetTable::subtract(SetId a, SetId b) {
  if (a == kNothing || b == kNothing) return a;
  if (a == b || b == kEverything) return kNothing;
  return combined(2, a, b, literal::subtract);
}

}  // namespace sallyport::rules::reaching
