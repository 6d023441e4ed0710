// The policy of the running gateway, for commands that analyse it here.
//
// Owner: control/cli.
#pragma once

#include <expected>

#include "control/cli/command.h"
#include "rules/model/policy.h"

namespace sallyport::control {

// The error is an exit status; what is wrong has been printed.
[[nodiscard]] std::expected<rules::Policy, int> running_policy(const Invocation& invocation);

}  // namespace sallyport::control
