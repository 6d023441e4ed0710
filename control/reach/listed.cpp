// Owner: control/reach. See listed.h.
#include "control/reach/listed.h"

#include <algorithm>

namespace sallyport::control {
namespace {

using rules::OutsidePart;
using rules::ReachParty;
using rules::ReachStep;
using rules::literal::Range;
using rules::reaching::kNothing;
using rules::reaching::SetId;

// Of many more the first tell enough.
constexpr std::size_t kMostParts = 64;

struct Extra {
  const OutsidePart* part;
  SetId open;  // beyond what most get
};

std::vector<Extra> extras_of(const rules::Reach& reach, const rules::ReachCell& cell) {
  std::vector<Extra> extras;
  if (cell.parts == nullptr) return extras;
  const auto most = std::ranges::find(*cell.parts, nullptr, &OutsidePart::via);
  for (const auto& part : *cell.parts) {
    if (part.via != nullptr || extras.size() == kMostParts) continue;
    const auto open = reach.ground->sets.subtract(part.open, most->open);
    if (open != kNothing) extras.push_back({&part, open});
  }
  return extras;
}

void add(std::vector<Range>& ranges, const std::vector<Range>& more) {
  ranges.insert(ranges.end(), more.begin(), more.end());
  std::ranges::sort(ranges, {}, &Range::first);
  std::vector<Range> joined;
  for (const Range& range : ranges) {
    if (!joined.empty() && joined.back().last + 1 == range.first) {
      joined.back().last = range.last;
    } else {
      joined.push_back(range);
    }
  }
  ranges = std::move(joined);
}

void add(std::vector<ReachStep>& rules, std::vector<ReachStep> more) {
  for (auto& step : more) {
    if (std::ranges::find(rules, step.rule, &ReachStep::rule) == rules.end()) rules.push_back(std::move(step));
  }
}

}  // namespace

bool is_listed(const rules::Reach& reach, const rules::ReachCell& cell) {
  return reach.from[cell.from].kind == ReachParty::Kind::listed || reach.to[cell.to].kind == ReachParty::Kind::listed;
}

std::vector<ListedTraffic> listed_traffic(const rules::Reach& reach, const rules::ReachCell& cell) {
  auto& sets = reach.ground->sets;
  std::vector<ListedTraffic> listed;
  for (const auto& [part, open] : extras_of(reach, cell)) {
    SetId left = open;
    for (std::size_t i = 0, known = listed.size(); i < known && left != kNothing; ++i) {
      const SetId shared = sets.intersect(listed[i].traffic, left);
      if (shared == kNothing) continue;
      left = sets.subtract(left, shared);
      const SetId others = sets.subtract(listed[i].traffic, shared);
      if (others != kNothing) listed.push_back({others, listed[i].ranges});
      listed[i].traffic = shared;
      add(listed[i].ranges, part->ranges);
    }
    if (left != kNothing) listed.push_back({left, part->ranges});
  }
  return listed;
}

rules::ReachRules listed_rules(const rules::Reach& reach, const rules::ReachCell& cell) {
  const bool outwards = reach.to[cell.to].kind == ReachParty::Kind::listed;
  rules::ReachRules all;
  for (const auto& [part, open] : extras_of(reach, cell)) {
    const rules::Ipv4 outside{part->ranges.front().first};
    auto behind =
        rules_behind(*reach.ground, open, outwards ? cell.from_sample : outside, outwards ? outside : cell.to_sample);
    add(all.leaving, std::move(behind.leaving));
    add(all.arriving, std::move(behind.arriving));
  }
  return all;
}

}  // namespace sallyport::control
