// Who polls what: the ports, queues and rings that workers share, fixed before the first packet.
//
// Owner: dataplane/ports; made by the runtime, read by every worker.
// Always: one worker alone reads a receive queue, a transmit queue, or the taking end of a ring.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "dataplane/engine/counters.h"
#include "dataplane/ports/clock.h"

struct rte_mempool;
struct rte_ring;

namespace sallyport::dataplane {

struct PortWiring {
  std::uint16_t device = 0;
  std::uint16_t receive_queues = 1;
  std::uint16_t mtu = 1500;
  bool queue_each = false;        // worker N transmits on queue N
  std::uint32_t transmitter = 0;  // otherwise this worker alone, on queue 0
  rte_ring* outbox = nullptr;     // otherwise: what the others want sent
};

struct Wiring {
  std::uint32_t workers = 1;
  std::uint64_t seed = 0;
  bool may_yield = false;  // kernel-backed ports only: an idle worker lets others run
  rte_mempool* pool = nullptr;
  std::vector<PortWiring> ports;
  std::array<PortIndex, 64> port_of_device{};  // DPDK's port number to ours
  std::vector<rte_ring*> inboxes;              // a worker each: packets of flows it owns that arrived elsewhere

  // Queue `queue` of port `port` is polled by this worker.
  [[nodiscard]] std::uint32_t poller(std::size_t port, std::size_t queue) const {
    return static_cast<std::uint32_t>((port + queue) % workers);
  }
};

}  // namespace sallyport::dataplane
