// What a person sees: rendered errors, letter by letter.
#include "tests/rules/document/documents_support.h"
#include "tests/support/paths.h"

namespace sallyport::rules {
namespace {

class Golden : public testing::TestWithParam<const char*> {};

TEST_P(Golden, IsSaidLetterByLetter) {
  const auto folder = source_folder() + "/tests/rules/document/golden/";
  const auto name = std::string(GetParam()) + ".json";
  const auto text = testing_support::read_file(folder + name);
  const auto read = read_policy(text, name);
  ASSERT_FALSE(read);
  EXPECT_EQ(render(read.error(), name, text), testing_support::read_file(folder + GetParam() + ".expected"));
}

INSTANTIATE_TEST_SUITE_P(Documents, Golden,
                         testing::Values("misspelt", "tabs", "long-line", "umlauts", "truncated", "empty", "trailing",
                                         "many", "ipv6", "duplicates", "comma", "comment", "nobodys"));

}  // namespace
}  // namespace sallyport::rules
