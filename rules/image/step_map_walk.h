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

// Up to `last`, beginning with `first`, which is moved on.
template <typename Visit>
void walk_steps(const Line& bounds, std::size_t limit, const std::uint32_t* values, std::uint32_t& first,
                std::uint32_t last, Visit&& visit) {
  const std::size_t count = count_bounds(bounds, limit);
  for (std::size_t i = 0; i <= count; ++i) {
    const std::uint32_t end = i < count ? bound_at(bounds, i) : last;
    visit(first, end, values[i]);
    first = end + 1;
  }
}

template <typename Visit>
void walk_flat(const Line* at, std::uint32_t& first, std::uint32_t last, Visit&& visit) {
  walk_steps(at[0], 32, at[1].words.data(), first, last, visit);
}

// `lines` apart from each other lie the maps below a line of bounds.
template <typename Walk>
void walk_children(const Line* at, std::size_t lines, std::uint32_t last, Walk&& walk) {
  const std::size_t count = count_bounds(at[0], 32);
  for (std::size_t i = 0; i <= count; ++i) walk(at + 1 + i * lines, i < count ? bound_at(at[0], i) : last);
}

template <typename Visit>
void walk_tall(const Line* at, std::uint32_t& first, std::uint32_t last, Visit&& visit) {
  walk_children(at, kFlatLines, last,
                [&](const Line* child, std::uint32_t end) { walk_flat(child, first, end, visit); });
}

}  // namespace detail

// visit(first, last, ref) for every interval of the map, in order; keys as 32 bits. A leaf is one interval. Neighbours
// may have the same ref only in a dense map's place: there they are joined.
template <typename Visit>
void walk(const Line* lines, Ref ref, Visit&& visit) {
  if (is_leaf(ref)) {
    visit(std::uint32_t{0}, std::uint32_t{0xFFFF}, ref);
    return;
  }
  const Line* at = lines + line_of(ref);
  std::uint32_t first = 0;
  switch (form_of(ref)) {
    case Form::tiny:
      detail::walk_steps(at[0], kTinyBounds, at[0].words.data() + kTinyBounds / 2, first, 0xFFFF, visit);
      return;
    case Form::flat:
      detail::walk_flat(at, first, 0xFFFF, visit);
      return;
    case Form::tall:
      detail::walk_tall(at, first, 0xFFFF, visit);
      return;
    case Form::high:
      detail::walk_children(at, kTallLines, 0xFFFF,
                            [&](const Line* child, std::uint32_t end) { detail::walk_tall(child, first, end, visit); });
      return;
    case Form::dense:
      break;
  }
  for (std::uint32_t key = 1; key <= 0x10000; ++key) {
    const auto value = [&](std::uint32_t k) { return at[k / 16].words[k % 16]; };
    if (key < 0x10000 && value(key) == value(first)) continue;
    visit(first, key - 1, value(first));
    first = key;
  }
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
