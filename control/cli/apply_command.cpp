// `sallyport apply`: a policy into force.
//
// Owner: control/cli. Always: a document is read and compiled here first, so that its errors point with the path as
// typed.
#include <filesystem>

#include "control/cli/change.h"
#include "control/cli/client.h"
#include "control/cli/command.h"
#include "control/cli/input.h"
#include "control/cli/options.h"
#include "control/cli/output.h"
#include "control/cli/policy_input.h"

namespace sallyport::control {

extern const Command kApplyCommand;

namespace {

int refuse(const Invocation& invocation, const InputError& error) {
  if (invocation.output == "json") {
    print_input_error_as_json(error);
  } else {
    print_input_error(error);
  }
  return kBadInput;
}

int run_apply(const Invocation& invocation) {
  const auto arguments = parse_arguments(invocation, kApplyCommand, with_change_options({}), {{"POLICY"}});
  if (!arguments) return kBadInput;
  auto query = change_query(*arguments, kApplyCommand);
  if (!query) return kBadInput;
  const auto input = read_policy_input(arguments->text("POLICY"));
  if (!input) return refuse(invocation, input.error());
  const auto image = image_of(*input);
  if (!image) return refuse(invocation, image.error());
  std::string body(input->policy.source);
  if (input->image) {
    const auto bytes = image->bytes();
    body.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  query->emplace_back("file", input->policy.file);
  return print_change(invocation, Client(invocation.socket).post("/v1/policy", *query, std::move(body)));
}

}  // namespace

const Command kApplyCommand{"apply", "put a policy into force on the running gateway",
                            R"(usage: sallyport apply POLICY|policy.spi [--dry-run] [--confirm-within 60s]
                       [--max-opened CIDR,...] [-o table|json]

Compiles the policy and puts it into force, whole or not at all: a policy with
an error changes nothing, and tracked flows live on. The same policy again
changes nothing and is no error; traces tell the lines of this file from then on.
POLICY may be - for standard input.

  --dry-run              says what would happen, changes nothing
  --max-opened CIDRS     refuses (exit status 4) what newly allows traffic with an address outside them, by rules or
                         routes, or gives a public address, publishes, or switches a check off
  --confirm-within TIME  reverts by itself unless sallyport confirm comes in time;
                         not with the very first policy, behind which there is none

examples:
  sallyport apply policy.json
  sallyport apply policy.json --confirm-within 60s
)",
                            run_apply};

}  // namespace sallyport::control
