// Documents and images are taken alike.
#include "rules/compile/load_policy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "rules/decide/policy_view.h"

namespace sallyport::rules {
namespace {

constexpr const char* kDocument = R"({ "version": 1,
  "vpc": { "cidr_blocks": ["10.0.0.0/16"] },
  "subnets": { "a": { "cidr_block": "10.0.1.0/24" } },
  "interfaces": { "web-1": { "subnet": "a", "private_ips": ["10.0.1.20"] } } }
)";

std::string text_of(const Image& image) {
  return {reinterpret_cast<const char*>(image.bytes().data()), image.bytes().size()};
}

TEST(LoadPolicy, ADocumentIsCompiled) {
  const auto loaded = load_policy(kDocument, "mine.json");
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->image.file(), "mine.json");
  EXPECT_EQ(loaded->image.source(), kDocument);
  EXPECT_EQ(loaded->policy.interfaces.size(), 1U);
  EXPECT_NE(PolicyView(loaded->image).interface_named("web-1"), kNone);
}

TEST(LoadPolicy, AnImageCarriesItsDocument) {
  const auto compiled = load_policy(kDocument, "mine.json");
  ASSERT_TRUE(compiled);
  const auto loaded = load_policy(text_of(compiled->image), "policy.spi");
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->image.hash(), compiled->image.hash());
  EXPECT_EQ(loaded->policy.file, "mine.json");
  EXPECT_EQ(loaded->policy.source, kDocument);
}

TEST(LoadPolicy, SaysWhatIsWrong) {
  const auto compiled = load_policy(kDocument, "mine.json");
  ASSERT_TRUE(compiled);
  std::string bytes = text_of(compiled->image);
  bytes.pop_back();
  const auto image = load_policy(bytes, "policy.spi");
  ASSERT_FALSE(image);
  const Diagnostic problem = image.error().sorted().front();
  EXPECT_TRUE(problem.message.starts_with("this image cannot be loaded: truncated: ")) << problem.message;
  EXPECT_EQ(problem.where.line, 0U);
  EXPECT_FALSE(load_policy("", "empty.json"));
  EXPECT_FALSE(load_policy("{ \"version\": 1 ", "cut.json"));
}

}  // namespace
}  // namespace sallyport::rules
