// `sallyport confirm` and `sallyport rollback`.
//
// Owner: control/cli.
#include <charconv>

#include "control/cli/change.h"
#include "control/cli/client.h"
#include "control/cli/command.h"
#include "control/cli/options.h"
#include "control/cli/output.h"

namespace sallyport::control {

extern const Command kConfirmCommand;
extern const Command kRollbackCommand;

namespace {

int run_confirm(const Invocation& invocation) {
  if (!parse_arguments(invocation, kConfirmCommand, {}, {})) return kBadInput;
  return print_change(invocation, Client(invocation.socket).post("/v1/policy/confirm", {}, ""));
}

int run_rollback(const Invocation& invocation) {
  const auto arguments = parse_arguments(invocation, kRollbackCommand, {}, {{"GENERATION", false}});
  if (!arguments) return kBadInput;
  Query query;
  if (arguments->has("GENERATION")) {
    const std::string text = arguments->text("GENERATION");
    std::uint64_t number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc{} || end != text.data() + text.size()) {
      print_error("rollback: \"" + text + "\" is no generation; sallyport history lists them");
      return kBadInput;
    }
    query.emplace_back("generation", text);
  }
  return print_change(invocation, Client(invocation.socket).post("/v1/policy/rollback", query, ""));
}

}  // namespace

const Command kConfirmCommand{"confirm", "keep the policy that waits for a confirmation",
                              R"(usage: sallyport confirm [-o table|json]

Keeps the policy that was applied with --confirm-within. Without it the gateway
goes back to the policy before, by itself.

examples:
  sallyport confirm
  sallyport confirm -o json
)",
                              run_confirm};

const Command kRollbackCommand{"rollback", "go back to an earlier policy",
                               R"(usage: sallyport rollback [GENERATION] [-o table|json]

Puts the policy of an earlier generation into force again, as a new generation:
the one before the present, or the one named. While a confirmation is pending it
goes back to the policy before that change.

examples:
  sallyport rollback
  sallyport rollback 12
)",
                               run_rollback};

}  // namespace sallyport::control
