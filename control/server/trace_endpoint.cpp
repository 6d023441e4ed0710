// POST /v1/trace: a packet through the policy in force.
//
// Owner: control/server. The words are read and the verdict is given by control/trace.
#include <fmt/format.h>

#include "control/server/api.h"
#include "control/trace/request.h"
#include "control/trace/trace.h"
#include "rules/document/documents.h"

namespace sallyport::control {
namespace {

using nlohmann::json;

// Puts a member where it belongs; false for a name that is none.
bool take_word(RequestWords& words, std::string_view name, std::string word) {
  const auto put = [&](auto& into) {
    into = std::move(word);
    return true;
  };
  if (name == "protocol") return put(words.protocol);
  if (name == "from") return put(words.from);
  if (name == "to") return put(words.to);
  if (name == "icmp") return put(words.icmp);
  if (name == "flags") return put(words.flags);
  if (name == "state") return put(words.state);
  if (name == "via") return put(words.via);
  if (name == "in") return put(words.in_port);
  return false;
}

std::expected<TraceRequest, std::string> read_body(const std::string& body) {
  const json document = json::parse(body, nullptr, false);
  if (!document.is_object()) return std::unexpected("a trace is asked for with a JSON object");
  if (auto doubled = rules::doubled_key(body)) return std::unexpected(*std::move(doubled));
  if (!document.contains("from") || !document.contains("to")) return std::unexpected("from and to are needed");
  RequestWords words{.protocol = "tcp"};
  for (const auto& [name, value] : document.items()) {
    const bool number = name == "protocol" && value.is_number_unsigned();
    const bool known = take_word(words, name, value.is_string() ? value.get<std::string>() : value.dump());
    if (!known) return std::unexpected(fmt::format("unknown key \"{}\"", name));
    if (!number && !value.is_string()) return std::unexpected(fmt::format("{} is a string", name));
  }
  const auto request = read_request(words);
  if (!request) return std::unexpected(request.error().word + ": " + request.error().message);
  return *request;
}

void post_trace(Api& api, const httplib::Request& request, httplib::Response& response) {
  if (auto refused = refuse_queries(request, {})) return answer(response, *refused);
  const auto packet = read_body(request.body);
  if (!packet) return answer(response, ApiError{400, "bad_request", packet.error()});
  const auto running = api.store.running();
  if (!running) {
    return answer(response,
                  ApiError{404, "no_policy", "there is no policy yet: everything is dropped until one is applied"});
  }
  const auto result = trace(running->generation.image, running->policy, &api.gateway, *packet);
  if (!result) return answer(response, ApiError{400, "bad_request", result.error()});
  json out = to_json(*result);
  out["text"] = to_text(*result);
  answer(response, out);
}

}  // namespace

void add_trace_endpoint(httplib::Server& server, Api& api) {
  add_endpoint(server, api, "POST", "/v1/trace", [&api](const httplib::Request& request, httplib::Response& response) {
    post_trace(api, request, response);
  });
}

}  // namespace sallyport::control
