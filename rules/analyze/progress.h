// How analyses that may take long tell how far they are, and are told to stop.
//
// Owner: rules/analyze. They know no clock: whoever asks does.
#pragma once

#include <cstddef>
#include <functional>

namespace sallyport::rules {

// Called now and then with what share of the work is done, ascending from 0 to 1. False: stop. Empty: go on to the end.
using GoOn = std::function<bool(double done)>;

// The same for a part of the work, which goes from one share of the whole to another.
[[nodiscard]] inline GoOn part_of(const GoOn& whole, double from, double to) {
  if (!whole) return {};
  return [&whole, from, to](double done) { return whole(from + (to - from) * done); };
}

// `at` of `of` pieces are done.
[[nodiscard]] inline bool go_on(const GoOn& told, std::size_t at, std::size_t of) {
  return !told || told(of == 0 ? 1.0 : static_cast<double>(at) / static_cast<double>(of));
}

}  // namespace sallyport::rules
