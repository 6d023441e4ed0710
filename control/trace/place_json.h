// Where a rule stands, as JSON: the same members wherever a rule is told.
//
// Owner: control/trace.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "rules/document/positions.h"

namespace sallyport::control {

// {"file", "line"}; null and 0 for what stands in no document: it exists by default, or "added_live" is true.
[[nodiscard]] inline nlohmann::json place_json(std::string_view file, std::uint32_t line) {
  if (line == rules::kAddedLive) return {{"file", nullptr}, {"line", 0}, {"added_live", true}};
  if (line == 0) return {{"file", nullptr}, {"line", 0}};
  return {{"file", file}, {"line", line}};
}

}  // namespace sallyport::control
