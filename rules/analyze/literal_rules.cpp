// Owner: rules/analyze. See literal_rules.h.
#include "rules/analyze/literal_rules.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace sallyport::rules::literal {
namespace {

Range range_of(const Prefix& prefix) { return {.first = prefix.first().value, .last = prefix.last().value}; }

std::vector<Range> united(std::vector<Range> ranges) {
  std::ranges::sort(ranges, [](const Range& a, const Range& b) { return a.first < b.first; });
  std::vector<Range> result;
  for (const Range& range : ranges) {
    const bool apart = result.empty() || (result.back().last != 0xFFFF'FFFFU && range.first > result.back().last + 1);
    if (apart) {
      result.push_back(range);
    } else {
      result.back().last = std::max(result.back().last, range.last);
    }
  }
  return result;
}

Ipv6Range range_of(const Ipv6Prefix& prefix) { return {.first = prefix.first(), .last = prefix.last()}; }

std::vector<Ipv6Range> united(std::vector<Ipv6Range> ranges) {
  std::ranges::sort(ranges, {}, &Ipv6Range::first);
  std::vector<Ipv6Range> result;
  for (const Ipv6Range& range : ranges) {
    const bool apart =
        result.empty() || (range.first > result.back().last && previous(range.first) != result.back().last);
    if (apart) {
      result.push_back(range);
    } else {
      result.back().last = std::max(result.back().last, range.last);
    }
  }
  return result;
}

// A subnet without these addresses, which ascend.
std::vector<Range> without(const Prefix& prefix, const std::vector<std::uint32_t>& taken) {
  std::vector<Range> left;
  std::uint64_t next = prefix.first().value;
  for (const std::uint32_t address : taken) {
    if (address > next) left.push_back({.first = static_cast<std::uint32_t>(next), .last = address - 1});
    next = std::max(next, std::uint64_t{address} + 1);
  }
  if (next <= prefix.last().value)
    left.push_back({.first = static_cast<std::uint32_t>(next), .last = prefix.last().value});
  return left;
}

std::string name_of(const std::string& owner, Side side, std::size_t number) {
  return owner + (side == Side::ingress ? "/ingress/" : "/egress/") + std::to_string(number);
}

}  // namespace

Rules::Rules(const Policy& policy) {
  read_members(policy);
  read_ipv6_members(policy);
  read_groups(policy);
  read_acls(policy);
  names_.reserve(rules_.size());
  for (RuleId id = 0; id < rules_.size(); ++id) names_.emplace(rules_[id].name, id);
}

// Interfaces are members with every address they name, subnets with groups with every address that is nobody's.
void Rules::read_members(const Policy& policy) {
  std::unordered_map<std::string_view, std::vector<std::uint32_t>> taken;  // by subnet
  for (const auto& [name, interface] : policy.interfaces) {
    for (const Ipv4 address : interface.private_ips) {
      taken[interface.subnet].push_back(address.value);
      for (const auto& group : interface.security_groups) {
        members_[group].push_back({.first = address.value, .last = address.value});
      }
    }
  }
  for (const auto& [name, nat] : policy.nat_gateways) taken[nat.subnet].push_back(nat.private_ip.value);
  for (const auto& [name, subnet] : policy.subnets) {
    if (subnet.security_groups.empty()) continue;
    auto& addresses = taken[name];
    const std::uint32_t base = subnet.cidr_block.first().value;
    for (std::uint32_t i = 0; i < 4; ++i) addresses.push_back(base + i);
    addresses.push_back(subnet.cidr_block.last().value);
    if (subnet.cidr_block.contains(policy.vpc.resolver())) addresses.push_back(policy.vpc.resolver().value);
    std::ranges::sort(addresses);
    const auto hosts = without(subnet.cidr_block, addresses);
    for (const auto& group : subnet.security_groups) {
      members_[group].insert(members_[group].end(), hosts.begin(), hosts.end());
    }
  }
}

void Rules::read_ipv6_members(const Policy& policy) {
  std::unordered_map<std::string_view, std::vector<Ipv6>> named;  // by subnet
  for (const auto& [name, interface] : policy.interfaces) {
    for (const Ipv6 address : interface.ipv6_addresses) {
      named[interface.subnet].push_back(address);
      for (const auto& group : interface.security_groups) ipv6_members_[group].push_back({address, address});
    }
  }
  for (const auto& [name, subnet] : policy.subnets) {
    if (!subnet.ipv6_cidr_block) continue;
    // From behind the four reserved addresses to before the last, around those that are named.
    auto& points = named[name];
    points.push_back(subnet.ipv6_cidr_block->last());
    std::ranges::sort(points);
    Ipv6 first{subnet.ipv6_cidr_block->base.high, subnet.ipv6_cidr_block->base.low + 4};
    for (const Ipv6 point : points) {
      if (point < first) continue;
      for (const auto& group : subnet.security_groups) {
        if (first < point) ipv6_members_[group].push_back({first, previous(point)});
      }
      if (point != kLastIpv6) first = next(point);
    }
  }
}

PeerId Rules::peer(const std::string& key, std::vector<Range> ranges, std::vector<Ipv6Range> ipv6_ranges) {
  const auto [found, added] = known_peers_.try_emplace(key, static_cast<PeerId>(peers_.size()));
  if (added) {
    peers_.push_back(united(std::move(ranges)));
    ipv6_peers_.push_back(united(std::move(ipv6_ranges)));
  }
  return found->second;
}

PeerId Rules::cidr(const Prefix& prefix) {
  return peer("cidr " + std::to_string(prefix.base.value) + "/" + std::to_string(prefix.length), {range_of(prefix)},
              {});
}

PeerId Rules::cidr(const Ipv6Prefix& prefix) { return peer("cidr " + to_string(prefix), {}, {range_of(prefix)}); }

PeerId Rules::list(const Policy& policy, const std::string& name) {
  const std::string key = "list " + name;
  if (const auto known = known_peers_.find(key); known != known_peers_.end()) return known->second;
  std::vector<Range> ranges;
  std::vector<Ipv6Range> ipv6_ranges;
  for (const Prefix& prefix : policy.prefix_lists.at(name).entries) ranges.push_back(range_of(prefix));
  for (const Ipv6Prefix& prefix : policy.prefix_lists.at(name).ipv6_entries) ipv6_ranges.push_back(range_of(prefix));
  return peer(key, std::move(ranges), std::move(ipv6_ranges));
}

PeerId Rules::group(const std::string& name) {
  const std::string key = "group " + name;
  if (const auto known = known_peers_.find(key); known != known_peers_.end()) return known->second;
  const auto members = members_.find(name);
  const auto ipv6_members = ipv6_members_.find(name);
  return peer(key, members == members_.end() ? std::vector<Range>{} : members->second,
              ipv6_members == ipv6_members_.end() ? std::vector<Ipv6Range>{} : ipv6_members->second);
}

RuleId Rules::add(Rule rule) {
  rules_.push_back(std::move(rule));
  return static_cast<RuleId>(rules_.size() - 1);
}

void Rules::read_groups(const Policy& policy) {
  const Prefix everywhere{};
  const Ipv6Prefix ipv6_everywhere{};
  const auto read = [&](const std::string& owner, const std::vector<GroupRule>& written, Side side) {
    std::vector<RuleId> ids;
    for (std::size_t i = 0; i < written.size(); ++i) {
      const GroupRule& from = written[i];
      Rule rule{.name = name_of(owner, side, i), .traffic = from.traffic};
      for (const Prefix& prefix : from.cidr_blocks) {
        rule.peers.push_back(cidr(prefix));
        rule.everywhere |= prefix == everywhere;
      }
      for (const Ipv6Prefix& prefix : from.ipv6_cidr_blocks) {
        rule.peers.push_back(cidr(prefix));
        rule.ipv6_everywhere |= prefix == ipv6_everywhere;
      }
      for (const auto& name : from.prefix_lists) {
        rule.peers.push_back(list(policy, name));
        const PrefixList& of = policy.prefix_lists.at(name);
        rule.everywhere |= std::ranges::find(of.entries, everywhere) != of.entries.end();
        rule.ipv6_everywhere |= std::ranges::find(of.ipv6_entries, ipv6_everywhere) != of.ipv6_entries.end();
      }
      for (const auto& name : from.security_groups) rule.peers.push_back(group(name));
      if (from.self) rule.peers.push_back(group(owner));
      ids.push_back(add(std::move(rule)));
    }
    return ids;
  };
  for (const auto& [name, group] : policy.security_groups) {
    Owned& owned = groups_[name];
    owned.ingress = read(name, group.ingress, Side::ingress);
    owned.egress = read(name, group.egress, Side::egress);
  }
}

void Rules::read_acls(const Policy& policy) {
  const auto read = [&](const std::string& owner, std::vector<AclEntry> entries, Side side) {
    std::ranges::sort(entries, {}, &AclEntry::rule_no);
    std::vector<RuleId> ids;
    for (const AclEntry& entry : entries) {
      ids.push_back(add({.name = name_of(owner, side, entry.rule_no),
                         .traffic = entry.traffic,
                         .peers = {entry.ipv6_cidr_block ? cidr(*entry.ipv6_cidr_block) : cidr(entry.cidr_block)},
                         .allow = entry.allow}));
    }
    return ids;
  };
  for (const auto& [name, acl] : policy.network_acls) {
    Owned& owned = acls_[name];
    owned.ingress = read(name, acl.ingress, Side::ingress);
    owned.egress = read(name, acl.egress, Side::egress);
  }
}

RuleId Rules::named(std::string_view name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? kNoRule : found->second;
}

std::span<const RuleId> Rules::of_group(std::string_view group, Side side) const {
  const Owned& owned = groups_.at(group);
  return side == Side::ingress ? owned.ingress : owned.egress;
}

std::span<const RuleId> Rules::of_acl(std::string_view acl, Side side) const {
  const Owned& owned = acls_.at(acl);
  return side == Side::ingress ? owned.ingress : owned.egress;
}

}  // namespace sallyport::rules::literal
