// Documents that are broken, hostile or huge: a clear error, in bounded time, never a crash.
#include "tests/rules/document/documents_support.h"

namespace sallyport::rules {
namespace {

TEST(BadInput, EveryTruncationIsAnErrorThatPoints) {
  const auto text = testing_support::data("format-example.json");
  const auto whole = text.find_last_of('}');
  for (std::size_t length = 0; length <= whole; ++length) {
    const auto cut = text.substr(0, length);
    const auto read = read_policy(cut, "policy.json");
    ASSERT_FALSE(read) << "cut at " << length;
    ASSERT_EQ(read.error().errors(), 1U) << "cut at " << length;
    ASSERT_FALSE(render(read.error(), "policy.json", cut).empty());
  }
}

TEST(BadInput, EveryTruncationOfAGatewayIsAnError) {
  const auto text = testing_support::data("gateway.json");
  for (std::size_t length = 0; length <= text.find_last_of('}'); ++length) {
    ASSERT_FALSE(read_gateway(text.substr(0, length), "gateway.json")) << "cut at " << length;
  }
}

TEST(BadInput, EveryFlippedByteIsReadOrRefused) {
  const auto text = testing_support::data("gateway.json");
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const char byte : {'\0', '"', '{', '\\', '9', '\xff'}) {
      auto changed = text;
      changed[i] = byte;
      if (const auto read = read_gateway(changed, "g.json"); !read) {
        ASSERT_FALSE(render(read.error(), "g.json", changed).empty());
      }
    }
  }
}

struct BrokenRow {
  const char* description;
  std::string text;
  const char* expected;  // of the first error: position and message
};

void PrintTo(const BrokenRow& row, std::ostream* out) { *out << row.description; }

class Broken : public testing::TestWithParam<BrokenRow> {};

TEST_P(Broken, IsRefusedWithTheReason) {
  const auto read = read_policy(GetParam().text, "p.json");
  ASSERT_FALSE(read);
  const auto first = read.error().sorted().front();
  EXPECT_EQ(std::to_string(first.where.line) + ':' + std::to_string(first.where.column) + ' ' + first.message,
            GetParam().expected);
}

std::string nested(std::size_t depth) { return std::string(depth, '['); }

INSTANTIATE_TEST_SUITE_P(
    Rows, Broken,
    testing::Values(
        BrokenRow{"nothing", "", "0:0 the document is empty"},
        BrokenRow{"blanks", " \n\t\r\n", "0:0 the document is empty"},
        BrokenRow{"a byte order mark alone", "\xEF\xBB\xBF", "0:0 the document is empty"},
        BrokenRow{"an empty object", "{}", "1:1 missing key \"version\""},
        BrokenRow{"an array", "[]", "1:1 found an empty array, expected a policy document (an object)"},
        BrokenRow{"a NUL byte behind it", std::string("{}\0{}", 5), "1:3 invalid JSON: a NUL byte"},
        BrokenRow{"garbage behind it", "{}\n x", "2:2 invalid JSON: invalid literal; expected end of input"},
        BrokenRow{"invalid UTF-8", "{\"\xC3\x28\": 1}",
                  "1:4 invalid JSON: invalid string: ill-formed UTF-8 byte; expected string literal"},
        BrokenRow{"half a surrogate", R"({"\ud800": 1})",
                  "1:9 invalid JSON: invalid string: surrogate U+D800..U+DBFF must be followed by "
                  "U+DC00..U+DFFF; expected string literal"},
        BrokenRow{"a number too large for any use", R"({"a": 1e999})",
                  "1:7 invalid JSON: number overflow parsing '1e999'"},
        BrokenRow{"a comment", "{ // all\n}",
                  "1:3 invalid JSON: invalid literal; expected string literal; JSON has no comments"},
        BrokenRow{"65 deep", nested(65), "1:65 nested more than 64 deep"},
        BrokenRow{"a million deep", nested(1'000'000), "1:65 nested more than 64 deep"},
        BrokenRow{"64 deep, cut", nested(64), "1:65 the document ends inside the array that begins at 1:64"}));

TEST(BadInput, AHundredThousandErrorsAreCountedAndTheFirstHundredKept) {
  std::string text = R"({"version":1,"vpc":{"cidr_blocks":["10.0.0.0/8"]},"security_groups":{"web":{)";
  text += "\"ingress\":[\n";
  constexpr std::size_t kWrong = 50'000;
  for (std::size_t i = 0; i < kWrong; ++i) {
    text += std::string(i == 0 ? "" : ",\n") + R"({"protocl":6,"protocol":"-1","security_groups":["wbe"]})";
  }
  text += "]}}}";
  const auto read = read_policy(text, "p.json");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().errors(), 2 * kWrong);
  const auto kept = read.error().sorted();
  ASSERT_EQ(kept.size(), Diagnostics::kKept);
  EXPECT_EQ(kept.front().where.line, 2U);
  EXPECT_EQ(kept.back().where.line, 51U);
  EXPECT_EQ(kept.back().nearest, "web");
  EXPECT_TRUE(render(read.error(), "p.json", text).ends_with("... and 99900 more errors\n"));
}

TEST(BadInput, MoreDuplicatesAndWarningsThanAreKeptAreCounted) {
  constexpr std::size_t kMany = 150;
  std::string text = R"({"version":1,"vpc":{"cidr_blocks":["10.0.0.0/8"]},"options":{"timeouts":{"udp":1}},)";
  text += R"("subnets":{"a":{"cidr_block":"10.0.0.0/16"}},"interfaces":{)";
  for (std::size_t i = 0; i < kMany; ++i) {
    const auto number = std::to_string(i);
    text += std::string(i == 0 ? "" : ",\n") + "\"i" + number + R"(":{"subnet":"a","private_ips":["10.0.1.)" + number +
            R"("],"timeouts":{"udp":1}})";
  }
  const auto warned = read_policy(text + "}}", "p.json");
  ASSERT_TRUE(warned);
  EXPECT_EQ(warned->warnings.warnings(), kMany + 1);
  EXPECT_EQ(warned->warnings.sorted().size(), Diagnostics::kKept);
  std::string twice = R"({"version":1)";
  for (std::size_t i = 0; i < kMany; ++i) twice += R"(,"version":1)";
  const auto refused = read_policy(twice + "}", "p.json");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().errors(), kMany + 1) << "and the missing vpc";
  EXPECT_EQ(refused.error().sorted().size(), Diagnostics::kKept);
}

TEST(BadInput, ErrorsInOneEndlessLineAreRenderedOnce) {
  std::string text = R"({"version":1,"vpc":{"cidr_blocks":["10.0.0.0/8"]},"prefix_lists":{"a":[)";
  for (int i = 0; i < 200'000; ++i) text += "\"10.0.0.1/8\",";
  text += "\"10.0.0.0/8\"]}}";
  const auto read = read_policy(text, "p.json");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().errors(), 200'000U);
  EXPECT_LT(render(read.error(), "p.json", text).size(), 100'000U);
}

TEST(BadInput, ACeilingIsNamed) {
  const auto text = testing_support::data("format-example.json");
  const auto refused = [&](const Ceilings& ceilings) {
    const auto read = read_policy(text, "p.json", ceilings);
    return read ? std::string{} : read.error().sorted().front().message;
  };
  EXPECT_EQ(refused({}), "");
  EXPECT_EQ(refused({.interfaces = 3}), "found 4, more than the ceiling interfaces of 3");
  EXPECT_EQ(refused({.security_groups = 2}), "found 3, more than the ceiling security_groups of 2");
  EXPECT_EQ(refused({.rules_per_group = 2}), "found 3, more than the ceiling rules_per_group of 2");
  EXPECT_EQ(refused({.prefix_list_entries = 0}), "found 1, more than the ceiling prefix_list_entries of 0");
  EXPECT_EQ(refused({.routes_per_table = 2}), "found 3, more than the ceiling routes_per_table of 2");
  EXPECT_EQ(refused({.subnets = 1}), "found 2, more than the ceiling subnets of 1");
  EXPECT_EQ(refused({.nat_gateways = 0}), "found 1, more than the ceiling nat_gateways of 0");
  EXPECT_EQ(refused({.publish_per_interface = 0}), "found 1, more than the ceiling publish_per_interface of 0");
}

}  // namespace
}  // namespace sallyport::rules
