// Intervals of IPv6 addresses made wide maps (rules/image/wide_map.h).
//
// Owner: rules/compile. Appends to an array of lines; equal input gives equal lines.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "rules/compile/step_map_writer.h"
#include "rules/image/wide_map.h"

namespace sallyport::rules {

// From `first` up to the next step's: this value (31 bits).
struct Ipv6Step {
  Ipv6 first;
  std::uint32_t value = 0;
};

class WideMapWriter {
 public:
  explicit WideMapWriter(std::vector<Line>& lines) : lines_(lines), maps_(lines) {}

  // Steps ascend, the first begins at ::, and no two neighbours have the same value.
  [[nodiscard]] step_map::Ref addresses(std::span<const Ipv6Step> steps);

 private:
  using Steps = std::span<const Ipv6Step>;

  // The map of a range of addresses that share `word` words: `value` holds from its first one on, then each step, which
  // begins behind it and inside the range.
  [[nodiscard]] step_map::Ref map(std::uint32_t value, Steps steps, unsigned word);
  [[nodiscard]] step_map::Ref few(std::uint32_t value, Steps steps);
  [[nodiscard]] step_map::Ref skip(std::uint32_t value, Steps steps, unsigned words);
  [[nodiscard]] step_map::Ref by_word(std::uint32_t value, Steps steps, unsigned word);
  [[nodiscard]] step_map::Ref write(step_map::Form form, const Line& line);

  std::vector<Line>& lines_;
  StepMapWriter maps_;
  std::array<std::vector<KeyStep>, wide_map::kWords> keys_;  // of the step map being written for each word
};

}  // namespace sallyport::rules
