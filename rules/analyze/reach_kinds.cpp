// Owner: rules/analyze. See reach_kinds.h.
#include "rules/analyze/reach_kinds.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace sallyport::rules::reaching {

SenderKinds::SenderKinds(const Ends& senders, const std::vector<SetId>& leaving,
                         std::span<const std::uint32_t> profiles) {
  using Key = std::tuple<std::uint32_t, SetId, std::vector<std::uint32_t>>;
  std::map<Key, std::vector<std::uint32_t>> found;
  std::map<SetId, std::uint32_t> numbers;
  std::uint32_t end = 0;
  for (std::uint32_t party = 0; party < senders.parties.size(); ++party) {
    begins_.push_back(end);
    place_ends_of_.push_back(place_ends_.size());
    Key key{profiles[party], leaving[senders.ends[end].groups], {}};
    auto& places = std::get<2>(key);
    for (; end < senders.ends.size() && senders.ends[end].party == party; ++end) {
      const auto place = senders.ends[end].place;
      if (std::ranges::find(places, place) != places.end()) continue;
      places.push_back(place);
      place_ends_.push_back(end);
    }
    numbers.try_emplace(std::get<1>(key), static_cast<std::uint32_t>(numbers.size()));
    found[std::move(key)].push_back(party);
  }
  begins_.push_back(end);
  leavings_ = numbers.size();
  kind_of_.resize(senders.parties.size());
  for (auto& [key, parties] : found) {
    for (const auto party : parties) kind_of_[party] = static_cast<std::uint32_t>(kinds_.size());
    kinds_.push_back({.profile = std::get<0>(key),
                      .leaving = std::get<1>(key),
                      .leaving_number = numbers.at(std::get<1>(key)),
                      .places = std::get<2>(key),
                      .parties = std::move(parties)});
  }
}

}  // namespace sallyport::rules::reaching
