// Shapes whose rules have a prefix each, with the shares of a real policy. Owner: tools/bench.
#include <algorithm>
#include <array>
#include <string>

#include "rules/model/protocol.h"
#include "tools/bench/flat_rule.h"

namespace sallyport::bench {
namespace {

// Hosts, offices, clouds' blocks and a few large networks.
std::uint8_t some_length(Random& random, Family family) {
  const std::uint32_t share = pick(random, 100);
  if (family == Family::ipv6) {
    if (share < 45) return 128;
    if (share < 75) return 64;
    if (share < 85) return 56;
    return share < 97 ? 48 : 32;
  }
  if (share < 45) return 32;
  if (share < 55) return 28;
  if (share < 85) return 24;
  if (share < 93) return 20;
  return share < 99 ? 16 : 12;
}

rules::Traffic some_ports(Random& random) {
  const std::uint32_t share = pick(random, 100);
  if (share < 10) return {};
  if (share < 13) return {.from_port = 1024, .to_port = 65535};
  const std::uint16_t port = some_port(random);
  const std::uint16_t more = share < 25 ? static_cast<std::uint16_t>(1 + pick(random, 100)) : std::uint16_t{0};
  return {.from_port = port, .to_port = static_cast<std::uint16_t>(port + more)};
}

rules::Traffic some_traffic(Random& random, Family family) {
  const std::uint32_t share = pick(random, 100);
  rules::Traffic traffic = some_ports(random);
  if (share < 72) {
    traffic.protocol = rules::kProtocolTcp;
  } else if (share < 92) {
    traffic.protocol = rules::kProtocolUdp;
  } else if (share < 96) {
    const bool ipv6 = family == Family::ipv6;
    traffic = {.protocol = ipv6 ? rules::kProtocolIcmpv6 : rules::kProtocolIcmp,
               .icmp_type = ipv6 ? std::int16_t{128} : std::int16_t{8}};
  } else {
    traffic = {.protocol = share < 98 ? std::int16_t{50} : rules::kAnyProtocol};
  }
  return traffic;
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
    const std::uint8_t length = some_length(random, workload.family);
    const Words address = some_address(random, workload.family);
    rules::GroupRule rule{.where = {.line = static_cast<std::uint32_t>(workload.rules.size() + 1), .column = 1}};
    rule.traffic = some_traffic(random, workload.family);
    workload.rules.push_back(flat_rule(set, rule.traffic, address, length));
    workload.rules.back().line = rule.where.line;
    const Words& base = workload.rules.back().base;
    if (workload.family == Family::ipv4) {
      rule.cidr_blocks.push_back({.base = rules::Ipv4{base[0]}, .length = length});
    } else {
      rule.ipv6_cidr_blocks.push_back({.base = ipv6_of(base), .length = length});
    }
    ingress.push_back(std::move(rule));
  }
  rules::Interface interface;
  interface.subnet = "all";
  interface.private_ips = {rules::Ipv4{(10U << 24U) + 16 + set}};
  interface.security_groups = {numbered('a', set)};
  workload.sets.push_back({set});
  workload.interfaces.push_back(numbered('i', set));
  workload.policy.interfaces[workload.interfaces.back()] = std::move(interface);
}

}  // namespace

void write_prefix_policy(const WorkloadRequest& request, Workload& workload) {
  Random random(request.seed);
  workload.policy = empty_policy();
  workload.rules.reserve(request.rules);
  const std::uint32_t each = request.shape == Shape::one ? request.rules : kRulesOfSet;
  while (workload.rules.size() < request.rules) {
    const auto left = static_cast<std::uint32_t>(request.rules - workload.rules.size());
    add_set(workload, static_cast<std::uint32_t>(workload.sets.size()), std::min(each, left), random);
  }
}

}  // namespace sallyport::bench
