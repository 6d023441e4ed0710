// From a gateway document to running workers, step by step; see the header.
#include "dataplane/ports/start_runtime.h"

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_ring.h>
#include <sched.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "dataplane/ports/buffer_pool.h"
#include "dataplane/ports/device.h"
#include "dataplane/ports/device_checks.h"
#include "dataplane/ports/dpdk_runtime.h"
#include "dataplane/ports/pci_device.h"
#include "dataplane/ports/plan.h"

namespace sallyport::dataplane {

namespace {

using Step = std::expected<void, std::string>;

std::vector<unsigned> available_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<unsigned> cores;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return cores;
  for (unsigned core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &set)) cores.push_back(core);
  }
  return cores;
}

// Threads that are there already (the log's) leave the cores of the workers.
void move_threads_to(const std::vector<unsigned>& cores) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const unsigned core : cores) CPU_SET(core, &set);
  std::error_code error;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", error)) {
    ::sched_setaffinity(static_cast<pid_t>(std::stoi(task.path().filename().string())), sizeof set, &set);
  }
}

// A card outside an IOMMU decides for all: EAL speaks to every card in one kind of address.
bool dma_is_physical(const rules::GatewayConfig& gateway) {
  return std::ranges::any_of(gateway.ports, [](const rules::Port& port) {
    return port.device.kind == rules::DeviceKind::pci && look_at_pci(port.device.argument).physical_dma();
  });
}

// A folder name no other process of this host has, whatever process ids its container shows.
std::string unique_prefix() {
  std::uint32_t random = 0;
  if (::getrandom(&random, sizeof random, 0) != sizeof random) random = 0;
  return "sallyport-" + std::to_string(::getpid()) + "-" + std::to_string(random);
}

Step check_ports(const rules::GatewayConfig& gateway, Parts&) {
  if (gateway.ports.size() > kMaxDevices) {
    return std::unexpected("ports: " + std::to_string(gateway.ports.size()) + " are more than the " +
                           std::to_string(kMaxDevices) + " DPDK is built for");
  }
  for (const rules::Port& port : gateway.ports) {
    if (const Step checked = check_device(port); !checked) return checked;
  }
  return {};
}

Step start_eal(const rules::GatewayConfig& gateway, Parts& parts) {
  const auto cores = plan_cores(gateway.workers, available_cores());
  if (!cores) return std::unexpected(cores.error());
  const auto pages = plan_pages(gateway, {hugepages_of_this_host().free_bytes, dma_is_physical(gateway)});
  if (!pages) return std::unexpected(pages.error());
  move_threads_to(cores->control);
  auto eal = Eal::start(eal_arguments(gateway, *cores, *pages, unique_prefix()), parts.log);
  if (!eal) return std::unexpected(eal.error());
  parts.eal = std::move(*eal);
  parts.info.workers = gateway.workers;
  parts.info.max_flows = gateway.max_flows;
  parts.info.memory = *pages == PageKind::hugepages ? "hugepages" : "pages";
  if (*pages == PageKind::pages && gateway.memory == rules::MemoryMode::automatic) {
    parts.log(LogLevel::info, "too few free hugepages: ordinary pages are used (small packets cost more)");
  }
  return {};
}

Step make_buffers(const rules::GatewayConfig& gateway, Parts& parts) {
  const BufferPlan plan = plan_buffers(gateway);
  parts.wiring.pool = make_buffer_pool(plan, !uses(gateway, rules::DeviceKind::pci));
  parts.info.memory_bytes = plan.mebibytes() << 20U;
  if (parts.wiring.pool != nullptr) return {};
  return std::unexpected("memory: " + std::to_string(plan.mebibytes()) +
                         " MiB for packet buffers cannot be had: " + rte_strerror(rte_errno));
}

Step open_devices(const rules::GatewayConfig& gateway, Parts& parts) {
  for (std::size_t i = 0; i < gateway.ports.size(); ++i) {
    auto device = Device::open(gateway.ports[i], i, gateway.workers, parts.wiring.pool);
    if (!device) return std::unexpected(device.error());
    if (gateway.ports[i].device.kind == rules::DeviceKind::pci) parts.log(LogLevel::info, (*device)->introduction());
    parts.devices.push_back(std::move(*device));
  }
  return {};
}

rte_ring* make_ring(const std::string& name, std::uint32_t size) {
  return rte_ring_create(name.c_str(), size, SOCKET_ID_ANY, RING_F_SC_DEQ);
}

Step make_rings(Parts& parts) {
  Wiring& wiring = parts.wiring;
  bool all = true;
  for (std::uint32_t worker = 0; worker < wiring.workers; ++worker) {
    wiring.inboxes.push_back(make_ring("inbox-" + std::to_string(worker), kHandOverRing));
    all = all && wiring.inboxes.back() != nullptr;
  }
  for (std::size_t port = 0; port < wiring.ports.size(); ++port) {
    if (wiring.ports[port].queue_each) continue;
    wiring.ports[port].outbox = make_ring("outbox-" + std::to_string(port), kTransmitRing);
    all = all && wiring.ports[port].outbox != nullptr;
  }
  if (all) return {};
  return std::unexpected("memory: rings between the workers cannot be had: " + std::string(rte_strerror(rte_errno)));
}

Step wire(const rules::GatewayConfig& gateway, Parts& parts) {
  Wiring& wiring = parts.wiring;
  wiring.workers = gateway.workers;
  if (::getrandom(&wiring.seed, sizeof wiring.seed, 0) != sizeof wiring.seed) {
    return std::unexpected(std::string("the system gives no random numbers"));
  }
  for (std::size_t i = 0; i < parts.devices.size(); ++i) {
    const Device& device = *parts.devices[i];
    PortWiring port;
    port.device = device.id();
    port.receive_queues = device.receive_queues();
    port.queue_each = device.transmit_queues() >= wiring.workers;
    port.transmitter = wiring.poller(i, 0);
    wiring.ports.push_back(port);
    wiring.port_of_device[device.id()] = static_cast<PortIndex>(i);
  }
  wiring.may_yield = std::ranges::all_of(parts.devices, [](const auto& device) { return device->kernel_backed(); });
  return wiring.workers > 1 ? make_rings(parts) : Step{};
}

std::string engine_failure(const TableMemory& memory, const std::string& error) {
  if (memory.refused_bytes() == 0) return error;
  return "memory: " + std::to_string(memory.refused_bytes() >> 20U) +
         " MiB for the flow table cannot be had; lower \"max_flows\", or give this host more memory or hugepages";
}

Step make_workers(const rules::GatewayConfig& gateway, Parts& parts) {
  std::vector<PortSettings> ports;
  for (const auto& device : parts.devices) ports.push_back(device->settings());
  for (std::uint32_t number = 0; number < gateway.workers; ++number) {
    const bool pages = parts.info.memory == "pages";
    TableMemory& memory =
        *parts.memory.emplace_back(std::make_unique<TableMemory>(pages ? rules::MemoryMode::pages : gateway.memory));
    EngineSettings settings;
    settings.ports = ports;
    settings.max_flows = (gateway.max_flows + gateway.workers - 1) / gateway.workers;
    settings.worker = number;
    settings.workers = gateway.workers;
    settings.seed = parts.wiring.seed;
    settings.self_check = gateway.self_check;
    settings.allocate = [&memory](std::size_t bytes) { return memory.allocate(bytes); };
    auto engine = Engine::create(std::move(settings));
    if (!engine) return std::unexpected(engine_failure(memory, engine.error()));
    if (memory.fell_back())
      parts.log(LogLevel::info, "too few free hugepages for the flow table: ordinary pages are used for it");
    parts.info.memory_bytes += memory.bytes();
    parts.workers.push_back(std::make_unique<Worker>(parts.wiring, number, std::move(*engine)));
  }
  return {};
}

}  // namespace

std::expected<std::unique_ptr<Runtime>, std::string> start_runtime(const rules::GatewayConfig& gateway,
                                                                   const LogFunction& log) {
  auto parts = std::make_unique<Parts>();
  parts->log = log;
  for (const auto step : {check_ports, start_eal, make_buffers, open_devices, wire, make_workers}) {
    if (const Step done = step(gateway, *parts); !done) return std::unexpected(done.error());
  }
  auto runtime = std::make_unique<DpdkRuntime>(std::move(parts));
  if (auto launched = runtime->launch(); !launched) return std::unexpected(launched.error());
  return runtime;
}

}  // namespace sallyport::dataplane
