// `sallyport test`: a table of packets with expected verdicts.
//
// Owner: control/cli.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "control/cli/command.h"
#include "control/cli/input.h"
#include "control/cli/options.h"
#include "control/cli/output.h"
#include "control/cli/policy_input.h"
#include "control/cli/test_file.h"

namespace sallyport::control {

extern const Command kTestCommand;

namespace {

constexpr std::size_t kMaxTestFileBytes = std::size_t{64} << 20U;

struct Outcome {
  std::string id;
  std::string wrong;  // empty: as expected
  std::string verdict;
};

std::string verdict_text(const TraceResult& result) { return result.allow ? "allow" : "deny " + result.code; }

void print_outcomes(const std::vector<Outcome>& outcomes, std::size_t failed, bool colour) {
  for (const auto& outcome : outcomes) {
    if (outcome.wrong.empty()) {
      print(coloured("ok  ", Colour::green, colour) + "  " + outcome.id + "  " + outcome.verdict + '\n');
    } else {
      print(coloured("FAIL", Colour::red, colour) + "  " + outcome.id + "  " + outcome.wrong + '\n');
    }
  }
  print(std::to_string(outcomes.size()) + " tests, " + std::to_string(failed) + " failed\n");
}

void print_outcomes_as_json(const std::vector<Outcome>& outcomes, std::size_t failed) {
  auto list = nlohmann::json::array();
  for (const auto& outcome : outcomes) {
    list.push_back(
        {{"id", outcome.id}, {"ok", outcome.wrong.empty()}, {"verdict", outcome.verdict}, {"wrong", outcome.wrong}});
  }
  print_json({{"schema", "sallyport/test/1"}, {"tests", outcomes.size()}, {"failed", failed}, {"results", list}});
}

// Runs the table; nullopt where a test cannot be run at all, which has been printed.
std::optional<std::vector<Outcome>> run_table(const TestFile& file, const rules::Image& image) {
  std::vector<Outcome> outcomes;
  for (const auto& test : file.tests) {
    const auto result = trace(image, nullptr, test.request);
    if (!result) {
      print_error("test " + test.id + ": " + result.error());
      return std::nullopt;
    }
    outcomes.push_back({test.id, difference(test, *result), verdict_text(*result)});
  }
  return outcomes;
}

int run_test(const Invocation& invocation) {
  const auto arguments = parse_arguments(invocation, kTestCommand, {}, {{"TESTS"}});
  if (!arguments) return kBadInput;
  const auto path = arguments->text("TESTS");
  const auto text = read_input(path, kMaxTestFileBytes);
  if (!text) {
    print_error(text.error());
    return kBadInput;
  }
  const auto file = read_test_file(*text);
  if (!file) {
    print_message(rules::render(file.error(), input_name(path), *text));
    return kBadInput;
  }
  const auto folder = path == "-" ? std::filesystem::path() : std::filesystem::path(path).parent_path();
  const auto input = load_policy((folder / file->policy).string());
  if (!input) return kBadInput;
  const auto image = compiled_image(*input);
  if (!image) return kBadInput;
  const auto outcomes = run_table(*file, *image);
  if (!outcomes) return kBadInput;
  const auto failed = static_cast<std::size_t>(
      std::ranges::count_if(*outcomes, [](const Outcome& outcome) { return !outcome.wrong.empty(); }));
  if (invocation.output == "json") {
    print_outcomes_as_json(*outcomes, failed);
  } else {
    print_outcomes(*outcomes, failed, invocation.colour);
  }
  return failed == 0 ? kYes : kNo;
}

}  // namespace

const Command kTestCommand{"test", "a table of packets with the verdicts they must get",
                           R"(usage: sallyport test TESTS [-o table|json]

TESTS is { "version": 1, "policy": FILE, "note": "", "tests": [ ... ] }; paths are
relative to it. A test has id, protocol, from, to, verdict and may have icmp,
state, via, code, direction, path, rule, translated_from, translated_to, why. What
is absent is not checked. Exit status: 0 all as expected, 1 some not, 2 bad input.

  rule   of a packet that an ACL denies the entry's number, 100 or "rule 100", "*"
         where no entry matched; or a name of trace -o json, as "web/ingress/0" or
         "public/egress/100": of what denied, else of what let packet or reply pass

examples:
  sallyport test tests.json
  sallyport test scenarios/three-tier/tests.json -o json
)",
                           run_test};

}  // namespace sallyport::control
