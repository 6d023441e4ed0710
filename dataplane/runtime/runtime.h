// The running dataplane as the control plane sees it: ports, workers and policy swaps, without a word of DPDK.
//
// Owner: dataplane/runtime. Implemented over DPDK in dataplane/ports; tests bring a fake.
// Always: calls come from one control thread; none of them stops a worker for longer than a burst.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/engine/engine.h"
#include "rules/model/gateway.h"

namespace sallyport::dataplane {

struct PortStatus {
  std::string name;
  std::string device;  // as in the gateway document
  std::string driver;  // "net_af_packet"
  rules::MacAddress mac;
  std::uint16_t mtu = 0;
  bool link_up = false;
  std::uint32_t queues = 0;
  std::uint64_t in_packets = 0, in_bytes = 0, out_packets = 0, out_bytes = 0;
  std::uint64_t in_missed = 0, in_errors = 0, out_errors = 0;  // of the device
  std::uint64_t unfinished_checksums = 0, oversize_frames = 0;
  std::vector<std::string> advice;  // in plain words, with the command that mends it
};

struct CounterTotals {
  std::uint64_t in = 0, forwarded = 0, dropped = 0, consumed = 0, held = 0, originated = 0, fragments_added = 0,
                out = 0;
  std::array<std::uint64_t, rules::kDropCodes> drops{};
  std::uint64_t flows = 0, flows_created = 0, flows_expired = 0, flows_closed = 0, flows_cut = 0, flows_rejudged = 0;
  std::uint64_t nat_port_errors = 0, nat_idle_timeouts = 0;
  std::uint64_t nat_page_shortages = 0;  // choices of a port that looked at some ports of a busy destination alone
  std::uint64_t icmp_errors_sent = 0, icmp_errors_limited = 0, resets_sent = 0;
  std::uint64_t arp_requests_sent = 0, arp_replies_sent = 0, neighbors = 0;
  std::uint64_t samples_skipped = 0;  // decisions that were due to be made again, but their ring was full
  std::uint64_t handed_over = 0;      // packets that arrived at a worker that does not own their flow
};

struct RuntimeInfo {
  std::uint32_t workers = 0;
  std::uint64_t max_flows = 0;
  std::string memory;  // "hugepages" or "pages"
  std::uint64_t memory_bytes = 0;
  std::uint64_t policy_generation = 0;  // 0: none
};

class Runtime {
 public:
  virtual ~Runtime() = default;
  Runtime() = default;
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  // The ports with their real link addresses; what a Binder is made from.
  [[nodiscard]] virtual std::vector<PortSettings> port_settings() const = 0;
  // Every worker uses the policy when this returns; the one before may then be freed. `rule_uids`: counters to make
  // room for.
  virtual void publish(std::shared_ptr<const BoundPolicy> policy, std::uint32_t rule_uids) = 0;
  // Ports are read from now on. Before, workers only adopt policies, so that what waits at a port when the gateway
  // starts meets the policy it starts with.
  virtual void begin() = 0;
  [[nodiscard]] virtual CounterTotals counters() const = 0;
  [[nodiscard]] virtual std::vector<std::uint64_t> rule_counters() const = 0;  // by rule uid
  [[nodiscard]] virtual std::vector<PortStatus> ports() const = 0;
  [[nodiscard]] virtual RuntimeInfo info() const = 0;
  // Visits live flows of all workers, in no order, until `visit` returns false.
  virtual void for_each_flow(const std::function<bool(const FlowRecord&)>& visit) = 0;
  // A decision to be made again from the rules; false while there is none.
  virtual bool next_sample(DecisionSample& sample) = 0;
  // Ends the flows for which `match` holds; returns how many.
  virtual std::uint64_t kill_flows(const std::function<bool(const FlowRecord&)>& match) = 0;
};

}  // namespace sallyport::dataplane
