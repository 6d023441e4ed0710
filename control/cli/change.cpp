// Changes: sent, told, written back.
//
// Owner: control/cli.
#include "control/cli/change.h"

#include <fmt/format.h>

#include "control/cli/input.h"
#include "control/cli/output.h"
#include "control/store/clock.h"
#include "control/store/prefixes.h"
#include "rules/document/diagnostics.h"

namespace sallyport::control {
namespace {

using nlohmann::json;

constexpr int kAttempts = 10;
constexpr int kPreconditionFailed = 412;

std::string told(const json& change) {
  const auto generation = change.value("generation", std::uint64_t{0});
  const std::string summary = change.value("summary", "");
  if (!change.value("changed", false))
    return fmt::format("nothing to change: generation {} is this policy already\n", generation);
  if (change.value("dry_run", false)) return fmt::format("would be live: {} (dry run, nothing was changed)\n", summary);
  if (summary == "confirmed") return fmt::format("generation {} is confirmed\n", generation);
  std::string text = fmt::format("generation {} is live: {}\n", generation, summary);
  if (change.contains("confirm_by") && change["confirm_by"].is_string()) {
    text += fmt::format("it reverts by itself at {} unless you type: sallyport confirm\n",
                        change["confirm_by"].get<std::string>());
  }
  return text;
}

void print_warnings(const json& change) {
  for (const json& each : change.value("warnings", json::array())) {
    std::string text = each.value("file", "");
    if (const int line = each.value("line", 0); line > 0) text += fmt::format(":{}:{}", line, each.value("column", 0));
    text += ": warning: " + each.value("message", "");
    if (const std::string pointer = each.value("pointer", ""); !pointer.empty()) text += " in " + pointer;
    print_message(text);
  }
}

// What an edit makes of the document in force, all of it or some objects.
struct EditedDocument {
  std::expected<std::string, std::string> operations;
  std::string generation;
};

std::expected<EditedDocument, Failure> edit_document(const Client& client, const Query& objects,
                                                     const std::function<Edited(PolicyEdit&)>& edit) {
  auto document = client.get("/v1/policy", objects);
  if (!document) return std::unexpected(std::move(document.error()));
  PolicyEdit changed(nlohmann::ordered_json::parse(document->body));
  const Edited edited = edit(changed);
  if (!edited) return EditedDocument{std::unexpected(edited.error()), document->generation};
  return EditedDocument{changed.operations().dump(), document->generation};
}

}  // namespace

int print_change(const Invocation& invocation, const std::expected<DaemonAnswer, Failure>& answer) {
  if (answer) {
    if (const json change = answer->json(); change.is_object()) print_warnings(change);
  }
  return print_answer(invocation, answer, told);
}

std::vector<Option> with_change_options(std::vector<Option> options) {
  options.insert(options.end(), {{"dry-run", Option::Kind::toggle}, {"confirm-within"}, {"max-opened"}});
  return options;
}

std::vector<Option> with_edit_options(std::vector<Option> options) {
  options.push_back({"write"});
  return with_change_options(std::move(options));
}

std::optional<Query> change_query(const Arguments& arguments, const Command& command) {
  const auto refuse = [&command](const std::string& what) {
    print_error(std::string(command.name) + ": " + what);
    return std::nullopt;
  };
  Query query;
  if (arguments.has("dry-run")) {
    if (arguments.has("write")) return refuse("a dry run changes nothing: there is nothing for --write to write");
    query.emplace_back("dry_run", "true");
  }
  if (arguments.has("max-opened")) {
    const std::string text = arguments.text("max-opened");
    if (const auto limits = read_prefixes(text); !limits) return refuse("--max-opened: " + limits.error());
    query.emplace_back("max_opened", text);
  }
  if (arguments.has("confirm-within")) {
    const std::string text = arguments.text("confirm-within");
    if (const auto duration = parse_duration(text); !duration) return refuse("--confirm-within: " + duration.error());
    query.emplace_back("confirm_within", text);
  }
  return query;
}

int write_back(const Client& client, const std::string& path) {
  if (path.empty()) return kYes;
  const auto document = client.get("/v1/policy");
  if (!document) return report(document.error());
  if (const auto written = write_output(path, document->body); !written) {
    print_error(written.error() + " (the gateway has the change)");
    return kBadInput;
  }
  return kYes;
}

int edit_running(const Invocation& invocation, const Command& command, const Arguments& arguments,
                 const std::vector<std::string>& objects, const std::function<Edited(PolicyEdit&)>& edit) {
  const auto query = change_query(arguments, command);
  if (!query) return kBadInput;
  const Client client(invocation.socket);
  Query of_objects;
  for (const std::string& each : objects) of_objects.emplace_back("object", each);
  std::expected<DaemonAnswer, Failure> answer = std::unexpected(Failure{});
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    auto edited = edit_document(client, of_objects, edit);
    // What is wrong with an edit is told from the whole document, which knows the names that were meant.
    if (edited && !edited->operations) edited = edit_document(client, {}, edit);
    if (!edited) return report(edited.error());
    if (!edited->operations) {
      print_error(edited->operations.error());
      return kBadInput;
    }
    answer = client.patch("/v1/policy", *query, *edited->operations, edited->generation);
    if (answer || answer.error().http_status != kPreconditionFailed) break;
  }
  const int status = print_change(invocation, answer);
  return status == kYes ? write_back(client, arguments.text("write")) : status;
}

std::string object_at(std::string_view section, std::string_view name) {
  return fmt::format("/{}/{}", section, rules::pointer_token(name));
}

}  // namespace sallyport::control
