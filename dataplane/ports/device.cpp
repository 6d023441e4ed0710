// Opening a device with DPDK; see the header.
#include "dataplane/ports/device.h"

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

#include <algorithm>
#include <cstring>
#include <functional>

#include "dataplane/ports/device_checks.h"
#include "dataplane/ports/eal.h"
#include "dataplane/ports/linux_interface.h"
#include "dataplane/ports/plan.h"

namespace sallyport::dataplane {

namespace {

constexpr std::uint64_t kReceiveChecks =
    RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM;

// A virtio card that may check sums is handed frames whose sums nobody made (their senders are guests of the same
// host); unasked, the host finishes them.
std::uint64_t receive_checks(const std::string& driver) { return driver == "net_virtio" ? 0 : kReceiveChecks; }

std::unexpected<std::string> failure(const rules::Port& port, const std::string& what, int error) {
  const std::string complaint = Eal::take_complaint();
  std::string text = port_prefix(port) + what + ": " + rte_strerror(error < 0 ? -error : error);
  if (!complaint.empty()) text += " (" + complaint + ")";
  return std::unexpected(std::move(text));
}

rules::MacAddress link_address(std::uint16_t id) {
  rte_ether_addr address{};
  rte_eth_macaddr_get(id, &address);
  rules::MacAddress mac;
  std::memcpy(mac.bytes.data(), address.addr_bytes, mac.bytes.size());
  return mac;
}

// A locally administered address made from a name: neighbours know the gateway again after a restart.
rules::MacAddress made_address(const std::string& name) {
  std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  rules::MacAddress mac{{0x02, 0x53, 0, 0, 0, 0}};
  for (std::size_t i = 2; i < mac.bytes.size(); ++i) mac.bytes[i] = static_cast<std::uint8_t>(hash >> (8 * i));
  return mac;
}

// The kernel's end of a tap keeps the device's own address, so the gateway needs another; rings have none at all.
bool shares_its_address(const rules::Device& device) {
  return device.kind == rules::DeviceKind::tap ||
         (device.kind == rules::DeviceKind::vdev && device.argument.starts_with("net_tap"));
}
rules::MacAddress gateway_address(const rules::Port& port, std::uint16_t id) {
  if (shares_its_address(port.device)) return made_address(port.device.argument);
  const rules::MacAddress own = link_address(id);
  return own == rules::MacAddress{} ? made_address(port.name) : own;
}

}  // namespace

std::expected<std::unique_ptr<Device>, std::string> Device::open(const rules::Port& port, std::size_t index,
                                                                 std::uint32_t workers, rte_mempool* pool) {
  Eal::take_complaint();  // what was said before is not about this port
  std::unique_ptr<Device> device(new Device);
  device->source_ = port.device;
  if (auto probed = device->probe(port, index); !probed) return std::unexpected(probed.error());
  if (auto configured = device->configure(port, workers, pool); !configured) return std::unexpected(configured.error());
  device->describe(port);
  return device;
}

Device::~Device() {
  if (!probed_) return;
  rte_eth_dev_stop(id_);
  rte_eth_dev_close(id_);
}

std::expected<void, std::string> Device::probe(const rules::Port& port, std::size_t index) {
  LinuxInterface below;
  if (lives_on_interface(port.device.kind)) below = find_interface(port.device.argument).value_or(below);
  const std::string arguments = device_arguments(port, index, below.receive_queues, below.driver);
  if (has_interface(port.device.kind)) interface_name_ = port.device.argument;
  const std::string name = arguments.substr(0, arguments.find(','));
  if (port.device.kind != rules::DeviceKind::pci) {
    const int error = rte_dev_probe(arguments.c_str());
    if (error != 0) return failure(port, "the driver refused it", error);
  }
  if (rte_eth_dev_get_port_by_name(name.c_str(), &id_) != 0) {
    const std::string refusal = Eal::refusal_of(name);
    return std::unexpected(port_prefix(port) +
                           (refusal.empty() ? "DPDK has no driver for it" : "its driver refused it (" + refusal + ")"));
  }
  probed_ = true;
  return {};
}

std::expected<void, std::string> Device::configure(const rules::Port& port, std::uint32_t workers, rte_mempool* pool) {
  rte_eth_dev_info info{};
  if (const int error = rte_eth_dev_info_get(id_, &info); error != 0)
    return failure(port, "it does not say what it is", error);
  driver_ = info.driver_name;
  workers_ = workers;
  if (port.mtu > info.max_mtu) {
    const std::string largest = std::to_string(info.max_mtu);
    return std::unexpected(port_prefix(port) + "its largest MTU is " + largest + ", the gateway document says " +
                           std::to_string(port.mtu) + "; write \"mtu\": " + largest);
  }
  const QueuePlan plan = plan_queues(
      port.device.kind, {driver_, info.max_rx_queues, info.max_tx_queues, info.flow_type_rss_offloads != 0}, workers);
  receive_queues_ = plan.receive;
  transmit_queues_ = plan.transmit;

  rte_eth_conf conf{};
  conf.rxmode.mtu = port.mtu;
  if (port.device.kind == rules::DeviceKind::pci) {
    conf.rxmode.offloads = info.rx_offload_capa & receive_checks(driver_);
    conf.txmode.offloads = info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
  }
  if (plan.rss) {
    conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    conf.rx_adv_conf.rss_conf.rss_hf =
        info.flow_type_rss_offloads & (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP);
  }
  if (const int error = rte_eth_dev_configure(id_, receive_queues_, transmit_queues_, &conf); error != 0) {
    return failure(port, "it cannot be configured", error);
  }
  if (auto queues = set_up_queues(port, pool); !queues) return queues;
  if (const int error = rte_eth_dev_start(id_); error != 0) return failure(port, "it does not start", error);
  rte_eth_promiscuous_disable(id_);
  return {};
}

std::expected<void, std::string> Device::set_up_queues(const rules::Port& port, rte_mempool* pool) {
  std::uint16_t receive = kReceiveDescriptors;
  std::uint16_t transmit = kTransmitDescriptors;
  if (const int error = rte_eth_dev_adjust_nb_rx_tx_desc(id_, &receive, &transmit); error != 0) {
    return failure(port, "its queues cannot be sized", error);
  }
  const auto socket = static_cast<unsigned>(std::max(rte_eth_dev_socket_id(id_), 0));
  for (std::uint16_t queue = 0; queue < receive_queues_; ++queue) {
    const int error = rte_eth_rx_queue_setup(id_, queue, receive, socket, nullptr, pool);
    if (error != 0) return failure(port, "receive queue " + std::to_string(queue) + " cannot be set up", error);
  }
  for (std::uint16_t queue = 0; queue < transmit_queues_; ++queue) {
    const int error = rte_eth_tx_queue_setup(id_, queue, transmit, socket, nullptr);
    if (error != 0) return failure(port, "transmit queue " + std::to_string(queue) + " cannot be set up", error);
  }
  return {};
}

std::string Device::introduction() const {
  std::string text = "port \"" + settings_.name + "\" (" + source_.text + "): " + driver_ + ", " +
                     std::to_string(receive_queues_) + (receive_queues_ == 1 ? " receive queue" : " receive queues");
  if (receive_queues_ < workers_)
    text += " for " + std::to_string(workers_) + " workers: those without one are handed their packets";
  return text;
}

void Device::describe(const rules::Port& port) {
  settings_ = settings_of(port);
  settings_.mac = gateway_address(port, id_);
  settings_.unfinished_checksums = has_interface(port.device.kind);
}

}  // namespace sallyport::dataplane
