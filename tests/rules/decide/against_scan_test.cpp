// Random policies of IPv4, with routes: the compiled tables decide every packet as a plain scan over the written rules
// does.
#include <gtest/gtest.h>

#include <optional>

#include "tests/rules/decide/random_scan.h"

namespace sallyport::rules {
namespace {

using namespace testing;

const Choices kIpv4{
    Families::ipv4,
    {"0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "10.0.0.0/8", "10.0.1.0/24", "10.0.1.0/28", "10.0.1.20/32", "10.0.2.0/25",
     "192.0.2.0/24", "192.0.2.7/32", "192.0.2.6/31", "255.255.255.255/32"}};

const std::vector<std::string> kBases{"10.0.1.0",  "10.0.1.15", "10.0.1.20", "10.0.1.62",       "10.0.2.0", "10.0.2.5",
                                      "10.0.2.12", "192.0.2.6", "192.0.2.0", "255.255.255.252", "8.8.8.8",  "0.0.0.0"};

// The longest of the routes that contain the destination; of equal ones a CIDR, then the first.
std::optional<Route> scan_routes(const Policy& policy, const RouteTable& table, Ipv4 destination) {
  std::optional<Route> best;
  int best_length = -1;
  const auto consider = [&](const Prefix& prefix, const Route& route) {
    if (!prefix.contains(destination)) return;
    if (prefix.length > best_length) {
      best = route;
      best_length = prefix.length;
    }
  };
  for (const Route& route : table.routes) {
    if (const auto* prefix = std::get_if<Prefix>(&route.destination)) consider(*prefix, route);
  }
  for (const Route& route : table.routes) {
    const auto* list = std::get_if<std::string>(&route.destination);
    if (list == nullptr) continue;
    for (const Prefix& entry : policy.prefix_lists.at(*list).entries) consider(entry, route);
  }
  for (const Prefix& block : policy.vpc.cidr_blocks) consider(block, Route{.target = RouteTarget::local});
  return best;
}

std::vector<Route> some_routes() {
  std::vector<Route> routes;
  std::vector<std::string> unused = kIpv4.cidrs;
  for (int i = pick(6); i > 0; --i) {
    const RouteTarget target = pick(2) == 0 ? RouteTarget::internet : RouteTarget::blackhole;
    const auto line = static_cast<std::uint32_t>(routes.size() + 1);
    if (pick(4) == 0) {
      routes.push_back(route(pick(2) == 0 ? "list:l" : "list:m", target, "", line));
      continue;
    }
    const auto at = unused.begin() + pick(static_cast<int>(unused.size()));
    routes.push_back(route(*at, target, "", line));
    unused.erase(at);
  }
  return routes;
}

PolicyBuilder some_routed_policy() {
  PolicyBuilder b = some_policy(kIpv4);
  b.table("t", some_routes());
  b.subnet("one", "10.0.1.0/26", some_groups(0), "t", "x").subnet("two", "10.0.2.0/28", some_groups(0), "main", "x");
  b.interface("i", "one", {"10.0.1.20", "10.0.1.21"}, some_groups(1));
  b.interface("j", "two", {"10.0.2.5"}, some_groups(1));
  b.nat("n", "two", "10.0.2.6", {});
  return b;
}

void compare_route(const CompiledView& c, const Policy& policy, const Query& q) {
  const std::optional<Route> route = scan_routes(policy, policy.route_tables.at("t"), q.remote);
  const RouteVerdict verdict = c.view.route(c.view.subnet(c.view.subnet_named("one")).table, q.remote);
  RC_ASSERT(verdict.found == route.has_value());
  if (!route) return;
  RC_ASSERT(verdict.target == route->target);
  RC_ASSERT((verdict.route == kNone) == (route->target == RouteTarget::local));
  if (verdict.route != kNone) RC_ASSERT(c.view.route_info(verdict.route).line == route->where.line);
}

RC_GTEST_PROP(CompiledTables, DecideAsAScanOverTheRules, ()) {
  PolicyBuilder b = some_routed_policy();
  const CompiledView c(b);
  for (int i = 0; i < 60; ++i) {
    const Query q = some_query(kBases);
    compare_groups(c, b.policy(), q);
    compare_acl(c, b.policy(), q);
    compare_route(c, b.policy(), q);
  }
}

}  // namespace
}  // namespace sallyport::rules
