// Step maps: functions of a 16-bit key that are constant over intervals, in cache lines, and the lookup in them.
//
// Owner: rules/image. Written by rules/compile, read by rules/decide; an image holds all of them in one array of lines.
// A Ref is either a leaf, which is a value of 31 bits, or says where a map lies and of which form it is. Ports are one
// map; an IPv4 address is two, its high half leading to a leaf or to the map of its low half.
// Always: a lookup touches one line for `tiny` and `dense`, 2 for `flat`, at most 3 for `split`, whatever the number of
// rules. In a line of bounds each bound is the last key of an interval; unused ones are 0xFFFF.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace sallyport::rules {

// One cache line of an image. Sections of lines begin at a multiple of 64 bytes.
struct alignas(64) Line {
  std::array<std::uint32_t, 16> words{};
  friend bool operator==(const Line&, const Line&) = default;
};
static_assert(sizeof(Line) == 64);

namespace step_map {

using Ref = std::uint32_t;
using Key = std::uint16_t;

inline constexpr std::uint32_t kLeaf = 0x8000'0000U;
inline constexpr std::uint32_t kMaxValue = 0x7FFF'FFFFU;
inline constexpr std::uint32_t kInner = 0x0800'0000U;
inline constexpr std::uint32_t kMaxLine = kInner - 1;

// What the forms hold, and how many lines they take.
//   tiny:  up to 11 intervals: 10 bounds, then 11 values, in one line
//   flat:  up to 32: a line of bounds (31 used), two lines of 32 values
//   split: 256 refs by the key's high byte. A ref with kInner is a map of the same key, tiny, flat or page, that is
//          asked for the keys of this byte alone
//   page:  256 values by the key's low byte; kInner always
//   dense: 65,536 values
enum class Form : std::uint32_t { tiny, flat, split, page, dense };

inline constexpr std::size_t kTinyBounds = 10;
inline constexpr std::size_t kTinySteps = kTinyBounds + 1;
inline constexpr std::size_t kFlatSteps = 32;
inline constexpr std::size_t kFlatLines = 3;
inline constexpr std::size_t kByteLines = 256 / 16;
inline constexpr std::size_t kDenseLines = 65536 / 16;

// How many lines a lookup touches at most. A page is part of a split map.
[[nodiscard]] constexpr std::size_t lines_touched(Form form) {
  return form == Form::split ? 3 : form == Form::flat ? 2 : 1;
}

[[nodiscard]] constexpr Ref leaf(std::uint32_t value) { return kLeaf | value; }
[[nodiscard]] constexpr bool is_leaf(Ref ref) { return (ref & kLeaf) != 0; }
[[nodiscard]] constexpr bool is_inner(Ref ref) { return (ref & (kLeaf | kInner)) == kInner; }
[[nodiscard]] constexpr std::uint32_t value_of(Ref ref) { return ref & kMaxValue; }
[[nodiscard]] constexpr Ref ref_to(Form form, std::uint32_t line) {
  return static_cast<std::uint32_t>(form) << 28U | line;
}
[[nodiscard]] constexpr Form form_of(Ref ref) { return static_cast<Form>(ref >> 28U & 7U); }
[[nodiscard]] constexpr std::uint32_t line_of(Ref ref) { return ref & kMaxLine; }

// How many of the bounds at the start of a line lie below `key`. They ascend; the others are 0xFFFF.
[[nodiscard]] inline std::uint32_t bounds_below_scalar(const Line& line, Key key, std::size_t bounds) {
  std::uint32_t below = 0;
  for (std::size_t i = 0; i < bounds; ++i) {
    const std::uint32_t word = line.words[i / 2];
    below += (i % 2 == 0 ? word & 0xFFFFU : word >> 16U) < key ? 1 : 0;
  }
  return below;
}

#if defined(__SSE2__)
// A bit for each of sixteen bounds that is not below `keys`.
[[nodiscard]] inline std::uint32_t not_below_16(const std::uint32_t* bounds, __m128i keys) {
  const auto* at = reinterpret_cast<const __m128i*>(bounds);
  const __m128i zero = _mm_setzero_si128();
  const __m128i low = _mm_cmpeq_epi16(_mm_subs_epu16(keys, _mm_load_si128(at)), zero);
  const __m128i high = _mm_cmpeq_epi16(_mm_subs_epu16(keys, _mm_load_si128(at + 1)), zero);
  return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(low, high)));
}
// The same of all 32 bounds of a line.
[[nodiscard]] inline std::uint64_t not_below(const Line& line, Key key) {
  const __m128i keys = _mm_set1_epi16(static_cast<std::int16_t>(key));
  return not_below_16(line.words.data(), keys) | std::uint64_t{not_below_16(line.words.data() + 8, keys)} << 16U;
}
#else
[[nodiscard]] inline std::uint64_t not_below(const Line& line, Key key) {
  std::uint64_t mask = 0;
  for (std::uint32_t i = 0; i < 32; ++i) {
    mask |= std::uint64_t{(line.words[i / 2] >> i % 2 * 16U & 0xFFFFU) >= key ? 1U : 0U} << i;
  }
  return mask;
}
#endif
[[nodiscard]] inline std::uint32_t bounds_below_32(const Line& line, Key key) {
  return static_cast<std::uint32_t>(std::countr_zero(not_below(line, key) | std::uint64_t{1} << 32U));
}

// Which word of a tiny or flat map answers; `not_below`: a bit for each of its line's 32 bounds that is not below the
// key. Of a flat map the last one never is.
[[nodiscard]] constexpr std::uint32_t word_of_bounds(Form form, std::uint32_t not_below) {
  const auto flat = static_cast<std::uint32_t>(form);
  constexpr std::uint32_t kFirst = kTinyBounds / 2;
  const std::uint32_t ends = not_below | (flat ^ 1U) << kTinyBounds;
  return kFirst + flat * (16U - kFirst) + static_cast<std::uint32_t>(std::countr_zero(ends));
}
static_assert(static_cast<std::uint32_t>(Form::tiny) == 0 && static_cast<std::uint32_t>(Form::flat) == 1);

// What one map says of `key`; it may lead to an inner one.
[[nodiscard]] inline Ref find_once(const Line* lines, Ref ref, Key key) {
  const Line* at = lines + line_of(ref);
  const std::uint32_t* words = at->words.data();
  const Form form = form_of(ref);
  if (form <= Form::flat) {  // read alike: which of them comes next is not to be foreseen
    return words[word_of_bounds(form, static_cast<std::uint32_t>(not_below(at[0], key)))];
  }
  if (form == Form::dense) return words[key];
  return words[form == Form::split ? key >> 8U : key & 0xFFU];
}

// What the map that `ref` names says of `key`. Precondition: not a leaf.
[[nodiscard]] inline Ref find(const Line* lines, Ref ref, Key key) {
  const Ref found = find_once(lines, ref, key);
  return is_inner(found) ? find_once(lines, found, key) : found;
}

// The value that a map of ports, or a pair of maps for an address, ends at.
[[nodiscard]] inline std::uint32_t value_at(const Line* lines, Ref ref, Key key) {
  return value_of(is_leaf(ref) ? ref : find(lines, ref, key));
}
[[nodiscard]] inline std::uint32_t value_at_address(const Line* lines, Ref ref, std::uint32_t address) {
  if (!is_leaf(ref)) ref = find(lines, ref, static_cast<Key>(address >> 16U));
  return value_at(lines, ref, static_cast<Key>(address));
}

}  // namespace step_map
}  // namespace sallyport::rules
