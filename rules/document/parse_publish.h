// The one-line syntax of a published port: "[PRIVATE_IP:]PORT[-PORT]:TARGET_IP:PORT[-PORT][/tcp|udp]".
//
// Owner: rules/document.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "rules/model/policy.h"

namespace sallyport::rules {

// Errors: what is wrong and what was expected, as a message. Does not know which addresses the interface owns.
[[nodiscard]] std::expected<Publish, std::string> parse_publish(std::string_view text);

}  // namespace sallyport::rules
