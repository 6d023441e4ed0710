// Random policies and packets for the scan, and the comparison with the compiled tables.
//
// Owner: tests/rules. Small numbers and few prefixes, so that rules overlap and meet packets.
#pragma once

#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

#include "rules/document/documents.h"
#include "tests/rules/decide/policy_scan.h"

namespace sallyport::rules::testing {

// What policies are made from.
struct Choices {
  Families families;
  std::vector<std::string> cidrs;
};

inline int pick(int below) { return *rc::gen::inRange(0, below); }
template <typename T>
const T& any_of(const std::vector<T>& choices) {
  return choices[static_cast<std::size_t>(pick(static_cast<int>(choices.size())))];
}

inline const std::vector<std::string>& groups_of_all() {
  static const std::vector<std::string> kGroups{"a", "b", "c", "default"};
  return kGroups;
}

// Of both families or of IPv4 alone.
inline Traffic some_traffic(Families families) {
  const auto port = static_cast<std::uint16_t>(pick(6));
  switch (pick(families == Families::ipv4 ? 5 : 7)) {
    case 0:
      return all();
    case 1:
      return pick(3) == 0 ? tcp(0, 65535) : tcp(port, static_cast<std::uint16_t>(port + pick(4)));
    case 2:
      return pick(3) == 0 ? udp(0, 65535) : udp(port, static_cast<std::uint16_t>(port + pick(4)));
    case 3:
      return pick(2) == 0 ? icmp(-1, -1)
                          : icmp(static_cast<std::int16_t>(pick(4)), static_cast<std::int16_t>(pick(4) - 1));
    case 4:
      return protocol(static_cast<std::int16_t>(49 + pick(3)));
    case 5:
      return icmpv6(static_cast<std::int16_t>(pick(4)), static_cast<std::int16_t>(pick(4) - 1));
    default:
      return icmpv6(-1, -1);
  }
}

inline std::vector<GroupRule> some_rules(const Choices& from) {
  std::vector<GroupRule> rules;
  for (int i = pick(5); i > 0; --i) {
    std::vector<std::string> peers;
    for (int p = 1 + pick(3); p > 0; --p) {
      const int kind = pick(7);
      if (kind == 0) peers.emplace_back("self");
      if (kind == 1) peers.push_back("list:" + std::string(pick(2) == 0 ? "l" : "m"));
      if (kind == 2) peers.push_back("group:" + any_of(groups_of_all()));
      if (kind > 2) peers.push_back(any_of(from.cidrs));
    }
    rules.push_back(allow(some_traffic(from.families), peers));
  }
  return rules;
}

inline std::vector<AclEntry> some_entries(const Choices& from) {
  std::vector<AclEntry> entries;
  std::uint16_t number = 0;
  for (int i = pick(8); i > 0; --i) {
    number = static_cast<std::uint16_t>(number + 1 + pick(9));
    entries.push_back(entry(number, pick(2) == 0, some_traffic(from.families), any_of(from.cidrs)));
  }
  return entries;
}

inline std::vector<std::string> some_groups(int at_least) {
  std::vector<std::string> groups;
  for (int i = at_least + pick(3); i > 0; --i) {
    const auto& group = any_of(groups_of_all());
    if (!is_in(groups, group)) groups.push_back(group);
  }
  return groups;
}

// Lists, groups and an ACL "x" for the subnets "one" and "two".
inline PolicyBuilder some_policy(const Choices& from) {
  PolicyBuilder b;
  for (const auto* list : {"l", "m"}) {
    b.list(list, {});
    for (int i = pick(4); i > 0; --i) b.list(list, {any_of(from.cidrs)});
  }
  for (const auto& group : groups_of_all()) b.group(group, some_rules(from), some_rules(from));
  b.acl("x", some_entries(from), some_entries(from));
  return b;
}

template <typename AnyQuery>
AnyQuery with_traffic(AnyQuery query) {
  static const std::vector<std::uint8_t> kProtocols{1, 6, 17, 49, 50, 51, 52, 58, 58};
  query.protocol = any_of(kProtocols);
  query.destination_port = static_cast<std::uint16_t>(pick(8) == 0 ? 65535 : pick(11));
  query.icmp_type = static_cast<std::uint8_t>(pick(5));
  query.icmp_code = static_cast<std::uint8_t>(pick(4));
  return query;
}

// At one of these addresses or just behind it.
inline Query some_query(const std::vector<std::string>& bases) {
  return with_traffic(Query{.remote = Ipv4{ip(any_of(bases)).value + static_cast<std::uint32_t>(pick(4))}});
}

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

}  // namespace sallyport::rules::testing
