// Wide maps read as intervals: for whoever wants all of a map instead of one address's answer.
//
// Owner: rules/image. Not for the packet path. The map was written by this program or passed the loader's checks.
#pragma once

#include <cstddef>
#include <cstdint>

#include "rules/image/step_map_walk.h"
#include "rules/image/wide_map.h"

namespace sallyport::rules::wide_map {

// Addresses first..last.
struct Range {
  Ipv6 first;
  Ipv6 last = kLastIpv6;
  friend bool operator==(const Range&, const Range&) = default;
};

// Those that share `count` words with an address; 0 for all.
[[nodiscard]] constexpr Range range_of(Ipv6 address, unsigned count) {
  const Ipv6 behind = host_bits(16 * count);
  return {first_words(address, count), {address.high | behind.high, address.low | behind.low}};
}

// The addresses of a range that shares `word` words whose next word is `key`.
[[nodiscard]] constexpr Range narrowed(const Range& range, unsigned word, std::uint32_t key) {
  Ipv6 address = range.first;
  (word < 4 ? address.high : address.low) |= std::uint64_t{key} << (48U - 16U * (word & 3U));
  return range_of(address, word + 1);
}

// How many bounds of a `few` line that stands for a range up to `last` are in use.
[[nodiscard]] inline unsigned count_bounds(const Line& line, Ipv6 last) {
  unsigned count = 0;
  while (count < kFewBounds && address_at(line, count) < last) ++count;
  return count;
}

// visit(range, value) for every interval below `ref`, in order; `range` is what the map stands for and shares `word`
// words.
template <typename Visit>
void walk(const Line* lines, Ref ref, const Range& range, unsigned word, Visit&& visit) {
  if (step_map::is_leaf(ref)) return visit(range, step_map::value_of(ref));
  const Line& line = lines[step_map::line_of(ref)];
  if (step_map::form_of(ref) == kFew) {
    const unsigned count = count_bounds(line, range.last);
    Ipv6 first = range.first;
    for (unsigned i = 0; i <= count; ++i) {
      const Ipv6 last = i < count ? address_at(line, i) : range.last;
      visit(Range{first, last}, step_map::value_of(line.words[kFewValues + i]));
      first = next(last);
    }
  } else if (step_map::form_of(ref) == kSkip) {
    const unsigned words = line.words[kSkipWords];
    const Range inside = range_of(address_at(line, 0), words);
    const auto value = [&](unsigned at) { return step_map::value_of(line.words[at]); };
    if (range.first < inside.first) visit(Range{range.first, previous(inside.first)}, value(kSkipBelow));
    walk(lines, line.words[kSkipInside], inside, words, visit);
    if (inside.last < range.last) visit(Range{next(inside.last), range.last}, value(kSkipAbove));
  } else {
    step_map::walk(lines, ref, [&](std::uint32_t first, std::uint32_t last, Ref found) {
      const Range narrow{narrowed(range, word, first).first, narrowed(range, word, last).last};
      walk(lines, found, narrow, word + 1, visit);
    });
  }
}

// The whole map.
template <typename Visit>
void walk(const Line* lines, Ref root, Visit&& visit) {
  walk(lines, root, Range{}, 0, visit);
}

}  // namespace sallyport::rules::wide_map
