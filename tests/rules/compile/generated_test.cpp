// Generated policies of every shape are valid, the same for the same seed, and compile to what is proven.
#include <gtest/gtest.h>

#include "rules/compile/compile.h"
#include "rules/document/documents.h"
#include "rules/prove/prove.h"
#include "tools/generate/policy_generator.h"

namespace sallyport::rules {
namespace {

struct Asked {
  const char* shape;
  bool ipv6;
};

class Generated : public testing::TestWithParam<Asked> {};

TEST_P(Generated, IsValidAndProven) {
  generate::Request request;
  request.shape = *generate::shape_named(GetParam().shape);
  request.ipv6 = GetParam().ipv6;
  request.interfaces = 120;
  request.groups = 40;
  request.rules = 600;
  request.prefix_lists = 5;
  request.prefixes = 300;
  const std::string text = generate::generate_policy(request);
  EXPECT_EQ(generate::generate_policy(request), text);
  const auto read = read_policy(text, "generated.json", {}, request.ipv6 ? Families::ipv4_and_ipv6 : Families::ipv4);
  ASSERT_TRUE(read) << render(read.error(), "generated.json", text);
  EXPECT_EQ(read->policy.interfaces.size(), 120U);
  const auto compiled = compile(read->policy);
  ASSERT_TRUE(compiled);
  const auto proof = verify(read->policy, compiled->image);
  EXPECT_TRUE(proof) << proof.error();
}

INSTANTIATE_TEST_SUITE_P(Shapes, Generated,
                         testing::Values(Asked{"tiers", false}, Asked{"hub", false}, Asked{"distinct", false},
                                         Asked{"nested", false}, Asked{"ranges", false}));
INSTANTIATE_TEST_SUITE_P(ShapesOfBothFamilies, Generated,
                         testing::Values(Asked{"tiers", true}, Asked{"hub", true}, Asked{"distinct", true},
                                         Asked{"nested", true}, Asked{"ranges", true}));

TEST(GeneratedShapes, FewerRulesThanGroupsStillEnd) {
  const std::string text = generate::generate_policy({.interfaces = 5, .groups = 40, .rules = 3});
  EXPECT_TRUE(read_policy(text, "generated.json"));
}

TEST(GeneratedShapes, AnUnknownShapeNamesTheKnownOnes) {
  EXPECT_EQ(generate::shape_named("flat").error(),
            "there is no shape \"flat\"; there are tiers, hub, distinct, nested, ranges");
}

}  // namespace
}  // namespace sallyport::rules
