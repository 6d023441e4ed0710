// Step maps read as intervals: for whoever wants all of a map instead of one key's answer.
//
// Owner: rules/image. Not for the packet path. The map was written by this program or passed the loader's checks.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "rules/image/step_map.h"

namespace sallyport::rules::step_map {

[[nodiscard]] inline std::uint32_t bound_at(const Line& line, std::size_t i) {
  return line.words[i / 2] >> (i % 2 * 16U) & 0xFFFFU;
}

// The real bounds at the start of a line: those before the first 0xFFFF.
[[nodiscard]] inline std::size_t count_bounds(const Line& line, std::size_t limit) {
  std::size_t count = 0;
  while (count < limit && bound_at(line, count) != 0xFFFFU) ++count;
  return count;
}

namespace detail {

// visit(first, last, ref) for neighbours that say the same at once.
template <typename Visit>
class Joined {
 public:
  explicit Joined(Visit& visit) : visit_(visit) {}
  void operator()(std::uint32_t first, std::uint32_t last, Ref ref) {
    if (begun_ && ref == ref_) {
      last_ = last;
      return;
    }
    if (begun_) visit_(first_, last_, ref_);
    begun_ = true;
    first_ = first;
    last_ = last;
    ref_ = ref;
  }

  void finish() { visit_(first_, last_, ref_); }

 private:
  Visit& visit_;
  bool begun_ = false;
  std::uint32_t first_ = 0, last_ = 0;
  Ref ref_ = 0;
};

// The keys from `first` to `last` of a map with bounds.
template <typename Visit>
void walk_steps(const Line& bounds, std::size_t limit, const std::uint32_t* values, std::uint32_t first,
                std::uint32_t last, Visit&& visit) {
  const std::size_t count = count_bounds(bounds, limit);
  for (std::size_t i = 0; i <= count && first <= last; ++i) {
    const std::uint32_t end = i < count ? std::min(bound_at(bounds, i), last) : last;
    if (end < first) continue;
    visit(first, end, values[i]);
    first = end + 1;
  }
}

// The same of a map of any form but split.
template <typename Visit>
void walk_part(const Line* lines, Ref ref, std::uint32_t first, std::uint32_t last, Visit&& visit) {
  const Line* at = lines + line_of(ref);
  const std::uint32_t* words = at->words.data();
  switch (form_of(ref)) {
    case Form::tiny:
      return walk_steps(at[0], kTinyBounds, words + kTinyBounds / 2, first, last, visit);
    case Form::flat:
      return walk_steps(at[0], 32, words + 16, first, last, visit);
    default:
      break;
  }
  const std::uint32_t mask = form_of(ref) == Form::dense ? 0xFFFFU : 0xFFU;
  for (std::uint32_t key = first; key <= last; ++key) visit(key, key, words[key & mask]);
}

template <typename Visit>
void walk_split(const Line* lines, Ref ref, Visit&& visit) {
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    const Ref part = lines[line_of(ref) + byte / 16].words[byte % 16];
    const std::uint32_t first = byte << 8U;
    if (is_inner(part)) {
      walk_part(lines, part, first, first | 0xFFU, visit);
    } else {
      visit(first, first | 0xFFU, part);
    }
  }
}

}  // namespace detail

// visit(first, last, ref) for every interval of the map, in order; keys as 32 bits. A leaf is one interval. No two
// neighbours have the same ref.
template <typename Visit>
void walk(const Line* lines, Ref ref, Visit&& visit) {
  if (is_leaf(ref)) {
    visit(std::uint32_t{0}, std::uint32_t{0xFFFF}, ref);
    return;
  }
  detail::Joined joined(visit);
  if (form_of(ref) == Form::split) {
    detail::walk_split(lines, ref, joined);
  } else {
    detail::walk_part(lines, ref, 0, 0xFFFF, joined);
  }
  joined.finish();
}

// The same of a pair of maps over addresses: visit(first, last, value).
template <typename Visit>
void walk_addresses(const Line* lines, Ref root, Visit&& visit) {
  walk(lines, root, [&](std::uint32_t first_high, std::uint32_t last_high, Ref ref) {
    if (is_leaf(ref)) {
      visit(first_high << 16U, last_high << 16U | 0xFFFFU, value_of(ref));
      return;
    }
    for (std::uint32_t high = first_high; high <= last_high; ++high) {
      walk(lines, ref, [&](std::uint32_t first, std::uint32_t last, Ref low) {
        visit(high << 16U | first, high << 16U | last, value_of(low));
      });
    }
  });
}

}  // namespace sallyport::rules::step_map
