// All families of lint findings, and who uses what. Owner: rules/analyze.
#include "rules/analyze/lint.h"

#include "rules/analyze/lint_report.h"

namespace sallyport::rules {
namespace linting {
namespace {

template <typename T>
void sort_unique(std::vector<T>& values) {
  std::ranges::sort(values);
  const auto repeated = std::ranges::unique(values);
  values.erase(repeated.begin(), repeated.end());
}

}  // namespace

const std::vector<GroupRule>& rules_of(const SecurityGroup& group, Side side) {
  return side == Side::ingress ? group.ingress : group.egress;
}

const std::vector<AclEntry>& entries_of(const NetworkAcl& acl, Side side) {
  return side == Side::ingress ? acl.ingress : acl.egress;
}

std::span<const Prefix> destinations_of(const Policy& policy, const Route& route) {
  if (const auto* prefix = std::get_if<Prefix>(&route.destination)) return {prefix, 1};
  return policy.prefix_lists.find(std::get<std::string>(route.destination))->second.entries;
}

Uses::Uses(const Policy& policy) {
  for (const auto& [name, interface] : policy.interfaces) {
    auto& groups = groups_in[interface.subnet];
    groups.insert(groups.end(), interface.security_groups.begin(), interface.security_groups.end());
  }
  for (const auto& subnet : policy.subnets) {
    subnets_by_acl[subnet.second.network_acl].push_back(&subnet);
    subnets_by_table[subnet.second.route_table].push_back(&subnet);
    const auto& groups = subnet.second.security_groups;
    if (groups.empty()) continue;
    auto& inside = groups_in[subnet.first];
    inside.insert(inside.end(), groups.begin(), groups.end());
  }
  for (auto& [subnet, groups] : groups_in) {
    sort_unique(groups);
    groups_with_members.insert(groups.begin(), groups.end());
  }
  for (const auto& [name, group] : policy.security_groups) {
    for (const auto side : kSides) {
      for (const auto& rule : rules_of(group, side)) {
        prefix_lists.insert(rule.prefix_lists.begin(), rule.prefix_lists.end());
        for (const auto& peer : rule.security_groups) {
          if (peer != name) groups_referenced.insert(peer);
        }
      }
    }
  }
  for (const auto& [name, table] : policy.route_tables) {
    for (const auto& route : table.routes) {
      if (const auto* list = std::get_if<std::string>(&route.destination)) prefix_lists.insert(*list);
    }
  }
}

void Lint::settle(const Budget& allotted, SourcePosition where, const std::string& pointer, std::string_view what) {
  left_ -= std::min(kPerList, left_) - allotted.left();
  if (!allotted.exhausted() || gave_up_) return;
  gave_up_ = left_ == 0;
  report(LintKind::not_compared, where, [&] {
    return Finding{pointer,
                   std::string(what) + " overlap so much that check stopped comparing them" +
                       (gave_up_ ? ", and did not begin with those that follow" : ""),
                   "nothing needs to be done: some that have no effect may not be named",
                   {}};
  });
}

}  // namespace linting

void lint(const Policy& policy, Diagnostics& diagnostics) {
  linting::Lint lint(policy, diagnostics);
  for (const auto find : {linting::find_lost_replies, linting::find_starved_nat_gateways, linting::find_open_ports,
                          linting::find_useless_routes, linting::find_unused, linting::find_empty,
                          linting::find_dead_entries, linting::find_covered_rules}) {
    lint.begin_family();
    find(lint);
  }
}

}  // namespace sallyport::rules
