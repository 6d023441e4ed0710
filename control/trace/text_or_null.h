// How JSON says that a word is not there.
//
// Owner: control/trace; replay uses it too.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace sallyport::control {

[[nodiscard]] inline nlohmann::json text_or_null(const std::string& text) {
  return text.empty() ? nlohmann::json() : nlohmann::json(text);
}

}  // namespace sallyport::control
