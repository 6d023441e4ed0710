// What a change of the policy answered, told to people; edits of the running document.
//
// Owner: control/cli. Used by apply, confirm, rollback, patch and all that edit.
#pragma once

#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "control/cli/client.h"
#include "control/cli/command.h"
#include "control/cli/policy_edit.h"

namespace sallyport::control {

// Prints "generation 7 is live: 2 rules added" and the warnings; returns the exit status.
int print_change(const Invocation& invocation, const std::expected<DaemonAnswer, Failure>& answer);

// Reads these objects of the running policy (object_at), lets `edit` change them, sends the difference; again when
// somebody else was faster. `write` is a file that gets the resulting document, or empty.
int edit_running(const Invocation& invocation, const std::vector<std::string>& objects,
                 const std::function<Edited(PolicyEdit&)>& edit, const std::string& write);

// The JSON pointer to a named object of a section.
[[nodiscard]] std::string object_at(std::string_view section, std::string_view name);

// The document in force into `path`, replaced whole; empty does nothing.
int write_back(const Client& client, const std::string& path);

}  // namespace sallyport::control
