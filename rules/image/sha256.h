// SHA-256 by libcrypto.
//
// Owner: rules/image.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace sallyport::rules {

[[nodiscard]] std::array<std::uint8_t, 32> sha256(std::span<const std::byte> bytes);
// In lower case.
[[nodiscard]] std::string hexadecimal(std::span<const std::uint8_t> bytes);

}  // namespace sallyport::rules
