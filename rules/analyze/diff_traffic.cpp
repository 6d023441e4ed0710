// Traffic before and after: addresses swept in intervals, keys as sets. Owner: rules/analyze. See diff.h.
#include "rules/analyze/diff_traffic.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "rules/analyze/reach_sets.h"

namespace sallyport::rules::diffing {
namespace {

using literal::PeerId;
using literal::Range;
using literal::RuleId;
using literal::Rules;
using literal::Side;
using reaching::kEverything;
using reaching::kNothing;
using reaching::SetId;

// Whom a packet is judged for: groups, and the ACL of the subnet. Nobody where the interface is not there.
struct Judges {
  std::vector<std::string> groups;
  std::string acl;
  auto operator<=>(const Judges&) const = default;
};

std::map<std::string, Judges> judges_of(const Policy& policy) {
  std::map<std::string, Judges> judges;
  for (const auto& [name, interface] : policy.interfaces) {
    judges[name] = {interface.security_groups, policy.subnets.at(interface.subnet).network_acl};
  }
  for (const auto& [name, subnet] : policy.subnets) {
    if (!subnet.security_groups.empty()) judges[name + "/*"] = {subnet.security_groups, subnet.network_acl};
  }
  return judges;
}

struct PolicySide {
  const Rules& rules;
  std::vector<RuleId> of_groups;
  std::vector<RuleId> of_acl;

  PolicySide(const Rules& from, const std::optional<Judges>& judges, Side side) : rules(from) {
    if (!judges) return;
    for (const auto& group : judges->groups) {
      const auto of_group = rules.of_group(group, side);
      of_groups.insert(of_groups.end(), of_group.begin(), of_group.end());
    }
    const auto entries = rules.of_acl(judges->acl, side);
    of_acl.assign(entries.begin(), entries.end());
  }
};

bool same_peers(const Rules& a, const literal::Rule& rule_a, const Rules& b, const literal::Rule& rule_b) {
  const auto same = [](const Range& x, const Range& y) { return x.first == y.first && x.last == y.last; };
  return std::ranges::equal(rule_a.peers, rule_b.peers,
                            [&](PeerId x, PeerId y) { return std::ranges::equal(a.peers()[x], b.peers()[y], same); });
}

bool same_rules(const Rules& a, std::span<const RuleId> of_a, const Rules& b, std::span<const RuleId> of_b) {
  return std::ranges::equal(of_a, of_b, [&](RuleId x, RuleId y) {
    const auto& rule_a = a.rule(x);
    const auto& rule_b = b.rule(y);
    return rule_a.allow == rule_b.allow && rule_a.traffic == rule_b.traffic && same_peers(a, rule_a, b, rule_b);
  });
}

// An edge of one peer of one rule of one of the four lists.
struct Edge {
  std::uint64_t address = 0;
  std::size_t list = 0;
  std::size_t rule = 0;  // its place in that list
  int change = 0;
};

class Sweep {
 public:
  Sweep(reaching::SetTable& sets, const PolicySide& before, const PolicySide& after)
      : sets_(sets),
        lists_{{{before.rules, before.of_groups, false},
                {before.rules, before.of_acl, true},
                {after.rules, after.of_groups, false},
                {after.rules, after.of_acl, true}}} {
    for (std::size_t list = 0; list < lists_.size(); ++list) add_edges(list);
    std::ranges::sort(edges_, {}, &Edge::address);
  }

  // visit(range, opened, closed) for each interval of addresses in which something changed. False where it was told to
  // stop.
  template <typename Visit>
  bool run(const GoOn& told, Visit&& visit) {
    constexpr std::size_t kBetweenQuestions = 1024;
    std::size_t asked = 0;
    std::uint64_t at = 0;
    std::size_t next = 0;
    while (at < kEnd) {
      if (asked++ % kBetweenQuestions == 0 && !go_on(told, next, edges_.size())) return false;
      for (; next < edges_.size() && edges_[next].address == at; ++next) pass(edges_[next]);
      const std::uint64_t end = next < edges_.size() ? std::min(edges_[next].address, kEnd) : kEnd;
      const SetId before = sets_.intersect(answer(lists_[0]), answer(lists_[1]));
      const SetId after = sets_.intersect(answer(lists_[2]), answer(lists_[3]));
      if (before != after) {
        visit(Range{static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(end - 1)}, sets_.subtract(after, before),
              sets_.subtract(before, after));
      }
      at = end;
    }
    return true;
  }

 private:
  static constexpr std::uint64_t kEnd = std::uint64_t{1} << 32U;
  // Rules of groups, or entries of an ACL, which come in their order.
  struct List {
    const Rules& rules;
    const std::vector<RuleId>& ids;
    bool ordered = false;
    std::vector<SetId> traffic = {};       // of each rule
    std::vector<std::int32_t> peers = {};  // of each rule: how many of its peers hold the address
    std::optional<SetId> answer = {};      // while no edge was passed
  };

  void add_edges(std::size_t number) {
    List& list = lists_[number];
    list.peers.resize(list.ids.size());
    for (std::size_t i = 0; i < list.ids.size(); ++i) {
      const auto& rule = list.rules.rule(list.ids[i]);
      list.traffic.push_back(sets_.of(rule.traffic));
      for (const PeerId peer : rule.peers) {
        for (const Range& range : list.rules.peers()[peer]) {
          edges_.push_back({range.first, number, i, 1});
          edges_.push_back({std::uint64_t{range.last} + 1, number, i, -1});
        }
      }
    }
  }

  void pass(const Edge& edge) {
    List& list = lists_[edge.list];
    auto& peers = list.peers[edge.rule];
    const bool held = peers > 0;
    peers += edge.change;
    if (held != (peers > 0)) list.answer.reset();
  }

  // What the groups admit; what an ACL lets through.
  SetId answer(List& list) {
    if (list.answer) return *list.answer;
    SetId admitted = kNothing;
    SetId left = kEverything;
    for (std::size_t i = 0; i < list.ids.size() && left != kNothing; ++i) {
      if (list.peers[i] == 0) continue;
      const SetId matched = list.ordered ? sets_.intersect(left, list.traffic[i]) : list.traffic[i];
      if (list.rules.rule(list.ids[i]).allow) admitted = sets_.unite(admitted, matched);
      if (list.ordered) left = sets_.subtract(left, matched);
    }
    list.answer = admitted;
    return admitted;
  }

  reaching::SetTable& sets_;
  std::array<List, 4> lists_;
  std::vector<Edge> edges_;
};

void append(std::vector<Range>& ranges, const Range& range) {
  if (!ranges.empty() && std::uint64_t{ranges.back().last} + 1 == range.first) {
    ranges.back().last = range.last;
  } else {
    ranges.push_back(range);
  }
}

}  // namespace

std::optional<std::vector<TrafficChange>> traffic_changes(const Policy& before, const Policy& after, const GoOn& told) {
  const Rules rules_before(before);
  const Rules rules_after(after);
  const auto judges_before = judges_of(before);
  const auto judges_after = judges_of(after);
  // Interfaces with the same judges on both sides see the same change.
  std::map<std::pair<std::optional<Judges>, std::optional<Judges>>, std::vector<std::string>> alike;
  std::set<std::string> names;
  for (const auto& [name, judges] : judges_before) names.insert(name);
  for (const auto& [name, judges] : judges_after) names.insert(name);
  const auto find = [](const std::map<std::string, Judges>& judges, const std::string& name) {
    const auto found = judges.find(name);
    return found == judges.end() ? std::nullopt : std::optional(found->second);
  };
  for (const auto& name : names) alike[{find(judges_before, name), find(judges_after, name)}].push_back(name);

  constexpr std::size_t kMostRemembered = 4'000'000;
  std::optional<reaching::SetTable> sets(std::in_place);
  std::vector<TrafficChange> changes;
  const auto parts = static_cast<double>(2 * alike.size());
  double begun = 0;
  for (const auto& [judges, interfaces] : alike) {
    for (const Side side : {Side::ingress, Side::egress}) {
      const GoOn part = part_of(told, begun / parts, (begun + 1) / parts);
      ++begun;
      const PolicySide old_side(rules_before, judges.first, side);
      const PolicySide new_side(rules_after, judges.second, side);
      if (same_rules(rules_before, old_side.of_groups, rules_after, new_side.of_groups) &&
          same_rules(rules_before, old_side.of_acl, rules_after, new_side.of_acl)) {
        continue;
      }
      if (sets->remembered() > kMostRemembered) sets.emplace();
      std::map<std::pair<bool, SetId>, std::vector<Range>> found;
      const bool whole =
          Sweep(*sets, old_side, new_side).run(part, [&](const Range& range, SetId opened, SetId closed) {
            if (opened != kNothing) append(found[{true, opened}], range);
            if (closed != kNothing) append(found[{false, closed}], range);
          });
      if (!whole) return std::nullopt;
      std::map<std::pair<bool, TrafficSet>, std::vector<Range>> in_order;
      for (auto& [what, ranges] : found) in_order[{what.first, sets->at(what.second)}] = std::move(ranges);
      for (auto& [what, ranges] : in_order) {
        changes.push_back({what.first, side, interfaces, std::move(ranges), what.second});
      }
    }
  }
  return changes;
}

}  // namespace sallyport::rules::diffing
