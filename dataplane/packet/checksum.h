// The Internet checksum: full sums, incremental updates (RFC 1624) and the sums that hardware was meant to finish.
//
// Owner: dataplane/packet. Sums and words are in host byte order, as load_be16 reads them.
// Always: a sum updated word by word stays as right or as wrong as it was before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sallyport::dataplane {

// The one's complement sum of 16-bit words, not yet complemented.
[[nodiscard]] constexpr std::uint16_t fold(std::uint64_t sum) {
  sum = (sum & 0xFFFFFFFFU) + (sum >> 32U);
  sum = (sum & 0xFFFFU) + ((sum >> 16U) & 0xFFFFU) + (sum >> 32U);
  sum = (sum & 0xFFFFU) + (sum >> 16U);
  return static_cast<std::uint16_t>((sum & 0xFFFFU) + (sum >> 16U));
}

// What a sum field holds for that sum.
[[nodiscard]] constexpr std::uint16_t complement(std::uint64_t sum) { return static_cast<std::uint16_t>(~fold(sum)); }

// UDP writes a sum of 0 as 0xFFFF, since 0 says that there is none (RFC 768). An updated ICMP sum of 0 is written so
// too: no pseudo-header keeps what it covers from being zeros alone, and of those 0xFFFF is the only sum that is right.
[[nodiscard]] constexpr std::uint16_t nonzero_field(std::uint16_t sum) {
  return sum == 0 ? std::uint16_t{0xFFFF} : sum;
}

// Adds the big-endian words of `bytes`; an odd last byte is padded with zero. At most 64 KiB.
[[nodiscard]] std::uint64_t sum_of(std::span<const std::byte> bytes);

[[nodiscard]] constexpr std::uint64_t pseudo_header_sum(std::uint32_t source, std::uint32_t destination,
                                                        std::uint8_t protocol, std::uint16_t l4_length) {
  return std::uint64_t{source >> 16U} + (source & 0xFFFFU) + (destination >> 16U) + (destination & 0xFFFFU) + protocol +
         l4_length;
}

// RFC 1624, equation 3: the field after one word changed.
[[nodiscard]] constexpr std::uint16_t updated_sum(std::uint16_t field, std::uint16_t before, std::uint16_t after) {
  return complement(std::uint64_t{static_cast<std::uint16_t>(~field)} + static_cast<std::uint16_t>(~before) + after);
}

[[nodiscard]] constexpr std::uint16_t updated_sum(std::uint16_t field, std::uint32_t before, std::uint32_t after) {
  const std::uint32_t inverse = ~before;
  return complement(std::uint64_t{static_cast<std::uint16_t>(~field)} + (inverse >> 16U) + (inverse & 0xFFFFU) +
                    (after >> 16U) + (after & 0xFFFFU));
}

}  // namespace sallyport::dataplane
