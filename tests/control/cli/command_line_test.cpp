// The frame: global options anywhere, help on every command, misspellings, exit statuses.
#include <gmock/gmock.h>

#include "control/cli/command.h"
#include "tests/control/cli/run_cli.h"

namespace sallyport::control::test {
namespace {

using ::testing::HasSubstr;

TEST(CommandLine, AnswersAsTheContractSays) {
  struct Case {
    std::string description;
    std::vector<std::string> words;
    int status;
    std::string out, err;  // what must occur in each
  };
  const std::vector<Case> cases{
      {"nothing typed lists the commands", {}, kYes, "explain", ""},
      {"--help lists the commands", {"--help"}, kYes, "usage: sallyport COMMAND", ""},
      {"--version", {"--version"}, kYes, "sallyport 0.", ""},
      {"a command", {"version"}, kYes, "sallyport 0.", ""},
      {"a global option before the word", {"-o", "json", "version"}, kYes, "sallyport/version/1", ""},
      {"a global option behind the word", {"version", "-o", "json"}, kYes, "sallyport/version/1", ""},
      {"a global option among arguments", {"explain", "--socket", "/x", "mac"}, kYes, "link address", ""},
      {"a misspelt command", {"explian"}, kBadInput, "", "did you mean \"explain\"?"},
      {"an unknown command", {"frobnicate"}, kBadInput, "", "unknown command \"frobnicate\""},
      {"an option before the word", {"--from", "x", "version"}, kBadInput, "", "--from"},
      {"an unknown option", {"version", "--nonsense"}, kBadInput, "", "unknown option --nonsense"},
      {"a misspelt option", {"check", "p.json", "--gatewya", "g"}, kBadInput, "", "did you mean --gateway?"},
      {"a missing file", {"check", "/no/such.json"}, kBadInput, "", "/no/such.json: No such file"},
      {"a folder for a file", {"check", "/"}, kBadInput, "", "Is a directory"},
      {"an option without its value", {"version", "--socket"}, kBadInput, "", "--socket"},
      {"too many arguments", {"version", "1"}, kBadInput, "", "too many"},
      {"a missing argument", {"verify"}, kBadInput, "", "POLICY is missing"},
      {"a format it does not have", {"version", "-o", "yaml"}, kBadInput, "", "no output format \"yaml\""},
      {"no abbreviations", {"version", "--sock", "/x"}, kBadInput, "", "--sock"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.description);
    const auto result = run_cli(c.words);
    EXPECT_EQ(result.status, c.status);
    EXPECT_THAT(result.out, HasSubstr(c.out));
    EXPECT_THAT(result.err, HasSubstr(c.err));
    EXPECT_EQ(c.err.empty(), result.err.empty()) << result.err;
  }
}

TEST(CommandLine, EveryCommandHasHelpWithTwoExamples) {
  for (const auto* command : commands()) {
    SCOPED_TRACE(std::string(command->name));
    const auto result = run_cli({std::string(command->name), "--help"});
    EXPECT_EQ(result.status, kYes);
    EXPECT_THAT(result.out, HasSubstr("usage: sallyport " + std::string(command->name)));
    const auto examples = result.out.find("examples:");
    ASSERT_NE(examples, std::string::npos);
    std::size_t count = 0;
    const auto line = "\n  sallyport " + std::string(command->name);
    for (auto at = result.out.find(line, examples); at != std::string::npos; at = result.out.find(line, at + 1))
      ++count;
    EXPECT_GE(count, 2U);
    EXPECT_FALSE(command->summary.empty());
  }
}

}  // namespace
}  // namespace sallyport::control::test
