// The errors of the control socket: what programs look at, what it means, what to do. The table behind
// `sallyport explain`.
//
// Owner: control/server. Always: every code that an answer carries stands here.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace sallyport::control {

struct ErrorCode {
  std::string_view name;  // "policy_refused"
  std::uint16_t status;   // of HTTP; 0: sallyport's own, found before the gateway was asked
  std::string_view meaning;
  std::string_view remedy;
};

[[nodiscard]] std::span<const ErrorCode> error_codes();

}  // namespace sallyport::control
