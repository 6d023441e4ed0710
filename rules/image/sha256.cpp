// SHA-256 by libcrypto. Owner: rules/image.
#include "rules/image/sha256.h"

#include <openssl/evp.h>

#include <cstdlib>

namespace sallyport::rules {

std::array<std::uint8_t, 32> sha256(std::span<const std::byte> bytes) {
  std::array<std::uint8_t, 32> digest{};
  // Fails only when libcrypto has no memory or no SHA-256: nothing sensible can follow.
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) std::abort();
  return digest;
}

}  // namespace sallyport::rules
