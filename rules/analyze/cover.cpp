// The forest of prefixes behind the search for what is not covered. Owner: rules/analyze.
#include "rules/analyze/cover.h"

#include <numeric>

namespace sallyport::rules {

PrefixIndex::PrefixIndex(const std::vector<Prefix>& prefixes) : items_(prefixes.size()) {
  std::iota(items_.begin(), items_.end(), Item{0});
  std::ranges::stable_sort(items_, {}, [&](Item item) { return prefixes[item]; });
  std::uint32_t around = kNone;
  const auto close = [&](const Prefix* next) {
    while (around != kNone && (next == nullptr || !nodes_[around].prefix.contains(*next))) {
      nodes_[around].end = static_cast<std::uint32_t>(nodes_.size());
      around = nodes_[around].parent;
    }
  };
  for (std::uint32_t i = 0; i < items_.size(); ++i) {
    const auto& prefix = prefixes[items_[i]];
    if (nodes_.empty() || nodes_.back().prefix != prefix) {
      close(&prefix);
      nodes_.push_back({.prefix = prefix, .parent = around, .items_first = i});
      around = static_cast<std::uint32_t>(nodes_.size() - 1);
    }
    nodes_.back().items_last = i + 1;
  }
  close(nullptr);
}

PrefixIndex::Location PrefixIndex::locate(const Prefix& prefix) const {
  const auto at = std::ranges::lower_bound(nodes_, prefix, {}, &Node::prefix);
  const auto position = static_cast<std::uint32_t>(at - nodes_.begin());
  if (at != nodes_.end() && at->prefix == prefix) return {position, position + 1, at->end};
  const auto beyond =
      std::ranges::upper_bound(at, nodes_.end(), prefix.last(), {}, [](const Node& node) { return node.prefix.base; });
  auto around = position == 0 ? kNone : position - 1;
  while (around != kNone && !nodes_[around].prefix.contains(prefix)) around = nodes_[around].parent;
  return {around, position, static_cast<std::uint32_t>(beyond - nodes_.begin())};
}

std::optional<Interval> PrefixIndex::gap(const Interval& at, std::uint32_t first, std::uint32_t last) const {
  std::uint64_t next = at.first;  // of the addresses not yet seen in a node
  for (auto node = first; node < last; node = nodes_[node].end) {
    const auto inner = interval_of(nodes_[node].prefix);
    if (inner.first > next) return Interval{static_cast<std::uint32_t>(next), inner.first - 1};
    next = std::uint64_t{inner.last} + 1;
  }
  if (next > at.last) return std::nullopt;
  return Interval{static_cast<std::uint32_t>(next), at.last};
}

}  // namespace sallyport::rules
