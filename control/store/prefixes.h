// "10.0.0.0/8,198.51.100.0/24" as prefixes: what --max-opened takes.
//
// Owner: control/store.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "rules/model/address.h"

namespace sallyport::control {

// Separated by commas; no text is no prefix. The error names the first that is none.
[[nodiscard]] std::expected<std::vector<rules::Prefix>, std::string> read_prefixes(std::string_view text);

}  // namespace sallyport::control
