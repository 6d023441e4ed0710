// Keeping, ordering and rendering diagnostics, and the nearest name.
#include "rules/document/diagnostics.h"

#include <gtest/gtest.h>

namespace sallyport::rules {
namespace {

struct NearestRow {
  const char* name;
  std::vector<std::string_view> known;
  const char* expected;
};

class Nearest : public testing::TestWithParam<NearestRow> {};

TEST_P(Nearest, IsAtMostAThirdAway) {
  EXPECT_EQ(nearest_name(GetParam().name, GetParam().known), GetParam().expected) << GetParam().name;
}

INSTANTIATE_TEST_SUITE_P(Rows, Nearest,
                         testing::Values(NearestRow{"wbe", {"web", "app"}, "web"},  // two letters swapped
                                         NearestRow{"webb", {"web"}, "web"},        // one too many
                                         NearestRow{"wb", {"web"}, "web"},          // one too few
                                         NearestRow{"wxyz", {"web"}, ""},           // another word
                                         NearestRow{"a", {"b"}, ""},                // nothing left of it
                                         NearestRow{"", {"b"}, ""},                 //
                                         NearestRow{"abc", {}, ""},                 //
                                         NearestRow{"ingres", {"egress", "ingress"}, "ingress"},
                                         NearestRow{
                                             "security_group", {"security_groups", "secrets"}, "security_groups"},
                                         NearestRow{"abcdef", {"abxydf", "abxdef"}, "abxdef"},  // the nearer of two
                                         NearestRow{"abcdef", {"uvwxyz", "abcxyz"}, ""}));      // three of six letters

TEST(KeptDiagnostics, AreTheFirstByPositionAndErrorsBesideWarnings) {
  Diagnostics diagnostics;
  for (std::uint32_t line = 500; line > 0; --line) diagnostics.error({line, 1}, {}, "e" + std::to_string(line));
  diagnostics.warning({3, 2}, {}, "w");
  EXPECT_EQ(diagnostics.errors(), 500U);
  EXPECT_EQ(diagnostics.warnings(), 1U);
  const auto kept = diagnostics.sorted();
  ASSERT_EQ(kept.size(), Diagnostics::kKept + 1);
  EXPECT_EQ(kept[0].message, "e1");
  EXPECT_EQ(kept[2].message, "e3");
  EXPECT_EQ(kept[3].message, "w");
  EXPECT_EQ(kept.back().message, "e100");
  EXPECT_FALSE(diagnostics.keeps(Severity::error, {100, 1}));
  EXPECT_TRUE(diagnostics.keeps(Severity::error, {99, 1}));
}

TEST(KeptDiagnostics, OfEachKindOfWarningAreTwenty) {
  Diagnostics diagnostics;
  const auto warn = [&](const char* kind, std::uint32_t line) {
    diagnostics.warning({Severity::warning, {line, 1}, {}, "w", {}, kind, {}, {}});
  };
  for (std::uint32_t line = 1; line <= 50; ++line) warn("many", line);
  warn("one", 60);
  EXPECT_EQ(diagnostics.warnings(), 51U);
  ASSERT_EQ(diagnostics.sorted().size(), Diagnostics::kKeptOfKind + 1);
  EXPECT_EQ(diagnostics.sorted().back().kind, "one");
  EXPECT_FALSE(diagnostics.keeps(Severity::warning, {21, 1}, "many"));
  EXPECT_TRUE(diagnostics.keeps(Severity::warning, {21, 1}, "one"));
  EXPECT_EQ(diagnostics.left_out(), "... and 30 more warnings [many]\n");
}

TEST(RenderedDiagnostics, ShowOtherPlaces) {
  Diagnostics diagnostics;
  diagnostics.warning({Severity::warning,
                       {3, 2},
                       "/b",
                       "covered",
                       {},
                       "covered",
                       "remove it",
                       {{{1, 1}, "/a", "this one covers it"}, {{}, "/c", "and this one"}}});
  EXPECT_EQ(render(diagnostics, "p.json", "first\nsecond\nthird\n"),
            "p.json:3:2: warning: covered in /b; remove it [covered]\n"
            "    third\n"
            "     ^\n"
            "p.json:1:1: note: this one covers it in /a\n"
            "    first\n"
            "    ^\n"
            "p.json: note: and this one (by default) in /c\n");
}

TEST(RenderedDiagnostics, NameWhatIsKnown) {
  Diagnostics diagnostics;
  diagnostics.error({}, {}, "the document is empty");
  diagnostics.error({1, 3}, "/a", "unknown group \"b\"", "c");
  diagnostics.warning({9, 1}, {}, "behind the end");
  EXPECT_EQ(render(diagnostics, "p.json",
                   "ab\x01"
                   "d\n"),
            "p.json: error: the document is empty\n"
            "p.json:1:3: error: unknown group \"b\" in /a; did you mean \"c\"?\n"
            "    ab?d\n"
            "      ^\n"
            "p.json:9:1: warning: behind the end\n"
            "    \n"
            "    ^\n");
}

}  // namespace
}  // namespace sallyport::rules
