// Where a rule of the running policy stands, for tables.
//
// Owner: control/cli.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace sallyport::control {

// "policy.json:31", "added live" or "implicit", of a rule as the control socket tells it.
[[nodiscard]] inline std::string place_of_rule(const nlohmann::json& rule) {
  if (rule.value("added_live", false)) return "added live";
  if (rule.at("file").is_null()) return "implicit";
  return rule.at("file").get<std::string>() + ':' + std::to_string(rule.at("line").get<std::uint64_t>());
}

}  // namespace sallyport::control
