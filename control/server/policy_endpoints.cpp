// /v1/policy and /v1/history: the policy in force, its changes, its past.
//
// Owner: control/server.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <charconv>
#include <optional>

#include "control/server/api.h"
#include "control/server/unix_listener.h"
#include "control/store/diagnostic_json.h"
#include "control/store/patch_objects.h"
#include "control/store/prefixes.h"
#include "rules/document/documents.h"

namespace sallyport::control {
namespace {

using nlohmann::json;
using Request = httplib::Request;
using Response = httplib::Response;

Author author_now() {
  const uid_t uid = UnixListener::current_peer().uid;
  return Author{uid, user_name(uid)};
}

ApiError error_of(const Refusal& refusal, const std::string& file) {
  ApiError error;
  error.message = refusal.message;
  error.rendered = refusal.rendered;
  const auto& where = refusal.file.empty() ? file : refusal.file;
  error.details = to_json(refusal.details, where);
  switch (refusal.kind) {
    case Refusal::Kind::invalid:
      error.status = 422;
      error.code = "policy_refused";
      break;
    case Refusal::Kind::pending:
      error.status = 409;
      error.code = "confirmation_pending";
      break;
    case Refusal::Kind::missing:
      error.status = 409;
      error.code = "nothing_there";
      break;
    case Refusal::Kind::stale:
      error.status = 412;
      error.code = "policy_changed_meanwhile";
      break;
    case Refusal::Kind::beyond:
      error.status = 409;
      error.code = "opens_too_much";
      break;
  }
  return error;
}

json to_json(const Outcome& outcome) {
  json warnings = control::to_json(outcome.warnings, outcome.file);
  for (json& each : control::to_json(outcome.gateway_warnings, outcome.gateway_file))
    warnings.push_back(std::move(each));
  return {{"schema", "sallyport/apply/1"},
          {"changed", outcome.changed},
          {"dry_run", outcome.dry_run},
          {"text_only", outcome.text_only},
          {"generation", outcome.generation},
          {"hash", outcome.hash},
          {"summary", outcome.summary},
          {"seconds", {{"compile", outcome.work.compile.count()}, {"proof", outcome.work.proof.count()}}},
          {"confirm_by", outcome.confirm_by ? json(iso_time(*outcome.confirm_by)) : json(nullptr)},
          {"warnings", std::move(warnings)}};
}

// Messages repeat names that somebody sent, however long.
std::string for_log(const std::string& message) {
  constexpr std::size_t kLongest = 400;
  std::string text = rules::printable(message);
  if (text.size() <= kLongest) return text;
  return fmt::format("{} … ({} bytes)", text.substr(0, kLongest), text.size());
}

void answer_result(Response& response, const PolicyStore::Result& result, const std::string& file,
                   const Author& author) {
  if (!result) {
    spdlog::warn("a change by {} was refused: {}", author.name, for_log(result.error().message));
    return answer(response, error_of(result.error(), file));
  }
  if (result->changed && !result->dry_run) {
    spdlog::info("generation {} is in force ({}), by {}; compiled in {:.0f} ms, proven in {:.0f} ms",
                 result->generation, result->summary, author.name, 1e3 * result->work.compile.count(),
                 1e3 * result->work.proof.count());
  }
  answer(response, to_json(*result));
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::expected<ChangeRequest, ApiError> change_request(const Request& request, std::string action) {
  ChangeRequest change;
  change.author = author_now();
  change.action = std::move(action);
  if (auto refused = refuse_queries(request, {"dry_run", "confirm_within", "max_opened", "file"}))
    return std::unexpected(*std::move(refused));
  if (request.has_param("file")) change.file = request.get_param_value("file");
  if (request.has_param("dry_run")) {
    const std::string value = request.get_param_value("dry_run");
    if (value != "" && value != "true" && value != "false") {
      return std::unexpected(ApiError{400, "bad_request", "dry_run is true or false"});
    }
    change.dry_run = value != "false";
  }
  if (request.has_param("confirm_within")) {
    const auto duration = parse_duration(request.get_param_value("confirm_within"));
    if (!duration) return std::unexpected(ApiError{400, "bad_request", "confirm_within: " + duration.error()});
    change.confirm_within = *duration;
  }
  if (request.has_param("max_opened")) {
    auto limits = read_prefixes(request.get_param_value("max_opened"));
    if (!limits) return std::unexpected(ApiError{400, "bad_request", "max_opened: " + limits.error()});
    change.max_opened = std::move(*limits);
  }
  if (request.has_header("If-Match")) {
    change.if_generation = number_of(request.get_header_value("If-Match"));
    if (!change.if_generation)
      return std::unexpected(ApiError{400, "bad_request", "If-Match is the number of a generation"});
  }
  return change;
}

void post_policy(Api& api, const Request& request, Response& response) {
  const auto change = change_request(request, "apply");
  if (!change) return answer(response, change.error());
  answer_result(response, api.store.apply(request.body, *change), change->file, change->author);
}

void patch_policy(Api& api, const Request& request, Response& response) {
  const auto change = change_request(request, "patch");
  if (!change) return answer(response, change.error());
  const auto running = api.store.running();
  const std::string file = running ? std::string(running->generation.image.file()) : change->file;
  answer_result(response, api.store.patch(request.body, *change), file, change->author);
}

// The objects that the query names, and nothing of what is not there, as members of a document.
std::expected<std::string, ApiError> part_of_policy(const rules::Policy& policy, const Request& request) {
  nlohmann::ordered_json part = nlohmann::ordered_json::object();
  for (std::size_t i = 0; i < request.get_param_value_count("object"); ++i) {
    const auto object = object_named(request.get_param_value("object", i));
    if (!object) {
      return std::unexpected(ApiError{400, "bad_request",
                                      "object is a pointer like /security_groups/web, into security_groups, "
                                      "network_acls, prefix_lists or interfaces"});
    }
    if (!has_section(policy, object->section)) continue;
    auto& section = part[std::string(object->key)];
    if (section.is_null()) section = nlohmann::ordered_json::object();
    const auto text = rules::text_of(policy, object->section, object->name);
    if (text) section[object->name] = nlohmann::ordered_json::parse(*text);
  }
  return part.dump();
}

void get_policy(Api& api, const Request& request, Response& response) {
  if (auto refused = refuse_queries(request, {"object"}, "object")) return answer(response, *refused);
  const auto running = api.store.running();
  if (!running) {
    return answer(response,
                  ApiError{404, "no_policy", "there is no policy yet: everything is dropped until one is applied"});
  }
  response.set_header("ETag", std::to_string(running->generation.number));
  response.set_header("Sallyport-File", std::string(running->generation.image.file()));
  if (!request.has_param("object"))
    return response.set_content(rules::document_of(running->policy), "application/json");
  const auto part = part_of_policy(running->policy, request);
  if (!part) return answer(response, part.error());
  response.set_content(*part, "application/json");
}

// Confirm and rollback name what they mean themselves.
std::optional<ApiError> refuse_if_match(const Request& request) {
  if (!request.has_header("If-Match")) return std::nullopt;
  return ApiError{400, "bad_request", "If-Match goes with POST and PATCH of /v1/policy"};
}

// The generation to go back to: a query, or the member of a JSON body; neither is the one before.
std::expected<std::optional<std::uint64_t>, ApiError> wanted_generation(const Request& request) {
  if (auto refused = refuse_queries(request, {"generation"})) return std::unexpected(*std::move(refused));
  std::optional<std::uint64_t> wanted;
  if (request.has_param("generation")) {
    wanted = number_of(request.get_param_value("generation"));
  } else if (const auto doubled = rules::doubled_key(request.body)) {
    return std::unexpected(ApiError{400, "bad_request", *doubled});
  } else if (!request.body.empty()) {
    const json body = json::parse(request.body, nullptr, false);
    if (!body.is_object() || body.size() != 1 || !body.contains("generation")) {
      return std::unexpected(
          ApiError{400, "bad_request", "the body of a rollback is {\"generation\": N} and nothing else"});
    }
    if (body["generation"].is_number_unsigned()) wanted = body["generation"].get<std::uint64_t>();
  } else {
    return wanted;
  }
  if (!wanted) return std::unexpected(ApiError{400, "bad_request", "generation is a whole number"});
  return wanted;
}

void post_rollback(Api& api, const Request& request, Response& response) {
  if (auto refused = refuse_if_match(request)) return answer(response, *refused);
  const auto wanted = wanted_generation(request);
  if (!wanted) return answer(response, wanted.error());
  const Author author = author_now();
  answer_result(response, api.store.rollback(*wanted, author), "policy.json", author);
}

void post_confirm(Api& api, const Request& request, Response& response) {
  if (auto refused = refuse_if_match(request)) return answer(response, *refused);
  if (auto refused = refuse_queries(request, {})) return answer(response, *refused);
  const Author author = author_now();
  answer_result(response, api.store.confirm(author), "policy.json", author);
}

void get_history(Api& api, const Request& request, Response& response) {
  if (auto refused = refuse_queries(request, {})) return answer(response, *refused);
  json generations = json::array();
  bool current = true;
  for (const Generation& each : api.store.history()) {
    generations.push_back({{"generation", each.number},
                           {"applied_at", iso_time(each.applied_at)},
                           {"uid", each.author.name == "gateway" ? json(nullptr) : json(each.author.uid)},
                           {"who", each.author.name},
                           {"action", each.action},
                           {"summary", each.summary},
                           {"hash", each.image.hash()},
                           {"file", each.image.file()},
                           {"confirmed", each.confirmed},
                           {"current", std::exchange(current, false)}});
  }
  answer(response, json{{"schema", "sallyport/history/1"}, {"generations", std::move(generations)}});
}

}  // namespace

void add_policy_endpoints(httplib::Server& server, Api& api) {
  const auto add = [&](const char* method, const char* path, void (*handler)(Api&, const Request&, Response&)) {
    add_endpoint(server, api, method, path,
                 [&api, handler](const Request& request, Response& response) { handler(api, request, response); });
  };
  add("GET", "/v1/policy", get_policy);
  add("POST", "/v1/policy", post_policy);
  add("PATCH", "/v1/policy", patch_policy);
  add("POST", "/v1/policy/confirm", post_confirm);
  add("POST", "/v1/policy/rollback", post_rollback);
  add("GET", "/v1/history", get_history);
}

}  // namespace sallyport::control
