// What two policies differ in for packets and flows, and whether they do.
//
// Owner: rules/document. Left out: positions, descriptions, and the order of what is a set; the order of rules counts,
// because it decides which of them is named.
#include "rules/document/same_meaning.h"

#include <algorithm>
#include <tuple>

#include "rules/document/documents.h"

namespace sallyport::rules {
namespace {

template <typename T>
bool same_set(std::vector<T> a, std::vector<T> b) {
  for (auto* list : {&a, &b}) {
    std::ranges::sort(*list);
    const auto rest = std::ranges::unique(*list);
    list->erase(rest.begin(), rest.end());
  }
  return a == b;
}

bool same(const PrefixList& a, const PrefixList& b) {
  return same_set(a.entries, b.entries) && same_set(a.ipv6_entries, b.ipv6_entries);
}

bool same(const GroupRule& a, const GroupRule& b) {
  return a.traffic == b.traffic && a.self == b.self && same_set(a.cidr_blocks, b.cidr_blocks) &&
         same_set(a.ipv6_cidr_blocks, b.ipv6_cidr_blocks) && same_set(a.security_groups, b.security_groups) &&
         same_set(a.prefix_lists, b.prefix_lists);
}

bool same(const AclEntry& a, const AclEntry& b) {
  return std::tie(a.rule_no, a.allow, a.traffic, a.cidr_block, a.ipv6_cidr_block) ==
         std::tie(b.rule_no, b.allow, b.traffic, b.cidr_block, b.ipv6_cidr_block);
}

bool same(const Route& a, const Route& b) {
  return std::tie(a.destination, a.target, a.target_name) == std::tie(b.destination, b.target, b.target_name);
}

bool same(const Publish& a, const Publish& b) {
  return std::tie(a.private_ip, a.first_port, a.last_port, a.target, a.target_first_port, a.protocol) ==
         std::tie(b.private_ip, b.first_port, b.last_port, b.target, b.target_first_port, b.protocol);
}

template <typename T>
bool same_list(const std::vector<T>& a, const std::vector<T>& b) {
  return std::ranges::equal(a, b, [](const T& x, const T& y) { return same(x, y); });
}

bool same(const SecurityGroup& a, const SecurityGroup& b) {
  return same_list(a.ingress, b.ingress) && same_list(a.egress, b.egress);
}

bool same(const NetworkAcl& a, const NetworkAcl& b) {
  return same_list(a.ingress, b.ingress) && same_list(a.egress, b.egress);
}

bool same(const RouteTable& a, const RouteTable& b) { return same_list(a.routes, b.routes); }

bool same(const Subnet& a, const Subnet& b) {
  return std::tie(a.cidr_block, a.ipv6_cidr_block, a.route_table, a.network_acl, a.security_groups) ==
         std::tie(b.cidr_block, b.ipv6_cidr_block, b.route_table, b.network_acl, b.security_groups);
}

bool same(const Interface& a, const Interface& b) {
  return a.security_groups == b.security_groups && same_but_groups(a, b);
}

bool same(const NatGateway& a, const NatGateway& b) {
  return std::tie(a.subnet, a.private_ip, a.public_ips) == std::tie(b.subnet, b.private_ip, b.public_ips);
}

bool same(const Options& a, const Options& b) {
  return std::tie(a.on_policy_change, a.tcp_pickup, a.allow_private_internet, a.timeouts, a.nat_timeout) ==
         std::tie(b.on_policy_change, b.tcp_pickup, b.allow_private_internet, b.timeouts, b.nat_timeout);
}

// The order of VPC blocks counts in the first alone: the resolver's address is in it.
bool same(const Vpc& a, const Vpc& b) {
  if (a.cidr_blocks.empty() || b.cidr_blocks.empty()) return a.cidr_blocks.empty() && b.cidr_blocks.empty();
  return a.internet_gateway == b.internet_gateway && a.resolver() == b.resolver() &&
         same_set(a.cidr_blocks, b.cidr_blocks) && same_set(a.ipv6_cidr_blocks, b.ipv6_cidr_blocks);
}

// Walks both in the order of their names.
template <typename T>
void compare(Section section, const Named<T>& before, const Named<T>& after, std::vector<Difference>& out) {
  auto a = before.begin();
  auto b = after.begin();
  while (a != before.end() || b != after.end()) {
    if (a != before.end() && b != after.end() && skip_shared(a, b) != 0) continue;
    if (b == after.end() || (a != before.end() && a->first < b->first)) {
      out.push_back({section, (a++)->first, true, false});
    } else if (a == before.end() || b->first < a->first) {
      out.push_back({section, (b++)->first, false, true});
    } else {
      if (!same_place(*a, *b) && !same(a->second, b->second)) out.push_back({section, b->first, true, true});
      ++a;
      ++b;
    }
  }
}

}  // namespace

bool same_but_groups(const Interface& a, const Interface& b) {
  return std::tie(a.subnet, a.private_ips, a.ipv6_addresses, a.public_ip, a.source_dest_check, a.mac, a.timeouts) ==
             std::tie(b.subnet, b.private_ips, b.ipv6_addresses, b.public_ip, b.source_dest_check, b.mac, b.timeouts) &&
         same_list(a.publish, b.publish);
}

bool same_rule(const GroupRule& a, const GroupRule& b) { return same(a, b) && a.description == b.description; }

bool same_rule(const AclEntry& a, const AclEntry& b) { return same(a, b) && a.description == b.description; }

bool same_rule(const Route& a, const Route& b) { return same(a, b); }

bool routes_use(const Policy& policy, std::string_view list) {
  return std::ranges::any_of(policy.route_tables, [&](const auto& table) {
    return std::ranges::any_of(table.second.routes, [&](const Route& route) {
      const auto* destination = std::get_if<std::string>(&route.destination);
      return destination != nullptr && *destination == list;
    });
  });
}

std::vector<Difference> differences(const Policy& before, const Policy& after) {
  std::vector<Difference> out;
  if (!same(before.vpc, after.vpc)) out.push_back({Section::vpc, {}, true, true});
  compare(Section::prefix_lists, before.prefix_lists, after.prefix_lists, out);
  compare(Section::security_groups, before.security_groups, after.security_groups, out);
  compare(Section::network_acls, before.network_acls, after.network_acls, out);
  compare(Section::route_tables, before.route_tables, after.route_tables, out);
  compare(Section::subnets, before.subnets, after.subnets, out);
  compare(Section::interfaces, before.interfaces, after.interfaces, out);
  compare(Section::nat_gateways, before.nat_gateways, after.nat_gateways, out);
  if (!same(before.options, after.options)) out.push_back({Section::options, {}, true, true});
  return out;
}

bool same_meaning(const Policy& a, const Policy& b) { return differences(a, b).empty(); }

}  // namespace sallyport::rules
