// Flat rules, packets for them, and the answers; see the header. Owner: tools/bench.
#include "tools/bench/workload.h"

#include <algorithm>

#include "rules/model/protocol.h"
#include "tools/bench/flat_rule.h"

namespace sallyport::bench {
namespace {

// Some interface that has the set.
Packet packet_to(const Workload& workload, std::uint32_t set, Random& random) {
  const auto& interfaces = workload.sets[set];
  const auto count = static_cast<std::uint32_t>(interfaces.size());
  return {.interface = interfaces[count == 1 ? 0 : pick(random, count)], .set = set};
}

// Of a prefix in a set: equal for equal prefixes.
std::uint64_t prefix_hash(std::uint32_t set, std::size_t length_index, const Words& base) {
  std::uint64_t hash = std::uint64_t{set} << 8U | length_index;
  for (const std::uint32_t word : base) hash = (hash ^ word) * 0x9E37'79B9'7F4A'7C15U;
  return hash ^ hash >> 29U;
}

Packet packet_for(const Workload& workload, const FlatRule& rule, Random& random) {
  Packet packet = packet_to(workload, rule.set, random);
  for (std::size_t i = 0; i < 4; ++i) {
    packet.remote[i] = rule.base[i] | (static_cast<std::uint32_t>(random()) & ~rule.mask[i]);
  }
  if (workload.family == Family::ipv4) packet.remote = {packet.remote[0]};
  packet.protocol =
      static_cast<std::uint8_t>(rule.protocol == rules::kAnyProtocol ? rules::kProtocolTcp : rule.protocol);
  const bool keyed = packet.protocol == rules::kProtocolTcp || packet.protocol == rules::kProtocolUdp ||
                     rules::has_icmp_type(packet.protocol);
  if (keyed) packet.key = static_cast<std::uint16_t>(rule.first + pick(random, rule.last - rule.first + 1U));
  return packet;
}

}  // namespace

const char* name_of(Family family) { return family == Family::ipv4 ? "ipv4" : "ipv6"; }

const char* name_of(Shape shape) {
  static constexpr std::array kNames{"vpc", "sets", "one"};
  return kNames[static_cast<std::size_t>(shape)];
}

rules::Ipv6 ipv6_of(const Words& words) {
  return {std::uint64_t{words[0]} << 32U | words[1], std::uint64_t{words[2]} << 32U | words[3]};
}

Workload make_workload(const WorkloadRequest& request) {
  Workload workload;
  workload.family = request.family;
  if (request.shape == Shape::vpc) {
    write_vpc_policy(request, workload);
  } else {
    write_prefix_policy(request, workload);
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
  while (packets.size() < count) packets.push_back(packet_for(workload, workload.rules[pick(random, rules)], random));
  return packets;
}

std::vector<Packet> misses(const Workload& workload, const Oracle& oracle, std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<Packet> packets;
  packets.reserve(count);
  while (packets.size() < count) {
    Packet packet = packet_to(workload, pick(random, static_cast<std::uint32_t>(workload.sets.size())), random);
    packet.remote = some_address(random, workload.family);
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
