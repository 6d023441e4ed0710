// The control plane's questions, answered from the workers; see the header.
#include "dataplane/ports/dpdk_runtime.h"

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>

#include "dataplane/ports/port_advice.h"

namespace sallyport::dataplane {

namespace {

constexpr std::size_t kSlice = 128;  // flows a worker is asked for between two bursts
constexpr std::uint32_t kFirstRuleCells = 1024;

// Where a total comes from: a cell of the engine's counters, corrected by the runtime's own.
struct Total {
  std::uint64_t CounterTotals::* to;
  CounterCell Counters::* from;
};

constexpr Total kTotals[] = {
    {&CounterTotals::in, &Counters::in},
    {&CounterTotals::forwarded, &Counters::forwarded},
    {&CounterTotals::dropped, &Counters::dropped},
    {&CounterTotals::consumed, &Counters::consumed},
    {&CounterTotals::held, &Counters::held},
    {&CounterTotals::originated, &Counters::originated},
    {&CounterTotals::fragments_added, &Counters::fragments_added},
    {&CounterTotals::out, &Counters::out},
    {&CounterTotals::flows, &Counters::flows},
    {&CounterTotals::flows_created, &Counters::flows_created},
    {&CounterTotals::flows_expired, &Counters::flows_expired},
    {&CounterTotals::flows_closed, &Counters::flows_closed},
    {&CounterTotals::flows_cut, &Counters::flows_cut},
    {&CounterTotals::flows_rejudged, &Counters::flows_rejudged},
    {&CounterTotals::nat_port_errors, &Counters::nat_port_errors},
    {&CounterTotals::nat_page_shortages, &Counters::nat_page_shortages},
    {&CounterTotals::nat_idle_timeouts, &Counters::nat_idle_timeouts},
    {&CounterTotals::icmp_errors_sent, &Counters::icmp_errors_sent},
    {&CounterTotals::icmp_errors_limited, &Counters::icmp_errors_limited},
    {&CounterTotals::resets_sent, &Counters::resets_sent},
    {&CounterTotals::arp_requests_sent, &Counters::arp_requests_sent},
    {&CounterTotals::arp_replies_sent, &Counters::arp_replies_sent},
    {&CounterTotals::neighbors, &Counters::neighbors},
    {&CounterTotals::samples_skipped, &Counters::samples_skipped},
};

void add(CounterTotals& totals, const Counters& counters) {
  for (const Total& total : kTotals) totals.*total.to += (counters.*total.from).get();
  for (std::size_t code = 0; code < rules::kDropCodes; ++code) totals.drops[code] += counters.drops[code].get();
}

void add(PortStatus& status, const PortCounters& counters) {
  status.in_packets += counters.in_packets.get();
  status.in_bytes += counters.in_bytes.get();
  status.out_packets += counters.out_packets.get();
  status.out_bytes += counters.out_bytes.get();
  status.unfinished_checksums += counters.unfinished_checksums.get();
  status.oversize_frames += counters.oversize_frames.get();
}

int run_worker(void* worker) {
  static_cast<Worker*>(worker)->run();
  return 0;
}

}  // namespace

Parts::~Parts() {
  for (const auto& worker : workers) worker->stop();
  if (eal != nullptr) rte_eal_mp_wait_lcore();
  workers.clear();
  devices.clear();
  for (rte_ring* inbox : wiring.inboxes) rte_ring_free(inbox);
  for (const PortWiring& port : wiring.ports) rte_ring_free(port.outbox);
  rte_mempool_free(wiring.pool);
}

// The workers end before what they read: the generation and the rule counters.
DpdkRuntime::~DpdkRuntime() {
  watch_ = {};
  parts_.reset();
}

std::expected<void, std::string> DpdkRuntime::launch() {
  for (std::size_t i = 0; i < parts_->workers.size(); ++i) {
    const int error = rte_eal_remote_launch(run_worker, parts_->workers[i].get(), static_cast<unsigned>(i + 1));
    if (error != 0) return std::unexpected("worker " + std::to_string(i) + " does not start: " + rte_strerror(-error));
  }
  watch_ = std::jthread([this](const std::stop_token& stop) { watch_ports(stop); });
  return {};
}

std::vector<PortSettings> DpdkRuntime::port_settings() const {
  std::vector<PortSettings> settings;
  for (const auto& device : parts_->devices) settings.push_back(device->settings());
  return settings;
}

void DpdkRuntime::publish(std::shared_ptr<const BoundPolicy> policy, std::uint32_t rule_uids) {
  std::vector<Cells> outgrown;
  if (rule_uids > rule_capacity_ || rule_cells_.empty()) {
    rule_capacity_ = std::max({rule_uids, 2 * rule_capacity_, kFirstRuleCells});
    outgrown = std::exchange(rule_cells_, {});
    for (std::size_t i = 0; i < parts_->workers.size(); ++i) {
      rule_cells_.push_back(std::make_unique<CounterCell[]>(rule_capacity_));
    }
  }
  rule_uids_ = rule_uids;
  auto next = std::make_unique<Generation>();
  next->policy = std::move(policy);
  for (const Cells& cells : rule_cells_) next->rule_counters.emplace_back(cells.get(), rule_capacity_);
  for (const auto& worker : parts_->workers) worker->publish(next.get());
  wait_for_adoption(next.get());
  generation_ = std::move(next);
  parts_->info.policy_generation = generation_->policy == nullptr ? 0 : generation_->policy->generation();
}

void DpdkRuntime::begin() {
  for (const auto& worker : parts_->workers) worker->begin();
}

void DpdkRuntime::wait_for_adoption(const Generation* generation) const {
  for (const auto& worker : parts_->workers) {
    while (!worker->uses(generation)) std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
}

CounterTotals DpdkRuntime::counters() const {
  CounterTotals totals;
  // Corrections take back what an engine counted before, often another worker's: all of them are read first, so that
  // they never take back more than there is.
  for (const auto& worker : parts_->workers) add(totals, worker->corrections());
  std::atomic_thread_fence(std::memory_order_acquire);
  for (const auto& worker : parts_->workers) {
    add(totals, worker->engine_counters());
    totals.handed_over += worker->handed_over();
  }
  return totals;
}

std::vector<std::uint64_t> DpdkRuntime::rule_counters() const {
  std::vector<std::uint64_t> sums(rule_uids_);
  for (const Cells& cells : rule_cells_) {
    for (std::uint32_t uid = 0; uid < rule_uids_; ++uid) sums[uid] += cells[uid].get();
  }
  return sums;
}

PortStatus DpdkRuntime::port_status(PortIndex index) const {
  const Device& device = *parts_->devices[index];
  PortStatus status;
  status.name = device.settings().name;
  status.device = device.source().text;
  status.driver = device.driver();
  status.mac = device.settings().mac;
  status.mtu = device.settings().mtu;
  status.queues = device.receive_queues();
  rte_eth_link link{};
  status.link_up = rte_eth_link_get_nowait(device.id(), &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
  rte_eth_stats stats{};
  if (rte_eth_stats_get(device.id(), &stats) == 0) {
    status.in_missed = stats.imissed + stats.rx_nombuf;
    status.in_errors = stats.ierrors;
    status.out_errors = stats.oerrors;
  }
  for (const auto& worker : parts_->workers) add(status, worker->corrections().ports[index]);
  std::atomic_thread_fence(std::memory_order_acquire);
  for (const auto& worker : parts_->workers) add(status, worker->engine_counters().ports[index]);
  status.advice = port_advice(status, device.source().kind, device.interface_name());
  return status;
}

// The watch asks as well as the control thread, and drivers' statistics are for one caller at a time.
std::vector<PortStatus> DpdkRuntime::ports() const {
  const std::scoped_lock lock(ports_mutex_);
  std::vector<PortStatus> all;
  for (PortIndex index = 0; index < parts_->devices.size(); ++index) all.push_back(port_status(index));
  return all;
}

void DpdkRuntime::for_each_flow(const std::function<bool(const FlowRecord&)>& visit) {
  std::vector<FlowRecord> slice(kSlice);
  for (const auto& worker : parts_->workers) {
    for (std::uint64_t cursor = 0; cursor != Engine::kEnd;) {
      const std::size_t count = worker->mailbox().list(cursor, slice);
      for (std::size_t i = 0; i < count; ++i) {
        if (!visit(slice[i])) return;
      }
    }
  }
}

bool DpdkRuntime::next_sample(DecisionSample& sample) {
  const std::size_t workers = parts_->workers.size();
  for (std::size_t i = 0; i < workers; ++i) {
    next_sampled_ = (next_sampled_ + 1) % workers;
    if (parts_->workers[next_sampled_]->samples().pop(sample)) return true;
  }
  return false;
}

std::uint64_t DpdkRuntime::kill_flows(const std::function<bool(const FlowRecord&)>& match) {
  std::vector<FlowRecord> slice(kSlice);
  std::uint64_t killed = 0;
  for (const auto& worker : parts_->workers) {
    for (std::uint64_t cursor = 0; cursor != Engine::kEnd;) {
      const std::size_t count = worker->mailbox().list(cursor, slice);
      const auto listed = slice.begin() + static_cast<std::ptrdiff_t>(count);
      const auto end = std::partition(slice.begin(), listed, match);
      if (end != slice.begin()) killed += worker->mailbox().kill({slice.begin(), end});
    }
  }
  return killed;
}

// Says once in the log what ports() always says.
void DpdkRuntime::watch_ports(const std::stop_token& stop) {
  std::unique_lock lock(watch_mutex_);
  while (!stop.stop_requested()) {
    for (const PortStatus& status : ports()) {
      for (const std::string& advice : status.advice) {
        if (advised_.insert(advice).second) parts_->log(LogLevel::warning, advice);
      }
    }
    watch_wakes_.wait_for(lock, stop, std::chrono::seconds(1), [] { return false; });
  }
}

}  // namespace sallyport::dataplane
