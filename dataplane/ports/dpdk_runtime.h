// The Runtime over DPDK: owns EAL, devices, rings, memory and workers, and answers the control plane's questions.
//
// Owner: dataplane/ports. Put together by start_runtime(); one control thread calls at a time.
// Always: workers run from launch() to destruction; what they read outlives them.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "dataplane/ports/device.h"
#include "dataplane/ports/eal.h"
#include "dataplane/ports/log.h"
#include "dataplane/ports/table_memory.h"
#include "dataplane/ports/wiring.h"
#include "dataplane/ports/worker.h"
#include "dataplane/runtime/runtime.h"

namespace sallyport::dataplane {

// Everything a runtime is made of, in the order in which it is made; taken down in reverse.
struct Parts {
  Parts() = default;
  ~Parts();
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  LogFunction log;
  RuntimeInfo info;
  std::unique_ptr<Eal> eal;
  Wiring wiring;
  std::vector<std::unique_ptr<Device>> devices;
  std::vector<std::unique_ptr<TableMemory>> memory;
  std::vector<std::unique_ptr<Worker>> workers;
};

class DpdkRuntime final : public Runtime {
 public:
  explicit DpdkRuntime(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
  ~DpdkRuntime() override;

  // Starts the workers on their cores, and the watch over the ports.
  [[nodiscard]] std::expected<void, std::string> launch();

  [[nodiscard]] std::vector<PortSettings> port_settings() const override;
  void publish(std::shared_ptr<const BoundPolicy> policy, std::uint32_t rule_uids) override;
  void begin() override;
  [[nodiscard]] CounterTotals counters() const override;
  [[nodiscard]] std::vector<std::uint64_t> rule_counters() const override;
  [[nodiscard]] std::vector<PortStatus> ports() const override;
  [[nodiscard]] RuntimeInfo info() const override { return parts_->info; }
  void for_each_flow(const std::function<bool(const FlowRecord&)>& visit) override;
  bool next_sample(DecisionSample& sample) override;
  std::uint64_t kill_flows(const std::function<bool(const FlowRecord&)>& match) override;

 private:
  using Cells = std::unique_ptr<CounterCell[]>;

  [[nodiscard]] PortStatus port_status(PortIndex index) const;
  void wait_for_adoption(const Generation* generation) const;
  void watch_ports(const std::stop_token& stop);

  std::unique_ptr<Parts> parts_;
  std::unique_ptr<Generation> generation_;
  std::vector<Cells> rule_cells_;  // a worker each
  std::uint32_t rule_capacity_ = 0;
  std::uint32_t rule_uids_ = 0;
  std::size_t next_sampled_ = 0;  // worker

  mutable std::mutex ports_mutex_;
  std::mutex watch_mutex_;
  std::condition_variable_any watch_wakes_;
  std::set<std::string> advised_;
  std::jthread watch_;
};

}  // namespace sallyport::dataplane
