// Owner: rules/analyze. See reach_hosts.h.
#include "rules/analyze/reach_hosts.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "rules/analyze/reach_admitting.h"
#include "rules/analyze/reach_kinds.h"
#include "rules/analyze/reach_places.h"

namespace sallyport::rules::reaching {
namespace {

// Most places that ways are worked out between, cells that are kept, and outcomes that are remembered.
constexpr std::size_t kMostPlaces = 8'000;
constexpr std::size_t kMostCells = 20'000'000;
constexpr std::size_t kMostRemembered = 16'000'000;

class Hosts {
 public:
  Hosts(Reach& result, const Ends& senders, const Ends& receivers)
      : result_(result), ground_(*result.ground), sets_(ground_.sets), senders_(senders), receivers_(receivers) {}

  std::expected<void, std::string> run(const GoOn& told) {
    if (std::max(senders_.place_samples.size(), receivers_.place_samples.size()) > kMostPlaces) return too_many();
    constexpr double kPlaces = 0.2;
    if (!places_.make(ground_, senders_, receivers_, part_of(told, 0, kPlaces))) return too_many();
    make_senders_side();
    make_profiles();
    kinds_.emplace(senders_, leaving_, result_.profile);
    remember_ = kinds_->leavings() * places_.size() <= kMostRemembered;
    if (remember_) remembered_.resize(kinds_->leavings() * places_.size());
    apart_in_.resize(senders_.parties.size());
    const GoOn rest = part_of(told, kPlaces, 1);
    for (std::uint32_t party = 0, first = 0; party < receivers_.parties.size(); ++party) {
      std::uint32_t last = first;
      while (last < receivers_.ends.size() && receivers_.ends[last].party == party) ++last;
      column(party, first, last);
      first = last;
      if (!go_on(rest, party, receivers_.parties.size()) || result_.cells.size() > kMostCells) return too_many();
    }
    return {};
  }

 private:
  [[nodiscard]] std::expected<void, std::string> too_many() const {
    return std::unexpected("rules tell " + std::to_string(senders_.ends.size()) + " × " +
                           std::to_string(receivers_.ends.size()) +
                           " hosts apart, too many to compare all; --from and --to narrow the question");
  }

  // --- what is made once

  void make_senders_side() {
    Admitting admitting(ground_, receivers_);
    by_receiver_.resize(receivers_.ends.size());
    for (std::uint32_t groups = 0; groups < senders_.group_sets.size(); ++groups) {
      const auto side = admitting.by(*senders_.group_sets[groups], Side::egress);
      leaving_.push_back(side.mostly);
      for (const auto& [end, set] : side.others) by_receiver_[end].emplace_back(groups, set);
    }
    parties_with_.resize(senders_.group_sets.size());
    parties_at_.resize(senders_.place_samples.size());
    for (const End& end : senders_.ends) {
      for (auto* parties : {&parties_with_[end.groups], &parties_at_[end.place]}) {
        if (parties->empty() || parties->back() != end.party) parties->push_back(end.party);
      }
    }
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

  using Outcome = ReachUsual;

  // What the ends of a sending party get, or those of all parties of a kind.
  struct Gathered {
    Outcome all;
    Outcome first;
    bool any = false;  // two addresses that are not the same
    bool all_alike = true;
    std::uint32_t sender = 0;  // that has something open, or lost, if one has: an end; of a kind the number of a place
    std::uint32_t receiver = 0;
    NamedInterface via = nullptr;
  };

  Outcome outcome(SetId groups, const WayFacts& way) {
    const SetId passed = sets_.intersect(sets_.intersect(groups, result_.asked), way.passes);
    if (way.answered == kEverything || passed == kNothing) return {passed, kNothing};
    return {sets_.intersect(passed, way.answered), lost_of(ground_, passed, way.answered)};
  }

  // What the groups at the far end admit, where it is not the receiver or does not see the sender's address.
  SetId admitted_elsewhere(const WayFacts& way, Ipv4 source, const End& receiver) {
    source = way.translated_from.value_or(source);
    const auto* groups = way.appliance == nullptr ? receiver.host.groups : &way.appliance->second.security_groups;
    const auto [known, added] = elsewhere_.try_emplace({groups, source}, kNothing);
    if (added) known->second = ground_.groups(*groups, Side::ingress, source);
    return known->second;
  }

  // What the receiving party's groups admit, who of the senders are named, and who has to be asked one by one.
  void begin_column(std::uint32_t first, std::uint32_t last) {
    ++column_;
    apart_.clear();
    fill_arriving(receivers_.ends[first]);
    for (const auto& named : arriving_.others) set_apart(senders_.ends[named.first].party);
    for (auto r = first; r < last; ++r) {
      for (const auto& [groups, set] : by_receiver_[r]) {
        for (const auto party : parties_with_[groups]) set_apart(party);
      }
      set_apart_at(receivers_.ends[r]);
    }
  }

  void fill_arriving(const End& receiver) {
    if (filled_for_ == receiver.groups) return;
    filled_for_ = receiver.groups;
    arriving_ = arrivals_.by(*receivers_.group_sets[receiver.groups], Side::ingress);
    arriving_at_.assign(senders_.ends.size(), arriving_.mostly);
    for (const auto& [end, set] : arriving_.others) arriving_at_[end] = set;
    ++filled_;
  }

  void set_apart(std::uint32_t party) {
    if (std::exchange(apart_in_[party], column_) != column_) apart_.push_back(party);
  }
  // The receiver itself, and senders whose packets an appliance is handed: it may know each of them.
  void set_apart_at(const End& receiver) {
    const auto& samples = arrivals_.samples();
    auto at = std::ranges::lower_bound(samples, std::pair(receiver.sample.value, 0U));
    for (; at != samples.end() && at->first == receiver.sample.value; ++at) set_apart(senders_.ends[at->second].party);
    auto [known, added] = by_appliance_.try_emplace(receiver.place);
    for (std::uint32_t place = 0; added && place < parties_at_.size(); ++place) {
      if (places_[places_.between(place, receiver.place)].appliance != nullptr) known->second.push_back(place);
    }
    for (const auto place : known->second) {
      for (const auto party : parties_at_[place]) set_apart(party);
    }
  }

  void column(std::uint32_t party, std::uint32_t first, std::uint32_t last) {
    begin_column(first, last);
    of_kinds_.assign(kinds_->all().size(), {});
    of_apart_.assign(apart_.size(), {});
    for (auto r = first; r < last; ++r) {
      ask_kinds(r);
      ask_apart(r);
    }
    finish(party);
  }

  void ask_kinds(std::uint32_t r) {
    const End& receiver = receivers_.ends[r];
    for (std::size_t i = 0; i < of_kinds_.size(); ++i) {
      const SenderKind& kind = kinds_->all()[i];
      for (std::uint32_t place = 0; place < kind.places.size(); ++place) {
        note(of_kinds_[i], usual_outcome(kind, places_.between(kind.places[place], receiver.place), receiver), place,
             r);
      }
    }
  }

  Outcome usual_outcome(const SenderKind& kind, std::uint32_t number, const End& receiver) {
    const WayFacts& way = places_[number];
    const auto work_out = [&](SetId arriving) {
      return outcome(way.exempt ? kEverything : sets_.intersect(kind.leaving, arriving), way);
    };
    if (way.translated_from) return work_out(admitted_elsewhere(way, {}, receiver));
    if (!remember_) return work_out(arriving_.mostly);
    auto& known = remembered_[kind.leaving_number * places_.size() + number];
    if (known.filled != filled_) known = {work_out(arriving_.mostly), filled_};
    return known.outcome;
  }

  void ask_apart(std::uint32_t r) {
    std::vector<std::pair<std::uint32_t, SetId>> mostly;
    for (const auto& [groups, set] : by_receiver_[r]) {
      mostly.emplace_back(groups, leaving_[groups]);
      leaving_[groups] = set;
    }
    for (std::size_t i = 0; i < apart_.size(); ++i) {
      for (auto s = kinds_->begin_of(apart_[i]); s < kinds_->end_of(apart_[i]); ++s) meet(s, r, of_apart_[i]);
    }
    for (const auto& [groups, set] : mostly) leaving_[groups] = set;
  }

  void meet(std::uint32_t s, std::uint32_t r, Gathered& gathered) {
    const End& sender = senders_.ends[s];
    const End& receiver = receivers_.ends[r];
    if (sender.sample == receiver.sample && sender.count == 1 && receiver.count == 1) return;
    const auto& way = places_[places_.between(sender.place, receiver.place)];
    const bool here = !way.translated_from && way.appliance == nullptr;
    const SetId arriving = here ? arriving_at_[s] : admitted_elsewhere(way, sender.sample, receiver);
    const SetId groups = way.exempt ? kEverything : sets_.intersect(leaving_[sender.groups], arriving);
    const Outcome seen = outcome(groups, way);
    note(gathered, seen, s, r);
    if (way.appliance != nullptr && seen != Outcome{}) gathered.via = way.appliance;
  }

  void note(Gathered& gathered, const Outcome& seen, std::uint32_t sender, std::uint32_t receiver) {
    auto& all = gathered.all;
    const bool better = (all.open == kNothing && seen.open != kNothing) || (all == Outcome{} && seen != Outcome{});
    if (!gathered.any || better) {
      gathered.sender = sender;
      gathered.receiver = receiver;
    }
    if (!gathered.any) gathered.first = seen;
    gathered.any = true;
    gathered.all_alike = gathered.all_alike && seen == gathered.first;
    all.open = sets_.unite(all.open, seen.open);
    all.lost = sets_.unite(all.lost, seen.lost);
  }

  // --- what is told of a column

  // What most get of a profile is said once.
  void finish(std::uint32_t to) {
    auto usual = usual_of_column();
    for (std::size_t i = 0; i < of_kinds_.size(); ++i) {
      const SenderKind& kind = kinds_->all()[i];
      if (of_kinds_[i].all == usual[kind.profile]) continue;
      for (const auto party : kind.parties) {
        if (apart_in_[party] == column_) continue;
        Gathered gathered = of_kinds_[i];
        gathered.sender = kinds_->end_at(party, gathered.sender);
        tell(party, to, gathered);
      }
    }
    for (std::size_t i = 0; i < apart_.size(); ++i) {
      const bool told = of_apart_[i].any && of_apart_[i].all != usual[result_.profile[apart_[i]]];
      if (told) tell(apart_[i], to, of_apart_[i]);
    }
    result_.usual.push_back(std::move(usual));
  }

  std::vector<ReachUsual> usual_of_column() const {
    std::vector<ReachUsual> usual(profiles_);
    if (result_.complete) return usual;
    std::map<std::pair<std::uint32_t, std::pair<SetId, SetId>>, std::size_t> counts;
    const auto count = [&](std::uint32_t profile, const Outcome& seen, std::size_t parties) {
      counts[{profile, {seen.open, seen.lost}}] += parties;
    };
    std::vector<std::size_t> asked_apart(kinds_->all().size());
    for (std::size_t i = 0; i < apart_.size(); ++i) {
      ++asked_apart[kinds_->of(apart_[i])];
      if (of_apart_[i].any) count(result_.profile[apart_[i]], of_apart_[i].all, 1);
    }
    for (std::size_t i = 0; i < asked_apart.size(); ++i) {
      const SenderKind& kind = kinds_->all()[i];
      if (kind.parties.size() > asked_apart[i]) {
        count(kind.profile, of_kinds_[i].all, kind.parties.size() - asked_apart[i]);
      }
    }
    std::vector<std::size_t> most(profiles_);
    for (const auto& [key, parties] : counts) {
      if (parties > most[key.first]) usual[key.first] = {key.second.first, key.second.second};
      most[key.first] = std::max(most[key.first], parties);
    }
    return usual;
  }

  // Two addresses of the same end: not one with itself.
  static Ipv4 other_address(const End& end, Ipv4 not_this) {
    for (const Range& range : end.addresses) {
      if (range.first != not_this.value) return Ipv4{range.first};
      if (range.last != range.first) return Ipv4{range.first + 1};
    }
    return end.sample;
  }

  void tell(std::uint32_t from, std::uint32_t to, const Gathered& gathered) {
    const End& sender = senders_.ends[gathered.sender];
    ReachCell cell{.from = from,
                   .to = to,
                   .open = gathered.all.open,
                   .lost = gathered.all.lost,
                   .all_alike = gathered.all_alike,
                   .via = gathered.via};
    cell.from_sample = sender.sample;
    cell.to_sample = other_address(receivers_.ends[gathered.receiver], sender.sample);
    if (cell.to_sample == sender.sample) cell.from_sample = other_address(sender, cell.to_sample);
    result_.cells.push_back(cell);
  }

  struct Remembered {
    Outcome outcome;
    std::uint32_t filled = 0;  // for what `arriving_` was then
  };

  Reach& result_;
  Ground& ground_;
  SetTable& sets_;
  const Ends& senders_;
  const Ends& receivers_;
  Places places_;
  std::vector<SetId> leaving_;                                             // mostly, by set of groups
  std::vector<std::vector<std::pair<std::uint32_t, SetId>>> by_receiver_;  // sets of groups that let out other traffic
  std::vector<std::vector<std::uint32_t>> parties_with_;                   // by set of groups
  std::vector<std::vector<std::uint32_t>> parties_at_;                     // by place
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> by_appliance_;  // senders' places, by a receiver's
  std::size_t profiles_ = 1;
  std::optional<SenderKinds> kinds_;
  bool remember_ = false;
  std::vector<Remembered> remembered_;  // by what kinds let out, and the way
  std::map<std::pair<const std::vector<std::string>*, Ipv4>, SetId> elsewhere_;

  // Of the column at hand.
  std::uint32_t column_ = 0;
  Admitting arrivals_{ground_, senders_};
  Admitted arriving_;
  std::vector<SetId> arriving_at_;  // by sender
  std::optional<std::uint32_t> filled_for_;
  std::uint32_t filled_ = 0;
  std::vector<std::uint32_t> apart_;     // parties that are asked one by one
  std::vector<std::uint32_t> apart_in_;  // by party: the last column in which it was
  std::vector<Gathered> of_kinds_;
  std::vector<Gathered> of_apart_;
};

}  // namespace

std::expected<void, std::string> between_hosts(Reach& result, const Ends& senders, const Ends& receivers,
                                               const GoOn& told) {
  return Hosts(result, senders, receivers).run(told);
}

}  // namespace sallyport::rules::reaching
