// Owner: rules/analyze. See reach_ground.h.
#include "rules/analyze/reach_ground.h"

#include <algorithm>

namespace sallyport::rules::reaching {

Ground::Ground(const Policy& of) : policy(of), rules(of) {
  for (const auto& subnet : policy.subnets) subnets_.push_back(&subnet);
  std::ranges::sort(subnets_, {}, [](NamedSubnet subnet) { return subnet->second.cidr_block.base; });
  for (const auto& interface : policy.interfaces) {
    for (const Ipv4 address : interface.second.private_ips) privates_.emplace(address.value, &interface);
    if (interface.second.public_ip) publics_[interface.second.public_ip->value].interface = &interface;
  }
  for (const auto& nat : policy.nat_gateways) {
    nat_privates_.emplace(nat.second.private_ip.value, true);
    for (const Ipv4 address : nat.second.public_ips) publics_[address.value].nat = &nat;
  }
  if (privates_.contains(policy.vpc.resolver().value)) exempt_ = policy.vpc.resolver();
}

bool Ground::in_vpc(Ipv4 address) const {
  return std::ranges::any_of(policy.vpc.cidr_blocks, [&](const Prefix& block) { return block.contains(address); });
}

NamedSubnet Ground::subnet_of(Ipv4 address) const {
  const auto above = std::ranges::upper_bound(subnets_, address, {},
                                              [](NamedSubnet subnet) { return subnet->second.cidr_block.base; });
  if (above == subnets_.begin()) return nullptr;
  const NamedSubnet subnet = *std::prev(above);
  return subnet->second.cidr_block.contains(address) ? subnet : nullptr;
}

Host Ground::host_of(NamedInterface interface) const {
  return {&*policy.subnets.find(interface->second.subnet), interface, &interface->second.security_groups};
}

std::optional<Host> Ground::host_of(Ipv4 address) const {
  if (const auto owner = privates_.find(address.value); owner != privates_.end()) return host_of(owner->second);
  const auto subnet = subnet_of(address);
  if (subnet == nullptr || subnet->second.security_groups.empty() || subnet->second.reserves(address) ||
      is_nat_private(address) || address == policy.vpc.resolver()) {
    return std::nullopt;
  }
  return Host{subnet, nullptr, &subnet->second.security_groups};
}

NamedInterface Ground::public_owner(Ipv4 address) const {
  const auto found = publics_.find(address.value);
  return found == publics_.end() ? nullptr : found->second.interface;
}

NamedNat Ground::public_nat(Ipv4 address) const {
  const auto found = publics_.find(address.value);
  return found == publics_.end() ? nullptr : found->second.nat;
}

// What was written first stays where ranks are equal.
void Ground::offer(Table& table, const Prefix& prefix, int rank, const Direction& direction) const {
  auto [found, added] = table.by_length[prefix.length].try_emplace(prefix.base.value, rank, direction);
  if (!added && rank > found->second.first) found->second = {rank, direction};
}

Ground::Table Ground::make_table(const RouteTable& table) const {
  Table result;
  for (const Prefix& block : policy.vpc.cidr_blocks) offer(result, block, 0, {true, RouteTarget::local, nullptr});
  for (const Route& route : table.routes) {
    const Direction direction{true, route.target, &route};
    if (const auto* prefix = std::get_if<Prefix>(&route.destination)) {
      offer(result, *prefix, 2, direction);
      continue;
    }
    for (const Prefix& entry : policy.prefix_lists.at(std::get<std::string>(route.destination)).entries) {
      offer(result, entry, 1, direction);
    }
  }
  return result;
}

Direction Ground::direction(std::string_view name, Ipv4 destination) {
  auto table = tables_.find(name);
  if (table == tables_.end()) {
    const auto written = policy.route_tables.find(name);
    table = tables_.emplace(written->first, make_table(written->second)).first;
  }
  for (int length = 32; length >= 0; --length) {
    const auto& of_length = table->second.by_length[static_cast<std::size_t>(length)];
    if (of_length.empty()) continue;
    const Prefix mask{.base = Ipv4{}, .length = static_cast<std::uint8_t>(length)};
    const auto found = of_length.find(destination.value & mask.mask());
    if (found != of_length.end()) return found->second.second;
  }
  return {};
}

bool Ground::holds(literal::PeerId peer, Ipv4 remote) const {
  const auto& ranges = rules.peers()[peer];
  const auto above = std::ranges::upper_bound(ranges, remote.value, {}, &Range::first);
  return above != ranges.begin() && std::prev(above)->last >= remote.value;
}

bool Ground::has_peer(const literal::Rule& rule, Ipv4 remote) const {
  return rule.everywhere || std::ranges::any_of(rule.peers, [&](auto peer) { return holds(peer, remote); });
}

SetId Ground::groups(const std::vector<std::string>& names, Side side, Ipv4 remote) {
  SetId admitted = kNothing;
  for (const auto& name : names) {
    for (const auto id : rules.of_group(name, side)) {
      const auto& rule = rules.rule(id);
      if (has_peer(rule, remote)) admitted = sets.unite(admitted, sets.of(rule.traffic));
    }
  }
  return admitted;
}

Ground::AclSide Ground::make_acl_side(std::span<const literal::RuleId> entries) const {
  AclSide side;
  side.starts.push_back(0);
  for (const auto id : entries) {
    for (const Range& range : rules.peers()[rules.rule(id).peers.front()]) {
      side.starts.push_back(range.first);
      if (range.last != 0xFFFF'FFFFU) side.starts.push_back(range.last + 1);
    }
  }
  std::ranges::sort(side.starts);
  const auto repeated = std::ranges::unique(side.starts);
  side.starts.erase(repeated.begin(), repeated.end());
  side.answers.resize(side.starts.size());
  return side;
}

// The lowest entry that matches decides; what none matches is denied.
SetId Ground::acl_answer(std::span<const literal::RuleId> entries, Ipv4 remote) {
  SetId admitted = kNothing;
  SetId left = kEverything;
  for (const auto id : entries) {
    const auto& rule = rules.rule(id);
    if (!holds(rule.peers.front(), remote)) continue;
    const SetId matched = sets.intersect(left, sets.of(rule.traffic));
    if (rule.allow) admitted = sets.unite(admitted, matched);
    left = sets.subtract(left, matched);
    if (left == kNothing) break;
  }
  return admitted;
}

SetId Ground::acl(std::string_view name, Side side, Ipv4 remote) {
  auto known = acls_.find(name);
  if (known == acls_.end()) {
    const std::string_view lasting = policy.network_acls.find(name)->first;
    known = acls_
                .emplace(lasting, std::array{make_acl_side(rules.of_acl(name, Side::ingress)),
                                             make_acl_side(rules.of_acl(name, Side::egress))})
                .first;
  }
  auto& of_side = known->second[side == Side::ingress ? 0 : 1];
  const auto above = std::ranges::upper_bound(of_side.starts, remote.value);
  auto& answer = of_side.answers[static_cast<std::size_t>(above - of_side.starts.begin()) - 1];
  if (!answer) answer = acl_answer(rules.of_acl(name, side), remote);
  return *answer;
}

}  // namespace sallyport::rules::reaching
