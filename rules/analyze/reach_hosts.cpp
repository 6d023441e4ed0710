// Owner: rules/analyze. See reach_hosts.h.
#include "rules/analyze/reach_hosts.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

namespace sallyport::rules::reaching {
namespace {

// Most places a table of ways is made for, and pairs of ends that are looked at.
constexpr std::size_t kMostPlaces = 8'000;
constexpr std::uint64_t kMostPairs = 4'000'000'000;

// What one set of groups admits, by the other end: for most of them, and for those that rules name.
struct Admitted {
  SetId mostly = kNothing;
  std::vector<std::pair<std::uint32_t, SetId>> others;  // ascending
};

// What is of interest of the way between two places.
struct WayFacts {
  SetId passes = kNothing;
  SetId answered = kNothing;
  std::optional<Ipv4> translated_from;  // as the receiver's groups see the source
  NamedInterface appliance = nullptr;   // is handed the packet instead
  bool exempt = false;
};

class Hosts {
 public:
  Hosts(Reach& result, const Ends& senders, const Ends& receivers)
      : result_(result), ground_(*result.ground), sets_(ground_.sets), senders_(senders), receivers_(receivers) {}

  std::expected<void, std::string> run() {
    const std::uint64_t pairs = std::uint64_t{senders_.ends.size()} * receivers_.ends.size();
    if (pairs > kMostPairs || senders_.place_samples.size() > kMostPlaces ||
        receivers_.place_samples.size() > kMostPlaces) {
      return std::unexpected("rules tell " + std::to_string(senders_.ends.size()) + " × " +
                             std::to_string(receivers_.ends.size()) +
                             " hosts apart, too many to compare all; --from and --to narrow the question");
    }
    make_ways();
    make_senders_side();
    make_profiles();
    for (std::uint32_t party = 0, first = 0; party < receivers_.parties.size(); ++party) {
      std::uint32_t last = first;
      while (last < receivers_.ends.size() && receivers_.ends[last].party == party) ++last;
      column(party, first, last);
      first = last;
    }
    return {};
  }

 private:
  // --- which ends a peer holds

  using Hits = std::vector<std::uint32_t>;

  static Hits hits_of(const Ground& ground, literal::PeerId peer,
                      const std::vector<std::pair<std::uint32_t, std::uint32_t>>& samples) {
    Hits hits;
    for (const Range& range : ground.rules.peers()[peer]) {
      auto at = std::ranges::lower_bound(samples, std::pair(range.first, 0U));
      for (; at != samples.end() && at->first <= range.last; ++at) hits.push_back(at->second);
    }
    std::ranges::sort(hits);
    return hits;
  }

  static std::vector<std::pair<std::uint32_t, std::uint32_t>> samples_of(const Ends& ends) {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> samples;
    for (std::uint32_t i = 0; i < ends.ends.size(); ++i) samples.emplace_back(ends.ends[i].sample.value, i);
    std::ranges::sort(samples);
    return samples;
  }

  // Of one set of groups, against all ends of the other side.
  Admitted admitted(const std::vector<std::string>& groups, Side side, const Ends& others,
                    const std::vector<std::pair<std::uint32_t, std::uint32_t>>& samples,
                    std::vector<std::optional<Hits>>& known) const {
    Admitted result;
    std::vector<std::pair<std::uint32_t, SetId>> found;
    for (const auto& name : groups) {
      for (const auto id : ground_.rules.of_group(name, side)) {
        const auto& rule = ground_.rules.rule(id);
        const SetId set = sets_.of(rule.traffic);
        if (rule.everywhere) {
          result.mostly = sets_.unite(result.mostly, set);
          continue;
        }
        for (const auto peer : rule.peers) {
          auto& hits = known[peer];
          if (!hits) hits = hits_of(ground_, peer, samples);
          if (hits->size() == others.ends.size()) {
            result.mostly = sets_.unite(result.mostly, set);
          } else {
            for (const auto end : *hits) found.emplace_back(end, set);
          }
        }
      }
    }
    std::ranges::sort(found);
    for (const auto& [end, set] : found) {
      if (result.others.empty() || result.others.back().first != end) result.others.emplace_back(end, result.mostly);
      result.others.back().second = sets_.unite(result.others.back().second, set);
    }
    return result;
  }

  // --- what is made once

  void make_ways() {
    ways_.resize(senders_.place_samples.size() * receivers_.place_samples.size());
    std::map<std::tuple<SetId, SetId, std::optional<Ipv4>, NamedInterface, bool>, std::uint32_t> known;
    const auto number = [&](const WayFacts& facts) {
      const auto key = std::tuple(facts.passes, facts.answered, facts.translated_from, facts.appliance, facts.exempt);
      const auto [found, added] = known.try_emplace(key, static_cast<std::uint32_t>(facts_.size()));
      if (added) facts_.push_back(facts);
      return found->second;
    };
    (void)number({kEverything, kEverything, std::nullopt, nullptr, false});  // kSameSubnet
    (void)number({kEverything, kEverything, std::nullopt, nullptr, true});   // kSameSubnetExempt
    for (std::size_t s = 0; s < senders_.place_samples.size(); ++s) {
      for (std::size_t r = 0; r < receivers_.place_samples.size(); ++r) {
        const auto& from = senders_.ends[senders_.place_samples[s]];
        const auto& to = receivers_.ends[receivers_.place_samples[r]];
        ways_[s * receivers_.place_samples.size() + r] = number(facts_between(from.sample, to.sample));
      }
    }
  }

  WayFacts facts_between(Ipv4 from, Ipv4 to) const {
    const auto way = way_between(ground_, from, to);
    WayFacts facts{.passes = way.passes, .answered = way.answered, .exempt = way.exempt};
    if (way.seen_from != from) facts.translated_from = way.seen_from;
    if (way.handed_to_appliance) facts.appliance = way.receiver->interface;
    return facts;
  }

  void make_senders_side() {
    const auto samples = samples_of(receivers_);
    std::vector<std::optional<Hits>> known(ground_.rules.peers().size());
    by_receiver_.resize(receivers_.ends.size());
    for (std::uint32_t groups = 0; groups < senders_.group_sets.size(); ++groups) {
      const auto side = admitted(*senders_.group_sets[groups], Side::egress, receivers_, samples, known);
      leaving_.push_back(side.mostly);
      for (const auto& [end, set] : side.others) by_receiver_[end].emplace_back(groups, set);
    }
    sender_samples_ = samples_of(senders_);
    sender_hits_.resize(ground_.rules.peers().size());
  }

  // Parties whose senders differ in nothing but what rules name them for.
  void make_profiles() {
    std::map<std::tuple<std::string, std::string, SetId>, std::uint32_t> known;
    for (const End& end : senders_.ends) {
      if (end.party < result_.profile.size()) continue;
      const auto& party = senders_.parties[end.party];
      const auto key = std::tuple(party.network_acl, party.route_table, leaving_[end.groups]);
      result_.profile.push_back(known.try_emplace(key, static_cast<std::uint32_t>(known.size())).first->second);
    }
    profiles_ = std::max<std::size_t>(known.size(), 1);
    constexpr std::size_t kMostUsual = 16'000'000;
    if (profiles_ * receivers_.parties.size() <= kMostUsual) return;
    std::ranges::fill(result_.profile, 0);
    profiles_ = 1;
  }

  // --- one receiving party at a time

  struct Gathered {
    ReachCell cell;
    SetId first_open = kNothing;
    SetId first_lost = kNothing;
    bool any = false;  // two addresses that are not the same
  };

  struct Outcome {
    SetId open = kNothing;
    SetId lost = kNothing;
  };

  Outcome outcome(SetId groups, const WayFacts& way) {
    const SetId passed = sets_.intersect(sets_.intersect(groups, result_.asked), way.passes);
    if (way.answered == kEverything || passed == kNothing) return {passed, kNothing};
    return {sets_.intersect(passed, way.answered), lost_of(ground_, passed, way.answered)};
  }

  // What the groups at the far end admit, where it is not the receiver or does not see the sender's address.
  SetId admitted_elsewhere(const WayFacts& way, const End& sender, const End& receiver) {
    const Ipv4 source = way.translated_from.value_or(sender.sample);
    const auto* groups = way.appliance == nullptr ? receiver.host.groups : &way.appliance->second.security_groups;
    const auto [known, added] = elsewhere_.try_emplace({groups, source}, kNothing);
    if (added) known->second = ground_.groups(*groups, Side::ingress, source);
    return known->second;
  }

  void fill_arriving(const End& receiver) {
    if (filled_for_ == receiver.groups && !arriving_.empty()) return;
    filled_for_ = receiver.groups;
    const auto side =
        admitted(*receivers_.group_sets[receiver.groups], Side::ingress, senders_, sender_samples_, sender_hits_);
    arriving_.assign(senders_.ends.size(), side.mostly);
    for (const auto& [end, set] : side.others) arriving_[end] = set;
  }

  void column(std::uint32_t party, std::uint32_t first, std::uint32_t last) {
    std::vector<Gathered> row(senders_.parties.size());
    for (std::uint32_t from = 0; from < row.size(); ++from) row[from].cell = {.from = from, .to = party};
    for (auto r = first; r < last; ++r) {
      fill_arriving(receivers_.ends[r]);
      auto leaving = leaving_;
      for (const auto& [groups, set] : by_receiver_[r]) leaving[groups] = set;
      for (std::uint32_t s = 0; s < senders_.ends.size(); ++s) meet(s, r, leaving, row[senders_.ends[s].party]);
    }
    finish(row);
  }

  void meet(std::uint32_t s, std::uint32_t r, const std::vector<SetId>& leaving, Gathered& gathered) {
    const End& sender = senders_.ends[s];
    const End& receiver = receivers_.ends[r];
    const bool same = sender.sample == receiver.sample;
    if (same && sender.count == 1 && receiver.count == 1) return;
    const bool together = sender.host.subnet == receiver.host.subnet;
    const auto& way = together ? facts_[sender.exempt || receiver.exempt ? kSameSubnetExempt : kSameSubnet]
                               : facts_[ways_[sender.place * receivers_.place_samples.size() + receiver.place]];
    const bool here = !way.translated_from && way.appliance == nullptr;
    const SetId arriving = here ? arriving_[s] : admitted_elsewhere(way, sender, receiver);
    const SetId groups = way.exempt ? kEverything : sets_.intersect(leaving[sender.groups], arriving);
    const auto [open, lost] = outcome(groups, way);
    note(gathered, open, lost, sender, receiver);
    if (way.appliance != nullptr && (open != kNothing || lost != kNothing)) gathered.cell.via = way.appliance;
  }

  // Two addresses of the same end: not one with itself.
  static Ipv4 other_address(const End& receiver, Ipv4 not_this) {
    for (const Range& range : receiver.addresses) {
      if (range.first != not_this.value) return Ipv4{range.first};
      if (range.last != range.first) return Ipv4{range.first + 1};
    }
    return receiver.sample;
  }

  void note(Gathered& gathered, SetId open, SetId lost, const End& sender, const End& receiver) {
    auto& cell = gathered.cell;
    const bool better = (cell.open == kNothing && open != kNothing) ||
                        (cell.open == kNothing && cell.lost == kNothing && lost != kNothing);
    if (!gathered.any || better) {
      cell.from_sample = sender.sample;
      cell.to_sample = other_address(receiver, sender.sample);
      if (cell.to_sample == sender.sample) cell.from_sample = other_address(sender, cell.to_sample);
    }
    if (!gathered.any) {
      gathered.first_open = open;
      gathered.first_lost = lost;
    }
    gathered.any = true;
    cell.all_alike = cell.all_alike && open == gathered.first_open && lost == gathered.first_lost;
    cell.open = sets_.unite(cell.open, open);
    cell.lost = sets_.unite(cell.lost, lost);
  }

  // What most get of a profile is said once.
  void finish(const std::vector<Gathered>& row) {
    std::vector<ReachUsual> usual(profiles_);
    if (!result_.complete) {
      std::vector<std::map<std::pair<SetId, SetId>, std::size_t>> counts(profiles_);
      for (const auto& each : row) {
        if (each.any) ++counts[result_.profile[each.cell.from]][{each.cell.open, each.cell.lost}];
      }
      for (std::size_t i = 0; i < profiles_; ++i) {
        std::size_t most = 0;
        for (const auto& [outcome, count] : counts[i]) {
          if (count > most) usual[i] = {outcome.first, outcome.second};
          most = std::max(most, count);
        }
      }
    }
    for (const auto& each : row) {
      const ReachUsual seen{each.cell.open, each.cell.lost};
      if (each.any && seen != usual[result_.profile[each.cell.from]]) result_.cells.push_back(each.cell);
    }
    result_.usual.push_back(std::move(usual));
  }

  static constexpr std::uint32_t kSameSubnet = 0;
  static constexpr std::uint32_t kSameSubnetExempt = 1;

  Reach& result_;
  Ground& ground_;
  SetTable& sets_;
  const Ends& senders_;
  const Ends& receivers_;
  std::vector<WayFacts> facts_;
  std::vector<std::uint32_t> ways_;                                        // of a sender's and a receiver's place
  std::vector<SetId> leaving_;                                             // mostly, by set of groups
  std::vector<std::vector<std::pair<std::uint32_t, SetId>>> by_receiver_;  // sets of groups that let out other traffic
  std::vector<std::pair<std::uint32_t, std::uint32_t>> sender_samples_;
  std::vector<std::optional<Hits>> sender_hits_;
  std::vector<SetId> arriving_;  // by sender, for the groups `filled_for_`
  std::uint32_t filled_for_ = 0;
  std::map<std::pair<const std::vector<std::string>*, Ipv4>, SetId> elsewhere_;
  std::size_t profiles_ = 1;
};

}  // namespace

std::expected<void, std::string> between_hosts(Reach& result, const Ends& senders, const Ends& receivers) {
  return Hosts(result, senders, receivers).run();
}

}  // namespace sallyport::rules::reaching
