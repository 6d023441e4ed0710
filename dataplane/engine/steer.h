// Which worker owns a packet, computed from the packet and the policy alone: both directions of a flow give the same
// worker.
//
// Owner: dataplane/engine. Packets for a NAT gateway's address belong to the worker whose slice of ports holds the
// destination port (port mod workers); everything else to a symmetric hash of the tuple with 1:1 and published
// addresses undone; ICMP errors to the flow they quote. ARP goes to every worker (kEveryWorker).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/engine/bound_policy.h"

namespace sallyport::dataplane {

inline constexpr std::uint32_t kEveryWorker = 0xFFFFFFFFU;

[[nodiscard]] std::uint32_t owner_of(std::span<const std::byte> frame, const BoundPolicy* policy, std::uint32_t workers,
                                     std::uint64_t seed);

}  // namespace sallyport::dataplane
