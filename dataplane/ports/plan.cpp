// Cores, buffers, memory and EAL's arguments; see the header.
#include "dataplane/ports/plan.h"

#include <algorithm>
#include <bit>

namespace sallyport::dataplane {

namespace {

constexpr std::uint64_t kMebibyte = 1U << 20U;
constexpr std::uint32_t kFrameOverhead = 128;      // link header, VLAN tag, af_packet's own header and its alignment
constexpr std::uint32_t kHeldBuffers = 8192;       // held for neighbours, in flight between stages
constexpr std::uint32_t kBuffersPerWorker = 1024;  // mempool caches and bursts
constexpr std::uint64_t kBufferOverhead = 512;     // mbuf, headroom, mempool object, its place in the pool's ring
constexpr std::uint64_t kPage = 4096;              // on ordinary pages no object of a mempool crosses more than it must
constexpr std::uint64_t kBytesPerFlow = 320;       // an estimate, for choosing the pages in `auto`

std::string join(const std::vector<unsigned>& cores) {
  std::string text;
  for (const unsigned core : cores) text += (text.empty() ? "" : ",") + std::to_string(core);
  return text;
}

std::string lcores_argument(const CorePlan& cores) {
  std::string text = "(0)@(" + join(cores.control) + ")";
  for (std::size_t i = 0; i < cores.workers.size(); ++i) {
    text += ",(" + std::to_string(i + 1) + ")@" + std::to_string(cores.workers[i]);
  }
  return text;
}

// Why ordinary pages will not do, or empty: DMA by physical addresses, and DMA beside XDP sockets, agree on where
// buffers may lie only in large pages.
std::string why_hugepages(const rules::GatewayConfig& gateway, bool physical_dma) {
  if (!uses(gateway, rules::DeviceKind::pci)) return {};
  if (physical_dma) return "pci ports without an IOMMU work on hugepages only";
  if (uses(gateway, rules::DeviceKind::af_xdp)) return "pci and af_xdp ports together work on hugepages only";
  return {};
}

std::string af_packet_arguments(const rules::Port& port) {
  const std::uint32_t room = frame_room(port.mtu);
  const std::uint32_t block = std::max<std::uint32_t>(room, 4096);
  return ",iface=" + port.device.argument + ",blocksz=" + std::to_string(block) + ",framesz=" + std::to_string(room) +
         ",framecnt=" + std::to_string(kReceiveDescriptors);
}

std::string af_xdp_arguments(const rules::Port& port, std::uint32_t receive_queues, const std::string& driver) {
  std::string text = ",iface=" + port.device.argument + ",start_queue=0,queue_count=" + std::to_string(receive_queues);
  if (driver == "veth") text += ",force_copy=1";
  return text;
}

std::string pcap_device(const rules::Device& device, const std::string& number) {
  if (device.pcap_input == "-" && device.pcap_output == "-") return "net_null" + number + ",no-rx=1";
  std::string text = "net_pcap" + number;
  if (device.pcap_input != "-") text += ",rx_pcap=" + device.pcap_input;
  if (device.pcap_output != "-") text += ",tx_pcap=" + device.pcap_output;
  return text;
}

}  // namespace

std::expected<CorePlan, std::string> plan_cores(std::uint32_t workers, const std::vector<unsigned>& available) {
  if (workers > available.size()) {
    return std::unexpected("workers: " + std::to_string(workers) +
                           " cores are needed, one a worker, but this process may use " +
                           std::to_string(available.size()) + "; lower \"workers\" in the gateway document");
  }
  const auto first_worker = available.end() - static_cast<std::ptrdiff_t>(workers);
  CorePlan plan{{first_worker, available.end()}, {available.begin(), first_worker}};
  if (plan.control.empty()) plan.control = available;
  return plan;
}

std::uint32_t frame_room(std::uint32_t mtu) {
  return std::bit_ceil(std::max<std::uint32_t>(mtu + kFrameOverhead, 2048));
}

std::uint64_t BufferPlan::mebibytes() const {
  constexpr std::uint64_t kRest = 48;  // rings, devices, EAL itself
  const std::uint64_t object = (room + kBufferOverhead + kPage - 1) / kPage * kPage;
  return kRest + (std::uint64_t{buffers} * object + kMebibyte - 1) / kMebibyte;
}

BufferPlan plan_buffers(const rules::GatewayConfig& gateway) {
  const auto ports = static_cast<std::uint32_t>(gateway.ports.size());
  const std::uint32_t workers = gateway.workers;
  BufferPlan plan;
  plan.buffers = kHeldBuffers + workers * kBuffersPerWorker;
  for (const rules::Port& port : gateway.ports) {
    const std::uint32_t queues = port.device.kind == rules::DeviceKind::pci ? workers : 1;
    plan.buffers += queues * (kReceiveDescriptors + kTransmitDescriptors);
    // af_xdp keeps four thousand buffers in its fill ring and as many in flight.
    if (port.device.kind == rules::DeviceKind::af_xdp) plan.buffers += 8192;
    plan.room = std::max(plan.room, frame_room(port.mtu));
  }
  if (workers > 1) plan.buffers += workers * kHandOverRing + ports * kTransmitRing;
  return plan;
}

bool uses(const rules::GatewayConfig& gateway, rules::DeviceKind kind) {
  return std::ranges::any_of(gateway.ports, [kind](const rules::Port& port) { return port.device.kind == kind; });
}

std::expected<PageKind, std::string> plan_pages(const rules::GatewayConfig& gateway, HostMemory host) {
  const std::uint64_t buffers = plan_buffers(gateway).mebibytes();
  const std::uint64_t needed = buffers + gateway.max_flows * kBytesPerFlow / kMebibyte;
  const std::uint64_t available = host.free_bytes / kMebibyte;
  const std::string reason = why_hugepages(gateway, host.physical_dma);
  if (gateway.memory == rules::MemoryMode::pages) {
    if (reason.empty()) return PageKind::pages;
    return std::unexpected("memory: " + reason + R"(; write "memory": "hugepages")");
  }
  if (available >= needed) return PageKind::hugepages;
  if (reason.empty() && gateway.memory == rules::MemoryMode::automatic) return PageKind::pages;
  return std::unexpected("memory: about " + std::to_string(needed) + " MiB of hugepages are needed" +
                         (reason.empty() ? "" : " (" + reason + ")") + ", " + std::to_string(available) +
                         " MiB are free; reserve them (sysctl vm.nr_hugepages)" +
                         (reason.empty() ? R"(, or write "memory": "pages")" : ""));
}

QueuePlan plan_queues(rules::DeviceKind kind, const QueueLimits& limits, std::uint32_t workers) {
  QueuePlan plan;
  const auto narrow = [](std::uint32_t queues) { return static_cast<std::uint16_t>(queues); };
  if (kind == rules::DeviceKind::af_xdp) {  // it has to be asked queue by queue
    plan.receive = narrow(limits.receive);
    plan.transmit = narrow(limits.transmit);
    return plan;
  }
  if (kind != rules::DeviceKind::pci) return plan;
  plan.transmit = narrow(limits.transmit >= workers ? workers : 1);
  // virtio switches queues on in pairs, and the host spreads flows over all that are on: none may be left unread.
  const bool pairs = limits.driver == "net_virtio";
  if (!limits.spreads && !pairs) return plan;
  std::uint32_t receive = std::min(workers, limits.receive);
  if (limits.driver == "net_vmxnet3") receive = std::bit_floor(receive);  // it takes powers of two only
  plan.receive = narrow(std::max(receive, 1U));
  plan.rss = limits.spreads && plan.receive > 1;
  return plan;
}

std::vector<std::string> eal_arguments(const rules::GatewayConfig& gateway, const CorePlan& cores, PageKind pages,
                                       const std::string& prefix) {
  std::vector<std::string> arguments{
      "sallyportd",    "--file-prefix=" + prefix, "--no-telemetry", "--no-shconf", "--lcores=" + lcores_argument(cores),
      "--main-lcore=0"};
  if (pages == PageKind::hugepages) {
    arguments.emplace_back("--in-memory");  // no file in a hugetlbfs, so none to leave behind
  } else {
    arguments.emplace_back("--no-huge");
    arguments.emplace_back("-m");
    arguments.push_back(std::to_string(plan_buffers(gateway).mebibytes()));
  }
  for (const rules::Port& port : gateway.ports) {
    if (port.device.kind != rules::DeviceKind::pci) continue;
    arguments.emplace_back("-a");
    arguments.push_back(port.device.argument);
  }
  if (!uses(gateway, rules::DeviceKind::pci)) arguments.emplace_back("--no-pci");
  return arguments;
}

std::string device_arguments(const rules::Port& port, std::size_t index, std::uint32_t receive_queues,
                             const std::string& driver) {
  const std::string number = std::to_string(index);
  switch (port.device.kind) {
    case rules::DeviceKind::af_packet:
      return "net_af_packet" + number + af_packet_arguments(port);
    case rules::DeviceKind::af_xdp:
      return "net_af_xdp" + number + af_xdp_arguments(port, receive_queues, driver);
    case rules::DeviceKind::tap:
      return "net_tap" + number + ",iface=" + port.device.argument;
    case rules::DeviceKind::pcap:
      return pcap_device(port.device, number);
    case rules::DeviceKind::pci:
    case rules::DeviceKind::vdev:
      break;
  }
  return port.device.argument;
}

}  // namespace sallyport::dataplane
