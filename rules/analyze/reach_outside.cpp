// Owner: rules/analyze. See reach_outside.h.
#include "rules/analyze/reach_outside.h"

#include <algorithm>

namespace sallyport::rules::reaching {
namespace {

constexpr Range kAll{0, 0xFFFF'FFFFU};
constexpr std::array<Prefix, 4> kPrivate{
    {{{0x0A000000U}, 8}, {{0xAC100000U}, 12}, {{0xC0A80000U}, 16}, {{0x64400000U}, 10}}};

std::vector<Range> united(std::vector<Range> ranges) {
  std::ranges::sort(ranges, {}, &Range::first);
  std::vector<Range> result;
  for (const Range& range : ranges) {
    const bool apart = result.empty() || (result.back().last != kAll.last && range.first > result.back().last + 1);
    if (apart) {
      result.push_back(range);
    } else {
      result.back().last = std::max(result.back().last, range.last);
    }
  }
  return result;
}

}  // namespace

std::vector<Range> internet_of(const Policy& policy) {
  std::vector<Range> others;
  const auto leave_out = [&](const Prefix& prefix) { others.push_back({prefix.first().value, prefix.last().value}); };
  for (const auto& block : policy.vpc.cidr_blocks) leave_out(block);
  for (const auto& nobodys : kNobodys) leave_out(nobodys.block);
  for (const auto& [name, interface] : policy.interfaces) {
    if (interface.public_ip) leave_out({.base = *interface.public_ip, .length = 32});
  }
  for (const auto& [name, nat] : policy.nat_gateways) {
    for (const Ipv4 address : nat.public_ips) leave_out({.base = address, .length = 32});
  }
  return subtracted({kAll}, united(std::move(others)));
}

Outside::Outside(Ground& ground, const std::vector<Range>& addresses, SetId asked)
    : ground_(ground), addresses_(addresses), asked_(asked), starts_(way_starts(ground.policy)) {
  for (const auto& prefix : kPrivate) add_bounds(prefix, starts_);
  starts_.push_back(0);
  tidy(starts_);
}

// The groups' answer by address: every rule begins and ends to match somewhere.
Outside::Steps Outside::sweep(const std::vector<std::string>& groups, Side side) {
  const auto [known, added] = swept_.try_emplace({groups, side});
  if (!added) return known->second;
  struct Event {
    std::uint64_t at;
    std::uint32_t rule;
    bool begins;
  };
  std::vector<Event> events;
  std::vector<SetId> sets;
  for (const auto& name : groups) {
    for (const auto id : ground_.rules.of_group(name, side)) {
      const auto& rule = ground_.rules.rule(id);
      const auto number = static_cast<std::uint32_t>(sets.size());
      sets.push_back(ground_.sets.of(rule.traffic));
      for (const auto peer : rule.peers) {
        for (const Range& range : ground_.rules.peers()[peer]) {
          events.push_back({range.first, number, true});
          events.push_back({std::uint64_t{range.last} + 1, number, false});
        }
      }
    }
  }
  std::ranges::sort(events, {}, &Event::at);
  std::vector<std::uint32_t> matching(sets.size());
  Steps steps{{0, kNothing}};
  for (std::size_t i = 0; i < events.size();) {
    const auto at = events[i].at;
    for (; i < events.size() && events[i].at == at; ++i) {
      auto& count = matching[events[i].rule];
      events[i].begins ? ++count : --count;
    }
    if (at > kAll.last) break;
    SetId admitted = kNothing;
    for (std::size_t rule = 0; rule < sets.size(); ++rule) {
      if (matching[rule] > 0) admitted = ground_.sets.unite(admitted, sets[rule]);
    }
    if (admitted == steps.back().second) continue;
    if (at == 0) steps.clear();
    steps.emplace_back(static_cast<std::uint32_t>(at), admitted);
  }
  return known->second = std::move(steps);
}

Outside::Outcome Outside::outcome(SetId both_groups, const Way& way) {
  const SetId passed =
      ground_.sets.intersect(ground_.sets.intersect(way.exempt ? kEverything : both_groups, asked_), way.passes);
  Outcome result;
  result.open = ground_.sets.intersect(passed, way.answered);
  result.lost = lost_of(ground_, passed, way.answered);
  if (passed != kNothing && way.handed_to_appliance) result.via = way.receiver->interface;
  return result;
}

template <typename WayAt, typename OutcomeOf>
const std::vector<OutsidePart>* Outside::gather(const Steps& steps, WayAt way_at, OutcomeOf outcome_of) {
  std::map<Outcome, std::vector<Range>> found;
  std::vector<std::optional<Way>> ways(starts_.size());
  std::size_t way_index = 0;
  std::size_t step_index = 0;
  for (const Range& range : addresses_) {
    for (std::uint64_t at = range.first; at <= range.last;) {
      const auto address = static_cast<std::uint32_t>(at);
      while (way_index + 1 < starts_.size() && starts_[way_index + 1] <= at) ++way_index;
      while (step_index + 1 < steps.size() && steps[step_index + 1].first <= at) ++step_index;
      std::uint64_t next = std::uint64_t{range.last} + 1;
      if (way_index + 1 < starts_.size()) next = std::min<std::uint64_t>(next, starts_[way_index + 1]);
      if (step_index + 1 < steps.size()) next = std::min<std::uint64_t>(next, steps[step_index + 1].first);
      auto& way = ways[way_index];
      if (!way) way = way_at(Ipv4{address});
      found[outcome_of(steps[step_index].second, *way, Ipv4{address})].push_back(
          {address, static_cast<std::uint32_t>(next - 1)});
      at = next;
    }
  }
  auto parts = std::make_unique<std::vector<OutsidePart>>();
  for (auto& [outcome, ranges] : found) {
    OutsidePart part{outcome.open, outcome.lost, united(std::move(ranges)), 0, outcome.via};
    for (const Range& range : part.ranges) part.addresses += std::uint64_t{range.last} - range.first + 1;
    parts->push_back(std::move(part));
  }
  std::ranges::stable_sort(*parts, std::ranges::greater{}, &OutsidePart::addresses);
  kept_.push_back(std::move(parts));
  return kept_.back().get();
}

const std::vector<OutsidePart>* Outside::from_end(const End& end) {
  const auto [known, added] = from_.try_emplace(key_of(end), nullptr);
  if (!added) return known->second;
  const auto way_at = [&](Ipv4 outside) { return way_between(ground_, end.sample, outside); };
  const auto judge = [&](SetId sender, const Way& way, Ipv4) {
    if (!way.receiver) return outcome(sender, way);
    const SetId receiver = ground_.groups(*way.receiver->groups, Side::ingress, way.seen_from);
    return outcome(ground_.sets.intersect(sender, receiver), way);
  };
  return known->second = gather(sweep(*end.host.groups, Side::egress), way_at, judge);
}

const std::vector<OutsidePart>* Outside::to_end(const End& end) {
  const auto [known, added] = to_.try_emplace(key_of(end), nullptr);
  if (!added) return known->second;
  const Ipv4 address = end.translated ? *ground_.host_of(end.sample)->interface->second.public_ip : end.sample;
  const auto way_at = [&](Ipv4 outside) { return way_between(ground_, outside, address); };
  const auto judge = [&](SetId receiver, const Way& way, Ipv4) { return outcome(receiver, way); };
  return known->second = gather(sweep(*end.host.groups, Side::ingress), way_at, judge);
}

}  // namespace sallyport::rules::reaching
