// SHA-256 by libcrypto. Owner: rules/image.
#include "rules/image/sha256.h"

#include <string_view>

#include <openssl/evp.h>

#include <cstdlib>

namespace sallyport::rules {

std::array<std::uint8_t, 32> sha256(std::span<const std::byte> bytes) {
  std::array<std::uint8_t, 32> digest{};
  // Fails only when libcrypto has no memory or no SHA-256: nothing sensible can follow.
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) std::abort();
  return digest;
}

std::string hexadecimal(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

}  // namespace sallyport::rules
