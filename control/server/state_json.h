// The gateway's state as JSON: what `status`, `ports`, `counters` and `health` answer.
//
// Owner: control/server; shapes in docs/control-api.md.
#pragma once

#include <nlohmann/json.hpp>

#include "control/metrics/own_counts.h"
#include "control/store/policy_store.h"
#include "dataplane/runtime/runtime.h"

namespace sallyport::control {

[[nodiscard]] nlohmann::json status_json(const PolicyStore& store, const dataplane::Runtime& runtime,
                                         const SelfCheckCounts& self_check, WallTime started, WallTime now);
[[nodiscard]] nlohmann::json ports_json(const dataplane::Runtime& runtime);
[[nodiscard]] nlohmann::json counters_json(const dataplane::CounterTotals& totals, const SelfCheckCounts& self_check,
                                           const RefusedConnections& refused);
[[nodiscard]] nlohmann::json health_json(const PolicyStore& store, const dataplane::Runtime& runtime,
                                         const SelfCheckCounts& self_check);

[[nodiscard]] nlohmann::json rules_json(const Running& running, const dataplane::Runtime& runtime);

}  // namespace sallyport::control
