// The keyed hash of flows: 64 bits that nobody outside can aim.
//
// Owner: dataplane/flow. Two 64-bit words are folded by 64x64->128 multiplications with secret operands, three in all.
// Always: the same key and tuple give the same hash; the key comes from the seed alone.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/flow/session.h"

namespace sallyport::dataplane {

// SplitMix64: one step, for keys and seeds.
[[nodiscard]] constexpr std::uint64_t split_mix(std::uint64_t& state) {
  state += 0x9E3779B97F4A7C15U;
  std::uint64_t z = state;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31U);
}

__extension__ using WideProduct = unsigned __int128;

[[nodiscard]] constexpr std::uint64_t folded_product(std::uint64_t a, std::uint64_t b) {
  const WideProduct product = static_cast<WideProduct>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

// The part of [0, range) that a 64-bit hash falls on; no division.
[[nodiscard]] constexpr std::uint64_t scaled(std::uint64_t hash, std::uint64_t range) {
  return static_cast<std::uint64_t>((static_cast<WideProduct>(hash) * range) >> 64U);
}

class FlowHash {
 public:
  constexpr explicit FlowHash(std::uint64_t seed) {
    for (auto& key : keys_) key = split_mix(seed);
  }

  [[nodiscard]] constexpr std::uint64_t operator()(const FlowTuple& t) const {
    const std::uint64_t addresses = std::uint64_t{t.source} << 32U | t.destination;
    const std::uint64_t rest =
        std::uint64_t{t.hop_and_protocol} << 32U | std::uint32_t{t.source_port} << 16U | t.destination_port;
    const std::uint64_t first = folded_product(addresses ^ keys_[0], rest ^ keys_[1]);
    const std::uint64_t second = folded_product(addresses ^ keys_[2], rest ^ keys_[3]);
    return folded_product(first ^ keys_[4], second ^ keys_[5]);
  }

 private:
  std::array<std::uint64_t, 6> keys_{};
};

}  // namespace sallyport::dataplane
