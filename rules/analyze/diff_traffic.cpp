// Traffic before and after: addresses swept in intervals, keys as sets. Owner: rules/analyze. See diff.h.
#include "rules/analyze/diff_traffic.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

namespace sallyport::rules::diffing {
namespace {

using literal::KeySet;
using literal::Kind;
using literal::PeerId;
using literal::Range;
using literal::RuleId;
using literal::Rules;
using literal::Side;

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
  Sweep(const PolicySide& before, const PolicySide& after)
      : lists_{{{&before.rules, &before.of_groups},
                {&before.rules, &before.of_acl},
                {&after.rules, &after.of_groups},
                {&after.rules, &after.of_acl}}} {
    for (std::size_t list = 0; list < lists_.size(); ++list) add_edges(list);
    std::ranges::sort(edges_, {}, &Edge::address);
  }

  // visit(range, opened, closed) for each interval of addresses in which something changed.
  template <typename Visit>
  void run(Visit&& visit) {
    std::uint64_t at = 0;
    std::size_t next = 0;
    while (at < kEnd) {
      for (; next < edges_.size() && edges_[next].address == at; ++next) {
        counts_[edges_[next].list][edges_[next].rule] += edges_[next].change;
      }
      const std::uint64_t end = next < edges_.size() ? std::min(edges_[next].address, kEnd) : kEnd;
      const TrafficSet before = allowed(0);
      const TrafficSet after = allowed(2);
      if (before != after) {
        visit(Range{static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(end - 1)}, minus(after, before),
              minus(before, after));
      }
      at = end;
    }
  }

 private:
  static constexpr std::uint64_t kEnd = std::uint64_t{1} << 32U;
  struct List {
    const Rules* rules;
    const std::vector<RuleId>* ids;
  };

  void add_edges(std::size_t list) {
    const auto& ids = *lists_[list].ids;
    counts_[list].resize(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) {
      for (const PeerId peer : lists_[list].rules->rule(ids[i]).peers) {
        for (const Range& range : lists_[list].rules->peers()[peer]) {
          edges_.push_back({range.first, list, i, 1});
          edges_.push_back({std::uint64_t{range.last} + 1, list, i, -1});
        }
      }
    }
  }

  static TrafficSet minus(const TrafficSet& a, const TrafficSet& b) {
    TrafficSet result;
    for (std::size_t kind = 0; kind < result.size(); ++kind) result[kind] = literal::subtract(a[kind], b[kind]);
    return result;
  }

  // What the groups at `list` admit and the ACL behind them lets through.
  [[nodiscard]] TrafficSet allowed(std::size_t list) const {
    TrafficSet result;
    for (std::uint32_t kind = 0; kind < literal::kKinds; ++kind) {
      KeySet groups;
      each_active(list, static_cast<Kind>(kind),
                  [&](const literal::Rule&, literal::Keys keys) { groups = literal::unite(groups, {keys}); });
      if (groups.empty()) continue;
      KeySet acl;
      KeySet decided;
      each_active(list + 1, static_cast<Kind>(kind), [&](const literal::Rule& entry, literal::Keys keys) {
        if (entry.allow) acl = literal::unite(acl, literal::subtract({keys}, decided));
        decided = literal::unite(decided, {keys});
      });
      result[kind] = literal::intersect(groups, acl);
    }
    return result;
  }

  template <typename Visit>
  void each_active(std::size_t list, Kind kind, Visit&& visit) const {
    for (std::size_t i = 0; i < counts_[list].size(); ++i) {
      if (counts_[list][i] == 0) continue;
      const auto& rule = lists_[list].rules->rule((*lists_[list].ids)[i]);
      if (const auto keys = literal::keys_of(rule.traffic, kind)) visit(rule, *keys);
    }
  }

  std::array<List, 4> lists_;
  std::array<std::vector<int>, 4> counts_;  // by rule: how many of its peers hold the address
  std::vector<Edge> edges_;
};

bool is_nothing(const TrafficSet& traffic) {
  return std::ranges::all_of(traffic, [](const KeySet& keys) { return keys.empty(); });
}

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

  std::vector<TrafficChange> changes;
  std::size_t compared = 0;
  for (const auto& [judges, interfaces] : alike) {
    if (!go_on(told, compared++, alike.size())) return std::nullopt;
    for (const Side side : {Side::ingress, Side::egress}) {
      const PolicySide old_side(rules_before, judges.first, side);
      const PolicySide new_side(rules_after, judges.second, side);
      if (same_rules(rules_before, old_side.of_groups, rules_after, new_side.of_groups) &&
          same_rules(rules_before, old_side.of_acl, rules_after, new_side.of_acl)) {
        continue;
      }
      std::map<std::pair<bool, TrafficSet>, std::vector<Range>> found;
      Sweep(old_side, new_side).run([&](const Range& range, const TrafficSet& opened, const TrafficSet& closed) {
        if (!is_nothing(opened)) append(found[{true, opened}], range);
        if (!is_nothing(closed)) append(found[{false, closed}], range);
      });
      for (auto& [what, ranges] : found) {
        changes.push_back({what.first, side, interfaces, std::move(ranges), what.second});
      }
    }
  }
  return changes;
}

}  // namespace sallyport::rules::diffing
