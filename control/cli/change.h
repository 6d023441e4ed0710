// What a change of the policy answered, told to people; edits of the running document.
//
// Owner: control/cli. Used by apply, confirm, rollback, patch and all that edit.
#pragma once

#include <expected>
#include <functional>
#include <string>

#include "control/cli/client.h"
#include "control/cli/command.h"
#include "control/cli/policy_edit.h"

namespace sallyport::control {

// Prints "generation 7 is live: 2 rules added" and the warnings; returns the exit status.
int print_change(const Invocation& invocation, const std::expected<DaemonAnswer, Failure>& answer);

// Reads the running policy, lets `edit` change it, sends the difference; again when somebody else was faster. `write`
// is a file that gets the resulting document, or empty.
int edit_running(const Invocation& invocation, const std::function<Edited(PolicyEdit&)>& edit,
                 const std::string& write);

// The document in force into `path`, replaced whole; empty does nothing.
int write_back(const Client& client, const std::string& path);

}  // namespace sallyport::control
