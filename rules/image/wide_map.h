// Wide maps: functions of an IPv6 address that are constant over intervals, in cache lines, and the lookup in them.
//
// Owner: rules/image. Written by rules/compile, read by rules/decide; they lie among the step maps' lines. A wide map
// is a tree of step maps, one for each 16 bits of the address that tell something apart, and of two forms of its own,
// a line each, that keep the tree short where addresses are sparse:
//   few:  three addresses, then four values. The rest of the tree in one line where it has at most four intervals.
//   skip: an address, then what lies below its first words, what lies under them, what lies above, and their number.
//         Two or more words that all the interesting addresses below share, compared at once.
// Always: every map of the tree has one parent and stands for one range of addresses. A step map answers for one word
// in at most 3 lines, so a lookup touches at most kMostLines whatever the number of prefixes; `few` ends it and `skip`
// replaces at least two step maps.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "rules/image/step_map.h"
#include "rules/model/ipv6.h"

namespace sallyport::rules::wide_map {

using step_map::Form;
using step_map::Ref;

// The forms that only wide maps know, after those of step maps.
inline constexpr Form kFew = static_cast<Form>(static_cast<std::uint32_t>(Form::dense) + 1);
inline constexpr Form kSkip = static_cast<Form>(static_cast<std::uint32_t>(Form::dense) + 2);

inline constexpr unsigned kWords = 8;
inline constexpr std::size_t kMostLines = kWords * 3;

// A `few` line: bound i, the last address of interval i, in words 4i-4i+3, high bits first and each half's low 32 bits
// before its high ones; value i in word 12 + i. Unused bounds are the last address, unused values repeat the last.
inline constexpr unsigned kFewBounds = 3;
inline constexpr unsigned kFewValues = 12;

// A `skip` line: the address in words 0-3, zero behind the words that count.
inline constexpr unsigned kSkipBelow = 4;
inline constexpr unsigned kSkipInside = 5;
inline constexpr unsigned kSkipAbove = 6;
inline constexpr unsigned kSkipWords = 7;  // how many words of the address count, 2-7

[[nodiscard]] inline Ipv6 address_at(const Line& line, unsigned i) {
  const auto half = [&](unsigned word) { return line.words[word] | std::uint64_t{line.words[word + 1]} << 32U; };
  return {half(4 * i), half(4 * i + 2)};
}
inline void set_address(Line& line, unsigned i, Ipv6 address) {
  const auto set = [&](unsigned word, std::uint64_t half) {
    line.words[word] = static_cast<std::uint32_t>(half);
    line.words[word + 1] = static_cast<std::uint32_t>(half >> 32U);
  };
  set(4 * i, address.high);
  set(4 * i + 2, address.low);
}

// The first `count` words (0-8) of an address, the others zero.
[[nodiscard]] constexpr Ipv6 first_words(Ipv6 address, unsigned count) {
  const Ipv6 behind = host_bits(16 * count);
  return {address.high & ~behind.high, address.low & ~behind.low};
}

// 1 if a < b, and no branch: what comes next is not to be foreseen.
[[nodiscard]] constexpr std::uint32_t is_less(const Ipv6& a, const Ipv6& b) {
  const std::uint32_t high = a.high < b.high ? 1 : 0;
  const std::uint32_t equal = a.high == b.high ? 1 : 0;
  const std::uint32_t low = a.low < b.low ? 1 : 0;
  return high | (equal & low);
}

[[nodiscard]] inline Ref find_few(const Line& line, const Ipv6& address) {
  std::uint32_t interval = 0;
  for (unsigned i = 0; i < kFewBounds; ++i) interval += is_less(address_at(line, i), address);
  return line.words[kFewValues + interval];
}

inline constexpr std::array<Ipv6, kWords + 1> kFirstWords = [] {
  std::array<Ipv6, kWords + 1> masks{};
  for (unsigned count = 0; count <= kWords; ++count) masks[count] = first_words(kLastIpv6, count);
  return masks;
}();

// Precondition: the line was written by this program or passed the loader's checks.
[[nodiscard]] inline Ref find_skip(const Line& line, const Ipv6& address) {
  const Ipv6& mask = kFirstWords[line.words[kSkipWords]];
  const Ipv6 words{address.high & mask.high, address.low & mask.low};
  const Ipv6 shared = address_at(line, 0);
  return line.words[kSkipInside + is_less(shared, words) - is_less(words, shared)];
}
static_assert(kSkipBelow + 1 == kSkipInside && kSkipInside + 1 == kSkipAbove);

[[nodiscard]] inline std::uint32_t value_at(const Line* lines, Ref ref, Ipv6 address) {
  for (unsigned word = 0; !step_map::is_leaf(ref);) {
    const Form form = step_map::form_of(ref);
    if (form == kFew) return step_map::value_of(find_few(lines[step_map::line_of(ref)], address));
    if (form == kSkip) {
      const Line& line = lines[step_map::line_of(ref)];
      word = line.words[kSkipWords];
      ref = find_skip(line, address);
    } else {
      ref = step_map::find(lines, ref, address.word(word++));
    }
  }
  return step_map::value_of(ref);
}

}  // namespace sallyport::rules::wide_map
