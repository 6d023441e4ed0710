// A flow as JSON.
//
// Owner: control/server; shape in docs/control-api.md.
#pragma once

#include <nlohmann/json.hpp>

#include "control/store/policy_store.h"
#include "dataplane/engine/engine.h"

namespace sallyport::control {

// `running` gives interfaces their names; without it they are left null.
[[nodiscard]] nlohmann::json to_json(const dataplane::FlowRecord& flow, const Running* running);

}  // namespace sallyport::control
