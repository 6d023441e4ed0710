// What nobody uses, and what is used but empty.
//
// Owner: rules/analyze. What exists by default is left alone, and so is what replaces it: an empty `default` group or
// ACL is written to lock it.
#include "rules/analyze/lint_report.h"

namespace sallyport::rules::linting {
namespace {

template <typename T, typename Used>
void find_in(Lint& lint, LintKind kind, std::string_view section, const Named<T>& named, std::string_view nobody,
             Used used) {
  for (const auto& [name, value] : named) {
    if (value.where.line == 0 || name == "default" || name == "main" || used(name, value)) continue;
    lint.report(kind, value.where, [&] {
      return Finding{pointer_to(section, name), std::string(nobody) + ' ' + quoted(name), "remove it, or use it", {}};
    });
  }
}

class EmptyFinder {
 public:
  explicit EmptyFinder(Lint& lint) : lint_(lint) {}

  void find() {
    for (const auto& [name, group] : lint_.policy.security_groups) {
      const bool used = lint_.uses.groups_with_members.contains(name) || lint_.uses.groups_referenced.contains(name);
      if (!used) continue;
      for (const auto side : kSides) {
        const auto& rules = rules_of(group, side);
        for (std::size_t i = 0; i < rules.size(); ++i) look_at(rules[i], name, side, i);
      }
    }
    find_empty_routes();
    find_without_rules();
  }

 private:
  void look_at(const GroupRule& rule, const std::string& group, Side side, std::size_t number) {
    for (std::size_t i = 0; i < rule.security_groups.size(); ++i) {
      const auto& peer = rule.security_groups[i];
      if (peer == group || lint_.uses.groups_with_members.contains(peer)) continue;
      lint_.report(LintKind::empty_group_reference, rule.where, [&] {
        const auto where = lint_.policy.security_groups.find(peer)->second.where;
        return Finding{pointer_to_rule(group, side, number) + "/security_groups/" + std::to_string(i),
                       "rule " + rule_name(group, side, number) + " admits nobody by group " + quoted(peer) +
                           ", which no interface and no subnet has",
                       "give it to the hosts that are meant, or name another",
                       {{where, pointer_to("security_groups", peer), "group " + quoted(peer) + " has no member"}}};
      });
    }
    for (std::size_t i = 0; i < rule.prefix_lists.size(); ++i) {
      const auto pointer = [&] { return pointer_to_rule(group, side, number) + "/prefix_lists/" + std::to_string(i); };
      look_at_list(rule.prefix_lists[i], rule.where, pointer,
                   [&] { return "rule " + rule_name(group, side, number) + " admits nobody by it"; });
    }
  }

  template <typename Pointer, typename Effect>
  void look_at_list(const std::string& name, SourcePosition where, Pointer pointer, Effect effect) {
    const auto& list = lint_.policy.prefix_lists.find(name)->second;
    if (!list.entries.empty()) return;
    lint_.report(LintKind::empty_prefix_list, where, [&] {
      return Finding{pointer(),
                     "prefix list " + quoted(name) + " is empty: " + effect(),
                     "add CIDRs to the list",
                     {{list.where, pointer_to("prefix_lists", name), "the list has no entry"}}};
    });
  }

  void find_empty_routes() {
    for (const auto& [name, table] : lint_.policy.route_tables) {
      if (!lint_.uses.subnets_by_table.contains(name)) continue;
      for (std::size_t i = 0; i < table.routes.size(); ++i) {
        const auto* list = std::get_if<std::string>(&table.routes[i].destination);
        if (list == nullptr) continue;
        look_at_list(
            *list, table.routes[i].where, [&] { return pointer_to_route(name, i) + "/prefix_list"; },
            [&] { return std::string("the route leads nothing anywhere"); });
      }
    }
  }

  [[nodiscard]] bool has_rules(const std::vector<std::string>& groups) const {
    return std::ranges::any_of(groups, [&](const std::string& name) {
      const auto& group = lint_.policy.security_groups.find(name)->second;
      return !group.ingress.empty() || !group.egress.empty();
    });
  }

  void find_without_rules() {
    const auto look = [&](const auto& named, std::string_view section, std::string_view what) {
      for (const auto& [name, holder] : named) {
        if (holder.security_groups.empty() || has_rules(holder.security_groups)) continue;
        lint_.report(LintKind::no_rules, holder.where, [&] {
          const auto& group = holder.security_groups.front();
          return Finding{pointer_to(section, name),
                         std::string(what) + ' ' + quoted(name) + " can neither send nor receive: its groups (" +
                             listed(holder.security_groups) + ") have no rules",
                         "add rules to one of them",
                         {{lint_.policy.security_groups.find(group)->second.where, pointer_to("security_groups", group),
                           "group " + quoted(group) + " has no rules"}}};
        });
      }
    };
    look(lint_.policy.interfaces, "interfaces", "interface");
    look(lint_.policy.subnets, "subnets", "an unnamed host of subnet");
  }

  Lint& lint_;
};

std::unordered_set<std::string_view> nat_gateways_routed_to(const Lint& lint) {
  std::unordered_set<std::string_view> found;
  for (const auto& [name, subnets] : lint.uses.subnets_by_table) {
    for (const auto& route : lint.policy.route_tables.find(name)->second.routes) {
      if (route.target == RouteTarget::nat_gateway) found.insert(route.target_name);
    }
  }
  return found;
}

}  // namespace

void find_unused(Lint& lint) {
  const auto& [policy, uses] = std::tie(lint.policy, lint.uses);
  find_in(lint, LintKind::unused_group, "security_groups", policy.security_groups,
          "no interface, subnet or rule of another group uses group", [&](const std::string& name, const auto&) {
            return uses.groups_with_members.contains(name) || uses.groups_referenced.contains(name);
          });
  find_in(lint, LintKind::unused_acl, "network_acls", policy.network_acls, "no subnet uses network ACL",
          [&](const std::string& name, const auto&) { return uses.subnets_by_acl.contains(name); });
  find_in(lint, LintKind::unused_route_table, "route_tables", policy.route_tables, "no subnet uses route table",
          [&](const std::string& name, const auto&) { return uses.subnets_by_table.contains(name); });
  find_in(lint, LintKind::unused_prefix_list, "prefix_lists", policy.prefix_lists, "no rule or route uses prefix list",
          [&](const std::string& name, const auto&) { return uses.prefix_lists.contains(name); });
  const auto routed = nat_gateways_routed_to(lint);
  find_in(lint, LintKind::unused_nat_gateway, "nat_gateways", policy.nat_gateways,
          "no subnet has a route to NAT gateway",
          [&](const std::string& name, const auto&) { return routed.contains(name); });
}

void find_empty(Lint& lint) { EmptyFinder(lint).find(); }

}  // namespace sallyport::rules::linting
