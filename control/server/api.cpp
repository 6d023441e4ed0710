// The checks that every request passes.
//
// Owner: control/server.
// Always: who may not is told so before the body is read; bodies have a length, known beforehand and bounded.
#include "control/server/api.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <ranges>
#include <utility>

#include "control/server/unix_listener.h"
#include "rules/document/documents.h"

namespace sallyport::control {
namespace {

constexpr std::size_t kMaxTraceBytes = 65536;

bool only_looks(const httplib::Request& request) {
  return request.method == "GET" || request.method == "HEAD" ||
         (request.method == "POST" && request.path == "/v1/trace");
}

std::optional<ApiError> refuse_peer(const httplib::Request& request, const Api& api) {
  const Peer& peer = UnixListener::current_peer();
  if (only_looks(request) ? api.permissions.may_read(peer) : api.permissions.may_change(peer)) return std::nullopt;
  const bool looks = only_looks(request);
  return ApiError{
      403, "not_permitted",
      fmt::format("user {} may not {} this gateway: only root and members of group {} may", user_name(peer.uid),
                  looks ? "look at" : "change", looks ? api.gateway.read_group : api.gateway.write_group)};
}

std::optional<ApiError> refuse_method(const httplib::Request& request, const Api& api, httplib::Response& response) {
  const auto known = api.methods.find(request.path);
  if (known == api.methods.end()) return std::nullopt;
  const std::string method = request.method == "HEAD" ? "GET" : request.method;
  if (std::ranges::find(known->second, method) != known->second.end()) return std::nullopt;
  const std::string allowed = fmt::format("{}", fmt::join(known->second, ", "));
  response.set_header("Allow", allowed);
  return ApiError{405, "method_not_allowed", fmt::format("{} takes {}, not {}", request.path, allowed, request.method)};
}

bool needs_body(const httplib::Request& request) { return request.path == "/v1/policy" || request.path == "/v1/trace"; }

std::optional<ApiError> refuse_body(const httplib::Request& request) {
  if (request.method == "GET" || request.method == "HEAD") return refuse_body_of_reading(request);
  if (request.has_header("Transfer-Encoding")) {
    return ApiError{411, "length_required", "a body needs a Content-Length: chunked bodies are not taken"};
  }
  if (request.has_header("Content-Encoding") && request.get_header_value("Content-Encoding") != "identity")
    return ApiError{415, "unsupported_encoding", "compressed bodies are not taken"};
  const std::string text = request.get_header_value("Content-Length");
  if (text.empty() && needs_body(request)) {
    return ApiError{
        411, "length_required",
        fmt::format("{} {} needs a body, and a Content-Length that says how long it is", request.method, request.path)};
  }
  std::size_t length = 0;  // stays 0 without one; digits alone, so that what fails is too long a number
  const bool fits =
      std::from_chars(text.data(), text.data() + text.size(), length).ec != std::errc::result_out_of_range;
  const std::size_t limit = request.path == "/v1/trace" ? kMaxTraceBytes : rules::kMaxDocumentBytes;
  if (fits && length <= limit) return std::nullopt;
  return ApiError{413, "too_large", fmt::format("the body is {:.20} bytes long, the limit is {}", text, limit)};
}

std::optional<ApiError> refuse(const httplib::Request& request, const Api& api, httplib::Response& response) {
  if (auto refused = refuse_peer(request, api)) return refused;
  if (const auto& refused = UnixListener::current_refusal()) return refused;
  if (auto refused = refuse_method(request, api, response)) return refused;
  return refuse_body(request);
}

ApiError without_handler(const httplib::Request& request, int status) {
  if (status == 404) return {404, "not_found", fmt::format("this version has no {} {}", request.method, request.path)};
  if (status == 413) return {413, "too_large", "the body is too long"};
  if (status == 414) return {414, "target_too_long", "the path and its queries are too long"};
  return {status, "bad_request", fmt::format("the request could not be read (HTTP status {})", status)};
}

void answer_exception(const httplib::Request& request, httplib::Response& response, const std::exception_ptr& thrown) {
  std::string what = "unknown";
  try {
    std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    what = "out of memory";
  } catch (const std::exception& error) {
    what = error.what();
  } catch (...) {
    what = "something that is no exception";
  }
  spdlog::error("{} {} failed: {}", request.method, request.path, what);
  answer(response, ApiError{500, "internal_error", "the request failed inside the gateway: " + what});
}

}  // namespace

// The HTTP library keeps what follows the last "=" of a pair and the first of two pairs: neither may decide unseen.
std::optional<ApiError> refuse_queries(const httplib::Request& request, const std::vector<std::string_view>& known,
                                       std::string_view repeated) {
  const std::size_t query = std::min(request.target.find('?'), request.target.size());
  for (const auto pair : std::views::split(std::string_view(request.target).substr(query), '&')) {
    if (std::ranges::count(pair, '=') > 1) {
      return ApiError{400, "bad_request", "a \"=\" in the value of a query is written %3D"};
    }
  }
  for (const auto& [name, value] : request.params) {
    if (std::ranges::find(known, name) == known.end()) {
      return ApiError{400, "bad_request", fmt::format("unknown query \"{}\"", rules::printable(name))};
    }
    if (name != repeated && request.params.count(name) > 1) {
      return ApiError{400, "bad_request", fmt::format("query \"{}\" is given twice", name)};
    }
    if (value != rules::printable(value)) {
      return ApiError{400, "bad_request", fmt::format("query \"{}\" has control characters", name)};
    }
  }
  return std::nullopt;
}

std::optional<ApiError> refuse_body_of_reading(const httplib::Request& request) {
  const bool none = request.get_header_value("Content-Length").find_first_not_of('0') == std::string::npos;
  if (none && !request.has_header("Transfer-Encoding")) return std::nullopt;
  return ApiError{400, "bad_request", fmt::format("{} takes no body", request.method)};
}

void add_endpoint(httplib::Server& server, Api& api, const std::string& method, const std::string& path,
                  httplib::Server::Handler handler) {
  api.methods[path].push_back(method);
  using Add = httplib::Server& (httplib::Server::*)(const std::string&, httplib::Server::Handler);
  static const std::map<std::string, Add> kAdd{{"GET", &httplib::Server::Get},
                                               {"POST", &httplib::Server::Post},
                                               {"PATCH", &httplib::Server::Patch},
                                               {"DELETE", &httplib::Server::Delete}};
  (server.*kAdd.at(method))(path, std::move(handler));
}

void answer_what_has_no_handler(httplib::Server& server) {
  server.set_error_handler([](const httplib::Request& request, httplib::Response& response) {
    if (response.body.empty()) answer(response, without_handler(request, response.status));
  });
  server.set_exception_handler(answer_exception);
}

void guard(httplib::Server& server, Api& api) {
  server.set_payload_max_length(rules::kMaxDocumentBytes);
  server.set_pre_routing_handler([&api](const httplib::Request& request, httplib::Response& response) {
    const std::optional<ApiError> refused = refuse(request, api, response);
    if (!refused) return httplib::Server::HandlerResponse::Unhandled;
    answer(response, *refused);
    return httplib::Server::HandlerResponse::Handled;
  });
  server.set_expect_100_continue_handler([&api](const httplib::Request& request, httplib::Response& response) {
    const std::optional<ApiError> refused = refuse(request, api, response);
    if (!refused) return 100;
    answer(response, *refused);
    return response.status;
  });
  answer_what_has_no_handler(server);
}

}  // namespace sallyport::control
