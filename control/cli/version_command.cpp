// `sallyport version`.
//
// Owner: control/cli.
#include <nlohmann/json.hpp>

#include "control/cli/command.h"
#include "control/cli/options.h"
#include "control/cli/output.h"

namespace sallyport::control {

extern const Command kVersionCommand;

namespace {

int run_version(const Invocation& invocation) {
  if (!parse_arguments(invocation, kVersionCommand, {}, {})) return kBadInput;
  if (invocation.output == "json") {
    print_json({{"schema", "sallyport/version/1"}, {"version", SALLYPORT_VERSION}});
  } else {
    print("sallyport " SALLYPORT_VERSION "\n");
  }
  return kYes;
}

}  // namespace

const Command kVersionCommand{"version", "the version of this program",
                              R"(usage: sallyport version [-o table|json]

Prints the version of this program.

examples:
  sallyport version
  sallyport version -o json
)",
                              run_version};

}  // namespace sallyport::control
