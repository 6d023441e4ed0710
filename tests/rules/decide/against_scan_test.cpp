// Random policies: the compiled tables decide every packet as a plain scan over the written rules does.
//
// The scan reads the model alone and knows nothing of classes, rows or segments.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <optional>

#include "tests/rules/compile/policy_builder.h"

namespace sallyport::rules {
namespace {

using namespace testing;

// --- the scan ------------------------------------------------------------------------------------------------------

bool traffic_matches(const Traffic& traffic, const Query& q) {
  if (traffic.protocol == kAnyProtocol) return true;
  if (traffic.protocol != q.protocol) return false;
  if (q.protocol == kProtocolTcp || q.protocol == kProtocolUdp) {
    return q.destination_port >= traffic.from_port && q.destination_port <= traffic.to_port;
  }
  if (q.protocol != kProtocolIcmp) return true;
  return (traffic.icmp_type == -1 || traffic.icmp_type == q.icmp_type) &&
         (traffic.icmp_code == -1 || traffic.icmp_code == q.icmp_code);
}

bool holds(const std::vector<std::string>& groups, const std::string& group) {
  return std::ranges::find(groups, group) != groups.end();
}

// Does a private address carry the group: by its interface, else by its subnet where it is an ordinary host's.
bool is_member(const Policy& policy, Ipv4 address, const std::string& group) {
  for (const auto& [name, interface] : policy.interfaces) {
    if (std::ranges::find(interface.private_ips, address) != interface.private_ips.end()) {
      return holds(interface.security_groups, group);
    }
  }
  for (const auto& [name, nat] : policy.nat_gateways) {
    if (nat.private_ip == address) return false;
  }
  for (const auto& [name, subnet] : policy.subnets) {
    if (subnet.cidr_block.contains(address)) {
      return !subnet.reserves(address) && holds(subnet.security_groups, group);
    }
  }
  return false;
}

bool peer_matches(const Policy& policy, const GroupRule& rule, const std::string& own, Ipv4 remote) {
  const auto contains = [&](const Prefix& p) { return p.contains(remote); };
  if (std::ranges::any_of(rule.cidr_blocks, contains)) return true;
  for (const auto& list : rule.prefix_lists) {
    if (std::ranges::any_of(policy.prefix_lists.at(list).entries, contains)) return true;
  }
  for (const auto& group : rule.security_groups) {
    if (is_member(policy, remote, group)) return true;
  }
  return rule.self && is_member(policy, remote, own);
}

bool has_any_peer(const Policy& policy, const GroupRule& rule) {
  const auto any = [](const Prefix& p) { return p.length == 0; };
  if (std::ranges::any_of(rule.cidr_blocks, any)) return true;
  return std::ranges::any_of(rule.prefix_lists, [&](const std::string& list) {
    return std::ranges::any_of(policy.prefix_lists.at(list).entries, any);
  });
}

const std::vector<GroupRule>& rules_of(const Policy& policy, const std::string& group, Direction direction) {
  const SecurityGroup& found = policy.security_groups.at(group);
  return direction == Direction::ingress ? found.ingress : found.egress;
}

struct Scan {
  std::vector<std::string> matching;  // names of the rules that match, in order
  bool untracked = false;
};

bool return_is_open(const Policy& policy, const Interface& interface, Direction direction, std::int16_t protocol) {
  const Direction other = direction == Direction::ingress ? Direction::egress : Direction::ingress;
  for (const auto& group : interface.security_groups) {
    for (const GroupRule& rule : rules_of(policy, group, other)) {
      const bool all_ports =
          rule.traffic.protocol == kAnyProtocol ||
          (rule.traffic.protocol == protocol && rule.traffic.from_port == 0 && rule.traffic.to_port == 65535);
      if (all_ports && has_any_peer(policy, rule)) return true;
    }
  }
  return false;
}

Scan scan_groups(const Policy& policy, const Interface& interface, Direction direction, const Query& q) {
  Scan scan;
  bool any_peer = false;
  for (const auto& group : interface.security_groups) {
    const auto& rules = rules_of(policy, group, direction);
    for (std::size_t i = 0; i < rules.size(); ++i) {
      if (!traffic_matches(rules[i].traffic, q) || !peer_matches(policy, rules[i], group, q.remote)) continue;
      scan.matching.push_back(group + (direction == Direction::ingress ? "/ingress/" : "/egress/") + std::to_string(i));
      any_peer = any_peer || has_any_peer(policy, rules[i]);
    }
  }
  const bool ports = q.protocol == kProtocolTcp || q.protocol == kProtocolUdp;
  scan.untracked = ports && any_peer && return_is_open(policy, interface, direction, q.protocol);
  return scan;
}

const AclEntry* scan_acl(const std::vector<AclEntry>& entries, const Query& q) {
  const AclEntry* lowest = nullptr;
  for (const AclEntry& e : entries) {
    if (!e.cidr_block.contains(q.remote) || !traffic_matches(e.traffic, q)) continue;
    if (lowest == nullptr || e.rule_no < lowest->rule_no) lowest = &e;
  }
  return lowest;
}

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

// --- random policies and packets -------------------------------------------------------------------------------------

// Small numbers and few prefixes, so that rules overlap and meet packets.
int pick(int below) { return *rc::gen::inRange(0, below); }

const std::vector<std::string>& some_cidrs() {
  static const std::vector<std::string> kCidrs{"0.0.0.0/0",    "0.0.0.0/1",    "128.0.0.0/1",  "10.0.0.0/8",
                                               "10.0.1.0/24",  "10.0.1.0/28",  "10.0.1.20/32", "10.0.2.0/25",
                                               "192.0.2.0/24", "192.0.2.7/32", "192.0.2.6/31", "255.255.255.255/32"};
  return kCidrs;
}
const std::vector<std::string> kGroups{"a", "b", "c", "default"};

Traffic some_traffic() {
  const auto port = static_cast<std::uint16_t>(pick(6));
  switch (pick(6)) {
    case 0:
      return all();
    case 1:
      return pick(3) == 0 ? tcp(0, 65535) : tcp(port, static_cast<std::uint16_t>(port + pick(4)));
    case 2:
      return pick(3) == 0 ? udp(0, 65535) : udp(port, static_cast<std::uint16_t>(port + pick(4)));
    case 3:
      return icmp(-1, -1);
    case 4:
      return icmp(static_cast<std::int16_t>(pick(4)), static_cast<std::int16_t>(pick(4) - 1));
    default:
      return protocol(static_cast<std::int16_t>(49 + pick(3)));
  }
}

std::vector<GroupRule> some_rules() {
  std::vector<GroupRule> rules;
  for (int i = pick(5); i > 0; --i) {
    std::vector<std::string> peers;
    for (int p = 1 + pick(2); p > 0; --p) {
      const int kind = pick(6);
      if (kind == 0) peers.emplace_back("self");
      if (kind == 1) peers.push_back("list:" + std::string(pick(2) == 0 ? "l" : "m"));
      if (kind == 2) peers.push_back("group:" + kGroups[static_cast<std::size_t>(pick(4))]);
      if (kind > 2) peers.push_back(some_cidrs()[static_cast<std::size_t>(pick(12))]);
    }
    rules.push_back(allow(some_traffic(), peers));
  }
  return rules;
}

std::vector<AclEntry> some_entries() {
  std::vector<AclEntry> entries;
  std::uint16_t number = 0;
  for (int i = pick(7); i > 0; --i) {
    number = static_cast<std::uint16_t>(number + 1 + pick(9));
    entries.push_back(entry(number, pick(2) == 0, some_traffic(), some_cidrs()[static_cast<std::size_t>(pick(12))]));
  }
  return entries;
}

std::vector<Route> some_routes() {
  std::vector<Route> routes;
  std::vector<std::string> unused = some_cidrs();
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

std::vector<std::string> some_groups(int at_least) {
  std::vector<std::string> groups;
  for (int i = at_least + pick(3); i > 0; --i) {
    const auto& group = kGroups[static_cast<std::size_t>(pick(4))];
    if (!holds(groups, group)) groups.push_back(group);
  }
  return groups;
}

PolicyBuilder some_policy() {
  PolicyBuilder b;
  for (const auto* list : {"l", "m"}) {
    b.list(list, {});
    for (int i = pick(4); i > 0; --i) b.list(list, {some_cidrs()[static_cast<std::size_t>(pick(12))]});
  }
  for (const auto& group : kGroups) b.group(group, some_rules(), some_rules());
  b.acl("x", some_entries(), some_entries()).table("t", some_routes());
  b.subnet("one", "10.0.1.0/26", some_groups(0), "t", "x").subnet("two", "10.0.2.0/28", some_groups(0), "main", "x");
  b.interface("i", "one", {"10.0.1.20", "10.0.1.21"}, some_groups(1));
  b.interface("j", "two", {"10.0.2.5"}, some_groups(1));
  b.nat("n", "two", "10.0.2.6", {});
  return b;
}

Query some_query() {
  static const std::vector<std::string> kBases{"10.0.1.0",  "10.0.1.15",       "10.0.1.20", "10.0.1.62",
                                               "10.0.2.0",  "10.0.2.5",        "10.0.2.12", "192.0.2.6",
                                               "192.0.2.0", "255.255.255.252", "8.8.8.8",   "0.0.0.0"};
  static const std::vector<std::uint8_t> kProtocols{1, 6, 17, 49, 50, 51, 52};
  return {.remote = Ipv4{ip(kBases[static_cast<std::size_t>(pick(12))]).value + static_cast<std::uint32_t>(pick(4))},
          .protocol = kProtocols[static_cast<std::size_t>(pick(7))],
          .destination_port = static_cast<std::uint16_t>(pick(8) == 0 ? 65535 : pick(11)),
          .icmp_type = static_cast<std::uint8_t>(pick(5)),
          .icmp_code = static_cast<std::uint8_t>(pick(4))};
}

// --- the comparison --------------------------------------------------------------------------------------------------

void compare_groups(const CompiledView& c, const Policy& policy, const Query& q) {
  for (const auto& [name, interface] : policy.interfaces) {
    for (const auto direction : {Direction::ingress, Direction::egress}) {
      const Scan scan = scan_groups(policy, interface, direction, q);
      const GroupVerdict verdict = c.view.judge_groups(c.interface(name), direction, q);
      RC_ASSERT(verdict.allow == !scan.matching.empty());
      RC_ASSERT(c.rule(verdict.rule) == (scan.matching.empty() ? "" : scan.matching.front()));
      RC_ASSERT(verdict.untracked == scan.untracked);
      std::vector<RuleIndex> found;
      c.view.matching_rules(c.interface(name), direction, q, found);
      std::vector<std::string> names;
      for (const RuleIndex rule : found) names.push_back(c.rule(rule));
      RC_ASSERT(names == scan.matching);
    }
  }
}

void compare_acl(const CompiledView& c, const Policy& policy, const Query& q) {
  const AclIndex acl = c.view.subnet(c.view.subnet_named("one")).acl;
  for (const auto direction : {Direction::ingress, Direction::egress}) {
    const NetworkAcl& written = policy.network_acls.at("x");
    const AclEntry* entry = scan_acl(direction == Direction::ingress ? written.ingress : written.egress, q);
    const AclVerdict verdict = c.view.judge_acl(acl, direction, q);
    RC_ASSERT(verdict.allow == (entry != nullptr && entry->allow));
    RC_ASSERT((verdict.rule == kNone) == (entry == nullptr));
    if (entry != nullptr) RC_ASSERT(c.view.rule(verdict.rule).rule_no == entry->rule_no);
  }
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
  PolicyBuilder b = some_policy();
  const CompiledView c(b);
  for (int i = 0; i < 60; ++i) {
    const Query q = some_query();
    compare_groups(c, b.policy(), q);
    compare_acl(c, b.policy(), q);
    compare_route(c, b.policy(), q);
  }
}

}  // namespace
}  // namespace sallyport::rules
