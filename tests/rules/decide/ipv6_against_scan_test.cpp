// Random policies of both families: the compiled tables decide every packet as a plain scan over the written rules
// does, and the proof holds.
//
// The scan reads the model alone and knows nothing of classes, rows or maps.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "rules/prove/prove.h"
#include "tests/rules/compile/policy_builder.h"

namespace sallyport::rules {
namespace {

using namespace testing;

// --- the scan ------------------------------------------------------------------------------------------------------

// What a rule writes of the packet's family.
const auto& cidrs_of(const GroupRule& rule, Ipv4) { return rule.cidr_blocks; }
const auto& cidrs_of(const GroupRule& rule, Ipv6) { return rule.ipv6_cidr_blocks; }
const auto& entries_of(const PrefixList& list, Ipv4) { return list.entries; }
const auto& entries_of(const PrefixList& list, Ipv6) { return list.ipv6_entries; }
const auto& addresses_of(const Interface& interface, Ipv4) { return interface.private_ips; }
const auto& addresses_of(const Interface& interface, Ipv6) { return interface.ipv6_addresses; }
bool lies_in(const Subnet& subnet, Ipv4 address) { return subnet.cidr_block.contains(address); }
bool lies_in(const Subnet& subnet, Ipv6 address) {
  return subnet.ipv6_cidr_block && subnet.ipv6_cidr_block->contains(address);
}
bool is_other_icmp(std::int16_t protocol, Ipv4) { return protocol == kProtocolIcmpv6; }
bool is_other_icmp(std::int16_t protocol, Ipv6) { return protocol == kProtocolIcmp; }
bool holds(const AclEntry& entry, Ipv4 address) { return !entry.ipv6_cidr_block && entry.cidr_block.contains(address); }
bool holds(const AclEntry& entry, Ipv6 address) {
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

bool is_in(const std::vector<std::string>& groups, const std::string& group) {
  return std::ranges::find(groups, group) != groups.end();
}

template <typename Address>
bool is_member(const Policy& policy, Address address, const std::string& group) {
  for (const auto& [name, interface] : policy.interfaces) {
    const auto& own = addresses_of(interface, address);
    if (std::ranges::find(own, address) != own.end()) return is_in(interface.security_groups, group);
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

const std::vector<GroupRule>& rules_of(const Policy& policy, const std::string& group, Direction direction) {
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
  const auto found = std::ranges::find_if(
      entries, [&](const AclEntry& e) { return holds(e, q.remote) && traffic_matches(e.traffic, q); });
  return found == entries.end() ? nullptr : &*found;
}

// --- random policies and packets -------------------------------------------------------------------------------------

int pick(int below) { return *rc::gen::inRange(0, below); }
template <typename T>
const T& any_of(const std::vector<T>& choices) {
  return choices[static_cast<std::size_t>(pick(static_cast<int>(choices.size())))];
}

const std::vector<std::string> kCidrs{"0.0.0.0/0",
                                      "0.0.0.0/1",
                                      "10.0.1.0/28",
                                      "10.0.1.20/32",
                                      "192.0.2.0/24",
                                      "::/0",
                                      "::/0",
                                      "8000::/1",
                                      "2001:db8::/32",
                                      "2001:db8:10::/56",
                                      "2001:db8:10:1::/64",
                                      "2001:db8:10:1::/65",
                                      "2001:db8:10:1::20/128",
                                      "2001:db8:10:1::20/127",
                                      "2001:db8:10:2::/63",
                                      "2001:db8:ffff::/48",
                                      "::/128"};
const std::vector<std::string> kGroups{"a", "b", "c", "default"};

Traffic some_traffic() {
  const auto port = static_cast<std::uint16_t>(pick(6));
  switch (pick(7)) {
    case 0:
      return all();
    case 1:
      return pick(3) == 0 ? tcp(0, 65535) : tcp(port, static_cast<std::uint16_t>(port + pick(4)));
    case 2:
      return pick(3) == 0 ? udp(0, 65535) : udp(port, static_cast<std::uint16_t>(port + pick(4)));
    case 3:
      return icmp(static_cast<std::int16_t>(pick(4)), static_cast<std::int16_t>(pick(4) - 1));
    case 4:
      return icmpv6(static_cast<std::int16_t>(pick(4)), static_cast<std::int16_t>(pick(4) - 1));
    case 5:
      return icmpv6(-1, -1);
    default:
      return protocol(static_cast<std::int16_t>(49 + pick(3)));
  }
}

std::vector<GroupRule> some_rules() {
  std::vector<GroupRule> rules;
  for (int i = pick(5); i > 0; --i) {
    std::vector<std::string> peers;
    for (int p = 1 + pick(3); p > 0; --p) {
      const int kind = pick(7);
      if (kind == 0) peers.emplace_back("self");
      if (kind == 1) peers.push_back("list:" + std::string(pick(2) == 0 ? "l" : "m"));
      if (kind == 2) peers.push_back("group:" + any_of(kGroups));
      if (kind > 2) peers.push_back(any_of(kCidrs));
    }
    rules.push_back(allow(some_traffic(), peers));
  }
  return rules;
}

std::vector<AclEntry> some_entries() {
  std::vector<AclEntry> entries;
  std::uint16_t number = 0;
  for (int i = pick(8); i > 0; --i) {
    number = static_cast<std::uint16_t>(number + 1 + pick(9));
    entries.push_back(entry(number, pick(2) == 0, some_traffic(), any_of(kCidrs)));
  }
  return entries;
}

std::vector<std::string> some_groups(int at_least) {
  std::vector<std::string> groups;
  for (int i = at_least + pick(3); i > 0; --i) {
    const auto& group = any_of(kGroups);
    if (!is_in(groups, group)) groups.push_back(group);
  }
  return groups;
}

PolicyBuilder some_policy() {
  PolicyBuilder b;
  for (const auto* list : {"l", "m"}) {
    b.list(list, {});
    for (int i = pick(4); i > 0; --i) b.list(list, {any_of(kCidrs)});
  }
  for (const auto& group : kGroups) b.group(group, some_rules(), some_rules());
  b.acl("x", some_entries(), some_entries());
  b.subnet("one", "10.0.1.0/26", some_groups(0), "main", "x").subnet("two", "10.0.2.0/28", some_groups(0), "main", "x");
  b.policy().subnets.at("one").ipv6_cidr_block = net6("2001:db8:10:1::/64");
  if (pick(2) == 0) b.policy().subnets.at("two").ipv6_cidr_block = net6("2001:db8:10:2::/125");
  b.interface("i", "one", {"10.0.1.20", "2001:db8:10:1::20", "2001:db8:10:1::22"}, some_groups(1));
  b.interface("j", "two", {"10.0.2.5"}, some_groups(1));
  if (b.policy().subnets.at("two").ipv6_cidr_block) {
    b.policy().interfaces.at("j").ipv6_addresses = {ip6("2001:db8:10:2::5")};
  }
  return b;
}

template <typename AnyQuery>
AnyQuery with_traffic(AnyQuery query) {
  static const std::vector<std::uint8_t> kProtocols{1, 6, 17, 49, 50, 58, 58, 51};
  query.protocol = any_of(kProtocols);
  query.destination_port = static_cast<std::uint16_t>(pick(8) == 0 ? 65535 : pick(11));
  query.icmp_type = static_cast<std::uint8_t>(pick(5));
  query.icmp_code = static_cast<std::uint8_t>(pick(4));
  return query;
}

Query some_query() {
  static const std::vector<std::string> kBases{"10.0.1.0", "10.0.1.20", "10.0.2.5", "192.0.2.6", "8.8.8.8", "0.0.0.0"};
  return with_traffic(Query{.remote = Ipv4{ip(any_of(kBases)).value + static_cast<std::uint32_t>(pick(4))}});
}

Ipv6Query some_ipv6_query() {
  static const std::vector<std::string> kBases{"::",
                                               "2001:db8:10:1::",
                                               "2001:db8:10:1::1e",
                                               "2001:db8:10:1::21",
                                               "2001:db8:10:1:7fff:ffff:ffff:fffe",
                                               "2001:db8:10:1:ffff:ffff:ffff:fffd",
                                               "2001:db8:10:2::3",
                                               "2001:db8:10:2::6",
                                               "2001:db8:10:3::",
                                               "2001:db8:ffff::1",
                                               "2001:db9::",
                                               "7fff:ffff:ffff:ffff:ffff:ffff:ffff:fffe",
                                               "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffc"};
  Ipv6 address = ip6(any_of(kBases));
  for (int i = pick(4); i > 0; --i) address = next(address);
  return with_traffic(Ipv6Query{.remote = address});
}

// --- the comparison --------------------------------------------------------------------------------------------------

template <typename AnyQuery>
void compare_groups(const CompiledView& c, const Policy& policy, const AnyQuery& q) {
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

template <typename AnyQuery>
void compare_acl(const CompiledView& c, const Policy& policy, const AnyQuery& q) {
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

RC_GTEST_PROP(CompiledTablesOfBothFamilies, DecideAsAScanOverTheRules, ()) {
  PolicyBuilder b = some_policy();
  const CompiledView c(b);
  for (int i = 0; i < 40; ++i) {
    const Query q = some_query();
    compare_groups(c, b.policy(), q);
    compare_acl(c, b.policy(), q);
    const Ipv6Query ipv6 = some_ipv6_query();
    compare_groups(c, b.policy(), ipv6);
    compare_acl(c, b.policy(), ipv6);
  }
  const auto proof = prove(b.policy(), c.image);
  if (!proof) RC_FAIL(proof.error());
}

}  // namespace
}  // namespace sallyport::rules
