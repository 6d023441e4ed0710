// What is decided before EAL starts: cores, buffers, memory, EAL's arguments. Pure, so that it can be tested without
// DPDK.
//
// Owner: dataplane/ports. Facts of the host come in as parameters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "rules/model/gateway.h"

namespace sallyport::dataplane {

// DPDK of Debian is built for this many ports.
inline constexpr std::size_t kMaxDevices = 32;

inline constexpr std::uint32_t kReceiveDescriptors = 1024;
inline constexpr std::uint32_t kTransmitDescriptors = 1024;
inline constexpr std::uint32_t kHandOverRing = 4096;  // packets waiting for the worker that owns their flow
inline constexpr std::uint32_t kTransmitRing = 2048;  // packets waiting for the worker that serves a port's only queue

// A worker polls alone on its core; control threads share the others, or all cores when there is none left.
struct CorePlan {
  std::vector<unsigned> workers;
  std::vector<unsigned> control;
};
// `available`: the cores this process may run on, ascending. Fewer of them than workers is an error.
[[nodiscard]] std::expected<CorePlan, std::string> plan_cores(std::uint32_t workers,
                                                              const std::vector<unsigned>& available);

// A frame of this many bytes always fits into one buffer (and into af_packet's ring): the port's MTU and every header
// around it, a power of two.
[[nodiscard]] std::uint32_t frame_room(std::uint32_t mtu);

struct BufferPlan {
  std::uint32_t buffers = 0;
  std::uint32_t room = 0;                         // bytes of frame
  [[nodiscard]] std::uint64_t mebibytes() const;  // with everything DPDK keeps beside them
};
[[nodiscard]] BufferPlan plan_buffers(const rules::GatewayConfig& gateway);

enum class PageKind : std::uint8_t { hugepages, pages };

[[nodiscard]] bool uses(const rules::GatewayConfig& gateway, rules::DeviceKind kind);

// What the host gives: hugepages that are free, and whether cards reach memory by physical addresses (no IOMMU).
struct HostMemory {
  std::uint64_t free_bytes = 0;
  bool physical_dma = false;
};

// Which pages to use, or why that cannot be.
[[nodiscard]] std::expected<PageKind, std::string> plan_pages(const rules::GatewayConfig& gateway, HostMemory host);

// What a device offers, as its driver says.
struct QueueLimits {
  std::string driver;
  std::uint32_t receive = 1;
  std::uint32_t transmit = 1;
  bool spreads = false;  // RSS: flows over queues
};
struct QueuePlan {
  std::uint16_t receive = 1;
  std::uint16_t transmit = 1;  // one a worker, or fewer than workers
  bool rss = false;
};
[[nodiscard]] QueuePlan plan_queues(rules::DeviceKind kind, const QueueLimits& limits, std::uint32_t workers);

// The arguments of rte_eal_init, the program's name first. `prefix` is unique on this host.
[[nodiscard]] std::vector<std::string> eal_arguments(const rules::GatewayConfig& gateway, const CorePlan& cores,
                                                     PageKind pages, const std::string& prefix);

// What to hand to rte_dev_probe for a port: "net_tap3,iface=gw-dmz"; the part before the comma is the device's name.
// `receive_queues` and `driver` are those of the Linux interface, where there is one.
[[nodiscard]] std::string device_arguments(const rules::Port& port, std::size_t index, std::uint32_t receive_queues,
                                           const std::string& driver);

}  // namespace sallyport::dataplane
