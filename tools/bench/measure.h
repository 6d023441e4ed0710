// Cycles of the time-stamp counter, and what several rounds of them say.
//
// Owner: tools/bench. x86 only: the counter runs at one rate whatever the core's own clock does.
#pragma once

#include <x86intrin.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace sallyport::bench {

// Now, with everything before it done.
[[nodiscard]] inline std::uint64_t cycles_now() {
  _mm_lfence();
  const std::uint64_t now = __rdtsc();
  _mm_lfence();
  return now;
}

struct Spread {
  double min = 0, median = 0, max = 0;
};

[[nodiscard]] inline Spread spread_of(std::vector<double> rounds) {
  if (rounds.empty()) return {};
  std::ranges::sort(rounds);
  return {.min = rounds.front(), .median = rounds[rounds.size() / 2], .max = rounds.back()};
}

}  // namespace sallyport::bench
