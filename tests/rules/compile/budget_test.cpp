// Each part of the budget, refused by name with who causes it; what is within it compiles.
#include <gmock/gmock.h>

#include "rules/compile/load_policy.h"
#include "rules/document/documents.h"
#include "rules/document/parse_size.h"
#include "tests/rules/compile/policy_builder.h"
#include "tools/generate/policy_generator.h"

namespace sallyport::rules {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::HasSubstr;

// Two groups: `wide` admits a list of a thousand prefixes, `narrow` one address.
Policy two_groups() {
  PolicyBuilder b;
  std::vector<std::string> prefixes;
  for (int i = 0; i < 1000; ++i)
    prefixes.push_back("11." + std::to_string(i / 250) + '.' + std::to_string(i % 250) + ".0/25");
  b.list("partners", prefixes);
  b.list("first", {"11.0.0.0/26"});
  std::vector<GroupRule> rules{allow(tcp(22), {"list:partners"})};
  for (int i = 0; i < 100; ++i) rules.push_back(allow(tcp(80), {"11.0." + std::to_string(i) + ".0/26"}));
  b.group("wide", rules, {});
  b.group("narrow", {allow(tcp(443), {"192.0.2.1/32"})}, {});
  b.subnet("s", "10.0.1.0/24");
  b.interface("a", "s", {"10.0.1.10"}, {"wide"});
  b.interface("b", "s", {"10.0.1.11"}, {"narrow"});
  b.interface("c", "s", {"10.0.1.12"}, {"narrow", "wide"});
  return b.policy();
}

std::string refused(const Policy& policy, const Budget& budget, const Elapsed& elapsed = {}) {
  const auto compiled = compile(policy, budget, elapsed);
  return compiled ? "" : compiled.error().sorted().front().message;
}

TEST(Budget, DefaultsAreFarAway) {
  EXPECT_EQ(refused(two_groups(), {}, [] { return 1.0; }), "");
}

TEST(Budget, RowsAreNamedWithTheGroupsThatNeedThem) {
  const Policy policy = two_groups();
  const std::size_t rows = compile(policy)->report.rows;
  EXPECT_EQ(refused(policy, {.rows = rows}), "");
  EXPECT_THAT(refused(policy, {.rows = 203}), AllOf(HasSubstr("the budget rows is 203"), HasSubstr("wide (101), "),
                                                    HasSubstr("most rows are for interfaces in narrow+wide (102), "),
                                                    HasSubstr("the peer that causes most is prefix list partners")));
  EXPECT_THAT(refused(policy, {.rows = 1}), HasSubstr("it needs at least "));
}

TEST(Budget, AnAclThatGoesOverItIsNamed) {
  PolicyBuilder b;
  std::vector<AclEntry> entries;
  for (std::uint16_t i = 1; i <= 200; ++i) {
    entries.push_back(entry(i, true, tcp(i), "11.0." + std::to_string(i) + ".0/24"));
  }
  b.acl("long", entries, {});
  EXPECT_THAT(refused(b.policy(), {.rows = 150}), HasSubstr("the budget rows is 150; the ACL long goes over it"));
}

TEST(Budget, PredicatesAreNamed) {
  EXPECT_THAT(refused(two_groups(), {.predicates = 3}),
              AllOf(HasSubstr("it needs at least 4 different lists of rules, the budget predicates is 3"),
                    HasSubstr("wide (101)")));
}

TEST(Budget, MemoryIsNamedBeforeItIsTaken) {
  const auto text = generate::generate_policy({.interfaces = 100, .groups = 30, .rules = 400, .prefixes = 60'000});
  const auto read = read_policy(text, "policy.json");
  ASSERT_TRUE(read);
  const auto whole = compile(read->policy);
  ASSERT_TRUE(whole);
  EXPECT_GT(whole->report.memory_bytes, whole->report.image_bytes);
  EXPECT_EQ(refused(read->policy, {.memory = whole->report.memory_bytes}), "");
  EXPECT_THAT(refused(read->policy, {.memory = whole->report.memory_bytes - 1}), HasSubstr("the budget memory"));
  EXPECT_THAT(refused(read->policy, {.memory = 8U << 20U}),
              AllOf(HasSubstr("it takes more than 8 MiB of memory to compile"),
                    HasSubstr("most ranges of addresses have prefix list list-")));
}

TEST(Budget, ADocumentThatTakesTooMuchToReadIsNotRead) {
  const auto loaded = load_policy(std::string(1U << 20U, ' '), "policy.json", {.memory = 1U << 20U});
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().sorted().front().message,
            "a document of 1 MiB takes 6 MiB to read, the budget memory is 1 MiB");
}

TEST(Budget, RoutesOfListsCount) {
  PolicyBuilder b;
  std::vector<std::string> prefixes;
  for (int i = 0; i < 10'000; ++i)
    prefixes.push_back("11." + std::to_string(i / 250) + '.' + std::to_string(i % 250) + ".0/25");
  b.list("partners", prefixes);
  b.table("far", {route("list:partners", RouteTarget::internet)});
  EXPECT_THAT(refused(b.policy(), {.memory = 1U << 20U}), HasSubstr("route table far has "));
}

TEST(Budget, TimeIsNamed) {
  double now = 0;
  const Elapsed later = [&now] { return now += 1; };
  EXPECT_THAT(refused(two_groups(), {.seconds = 2}, later),
              HasSubstr("it takes longer to compile than 2 s, the budget time"));
}

// Shapes that need more than the default budget at the scale of a provider; small, their budget is small too.
TEST(Budget, AdversarialShapesAreRefusedWithTheirHub) {
  const auto text = generate::generate_policy({.shape = generate::Shape::hub, .interfaces = 300, .groups = 60});
  const auto read = read_policy(text, "policy.json");
  ASSERT_TRUE(read);
  EXPECT_THAT(refused(read->policy, {.rows = 5000}), HasSubstr("the peer that causes most is group app-0-0 ("));
}

TEST(Sizes, AreReadWithTheirUnits) {
  const struct {
    const char* text;
    std::optional<std::uint64_t> bytes;
  } rows[] = {{"1048576", 1U << 20U},
              {"1048576B", 1U << 20U},
              {"1024KiB", 1U << 20U},
              {"2GiB", 2ULL << 30U},
              {"16GiB", 16ULL << 30U},
              {"17GiB", std::nullopt},
              {"1048575", std::nullopt},
              {"0", std::nullopt},
              {"", std::nullopt},
              {"GiB", std::nullopt},
              {"2 GiB", std::nullopt},
              {"2GB", std::nullopt},
              {"-2GiB", std::nullopt},
              {"18446744073709551616", std::nullopt},
              {"17179869184GiB", std::nullopt}};
  for (const auto& row : rows) EXPECT_EQ(parse_size(row.text), row.bytes) << row.text;
}

}  // namespace
}  // namespace sallyport::rules
