// The scan that compiled tables are held against: what the written rules say of a packet, rule by rule.
//
// Owner: tests/rules. It reads the model alone and knows nothing of classes, rows or maps.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "tests/rules/compile/policy_builder.h"

namespace sallyport::rules::testing {

// What a rule writes of the packet's family.
inline const auto& cidrs_of(const GroupRule& rule, Ipv4) { return rule.cidr_blocks; }
inline const auto& cidrs_of(const GroupRule& rule, Ipv6) { return rule.ipv6_cidr_blocks; }
inline const auto& entries_of(const PrefixList& list, Ipv4) { return list.entries; }
inline const auto& entries_of(const PrefixList& list, Ipv6) { return list.ipv6_entries; }
inline const auto& addresses_of(const Interface& interface, Ipv4) { return interface.private_ips; }
inline const auto& addresses_of(const Interface& interface, Ipv6) { return interface.ipv6_addresses; }
inline bool lies_in(const Subnet& subnet, Ipv4 address) { return subnet.cidr_block.contains(address); }
inline bool lies_in(const Subnet& subnet, Ipv6 address) {
  return subnet.ipv6_cidr_block && subnet.ipv6_cidr_block->contains(address);
}
inline bool is_address_of(const NatGateway& nat, Ipv4 address) { return nat.private_ip == address; }
inline bool is_address_of(const NatGateway&, Ipv6) { return false; }
inline bool is_other_icmp(std::int16_t protocol, Ipv4) { return protocol == kProtocolIcmpv6; }
inline bool is_other_icmp(std::int16_t protocol, Ipv6) { return protocol == kProtocolIcmp; }
inline bool holds(const AclEntry& entry, Ipv4 address) {
  return !entry.ipv6_cidr_block && entry.cidr_block.contains(address);
}
inline bool holds(const AclEntry& entry, Ipv6 address) {
  return entry.ipv6_cidr_block && entry.ipv6_cidr_block->contains(address);
}

template <typename AnyQuery>
bool traffic_matches(const Traffic& traffic, const AnyQuery& q) {
  if (traffic.protocol == kAnyProtocol) return true;
  if (traffic.protocol != q.protocol || is_other_icmp(traffic.protocol, q.remote)) return false;
  if (q.protocol == kProtocolTcp || q.protocol == kProtocolUdp) {
    return q.destination_port >= traffic.from_port && q.destination_port <= traffic.to_port;
  }
  if (q.protocol != kProtocolIcmp && q.protocol != kProtocolIcmpv6) return true;
  return (traffic.icmp_type == -1 || traffic.icmp_type == q.icmp_type) &&
         (traffic.icmp_code == -1 || traffic.icmp_code == q.icmp_code);
}

inline bool is_in(const std::vector<std::string>& groups, const std::string& group) {
  return std::ranges::find(groups, group) != groups.end();
}

// Does an address carry the group: by its interface, else by its subnet where it is an ordinary host's.
template <typename Address>
bool is_member(const Policy& policy, Address address, const std::string& group) {
  for (const auto& [name, interface] : policy.interfaces) {
    const auto& own = addresses_of(interface, address);
    if (std::ranges::find(own, address) != own.end()) return is_in(interface.security_groups, group);
  }
  for (const auto& [name, nat] : policy.nat_gateways) {
    if (is_address_of(nat, address)) return false;
  }
  for (const auto& [name, subnet] : policy.subnets) {
    if (lies_in(subnet, address)) return !subnet.reserves(address) && is_in(subnet.security_groups, group);
  }
  return false;
}

template <typename Address>
bool peer_matches(const Policy& policy, const GroupRule& rule, const std::string& own, Address remote) {
  const auto contains = [&](const auto& prefix) { return prefix.contains(remote); };
  const auto in_list = [&](const std::string& list) {
    return std::ranges::any_of(entries_of(policy.prefix_lists.at(list), remote), contains);
  };
  return std::ranges::any_of(cidrs_of(rule, remote), contains) || std::ranges::any_of(rule.prefix_lists, in_list) ||
         std::ranges::any_of(rule.security_groups,
                             [&](const std::string& group) { return is_member(policy, remote, group); }) ||
         (rule.self && is_member(policy, remote, own));
}

template <typename Address>
bool has_any_peer(const Policy& policy, const GroupRule& rule, Address remote) {
  const auto any = [](const auto& prefix) { return prefix.length == 0; };
  return std::ranges::any_of(cidrs_of(rule, remote), any) ||
         std::ranges::any_of(rule.prefix_lists, [&](const std::string& list) {
           return std::ranges::any_of(entries_of(policy.prefix_lists.at(list), remote), any);
         });
}

inline const std::vector<GroupRule>& rules_of(const Policy& policy, const std::string& group, Direction direction) {
  const SecurityGroup& found = policy.security_groups.at(group);
  return direction == Direction::ingress ? found.ingress : found.egress;
}

struct Scan {
  std::vector<std::string> matching;  // names of the rules that match, in order
  bool untracked = false;
};

template <typename AnyQuery>
bool return_is_open(const Policy& policy, const Interface& interface, Direction direction, const AnyQuery& q) {
  const Direction other = direction == Direction::ingress ? Direction::egress : Direction::ingress;
  return std::ranges::any_of(interface.security_groups, [&](const std::string& group) {
    return std::ranges::any_of(rules_of(policy, group, other), [&](const GroupRule& rule) {
      const Traffic& t = rule.traffic;
      const bool all_ports =
          t.protocol == kAnyProtocol || (t.protocol == q.protocol && t.from_port == 0 && t.to_port == 65535);
      return all_ports && has_any_peer(policy, rule, q.remote);
    });
  });
}

template <typename AnyQuery>
Scan scan_groups(const Policy& policy, const Interface& interface, Direction direction, const AnyQuery& q) {
  Scan scan;
  bool any_peer = false;
  for (const auto& group : interface.security_groups) {
    const auto& rules = rules_of(policy, group, direction);
    for (std::size_t i = 0; i < rules.size(); ++i) {
      if (!traffic_matches(rules[i].traffic, q) || !peer_matches(policy, rules[i], group, q.remote)) continue;
      scan.matching.push_back(group + (direction == Direction::ingress ? "/ingress/" : "/egress/") + std::to_string(i));
      any_peer = any_peer || has_any_peer(policy, rules[i], q.remote);
    }
  }
  const bool ports = q.protocol == kProtocolTcp || q.protocol == kProtocolUdp;
  scan.untracked = ports && any_peer && return_is_open(policy, interface, direction, q);
  return scan;
}

template <typename AnyQuery>
const AclEntry* scan_acl(const std::vector<AclEntry>& entries, const AnyQuery& q) {
  const AclEntry* lowest = nullptr;
  for (const AclEntry& e : entries) {
    if (!holds(e, q.remote) || !traffic_matches(e.traffic, q)) continue;
    if (lowest == nullptr || e.rule_no < lowest->rule_no) lowest = &e;
  }
  return lowest;
}

}  // namespace sallyport::rules::testing
