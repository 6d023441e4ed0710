// A diagnostic as JSON: what `check -o json`, `apply -o json` and the control socket give.
//
// Owner: control/store.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "rules/document/diagnostics.h"

namespace sallyport::control {

// An element for each that was kept, by position.
[[nodiscard]] nlohmann::json to_json(const rules::Diagnostics& diagnostics, std::string_view file);

}  // namespace sallyport::control
