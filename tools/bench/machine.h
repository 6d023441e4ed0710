// Where a figure was measured, and how much memory this process holds.
//
// Owner: tools/bench.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace sallyport::bench {

struct Machine {
  std::string cpu;          // as the kernel names it
  unsigned processors = 0;  // that this process may use
  std::uint64_t tsc_hz = 0;
  std::string kernel;
};
[[nodiscard]] Machine this_machine();

// How the memory that holds `address` is backed: "huge" if at least half of what is resident there, else "small".
[[nodiscard]] std::string pages_behind(const void* address);

// Resident bytes of a process; of this one if `pid` is 0. 0 if there is no such process.
[[nodiscard]] std::size_t resident_bytes(int pid = 0);
// The most that were resident since the last call of forget_peak(), as the kernel counts it.
[[nodiscard]] std::size_t peak_bytes();
void forget_peak();

}  // namespace sallyport::bench
