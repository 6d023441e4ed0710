// Owner: rules/analyze. See reach_admitting.h.
#include "rules/analyze/reach_admitting.h"

#include <algorithm>

namespace sallyport::rules::reaching {
namespace {

Samples samples_of(const Ends& ends) {
  Samples samples;
  for (std::uint32_t i = 0; i < ends.ends.size(); ++i) samples.emplace_back(ends.ends[i].sample.value, i);
  std::ranges::sort(samples);
  return samples;
}

// The ends that a peer holds.
Hits hits_of(const Ground& ground, literal::PeerId peer, const Samples& samples) {
  Hits hits;
  for (const Range& range : ground.rules.peers()[peer]) {
    auto at = std::ranges::lower_bound(samples, std::pair(range.first, 0U));
    for (; at != samples.end() && at->first <= range.last; ++at) hits.push_back(at->second);
  }
  std::ranges::sort(hits);
  return hits;
}

}  // namespace

Admitting::Admitting(Ground& ground, const Ends& others)
    : ground_(ground), samples_(samples_of(others)), known_(ground.rules.peers().size()) {}

Admitted Admitting::by(const std::vector<std::string>& groups, Side side) {
  Admitted result;
  std::vector<std::pair<std::uint32_t, SetId>> found;
  for (const auto& name : groups) {
    for (const auto id : ground_.rules.of_group(name, side)) add(ground_.rules.rule(id), result, found);
  }
  std::ranges::sort(found);
  for (const auto& [end, set] : found) {
    if (result.others.empty() || result.others.back().first != end) result.others.emplace_back(end, result.mostly);
    result.others.back().second = ground_.sets.unite(result.others.back().second, set);
  }
  return result;
}

void Admitting::add(const literal::Rule& rule, Admitted& result, std::vector<std::pair<std::uint32_t, SetId>>& found) {
  const SetId set = ground_.sets.of(rule.traffic);
  if (rule.everywhere) {
    result.mostly = ground_.sets.unite(result.mostly, set);
    return;
  }
  for (const auto peer : rule.peers) {
    auto& hits = known_[peer];
    if (!hits) hits = hits_of(ground_, peer, samples_);
    if (hits->size() == samples_.size()) {
      result.mostly = ground_.sets.unite(result.mostly, set);
    } else {
      for (const auto end : *hits) found.emplace_back(end, set);
    }
  }
}

}  // namespace sallyport::rules::reaching
