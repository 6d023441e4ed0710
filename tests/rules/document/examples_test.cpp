// The documents that people write are read without an error.
#include "tests/rules/document/documents_support.h"
#include "tests/support/paths.h"

namespace sallyport::rules {
namespace {

class Example : public testing::TestWithParam<const char*> {};

TEST_P(Example, IsReadWithoutErrorsOrWarnings) {
  const auto path = source_folder() + '/' + GetParam();
  const auto text = testing_support::read_file(path);
  const auto read = read_policy(text, path);
  ASSERT_TRUE(read) << render(read.error(), GetParam(), text);
  EXPECT_EQ(read->warnings.warnings(), 0U) << render(read->warnings, GetParam(), text);
  EXPECT_EQ(read->policy.source, text);
}

INSTANTIATE_TEST_SUITE_P(Examples, Example,
                         testing::Values("tests/rules/document/data/format-example.json",
                                         "examples/networking-module/policy.json",
                                         "examples/ecs-behind-alb/policy.json", "examples/three-tier/policy.json",
                                         "examples/docker-host/policy.json",
                                         "examples/fargate-microservices/policy.json", "examples/appliance/policy.json",
                                         "tools/lab.d/policy.json"));

// The reference in docs/ shows a document that is one.
TEST(Documents, TheirReferenceShowsAValidPolicy) {
  const std::string text = testing_support::read_file(source_folder() + "/docs/documents.md");
  const std::size_t begin = text.find("```json\n") + 8;
  const auto policy = read_policy(text.substr(begin, text.find("```", begin) - begin), "documents.md");
  ASSERT_TRUE(policy) << render(policy.error(), "documents.md", "");
  EXPECT_EQ(policy->policy.security_groups.size(), 3U);  // web, app and the implicit default
}

}  // namespace
}  // namespace sallyport::rules
