// Full sums over bytes. Owner: dataplane/packet.
#include "dataplane/packet/checksum.h"

#include <bit>
#include <cstring>

#include "dataplane/packet/wire.h"

namespace sallyport::dataplane {

// The one's complement sum does not depend on the order of bytes within words (RFC 1071 2.B): words are added as the
// machine reads them, four bytes at a time, and the result is turned once.
std::uint64_t sum_of(std::span<const std::byte> bytes) {
  std::uint64_t sum = 0;
  std::size_t at = 0;
  for (; at + 4 <= bytes.size(); at += 4) {
    std::uint32_t word;
    std::memcpy(&word, bytes.data() + at, sizeof word);
    sum += word;
  }
  std::uint32_t rest = 0;
  if (at < bytes.size()) std::memcpy(&rest, bytes.data() + at, bytes.size() - at);
  const std::uint16_t folded = fold(sum + rest);
  return std::endian::native == std::endian::little ? __builtin_bswap16(folded) : folded;
}

}  // namespace sallyport::dataplane
