// The outer checks of an image: that the bytes are one, whole, unaltered, of a format this program reads, and that
// every section lies where the layout puts it.
//
// Owner: rules/image.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace sallyport::rules {

// What is wrong, in plain words; nullopt if nothing is. After that layout::Tables may be used on the bytes.
[[nodiscard]] std::optional<std::string> check_container(std::span<const std::byte> bytes);

}  // namespace sallyport::rules
