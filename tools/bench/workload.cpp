// Rules with the shares of a real policy, and packets for them; see the header. Owner: tools/bench.
#include "tools/bench/workload.h"

#include <algorithm>
#include <limits>
#include <random>
#include <string>

namespace sallyport::bench {
namespace {

using Random = std::mt19937_64;

std::uint32_t pick(Random& random, std::uint32_t below) { return static_cast<std::uint32_t>(random() % below); }

// Hosts, offices, clouds' blocks and a few large networks.
std::uint8_t some_length(Random& random) {
  const std::uint32_t share = pick(random, 100);
  if (share < 45) return 32;
  if (share < 55) return 28;
  if (share < 85) return 24;
  if (share < 93) return 20;
  return share < 99 ? 16 : 12;
}

std::uint16_t some_port(Random& random) {
  static constexpr std::array<std::uint16_t, 16> kServices{22,   25,   53,   80,   123,  389,  443,  636,
                                                           1433, 3306, 3389, 5432, 6379, 8080, 8443, 9200};
  return pick(random, 4) == 0 ? static_cast<std::uint16_t>(1024 + pick(random, 48000)) : kServices[pick(random, 16)];
}

rules::Traffic some_ports(Random& random) {
  const std::uint32_t share = pick(random, 100);
  if (share < 10) return {};
  if (share < 13) return {.from_port = 1024, .to_port = 65535};
  const std::uint16_t port = some_port(random);
  const std::uint16_t more = share < 25 ? static_cast<std::uint16_t>(1 + pick(random, 100)) : std::uint16_t{0};
  return {.from_port = port, .to_port = static_cast<std::uint16_t>(port + more)};
}

rules::Traffic some_traffic(Random& random) {
  const std::uint32_t share = pick(random, 100);
  rules::Traffic traffic = some_ports(random);
  if (share < 72) {
    traffic.protocol = rules::kProtocolTcp;
  } else if (share < 92) {
    traffic.protocol = rules::kProtocolUdp;
  } else if (share < 96) {
    traffic = {.protocol = rules::kProtocolIcmp, .icmp_type = 8};
  } else {
    traffic = {.protocol = share < 98 ? std::int16_t{50} : rules::kAnyProtocol};
  }
  return traffic;
}

// An address that hosts have: 1.0.0.0 to 223.255.255.255.
std::uint32_t some_address(Random& random) { return (1U << 24U) + pick(random, 223U << 24U); }

std::uint32_t mask_of(std::uint32_t length) { return length == 0 ? 0 : ~std::uint32_t{0} << (32 - length); }

FlatRule flat_rule(std::uint32_t set, const rules::Traffic& traffic, const rules::Prefix& peer) {
  FlatRule rule{.base = {peer.base.value}, .mask = {peer.mask()}, .set = set, .protocol = traffic.protocol};
  rule.length = peer.length;
  if (traffic.protocol == rules::kProtocolTcp || traffic.protocol == rules::kProtocolUdp) {
    rule.first = traffic.from_port;
    rule.last = traffic.to_port;
  } else if (traffic.protocol == rules::kProtocolIcmp && traffic.icmp_type >= 0) {
    rule.first = static_cast<std::uint16_t>(traffic.icmp_type << 8U);
    rule.last = static_cast<std::uint16_t>(rule.first | 0xFFU);
  }
  return rule;
}

std::string numbered(char letter, std::uint32_t number) {
  const std::string digits = std::to_string(number);
  return letter + std::string(7 - digits.size(), '0') + digits;  // ordered by name as by number
}

// One network for all interfaces, with what every policy has besides.
rules::Policy empty_policy() {
  const auto block = rules::Prefix{.base = rules::Ipv4{10U << 24U}, .length = 12};
  rules::Policy policy;
  policy.file = "bench.json";
  policy.source = "{}\n";
  policy.vpc = {.cidr_blocks = {block}, .internet_gateway = true};
  const rules::AclEntry all{.rule_no = 100, .allow = true};
  policy.network_acls["default"] = {.ingress = {all}, .egress = {all}};
  policy.route_tables["main"] = {};
  policy.subnets["all"] = {.cidr_block = block};
  return policy;
}

void add_set(Workload& workload, std::uint32_t set, std::uint32_t count, Random& random) {
  auto& ingress = workload.policy.security_groups[numbered('a', set)].ingress;
  ingress.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint8_t length = some_length(random);
    const rules::Prefix peer{.base = rules::Ipv4{some_address(random) & mask_of(length)}, .length = length};
    rules::GroupRule rule{.where = {.line = static_cast<std::uint32_t>(workload.rules.size() + 1), .column = 1}};
    rule.traffic = some_traffic(random);
    rule.cidr_blocks.push_back(peer);
    workload.rules.push_back(flat_rule(set, rule.traffic, peer));
    ingress.push_back(std::move(rule));
  }
  rules::Interface interface;
  interface.subnet = "all";
  interface.private_ips = {rules::Ipv4{(10U << 24U) + 16 + set}};
  interface.security_groups = {numbered('a', set)};
  workload.policy.interfaces[interface_name(set)] = std::move(interface);
}

// Of a prefix in a set: equal for equal prefixes.
std::uint64_t prefix_hash(std::uint32_t set, std::size_t length_index, const Words& base) {
  std::uint64_t hash = std::uint64_t{set} << 8U | length_index;
  for (const std::uint32_t word : base) hash = (hash ^ word) * 0x9E37'79B9'7F4A'7C15U;
  return hash ^ hash >> 29U;
}

Words masked(const Words& address, const Words& mask) {
  return {address[0] & mask[0], address[1] & mask[1], address[2] & mask[2], address[3] & mask[3]};
}

Packet packet_for(const FlatRule& rule, Random& random) {
  Packet packet{.set = rule.set};
  for (std::size_t i = 0; i < 4; ++i) {
    packet.remote[i] = rule.base[i] | (static_cast<std::uint32_t>(random()) & ~rule.mask[i]);
  }
  for (std::size_t i = 1; i < 4 && rule.mask == Words{rule.mask[0]}; ++i) packet.remote[i] = 0;
  packet.protocol =
      static_cast<std::uint8_t>(rule.protocol == rules::kAnyProtocol ? rules::kProtocolTcp : rule.protocol);
  const bool keyed = packet.protocol == rules::kProtocolTcp || packet.protocol == rules::kProtocolUdp ||
                     packet.protocol == rules::kProtocolIcmp;
  if (keyed) packet.key = static_cast<std::uint16_t>(rule.first + pick(random, rule.last - rule.first + 1U));
  return packet;
}

}  // namespace

std::string interface_name(std::uint32_t set) { return numbered('i', set); }

Workload make_workload(const WorkloadRequest& request) {
  Random random(request.seed);
  Workload workload;
  workload.policy = empty_policy();
  workload.rules.reserve(request.rules);
  const std::uint32_t each = request.shape == Shape::one ? request.rules : kRulesOfSet;
  while (workload.rules.size() < request.rules) {
    const auto left = static_cast<std::uint32_t>(request.rules - workload.rules.size());
    add_set(workload, workload.sets++, std::min(each, left), random);
  }
  return workload;
}

Oracle::Oracle(const Workload& workload) : rules_(workload.rules) {
  for (std::uint32_t i = 0; i < rules_.size(); ++i) {
    auto mask = std::ranges::find(masks_, rules_[i].mask);
    if (mask == masks_.end()) mask = masks_.insert(mask, rules_[i].mask);
    by_prefix_[prefix_hash(rules_[i].set, static_cast<std::size_t>(mask - masks_.begin()), rules_[i].base)].push_back(
        i);
  }
}

std::uint32_t Oracle::decide(const Packet& packet) const {
  std::uint32_t best = kNoRule;
  for (std::size_t i = 0; i < masks_.size(); ++i) {
    const auto found = by_prefix_.find(prefix_hash(packet.set, i, masked(packet.remote, masks_[i])));
    if (found == by_prefix_.end()) continue;
    for (const std::uint32_t rule : found->second) {
      if (rule < best && matches(rules_[rule], packet)) best = rule;
    }
  }
  return best;
}

std::vector<Packet> hits(const Workload& workload, std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<Packet> packets;
  packets.reserve(count);
  const auto rules = static_cast<std::uint32_t>(workload.rules.size());
  while (packets.size() < count) packets.push_back(packet_for(workload.rules[pick(random, rules)], random));
  return packets;
}

std::vector<Packet> misses(const Workload& workload, const Oracle& oracle, std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<Packet> packets;
  packets.reserve(count);
  while (packets.size() < count) {
    Packet packet{.remote = {some_address(random)}, .set = pick(random, workload.sets)};
    packet.protocol = pick(random, 4) == 0 ? rules::kProtocolUdp : rules::kProtocolTcp;
    packet.key = some_port(random);
    if (oracle.decide(packet) == kNoRule) packets.push_back(packet);
  }
  return packets;
}

std::uint32_t scan(std::span<const FlatRule> rules, const Packet& packet) {
  const auto found = std::ranges::find_if(rules, [&](const FlatRule& rule) { return matches(rule, packet); });
  return found == rules.end() ? kNoRule : static_cast<std::uint32_t>(found - rules.begin());
}

}  // namespace sallyport::bench
