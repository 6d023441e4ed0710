// --max-rows, --max-predicates, --max-memory and --max-time: how much a command may spend on compiling.
//
// Owner: control/cli.
#pragma once

#include <optional>
#include <vector>

#include "control/cli/options.h"
#include "rules/compile/meter.h"

namespace sallyport::control {

// These options besides a command's own.
[[nodiscard]] std::vector<Option> with_budget(std::vector<Option> options);
// What is wrong has been printed when nothing is returned.
[[nodiscard]] std::optional<rules::Budget> budget_of(const Arguments& arguments, const Command& command);
// Seconds since this call.
[[nodiscard]] rules::Elapsed stopwatch();

// The lines of a command's help.
#define SALLYPORT_BUDGET_HELP                                                              \
  "  --max-rows N, --max-predicates N, --max-memory SIZE, --max-time TIME\n"               \
  "                the budget: what needs more is refused with the groups that cause it\n" \
  "                (default 8000000 rows, 2000000 predicates, 2GiB, 60s)\n"

}  // namespace sallyport::control
