// Reading a table of packet tests, and holding a trace against one.
//
// Owner: control/cli.
#include "control/cli/test_file.h"

#include <array>
#include <set>

#include "control/trace/request.h"
#include "rules/document/reader.h"
#include "rules/model/drop_code.h"

namespace sallyport::control {

namespace {

using rules::Fields;
using rules::Reader;
using rules::Value;

constexpr std::array<std::string_view, 4> kFileKeys{"version", "policy", "note", "tests"};
constexpr std::array<std::string_view, 15> kTestKeys{
    "id",   "protocol",  "from", "to",   "verdict",         "icmp",          "state", "via",
    "code", "direction", "path", "rule", "translated_from", "translated_to", "why"};
constexpr std::array<std::string_view, 2> kVerdicts{"allow", "deny"};
constexpr std::array<std::string_view, 2> kDirections{"ingress", "egress"};
constexpr std::array<std::string_view, 2> kPaths{"forward", "reply"};

class TestReader {
 public:
  TestReader(Reader& in, TestFile& file) : in_(in), file_(file) {}

  void read(Value document) {
    const Fields fields(in_, document, kFileKeys, "a table of tests (an object)");
    if (!fields.valid()) return;
    if (const auto version = fields.required("version")) in_.integer(*version, 1, 1, "the version");
    if (const auto policy = fields.required("policy")) file_.policy = in_.string(*policy).value_or("");
    if (const auto note = fields["note"]) in_.string(*note);
    const auto tests = fields.required("tests");
    if (!tests || !in_.is(*tests, rules::Kind::array, "a list of tests")) return;
    tests->each_element([this](Value test) { read_test(test); });
  }

 private:
  void read_test(Value value) {
    const Fields fields(in_, value, kTestKeys, "a test (an object)");
    if (!fields.valid()) return;
    PacketTest test;
    if (const auto id = fields.required("id")) {
      test.id = in_.string(*id).value_or("");
      if (!ids_.insert(test.id).second) in_.error(*id, "a second test with the id " + rules::in_quotes(test.id));
    }
    if (const auto verdict = fields.required("verdict")) test.allow = in_.choice(*verdict, "verdict", kVerdicts) == 0U;
    read_packet(fields, test);
    read_expectations(fields, test);
    if (const auto why = fields["why"]) in_.string(*why);
    file_.tests.push_back(std::move(test));
  }

  std::string word(const std::optional<Value>& value) {
    return value ? std::string(in_.string(*value).value_or("")) : "";
  }

  void read_packet(const Fields& fields, PacketTest& test) {
    const auto protocol = fields.required("protocol");
    const auto from = fields.required("from");
    const auto to = fields.required("to");
    if (!protocol || !from || !to) return;
    RequestWords words;
    words.protocol = protocol->kind() == rules::Kind::integer ? std::to_string(protocol->integer()) : word(protocol);
    words.from = word(from);
    words.to = word(to);
    words.icmp = word(fields["icmp"]);
    words.state = word(fields["state"]);
    words.via = word(fields["via"]);
    auto request = read_request(words);
    if (request) {
      test.request = std::move(*request);
    } else {
      in_.error(fields[request.error().word].value_or(fields.object()), request.error().message);
    }
  }

  void read_expectations(const Fields& fields, PacketTest& test) {
    if (const auto code = fields["code"]) {
      test.code = word(code);
      std::vector<std::string_view> known;
      for (std::size_t i = 1; i < rules::kDropCodes; ++i)
        known.push_back(rules::name_of(static_cast<rules::DropCode>(i)));
      if (!rules::drop_code_named(*test.code)) in_.unknown(*code, "drop code", known);
    }
    if (const auto value = fields["direction"]; value && in_.choice(*value, "direction", kDirections))
      test.direction = word(value);
    if (const auto value = fields["path"]; value && in_.choice(*value, "path", kPaths)) test.path = word(value);
    if (const auto value = fields["rule"])
      test.rule = value->kind() == rules::Kind::integer ? std::to_string(value->integer()) : word(value);
    test.translated_from = read_translation(fields["translated_from"]);
    test.translated_to = read_translation(fields["translated_to"]);
  }

  std::optional<std::string> read_translation(const std::optional<Value>& value) {
    if (!value) return std::nullopt;
    auto text = word(value);
    if (!parse_endpoint(text))
      in_.error(*value, "found " + rules::in_quotes(text) + ", expected an address, or address:port");
    return text;
  }

  Reader& in_;
  TestFile& file_;
  std::set<std::string> ids_;
};

void compare(std::string& text, std::string_view what, const std::optional<std::string>& expected,
             const std::string& seen) {
  if (!expected || *expected == seen) return;
  text +=
      (text.empty() ? "" : "; ") + std::string(what) + ' ' + (seen.empty() ? "none" : seen) + ", expected " + *expected;
}

// An expected address alone says nothing of the port.
void compare_endpoint(std::string& text, std::string_view what, const std::optional<std::string>& expected,
                      const std::optional<std::string>& seen) {
  if (!expected) return;
  auto found = seen.value_or("");
  if (!expected->contains(':')) found = found.substr(0, found.find(':'));
  compare(text, what, expected, found);
}

}  // namespace

std::expected<TestFile, rules::Diagnostics> read_test_file(std::string_view text) {
  rules::Diagnostics diagnostics;
  const auto tree = rules::Tree::parse(text, diagnostics);
  TestFile file;
  if (tree) {
    Reader reader(*tree, diagnostics);
    TestReader(reader, file).read(tree->root());
  }
  if (diagnostics.has_errors()) return std::unexpected(std::move(diagnostics));
  return file;
}

std::string difference(const PacketTest& test, const TraceResult& seen) {
  std::string text;
  if (test.allow != seen.allow) {
    text = seen.allow ? "verdict allow, expected deny" : "verdict deny " + seen.code + ", expected allow";
  }
  compare(text, "code", test.code, seen.code);
  compare(text, "direction", test.direction, seen.direction);
  compare(text, "path", test.path, seen.path);
  compare(text, "rule", test.rule, seen.rule.value_or(""));
  compare_endpoint(text, "translated_from", test.translated_from, seen.translated_from);
  compare_endpoint(text, "translated_to", test.translated_to, seen.translated_to);
  return text;
}

}  // namespace sallyport::control
