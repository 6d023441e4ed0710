// All counters in Prometheus' text format.
//
// Owner: control/metrics.
// Always: the numbers are those of `sallyport counters`; every drop code has a sample, zero or not.
#pragma once

#include <string>

#include "control/metrics/own_counts.h"
#include "control/store/policy_store.h"
#include "dataplane/runtime/runtime.h"

namespace sallyport::control {

[[nodiscard]] std::string metrics_text(const PolicyStore& store, const dataplane::Runtime& runtime,
                                       const SelfCheckCounts& self_check, const RefusedConnections& refused);

}  // namespace sallyport::control
