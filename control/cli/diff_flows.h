// Which flows of the running gateway a new policy would cut.
//
// Owner: control/cli. Always: flows are judged as they come in, a line at a time; only those to be shown are kept.
#pragma once

#include <cstdint>
#include <expected>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "control/cli/command.h"
#include "rules/model/policy.h"

namespace sallyport::control {

struct FlowsAtStake {
  std::uint64_t total = 0, cut = 0, dropped = 0, unreadable = 0;
  nlohmann::json shown = nlohmann::json::array();  // the first of those cut, then of those dropped
};

// Asks the gateway for its flows and judges each by both policies. The error is an exit status; it has been printed.
[[nodiscard]] std::expected<FlowsAtStake, int> flows_at_stake(const Invocation& invocation, const rules::Policy& before,
                                                              const rules::Policy& after, std::size_t most_shown);
[[nodiscard]] std::string text_of(const FlowsAtStake& flows, const std::string& file);
[[nodiscard]] nlohmann::json json_of(const FlowsAtStake& flows);

}  // namespace sallyport::control
