// The runtime for many threads: its contract asks for one caller at a time, the control server has several.
//
// Owner: control/server.
// Always: every call holds the same lock; visitors run under it and must be quick.
#pragma once

#include <mutex>

#include "dataplane/runtime/runtime.h"

namespace sallyport::control {

class SerializedRuntime : public dataplane::Runtime {
 public:
  explicit SerializedRuntime(dataplane::Runtime& runtime) : runtime_(runtime) {}

  [[nodiscard]] std::vector<dataplane::PortSettings> port_settings() const override {
    const std::scoped_lock lock(mutex_);
    return runtime_.port_settings();
  }
  void publish(std::shared_ptr<const dataplane::BoundPolicy> policy, std::uint32_t rule_uids) override {
    const std::scoped_lock lock(mutex_);
    runtime_.publish(std::move(policy), rule_uids);
  }
  void begin() override {
    const std::scoped_lock lock(mutex_);
    runtime_.begin();
  }
  [[nodiscard]] dataplane::CounterTotals counters() const override {
    const std::scoped_lock lock(mutex_);
    return runtime_.counters();
  }
  [[nodiscard]] std::vector<std::uint64_t> rule_counters() const override {
    const std::scoped_lock lock(mutex_);
    return runtime_.rule_counters();
  }
  [[nodiscard]] std::vector<dataplane::PortStatus> ports() const override {
    const std::scoped_lock lock(mutex_);
    return runtime_.ports();
  }
  [[nodiscard]] dataplane::RuntimeInfo info() const override {
    const std::scoped_lock lock(mutex_);
    return runtime_.info();
  }
  void for_each_flow(const std::function<bool(const dataplane::FlowRecord&)>& visit) override {
    const std::scoped_lock lock(mutex_);
    runtime_.for_each_flow(visit);
  }
  bool next_sample(dataplane::DecisionSample& sample) override {
    const std::scoped_lock lock(mutex_);
    return runtime_.next_sample(sample);
  }
  std::uint64_t kill_flows(const std::function<bool(const dataplane::FlowRecord&)>& match) override {
    const std::scoped_lock lock(mutex_);
    return runtime_.kill_flows(match);
  }

 private:
  dataplane::Runtime& runtime_;
  mutable std::mutex mutex_;
};

}  // namespace sallyport::control
