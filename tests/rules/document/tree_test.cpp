// The tree knows where every key and value was written.
#include "rules/document/tree.h"

#include <gtest/gtest.h>

namespace sallyport::rules {
namespace {

// "LINE:COLUMN POINTER TEXT" of every value, in document order.
void list(Value value, std::string& out) {
  const auto where = value.where();
  out += std::to_string(where.line) + ':' + std::to_string(where.column) + ' ' + value.pointer();
  if (value.kind() == Kind::string || value.kind() == Kind::other_number) out += ' ' + std::string(value.text());
  if (value.kind() == Kind::integer || value.kind() == Kind::boolean) out += ' ' + std::to_string(value.integer());
  out += '\n';
  if (value.kind() == Kind::array) value.each_element([&](Value element) { list(element, out); });
  if (value.kind() != Kind::object) return;
  value.each_member([&](Value key, Value member) {
    list(key, out);
    list(member, out);
  });
}

std::string listed(std::string_view text) {
  Diagnostics diagnostics;
  const auto tree = Tree::parse(text, diagnostics);
  if (!tree || diagnostics.has_errors()) return "refused";
  std::string out;
  list(tree->root(), out);
  return out;
}

struct Row {
  const char* description;
  const char* text;
  const char* expected;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.description; }

class TreePositions : public testing::TestWithParam<Row> {};

TEST_P(TreePositions, AreThoseOfTheText) { EXPECT_EQ(listed(GetParam().text), GetParam().expected); }

INSTANTIATE_TEST_SUITE_P(
    Rows, TreePositions,
    testing::Values(
        Row{"a number at the end", "-12", "1:1  -12\n"},
        Row{"words", "[true,false , null]", "1:1 \n1:2 /0 1\n1:7 /1 0\n1:15 /2\n"},
        Row{"numbers", "[1,-2 ,3.5,1E2,18446744073709551615]",
            "1:1 \n1:2 /0 1\n1:4 /1 -2\n1:8 /2 3.5\n1:12 /3 1E2\n1:16 /4 18446744073709551615\n"},
        Row{"lines", "{\n \"a\" :\r\n  \"b\"\n}", "1:1 \n2:2 /a a\n3:3 /a b\n"},
        Row{"escapes", R"({"a\n\u00e4" : "\"", "x": "y"})",
            "1:1 \n1:2 /a\n\u00e4 a\n\u00e4\n1:16 /a\n\u00e4 \"\n1:22 /x x\n1:27 /x y\n"},
        Row{"characters, not bytes", "[\"\u00e4\u20ac\",1]", "1:1 \n1:2 /0 \u00e4\u20ac\n1:7 /1 1\n"},
        Row{"pointer tokens", R"({"a/b~":[{}]})", "1:1 \n1:2 /a~1b~0 a/b~\n1:9 /a~1b~0\n1:10 /a~1b~0/0\n"},
        Row{"separators inside strings", R"([",:", ":,"])", "1:1 \n1:2 /0 ,:\n1:8 /1 :,\n"},
        Row{"a byte order mark", "\xEF\xBB\xBF[1]", "1:1 \n1:2 /0 1\n"},
        Row{"nested", "{\"a\":{\"b\":[[],{}]},\"c\":0}",
            "1:1 \n1:2 /a a\n1:6 /a\n1:7 /a/b b\n1:11 /a/b\n1:12 /a/b/0\n1:15 /a/b/1\n1:20 /c c\n1:24 /c 0\n"},
        Row{"a key twice", R"({"a":1,"a":2})", "refused"}));

TEST(TreeDuplicates, AreFoundAmongManyKeys) {
  std::string text = "{";
  for (int i = 0; i < 1000; ++i) text += "\"k" + std::to_string(i) + "\":0,";
  text += "\"k7\":1}";
  Diagnostics diagnostics;
  const auto tree = Tree::parse(text, diagnostics);
  ASSERT_TRUE(tree);
  ASSERT_EQ(diagnostics.errors(), 1U);
  EXPECT_EQ(diagnostics.sorted().front().pointer, "/k7");
}

}  // namespace
}  // namespace sallyport::rules
