// Sizes of memory as people write them.
//
// Owner: rules/document.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport::rules {

inline constexpr std::string_view kSizeInWords = "a size from 1MiB to 16GiB (examples: 512MiB, 2GiB, 1073741824)";

// Bytes of "512MiB", "2GiB", "64KiB" or plain bytes, within what a budget can be.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);

}  // namespace sallyport::rules
