// `sallyport compile`: from a document to an image.
//
// Owner: control/cli.
#include "rules/compile/compile.h"

#include "control/cli/budget_options.h"
#include "control/cli/command.h"
#include "control/cli/input.h"
#include "control/cli/options.h"
#include "control/cli/output.h"
#include "control/cli/policy_input.h"
#include "rules/model/policy_size.h"

namespace sallyport::control {

extern const Command kCompileCommand;

namespace {

std::string report_text(const std::string& path, const rules::Policy& policy, const rules::Compiled& compiled) {
  const auto& report = compiled.report;
  const auto size = rules::size_of(policy);
  Table table({"", ""});
  table.add({"size", std::to_string(report.image_bytes) + " bytes"});
  table.add(
      {"interfaces", std::to_string(size.interfaces) + " in " + std::to_string(report.group_sets) + " sets of groups"});
  table.add({"rules", std::to_string(size.rules)});
  table.add({"classes", std::to_string(report.classes)});
  table.add({"predicates", std::to_string(report.predicates)});
  table.add({"rows", std::to_string(report.rows)});
  table.add({"memory", rules::size_in_words(report.memory_bytes) + " to compile"});
  table.add({"cost", "a decision touches at most " + std::to_string(report.lines) + " cache lines, of IPv6 " +
                         std::to_string(report.ipv6_lines)});
  table.add({"hash", compiled.image.hash()});
  return path + '\n' + table.text();
}

int run_compile(const Invocation& invocation) {
  const auto arguments = parse_arguments(invocation, kCompileCommand, with_budget({{"output,o"}}), {{"POLICY"}});
  if (!arguments) return kBadInput;
  if (!arguments->has("output")) {
    print_error("compile: -o FILE is missing (sallyport compile --help)");
    return kBadInput;
  }
  const auto budget = budget_of(*arguments, kCompileCommand);
  if (!budget) return kBadInput;
  const auto input = load_policy(arguments->text("POLICY"), *budget);
  if (!input) return kBadInput;
  const auto compiled = rules::compile(input->policy, *budget, stopwatch());
  if (!compiled) {
    print_message(rules::render(compiled.error(), input->path, input->policy.source));
    return kBadInput;
  }
  const auto path = arguments->text("output");
  const auto bytes = compiled->image.bytes();
  std::string text(bytes.size(), '\0');
  std::ranges::transform(bytes, text.begin(), [](std::byte b) { return static_cast<char>(b); });
  if (const auto written = write_output(path, text); !written) {
    print_error(written.error());
    return kBadInput;
  }
  if (path != "-") print(report_text(path, input->policy, *compiled));
  return kYes;
}

}  // namespace

const Command kCompileCommand{"compile", "compile a policy to an image that a daemon loads",
                              R"(usage: sallyport compile POLICY -o FILE [--max-rows N] …

Compiles a policy document to an image. The same document gives the same bytes.
Prints the image's size, how many classes of addresses and rows of decisions it
has, what a decision costs at most, and its hash. FILE may be - for standard output.

)" SALLYPORT_BUDGET_HELP R"(
examples:
  sallyport compile policy.json -o policy.spi
  sallyport compile - -o policy.spi < policy.json
)",
                              run_compile, ""};

}  // namespace sallyport::control
