// The documents that people write are read without an error.
#include "tests/rules/document/documents_support.h"

namespace sallyport::rules {
namespace {

class Example : public testing::TestWithParam<const char*> {};

TEST_P(Example, IsReadWithoutErrorsOrWarnings) {
  const auto path = std::string(SALLYPORT_TEST_DATA) + '/' + GetParam();
  const auto text = testing_support::read_file(path);
  const auto read = read_policy(text, path);
  ASSERT_TRUE(read) << render(read.error(), GetParam(), text);
  EXPECT_EQ(read->warnings.warnings(), 0U) << render(read->warnings, GetParam(), text);
  EXPECT_EQ(read->policy.source, text);
}

INSTANTIATE_TEST_SUITE_P(Examples, Example,
                         testing::Values("rules/document/data/format-example.json",
                                         "scenarios/networking-module/policy.json",
                                         "scenarios/ecs-behind-alb/policy.json", "scenarios/three-tier/policy.json",
                                         "scenarios/docker-host/policy.json",
                                         "scenarios/fargate-microservices/policy.json"));

}  // namespace
}  // namespace sallyport::rules
