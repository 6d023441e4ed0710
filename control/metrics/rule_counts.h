// The rules of the policy in force with what they decided.
//
// Owner: control/metrics.
#pragma once

#include <cstdint>
#include <vector>

#include "control/store/policy_store.h"
#include "dataplane/runtime/runtime.h"

namespace sallyport::control {

// A rule of the policy in force and the packets whose verdict it gave. Views live as long as `running`.
struct RuleCount {
  rules::RuleInfo rule;
  std::uint64_t decided = 0;
};
[[nodiscard]] std::vector<RuleCount> rule_counts(const Running& running, const dataplane::Runtime& runtime);

}  // namespace sallyport::control
