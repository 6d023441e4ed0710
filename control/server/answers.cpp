// Owner: control/server. See answers.h.
#include "control/server/answers.h"

#include <fmt/format.h>

#include <utility>

namespace sallyport::control {
namespace {

std::string text_of(const nlohmann::json& body) {
  return body.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

nlohmann::json json_of(const ApiError& error) {
  nlohmann::json inner{{"code", error.code}, {"message", error.message}, {"details", error.details}};
  if (!error.rendered.empty()) inner["rendered"] = error.rendered;
  return {{"error", std::move(inner)}};
}

}  // namespace

void answer(httplib::Response& response, const nlohmann::json& body) {
  response.set_content(text_of(body), "application/json");
}

void answer(httplib::Response& response, const ApiError& error) {
  response.status = error.status;
  answer(response, json_of(error));
}

std::string as_http(const ApiError& error) {
  const std::string body = text_of(json_of(error));
  return fmt::format(
      "HTTP/1.1 {} {}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
      error.status, error.code, body.size(), body);
}

}  // namespace sallyport::control
