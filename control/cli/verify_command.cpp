// `sallyport verify`: the proof that a policy's compiled tables decide as its rules do.
//
// Owner: control/cli.
#include <chrono>
#include <nlohmann/json.hpp>

#include "control/cli/budget_options.h"
#include "control/cli/command.h"
#include "control/cli/options.h"
#include "control/cli/output.h"
#include "control/cli/policy_input.h"
#include "rules/prove/prove.h"

namespace sallyport::control {

extern const Command kVerifyCommand;

namespace {

using Json = nlohmann::json;

std::string counted(const rules::Proof& proof) {
  return std::to_string(proof.decision_cells) + " decisions in " + std::to_string(proof.rows) + " rows of " +
         std::to_string(proof.descriptors) + " lists of rules, " + std::to_string(proof.address_cells) +
         " intervals of addresses";
}

Json json_of(const std::expected<rules::Proof, std::string>& proof, double seconds) {
  Json json{{"schema", "sallyport/verify/1"}, {"proven", proof.has_value()}, {"seconds", seconds}};
  if (proof) {
    json["compared"] = {{"descriptors", proof->descriptors},
                        {"rows", proof->rows},
                        {"decisions", proof->decision_cells},
                        {"address_intervals", proof->address_cells}};
  } else {
    json["difference"] = proof.error();
  }
  return json;
}

int run_verify(const Invocation& invocation) {
  const auto arguments = parse_arguments(invocation, kVerifyCommand, with_budget({}), {{"POLICY"}});
  if (!arguments) return kBadInput;
  const auto budget = budget_of(*arguments, kVerifyCommand);
  if (!budget) return kBadInput;
  const auto input = load_policy(arguments->text("POLICY"), *budget);
  if (!input) return kBadInput;
  const auto image = compiled_image(*input, *budget);
  if (!image) return kBadInput;
  const auto started = std::chrono::steady_clock::now();
  const auto proof =
      input->image ? rules::verify(input->policy, *image, *budget, stopwatch()) : rules::prove(input->policy, *image);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  if (invocation.output == "json") {
    print_json(json_of(proof, seconds));
  } else if (proof) {
    print("proven: " + counted(*proof) + " compared in " + std::to_string(static_cast<int>(seconds * 1000)) + " ms\n");
  } else {
    print("NOT proven: " + proof.error() + '\n');
  }
  return proof ? kYes : kNo;
}

}  // namespace

const Command kVerifyCommand{"verify", "prove that the compiled tables decide as the rules do",
                             R"(usage: sallyport verify POLICY [--max-rows N] … [-o table|json]

Walks the tables of an image (or of the document, compiled) interval by interval and
compares each decision with a literal reading of the rules, so that every packet is
covered. An image must besides be, byte by byte, what its document compiles to.
The first difference is told with a packet that shows it; exit status 1.

)" SALLYPORT_BUDGET_HELP R"(
examples:
  sallyport verify policy.json
  sallyport verify policy.spi -o json
)",
                             run_verify};

}  // namespace sallyport::control
