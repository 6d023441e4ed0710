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

constexpr std::string_view kTracedRule = "rule ";

// A name as trace has it: "web/ingress/0", "public/egress/100".
bool names_rule(std::string_view text) {
  return text.find("/ingress/") != std::string_view::npos || text.find("/egress/") != std::string_view::npos;
}

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
    if (tests->size() == 0) in_.error(*tests, "found an empty array, expected at least one test");
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

  std::optional<std::string> word_if(const std::optional<Value>& value) {
    const auto text = value ? in_.string(*value) : std::nullopt;
    return text ? std::optional<std::string>(*text) : std::nullopt;
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
    words.icmp = word_if(fields["icmp"]);
    words.state = word_if(fields["state"]);
    words.via = word_if(fields["via"]);
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
    if (const auto value = fields["rule"]) test.rule = read_rule(*value);
    test.translated_from = read_translation(fields["translated_from"]);
    test.translated_to = read_translation(fields["translated_to"]);
  }

  // "100" also where trace says "rule 100".
  std::optional<std::string> read_rule(Value value) {
    if (value.kind() == rules::Kind::integer) return std::to_string(value.integer());
    const auto text = in_.string(value);
    if (!text) return std::nullopt;
    const auto rule = text->starts_with(kTracedRule) ? text->substr(kTracedRule.size()) : *text;
    const bool number = !rule.empty() && rule.find_first_not_of("0123456789") == std::string_view::npos;
    if (!number && rule != "*" && !names_rule(rule)) {
      in_.error(value, "found " + rules::in_quotes(*text) +
                           ", expected the number of an ACL entry, \"*\" or a rule's name like \"web/ingress/0\"");
    }
    return std::string(rule);
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

// A rule by its name is the one that denied, or one of those that let the packet and its reply through.
void compare_rule(std::string& text, const PacketTest& test, const TraceResult& seen) {
  if (!test.rule || !names_rule(*test.rule)) return compare(text, "rule", test.rule, seen.rule.value_or(""));
  std::string found;
  for (const auto& stage : seen.stages) {
    if (stage.rule_name.empty() || (stage.verdict == "deny") == seen.allow) continue;
    if (stage.rule_name == *test.rule) return;
    found += (found.empty() ? "" : ", ") + stage.rule_name;
  }
  compare(text, "rule", test.rule, found);
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
  compare_rule(text, test, seen);
  compare_endpoint(text, "translated_from", test.translated_from, seen.translated_from);
  compare_endpoint(text, "translated_to", test.translated_to, seen.translated_to);
  return text;
}

}  // namespace sallyport::control
