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

}  // namespace
}  // namespace sallyport::rules
