// Is a prefix's traffic covered by what many boxes together match? Exact, without comparing all with all.
//
// Owner: rules/analyze. Prefixes are nested or disjoint, so they stand as a forest: what covers an address are the
// items on the way from its innermost prefix to the root. Below a prefix is searched only where the inner ones leave no
// gap.
// Always: a search is complete or its budget is exhausted; then it answers "not covered".
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "rules/analyze/boxes.h"

namespace sallyport::rules {

// Comparisons of boxes that may still be made.
class Budget {
 public:
  explicit Budget(std::uint64_t comparisons) : left_(comparisons) {}
  // False once it is used up.
  bool spend(std::uint64_t comparisons = 1) {
    exhausted_ = exhausted_ || left_ < comparisons;
    left_ = exhausted_ ? 0 : left_ - comparisons;
    return !exhausted_;
  }
  [[nodiscard]] bool exhausted() const { return exhausted_; }
  [[nodiscard]] std::uint64_t left() const { return left_; }

 private:
  std::uint64_t left_;
  bool exhausted_ = false;
};

class PrefixIndex {
 public:
  using Item = std::uint32_t;

  // Item i lies at prefixes[i].
  explicit PrefixIndex(const std::vector<Prefix>& prefixes);

  // A part of `at` with `traffic` that no item covers; nothing where they cover all of it. `traffic_of(item)` is the
  // traffic an item covers at its prefix, a `const Box*`, null where it does not count. Addresses of all these boxes
  // are kEveryAddress. Items that took something away are appended to `used`.
  template <typename TrafficOf>
  [[nodiscard]] std::optional<Box> uncovered(const Prefix& at, std::vector<Box> traffic, TrafficOf traffic_of,
                                             Budget& budget, std::vector<Item>* used = nullptr) const;

 private:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  // A prefix with items; nodes stand before what lies inside them.
  struct Node {
    Prefix prefix;
    std::uint32_t parent = kNone;
    std::uint32_t end = 0;  // after the last node inside
    std::uint32_t items_first = 0;
    std::uint32_t items_last = 0;  // one after
  };
  // Where a prefix lies among the nodes: the innermost around it, or it itself, and those inside.
  struct Location {
    std::uint32_t around = kNone;
    std::uint32_t first = 0;
    std::uint32_t last = 0;
  };
  [[nodiscard]] Location locate(const Prefix& prefix) const;
  // The first addresses of `at` that no node of [first, last) contains.
  [[nodiscard]] std::optional<Interval> gap(const Interval& at, std::uint32_t first, std::uint32_t last) const;

  template <typename TrafficOf>
  struct Search {
    const PrefixIndex& index;
    TrafficOf& traffic_of;
    Budget& budget;
    std::vector<Item>* used;

    void take(std::uint32_t node, std::vector<Box>& traffic);
    std::optional<Box> inside(const Interval& at, std::uint32_t first, std::uint32_t last,
                              const std::vector<Box>& traffic);
  };

  std::vector<Node> nodes_;
  std::vector<Item> items_;
};

// Of items that cover something together the fewest that are easily found to do so: a single one, else none that can be
// left out. `covered_by(items)` tells whether those alone do.
template <typename CoveredBy>
[[nodiscard]] std::vector<PrefixIndex::Item> fewest(std::vector<PrefixIndex::Item> used, CoveredBy covered_by) {
  constexpr std::size_t kMostTried = 64;
  std::ranges::sort(used);
  const auto repeated = std::ranges::unique(used);
  used.erase(repeated.begin(), repeated.end());
  if (used.size() > kMostTried) return used;
  for (const auto item : used) {
    if (std::vector<PrefixIndex::Item> one{item}; covered_by(one)) return one;
  }
  for (std::size_t i = used.size(); i-- > 0;) {
    auto others = used;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    if (covered_by(others)) used = std::move(others);
  }
  return used;
}

template <typename TrafficOf>
void PrefixIndex::Search<TrafficOf>::take(std::uint32_t node, std::vector<Box>& traffic) {
  const auto& at = index.nodes_[node];
  for (auto i = at.items_first; i < at.items_last && !traffic.empty(); ++i) {
    if (!budget.spend(traffic.size())) return;
    const auto item = index.items_[i];
    const Box* covers = traffic_of(item);
    if (covers == nullptr) continue;
    const bool meets = std::ranges::any_of(traffic, [covers](const Box& box) { return box.overlaps(*covers); });
    if (!meets) continue;
    traffic = subtract(traffic, *covers);
    if (used != nullptr) used->push_back(item);
  }
}

template <typename TrafficOf>
std::optional<Box> PrefixIndex::Search<TrafficOf>::inside(const Interval& at, std::uint32_t first, std::uint32_t last,
                                                          const std::vector<Box>& traffic) {
  if (traffic.empty()) return std::nullopt;
  Box left = traffic.front();
  left.address = at;
  if (!budget.spend(1 + last - first)) return left;
  if (const auto free = index.gap(at, first, last)) {
    left.address = *free;
    return left;
  }
  for (auto node = first; node < last; node = index.nodes_[node].end) {
    auto rest = traffic;
    take(node, rest);
    const auto found = inside(interval_of(index.nodes_[node].prefix), node + 1, index.nodes_[node].end, rest);
    if (found) return found;
  }
  return std::nullopt;
}

template <typename TrafficOf>
std::optional<Box> PrefixIndex::uncovered(const Prefix& at, std::vector<Box> traffic, TrafficOf traffic_of,
                                          Budget& budget, std::vector<Item>* used) const {
  Search<TrafficOf> search{*this, traffic_of, budget, used};
  const auto place = locate(at);
  for (auto node = place.around; node != kNone && !traffic.empty(); node = nodes_[node].parent) {
    search.take(node, traffic);
  }
  return search.inside(interval_of(at), place.first, place.last, traffic);
}

}  // namespace sallyport::rules
