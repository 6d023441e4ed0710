// How the control server answers: JSON, and errors that programs and people read.
//
// Owner: control/server. docs/control-api.md describes the answers.
// Always: an error is {"error": {code, message, details}} with the matching HTTP status; `code` is one of
// error_codes.cpp and is what programs look at.
#pragma once

#include <httplib.h>

#include <nlohmann/json.hpp>
#include <string>

namespace sallyport::control {

struct ApiError {
  int status = 400;
  std::string code;
  std::string message;
  nlohmann::json details = nlohmann::json::array();
  std::string rendered = {};  // diagnostics as a person reads them; may be empty
};

void answer(httplib::Response& response, const nlohmann::json& body);
void answer(httplib::Response& response, const ApiError& error);

// The whole answer as it is sent, for requests that do not get as far as the HTTP library.
[[nodiscard]] std::string as_http(const ApiError& error);

}  // namespace sallyport::control
