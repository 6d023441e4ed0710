// Some of the workers' decisions made again from the rules as they are written, by a thread of its own.
//
// Owner: control/server; one a daemon. What decides again is the reference evaluator, which knows the policy's model
// and nothing of the image. Always: it never holds a worker up; what it has no time for is counted as skipped; it takes
// about a tenth of a core at most.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "control/metrics/own_counts.h"
#include "control/store/clock.h"
#include "control/store/policy_store.h"
#include "dataplane/runtime/runtime.h"

namespace sallyport::control {

// How a decision differs from the rules of the policy under which it was made, or nothing.
[[nodiscard]] std::optional<std::string> difference(const Running& running, const dataplane::DecisionSample& sample);

class SelfCheck {
 public:
  SelfCheck(const PolicyStore& store, dataplane::Runtime& runtime, Clock clock)
      : store_(store), runtime_(runtime), clock_(std::move(clock)) {}

  void start();
  void stop();
  // What waits now, for as long as a turn may take.
  void turn();
  [[nodiscard]] SelfCheckCounts counts() const { return {checked_.load(), mismatched_.load(), skipped_.load()}; }

 private:
  void notice_policy();
  void check(const dataplane::DecisionSample& sample);
  [[nodiscard]] const Running* running_of(const dataplane::DecisionSample& sample) const;
  void tell(const Running& running, const std::string& what);

  const PolicyStore& store_;
  dataplane::Runtime& runtime_;
  const Clock clock_;
  std::shared_ptr<const Running> current_, previous_;
  std::optional<dataplane::DecisionSample> waiting_;  // of a policy that is about to be in force
  std::atomic<std::uint64_t> checked_{0}, mismatched_{0}, skipped_{0};
  std::optional<MonotonicTime> told_;
  std::uint64_t untold_ = 0;
  std::jthread thread_;
};

}  // namespace sallyport::control
