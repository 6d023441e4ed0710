// Cycles of the time-stamp counter, and what several rounds of them say.
//
// Owner: tools/bench. x86 only: the counter runs at one rate whatever the core's own clock does.
#pragma once

#include <sys/resource.h>
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

// How often the kernel has taken the processor from this thread.
[[nodiscard]] inline long times_interrupted() {
  rusage usage{};
  return ::getrusage(RUSAGE_THREAD, &usage) == 0 ? usage.ru_nivcsw : 0;
}

// What some packets took.
struct Cost {
  std::uint64_t cycles = 0;
  std::uint64_t packets = 0;
};

// Judges `packets` packets, `each` at a time: slice(first, count). A slice during which the thread was put aside for
// another is judged again, up to three times in all, and only the last time counts.
template <typename Slice>
[[nodiscard]] Cost cost_of(std::size_t packets, std::size_t each, Slice&& slice) {
  Cost cost;
  for (std::size_t first = 0; first < packets; first += each) {
    const std::size_t count = std::min(each, packets - first);
    std::uint64_t cycles = 0;
    for (int attempt = 0; attempt < 3; ++attempt) {
      const long interrupted = times_interrupted();
      const std::uint64_t begin = cycles_now();
      slice(first, count);
      cycles = cycles_now() - begin;
      if (times_interrupted() == interrupted) break;
    }
    cost.cycles += cycles;
    cost.packets += count;
  }
  return cost;
}
inline constexpr std::size_t kSlice = 16384;

struct Spread {
  double min = 0, median = 0, max = 0;
};

[[nodiscard]] inline Spread spread_of(std::vector<double> rounds) {
  if (rounds.empty()) return {};
  std::ranges::sort(rounds);
  return {.min = rounds.front(), .median = rounds[rounds.size() / 2], .max = rounds.back()};
}

}  // namespace sallyport::bench
