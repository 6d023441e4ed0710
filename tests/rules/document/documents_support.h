// Shared by the tests of documents: files, and changing one place of a known good document.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>
#include <string>

#include "rules/document/documents.h"
#include "tests/support/paths.h"

namespace sallyport::rules::testing_support {

inline std::string read_file(const std::string& path) {
  const std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline std::string data(const std::string& name) {
  return read_file(source_folder() + "/tests/rules/document/data/" + name);
}

// `document` with the value at `pointer` replaced, added, or, where `value` is empty, removed.
inline std::string changed(const std::string& document, const std::string& pointer, const std::string& value) {
  auto json = nlohmann::ordered_json::parse(document);
  const nlohmann::ordered_json::json_pointer place(pointer);
  if (value.empty()) {
    json.at(place.parent_pointer()).erase(place.back());
  } else {
    json[place] = nlohmann::ordered_json::parse(value);
  }
  return json.dump(1);
}

// "message in pointer; did you mean ..." of every kept diagnostic, a line each.
inline std::string in_short(const Diagnostics& diagnostics) {
  std::string text;
  for (const auto& diagnostic : diagnostics.sorted()) {
    if (!text.empty()) text += '\n';
    text += diagnostic.message;
    if (!diagnostic.pointer.empty()) text += " in " + diagnostic.pointer;
    if (!diagnostic.nearest.empty()) text += "; did you mean \"" + diagnostic.nearest + "\"?";
  }
  return text;
}

// The same without the numbers of lines: "(line 12)" becomes "(line)".
inline std::string in_short_without_lines(const Diagnostics& diagnostics) {
  return std::regex_replace(in_short(diagnostics), std::regex(R"(\(line \d+\))"), "(line)");
}

struct Change {
  const char* description;
  const char* pointer;
  const char* value;
  const char* expected;  // the errors, or "" where the document stays right
};

// What is said of a row's change to the format's example of a policy, or of a gateway.
inline std::string said_of_policy(const Change& change) {
  const auto read = read_policy(changed(data("format-example.json"), change.pointer, change.value), "policy.json");
  return read ? "" : in_short_without_lines(read.error());
}
inline std::string said_of_gateway(const Change& change) {
  const auto read = read_gateway(changed(data("gateway.json"), change.pointer, change.value), "gateway.json");
  return read ? "" : in_short_without_lines(read.error());
}

inline void PrintTo(const Change& change, std::ostream* out) { *out << change.description; }

// Tables of changes: `using NAME = PolicyChange; TEST_P(NAME, IsSaidPlainly) { expect_said(); }`.
class PolicyChange : public testing::TestWithParam<Change> {
 protected:
  static void expect_said() { EXPECT_EQ(said_of_policy(GetParam()), GetParam().expected); }
};
class GatewayChange : public testing::TestWithParam<Change> {
 protected:
  static void expect_said() { EXPECT_EQ(said_of_gateway(GetParam()), GetParam().expected); }
};

}  // namespace sallyport::rules::testing_support
