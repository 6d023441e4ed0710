// What the writers of workloads share: random choices, and a rule with one of its peers.
//
// Owner: tools/bench.
#pragma once

#include <cstdint>
#include <random>

#include "tools/bench/workload.h"

namespace sallyport::bench {

using Random = std::mt19937_64;

inline std::uint32_t pick(Random& random, std::uint32_t below) { return static_cast<std::uint32_t>(random() % below); }

// A service's port, or one of the ephemeral ones.
[[nodiscard]] std::uint16_t some_port(Random& random);
// One that hosts have: 1.0.0.0 to 223.255.255.255; of IPv6 in one of 4,096 providers' blocks with 256 customers each.
[[nodiscard]] Words some_address(Random& random, Family family);

// `length`: of the prefix, 0-32, of IPv6 0-128. Bits of `address` behind it do not count.
[[nodiscard]] FlatRule flat_rule(std::uint32_t set, const rules::Traffic& traffic, const Words& address,
                                 std::uint8_t length);
[[nodiscard]] Words words_of(const rules::Ipv6& address);
[[nodiscard]] Words masked(const Words& address, const Words& mask);

// Workloads without packets, but for their family.
void write_prefix_policy(const WorkloadRequest& request, Workload& workload);
void write_vpc_policy(const WorkloadRequest& request, Workload& workload);

}  // namespace sallyport::bench
