// `sallyport check`: does the policy read, resolve and make sense, alone and with a gateway document?
// A policy that does is linted: what its author hardly meant is a warning.
//
// Owner: control/cli.
#include <nlohmann/json.hpp>

#include "control/cli/budget_options.h"
#include "control/cli/command.h"
#include "control/cli/input.h"
#include "control/cli/options.h"
#include "control/cli/output.h"
#include "control/cli/policy_input.h"
#include "control/store/diagnostic_json.h"
#include "rules/analyze/lint.h"
#include "rules/compile/compile.h"

namespace sallyport::control {

extern const Command kCheckCommand;

namespace {

// Everything found, by document.
struct Findings {
  struct Document {
    std::string path;
    std::string source;
    rules::Diagnostics diagnostics;
  };
  std::vector<Document> documents;
  std::string sentence;  // an input that could not be read at all

  void add(const InputError& error) {
    if (error.sentence.empty()) {
      documents.push_back({error.path, error.source, error.diagnostics});
    } else {
      sentence = error.sentence;
    }
  }
  [[nodiscard]] std::size_t count(std::size_t (rules::Diagnostics::*of)() const) const {
    std::size_t sum = 0;
    for (const auto& document : documents) sum += (document.diagnostics.*of)();
    return sum;
  }
  [[nodiscard]] std::size_t errors() const { return count(&rules::Diagnostics::errors) + (sentence.empty() ? 0 : 1); }
  [[nodiscard]] std::size_t warnings() const { return count(&rules::Diagnostics::warnings); }
};

void check_gateway(const std::string& path, const rules::Policy& policy, Findings& findings) {
  auto read = read_gateway_input(path);
  if (!read) {
    findings.add(read.error());
    return;
  }
  findings.documents.push_back({path, {}, read->warnings});
  findings.documents.push_back({path, {}, rules::check_together(policy, read->config)});
  // The one that was asked about may be another, but a daemon would not start without this one.
  if (read->config.policy_path.empty()) return;
  if (const auto named = read_input(read->config.policy_path, rules::kMaxDocumentBytes); !named)
    findings.sentence = named.error();
}

Findings check(const Arguments& arguments, const rules::Budget& budget) {
  Findings findings;
  auto input = read_policy_input(arguments.text("POLICY"), budget);
  if (!input) {
    findings.add(input.error());
    return findings;
  }
  rules::lint(input->policy, input->warnings);
  findings.documents.push_back({input->path, std::string(input->policy.source), input->warnings});
  if (!input->image) {
    if (auto compiled = rules::compile(input->policy, budget, stopwatch()); !compiled) {
      findings.documents.push_back({input->path, std::string(input->policy.source), compiled.error()});
    }
  }
  if (arguments.has("gateway")) check_gateway(arguments.text("gateway"), input->policy, findings);
  return findings;
}

void print_findings(const Findings& findings, const std::string& name) {
  if (!findings.sentence.empty()) print_error(findings.sentence);
  for (const auto& document : findings.documents) {
    const auto text = rules::render(document.diagnostics, document.path, document.source);
    if (!text.empty()) print_message(text);
  }
  if (findings.errors() > 0) return;
  const auto warnings = findings.warnings();
  print(name + ": ok" +
        (warnings == 0 ? "" : ", " + std::to_string(warnings) + (warnings == 1 ? " warning" : " warnings")) + '\n');
}

nlohmann::json to_json(const Findings& findings) {
  auto list = nlohmann::json::array();
  for (const auto& document : findings.documents) {
    for (auto& found : control::to_json(document.diagnostics, document.path)) list.push_back(std::move(found));
  }
  if (!findings.sentence.empty()) list.push_back({{"severity", "error"}, {"message", findings.sentence}});
  return {{"schema", "sallyport/check/1"},
          {"errors", findings.errors()},
          {"warnings", findings.warnings()},
          {"diagnostics", list}};
}

int run_check(const Invocation& invocation) {
  const auto arguments = parse_arguments(invocation, kCheckCommand,
                                         with_budget({{"gateway"}, {"strict", Option::Kind::toggle}}), {{"POLICY"}});
  if (!arguments) return kBadInput;
  const auto budget = budget_of(*arguments, kCheckCommand);
  if (!budget) return kBadInput;
  const auto findings = check(*arguments, *budget);
  if (invocation.output == "json") {
    print_json(to_json(findings));
  } else {
    print_findings(findings, input_name(arguments->text("POLICY")));
  }
  if (findings.errors() > 0) return kBadInput;
  return findings.warnings() > 0 && arguments->has("strict") ? kNo : kYes;
}

}  // namespace

const Command kCheckCommand{"check", "does a policy read, resolve and make sense",
                            R"(usage: sallyport check POLICY [--gateway G] [--strict] [--max-rows N] …
                       [-o table|json]

Reads a policy (a document, an image, or - for standard input) and prints every
error and warning with file, line and column. A policy that reads and resolves is
linted too: rules without effect, ACLs that lose replies, doors left open and what
nobody uses are warnings with a kind in brackets (sallyport explain KIND).
Exit status: 0 fine or warnings only, 1 warnings under --strict, 2 errors.

  --gateway G   also read this gateway document and hold the two together
  --strict      warnings count: exit status 1
)" SALLYPORT_BUDGET_HELP R"(
examples:
  sallyport check policy.json
  sallyport check policy.json --gateway gateway.json --strict
)",
                            run_check};

}  // namespace sallyport::control
