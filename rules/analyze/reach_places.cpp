// Owner: rules/analyze. See reach_places.h.
#include "rules/analyze/reach_places.h"

#include <map>
#include <tuple>

#include "rules/analyze/reach_way.h"

namespace sallyport::rules::reaching {
namespace {

// No ACL and no route stands inside a subnet.
WayFacts facts_between(Ground& ground, const End& sender, const End& receiver) {
  if (sender.host.subnet == receiver.host.subnet) return {.exempt = sender.exempt || receiver.exempt};
  const auto way = way_between(ground, sender.sample, receiver.sample);
  WayFacts facts{.passes = way.passes, .answered = way.answered, .exempt = way.exempt};
  if (way.seen_from != sender.sample) facts.translated_from = way.seen_from;
  if (way.handed_to_appliance) facts.appliance = way.receiver->interface;
  return facts;
}

}  // namespace

bool Places::make(Ground& ground, const Ends& senders, const Ends& receivers, const GoOn& told) {
  receivers_ = receivers.place_samples.size();
  std::map<std::tuple<SetId, SetId, std::optional<Ipv4>, NamedInterface, bool>, std::uint32_t> known;
  ways_.reserve(senders.place_samples.size() * receivers_);
  for (std::size_t s = 0; s < senders.place_samples.size(); ++s) {
    if (!go_on(told, s, senders.place_samples.size())) return false;
    const End& sender = senders.ends[senders.place_samples[s]];
    for (const auto receiver : receivers.place_samples) {
      const auto facts = facts_between(ground, sender, receivers.ends[receiver]);
      const auto key = std::tuple(facts.passes, facts.answered, facts.translated_from, facts.appliance, facts.exempt);
      const auto [found, added] = known.try_emplace(key, static_cast<std::uint32_t>(facts_.size()));
      if (added) facts_.push_back(facts);
      ways_.push_back(found->second);
    }
  }
  return true;
}

}  // namespace sallyport::rules::reaching
