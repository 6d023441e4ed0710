// `sallyport explain CODE|KEY`: what a drop code, a kind of warning, an error or a document key means.
//
// Owner: control/cli.
#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "control/cli/command.h"
#include "control/cli/document_keys.h"
#include "control/cli/options.h"
#include "control/cli/output.h"
#include "control/server/error_codes.h"
#include "rules/analyze/lint.h"
#include "rules/document/diagnostics.h"
#include "rules/model/drop_code.h"

namespace sallyport::control {

extern const Command kExplainCommand;

namespace {

// A drop code, or a kind of warning of `check`.
template <typename Text>
int explain_row(std::string_view what, const Text& text, bool as_json) {
  if (as_json) {
    print_json(
        {{"schema", "sallyport/explain/1"}, {what, text.name}, {"meaning", text.meaning}, {"remedy", text.remedy}});
  } else {
    print(std::string(text.name) + "\n  " + std::string(text.meaning) + "\n  what to do: " + std::string(text.remedy) +
          '\n');
  }
  return kYes;
}

nlohmann::json error_json(const ErrorCode& code) {
  return {{"error", code.name},
          {"http_status", code.status == 0 ? nlohmann::json() : nlohmann::json(code.status)},
          {"meaning", code.meaning},
          {"remedy", code.remedy}};
}

// An error of the control socket.
int explain_error(const ErrorCode& code, bool as_json) {
  const std::string status = code.status == 0 ? "" : " (HTTP status " + std::to_string(code.status) + ')';
  if (as_json) {
    auto json = error_json(code);
    json["schema"] = "sallyport/explain/1";
    print_json(json);
  } else {
    print(std::string(code.name) + status + "\n  " + std::string(code.meaning) +
          "\n  what to do: " + std::string(code.remedy) + '\n');
  }
  return kYes;
}

int explain_key(const std::string& key, bool as_json) {
  auto list = nlohmann::json::array();
  std::string text = key + '\n';
  for (const auto& row : document_keys()) {
    if (row.key != key) continue;
    list.push_back({{"where", row.where}, {"meaning", row.meaning}});
    text += "  " + std::string(row.where) + ": " + std::string(row.meaning) + '\n';
  }
  if (as_json) {
    print_json({{"schema", "sallyport/explain/1"}, {"key", key}, {"meanings", list}});
  } else {
    print(text);
  }
  return kYes;
}

// A text's first sentence or so, for a list.
std::string brief(std::string_view text) {
  constexpr std::size_t kMost = 100;
  const auto end = std::min(text.find(". "), text.find("; "));
  text = text.substr(0, end);
  if (text.size() <= kMost) return std::string(text);
  const auto space = text.rfind(' ', kMost);
  return std::string(text.substr(0, space)) + " …";
}

// Everything that can be asked about. Keys with several meanings stand once for each.
int list_all(bool as_json) {
  auto codes = nlohmann::json::array();
  auto kinds = nlohmann::json::array();
  auto errors = nlohmann::json::array();
  auto keys = nlohmann::json::array();
  Table error_table({"", ""});
  Table code_table({"", ""});
  Table kind_table({"", ""});
  Table key_table({"", "", ""});
  for (std::size_t i = 1; i < rules::kDropCodes; ++i) {
    const auto& text = rules::text_of(static_cast<rules::DropCode>(i));
    codes.push_back({{"code", text.name}, {"meaning", text.meaning}, {"remedy", text.remedy}});
    code_table.add({"  " + std::string(text.name), brief(text.meaning)});
  }
  for (const auto& text : rules::lint_texts()) {
    kinds.push_back({{"kind", text.name}, {"meaning", text.meaning}, {"remedy", text.remedy}});
    kind_table.add({"  " + std::string(text.name), brief(text.meaning)});
  }
  for (const auto& code : error_codes()) {
    errors.push_back(error_json(code));
    error_table.add({"  " + std::string(code.name), brief(code.meaning)});
  }
  for (const auto& row : document_keys()) {
    keys.push_back({{"key", row.key}, {"where", row.where}, {"meaning", row.meaning}});
    key_table.add({"  " + std::string(row.key), std::string(row.where), brief(row.meaning)});
  }
  if (as_json) {
    print_json(
        {{"schema", "sallyport/explain/1"}, {"codes", codes}, {"kinds", kinds}, {"errors", errors}, {"keys", keys}});
  } else {
    print("drop codes, as trace, counters and replay print them\n" + code_table.text() +
          "\nkinds of warnings of check\n" + kind_table.text() + "\nerrors of the control socket\n" +
          error_table.text() + "\nkeys of the two documents\n" + key_table.text() +
          "\nsallyport explain WORD says the whole of it, and what to do\n");
  }
  return kYes;
}

int refuse_word(const std::string& word, const std::string& as_code) {
  std::vector<std::string_view> known;
  for (std::size_t i = 1; i < rules::kDropCodes; ++i) known.push_back(rules::name_of(static_cast<rules::DropCode>(i)));
  auto nearest = rules::nearest_name(as_code, known);
  if (nearest.empty()) {
    known.clear();
    for (const auto& row : document_keys()) known.push_back(row.key);
    for (const auto& text : rules::lint_texts()) known.push_back(text.name);
    for (const auto& code : error_codes()) known.push_back(code.name);
    nearest = rules::nearest_name(word, known);
  }
  print_error("\"" + word +
              "\" is neither a drop code nor a document key nor a kind of warning nor an error of the control socket" +
              (nearest.empty() ? "" : "; did you mean \"" + nearest + "\"?"));
  return kBadInput;
}

int run_explain(const Invocation& invocation) {
  const auto arguments = parse_arguments(invocation, kExplainCommand, {}, {{"CODE|KEY", false}});
  if (!arguments) return kBadInput;
  const bool as_json = invocation.output == "json";
  if (!arguments->has("CODE|KEY")) return list_all(as_json);
  const auto word = arguments->text("CODE|KEY");
  // Before drop codes, which are known in lower case too: there is a NO_POLICY and a no_policy.
  const auto error = std::ranges::find(error_codes(), word, &ErrorCode::name);
  if (error != error_codes().end()) return explain_error(*error, as_json);
  std::string as_code = word;
  std::ranges::transform(as_code, as_code.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (const auto code = rules::drop_code_named(as_code)) return explain_row("code", rules::text_of(*code), as_json);
  const auto kind = std::ranges::find(rules::lint_texts(), word, &rules::LintText::name);
  if (kind != rules::lint_texts().end()) return explain_row("kind", *kind, as_json);
  const auto last = word.substr(word.find_last_of("./") + 1);
  if (std::ranges::any_of(document_keys(), [&last](const DocumentKey& row) { return row.key == last; })) {
    return explain_key(last, as_json);
  }
  return refuse_word(word, as_code);
}

}  // namespace

const Command kExplainCommand{"explain", "what a drop code, warning, error or document key means and what to do",
                              R"(usage: sallyport explain [CODE|KEY] [-o table|json]

CODE is a drop code as trace, counters and replay print it, or the kind of a
warning of check, which stands in brackets behind it, or an error of the control
socket (policy_refused), as -o json prints it; KEY a key of the policy or gateway
document, alone or as a path (options.timeouts.nat). Without a word all of them are
listed.

examples:
  sallyport explain SUBNET_ACL_RESTRICTION
  sallyport explain acl-drops-replies
  sallyport explain source_dest_check
)",
                              run_explain};

}  // namespace sallyport::control
