// What a change of the policy answered, told to people; edits of the running document.
//
// Owner: control/cli. Used by apply, confirm, rollback, patch and all that edit.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/cli/client.h"
#include "control/cli/command.h"
#include "control/cli/options.h"
#include "control/cli/policy_edit.h"

namespace sallyport::control {

// --dry-run, --confirm-within and --max-opened besides a command's own options: what every change takes.
[[nodiscard]] std::vector<Option> with_change_options(std::vector<Option> options);
// The same and --write, for edits of the running policy.
[[nodiscard]] std::vector<Option> with_edit_options(std::vector<Option> options);
// What they ask of the gateway. The error has been printed when nothing is returned.
[[nodiscard]] std::optional<Query> change_query(const Arguments& arguments, const Command& command);

// The lines of an edit's help.
#define SALLYPORT_EDIT_HELP                                                              \
  "  --write FILE           also writes the document in force to FILE\n"                 \
  "  --dry-run              says what would happen, changes nothing\n"                   \
  "  --max-opened CIDRS     refuses (exit status 4) what newly allows traffic with an\n" \
  "                         address outside them\n"                                      \
  "  --confirm-within TIME  reverts by itself unless sallyport confirm comes in time\n"

// Prints "generation 7 is live: 2 rules added" and the warnings; returns the exit status.
int print_change(const Invocation& invocation, const std::expected<DaemonAnswer, Failure>& answer);

// Reads these objects of the running policy (object_at), lets `edit` change them, sends the difference; again when
// somebody else was faster. `arguments` are those of `command`, with_edit_options.
int edit_running(const Invocation& invocation, const Command& command, const Arguments& arguments,
                 const std::vector<std::string>& objects, const std::function<Edited(PolicyEdit&)>& edit);

// The JSON pointer to a named object of a section.
[[nodiscard]] std::string object_at(std::string_view section, std::string_view name);

// The document in force into `path`, replaced whole; empty does nothing.
int write_back(const Client& client, const std::string& path);

}  // namespace sallyport::control
