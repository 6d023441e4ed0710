// Routes that no packet takes, routes to interfaces that take no packets for others, public addresses without a route.
//
// Owner: rules/analyze. Looked at are tables that a subnet uses. Where prefixes are equal a CIDR goes before a prefix
// list, and of lists the one that is written first.
#include "rules/analyze/lint_report.h"

namespace sallyport::rules::linting {
namespace {

constexpr Box kAnything{};

class Table {
 public:
  Table(Lint& lint, const std::string& name, const RouteTable& table)
      : lint_(lint), name_(name), table_(table), index_(take_in()), budget_(lint.allot()) {}

  void find() {
    for (std::size_t i = 0; i < table_.routes.size() && !budget_.exhausted(); ++i) {
      find_never_taken(static_cast<std::uint32_t>(i));
      find_checked(i);
    }
    lint_.settle(budget_, table_.where, pointer_to("route_tables", name_), "the routes of table " + quoted(name_));
  }

 private:
  static constexpr std::uint32_t kLocal = 0xFFFFFFFFU;
  static constexpr std::size_t kPlaces = 3;

  // One destination of a route.
  struct Way {
    Prefix prefix;
    std::uint32_t route = kLocal;
    bool list = false;
  };

  PrefixIndex take_in() {
    for (const auto& block : lint_.policy.vpc.cidr_blocks) ways_.push_back({block, kLocal, false});
    for (std::uint32_t i = 0; i < table_.routes.size(); ++i) {
      const bool list = std::holds_alternative<std::string>(table_.routes[i].destination);
      for (const auto& prefix : destinations_of(lint_.policy, table_.routes[i])) ways_.push_back({prefix, i, list});
    }
    std::vector<Prefix> prefixes;
    prefixes.reserve(ways_.size());
    for (const auto& way : ways_) prefixes.push_back(way.prefix);
    return PrefixIndex(prefixes);
  }

  // Does a packet that both match take `way`, and not that of `prefix` of `route`?
  [[nodiscard]] static bool goes_before(const Way& way, const Prefix& prefix, std::uint32_t route, bool list) {
    if (way.prefix.length != prefix.length) return way.prefix.length > prefix.length;
    if (way.route == kLocal) return true;
    return list && (!way.list || way.route < route);
  }

  // By the ways of `some` routes, or of all.
  bool is_taken(std::uint32_t route, const std::vector<PrefixIndex::Item>* some, std::vector<PrefixIndex::Item>* used) {
    const bool list = std::holds_alternative<std::string>(table_.routes[route].destination);
    const auto destinations = destinations_of(lint_.policy, table_.routes[route]);
    return std::ranges::any_of(destinations, [&](const Prefix& prefix) {
      const auto before = [&](PrefixIndex::Item item) -> const Box* {
        const auto& way = ways_[item];
        if (way.route == route || !goes_before(way, prefix, route, list)) return nullptr;
        return some == nullptr || std::ranges::binary_search(*some, way.route) ? &kAnything : nullptr;
      };
      return index_.uncovered(prefix, {kAnything}, before, budget_, used).has_value();
    });
  }

  void find_never_taken(std::uint32_t route) {
    const bool nothing = destinations_of(lint_.policy, table_.routes[route]).empty();
    if (nothing || is_taken(route, nullptr, nullptr) || budget_.exhausted()) return;
    lint_.report(LintKind::route_never_taken, table_.routes[route].where, [&] {
      std::vector<PrefixIndex::Item> used;
      (void)is_taken(route, nullptr, &used);
      for (auto& item : used) item = ways_[item].route;
      used = fewest(std::move(used), [&](const auto& some) { return !is_taken(route, &some, nullptr); });
      return finding(route, used);
    });
  }

  Finding finding(std::uint32_t route, const std::vector<std::uint32_t>& before) const {
    Finding finding{pointer_to_route(name_, route), {}, "remove it, or them", {}};
    std::vector<std::string> names;
    for (const auto item : before) {
      if (item == kLocal) {
        names.emplace_back("the VPC itself");
        continue;
      }
      names.push_back(destination(item));
      if (finding.also.size() < kPlaces) {
        finding.also.push_back(
            {table_.routes[item].where, pointer_to_route(name_, item), "the route to " + names.back()});
      }
    }
    finding.message = "no packet takes the route to " + destination(route) + ": " + listed(names) + " of table " +
                      quoted(name_) + (names.size() == 1 ? " goes before it" : " go before it");
    return finding;
  }

  [[nodiscard]] std::string destination(std::uint32_t route) const {
    const auto& written = table_.routes[route].destination;
    if (const auto* prefix = std::get_if<Prefix>(&written)) return to_string(*prefix);
    return "prefix list " + quoted(std::get<std::string>(written));
  }

  void find_checked(std::size_t number) {
    const auto& route = table_.routes[number];
    if (route.target != RouteTarget::interface) return;
    const auto& interface = lint_.policy.interfaces.find(route.target_name)->second;
    if (!interface.source_dest_check) return;
    lint_.report(LintKind::route_to_checked_interface, route.where, [&] {
      return Finding{pointer_to_route(name_, number),
                     "the route to " + destination(static_cast<std::uint32_t>(number)) + " leads to interface " +
                         quoted(route.target_name) + ", which takes no packets for others",
                     "set its source_dest_check to false",
                     {{interface.where, pointer_to("interfaces", route.target_name),
                       "the source/destination check of interface " + quoted(route.target_name) + " is on"}}};
    });
  }

  Lint& lint_;
  const std::string& name_;
  const RouteTable& table_;
  std::vector<Way> ways_;
  PrefixIndex index_;
  Budget budget_;
};

void find_public_without_route(Lint& lint) {
  for (const auto& [name, interface] : lint.policy.interfaces) {
    if (!interface.public_ip) continue;
    const auto& subnet = lint.policy.subnets.find(interface.subnet)->second;
    const auto& table = *lint.policy.route_tables.find(subnet.route_table);
    const auto& routes = table.second.routes;
    if (std::ranges::find(routes, RouteTarget::internet, &Route::target) != routes.end()) continue;
    lint.report(LintKind::public_ip_without_route, interface.where, [&] {
      return Finding{pointer_to("interfaces", name) + "/public_ip",
                     "interface " + quoted(name) + " has the public address " + to_string(*interface.public_ip) +
                         ", but its subnet " + quoted(interface.subnet) + " has no route to the internet",
                     "route 0.0.0.0/0 there, or remove the address",
                     {{table.second.where, pointer_to("route_tables", table.first),
                       "table " + quoted(table.first) + " of subnet " + quoted(interface.subnet)}}};
    });
  }
}

}  // namespace

void find_useless_routes(Lint& lint) {
  for (const auto& [name, table] : lint.policy.route_tables) {
    if (lint.uses.subnets_by_table.contains(name) && !table.routes.empty()) Table(lint, name, table).find();
  }
  find_public_without_route(lint);
}

}  // namespace sallyport::rules::linting
