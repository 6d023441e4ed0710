// The checks of wide maps: each map stands for its range, and for no other. Owner: rules/image.
#include <algorithm>
#include <array>

#include "rules/image/verify_maps.h"

namespace sallyport::rules {
namespace {

using step_map::Ref;

// The bounds ascend inside the range; behind them there is nothing but the last address and the last value again.
bool few_ok(const Line& line, const wide_map::Range& range) {
  const unsigned count = wide_map::count_bounds(line, range.last);
  for (unsigned i = 0; i < wide_map::kFewBounds; ++i) {
    const Ipv6 bound = wide_map::address_at(line, i);
    const bool ascends = i == 0 ? range.first <= bound : wide_map::address_at(line, i - 1) < bound;
    if (i < count ? !ascends : bound != kLastIpv6) return false;
    if (i >= count && line.words[wide_map::kFewValues + i + 1] != line.words[wide_map::kFewValues + i]) return false;
  }
  return true;
}

bool skip_ok(const Line& line, const wide_map::Range& range, unsigned word) {
  const std::uint32_t words = line.words[wide_map::kSkipWords];
  if (words < word + 2 || words >= wide_map::kWords) return false;
  const Ipv6 address = wide_map::address_at(line, 0);
  const auto unused = std::ranges::find_if(line.words.begin() + wide_map::kSkipWords + 1, line.words.end(),
                                           [](std::uint32_t value) { return value != 0; });
  return wide_map::first_words(address, words) == address && range.first <= address && address <= range.last &&
         unused == line.words.end();
}

std::optional<std::string_view> value_problem(Ref ref, const MapChecker::ValueOk& value_ok) {
  if (!step_map::is_leaf(ref)) return "a map where a value should be";
  if (!value_ok(step_map::value_of(ref))) return "a value that names nothing";
  return std::nullopt;
}

}  // namespace

std::optional<std::string_view> MapChecker::wide(Ref ref, std::uint8_t role, const ValueOk& value_ok) {
  return wide_below({.ref = ref, .range = {}, .word = 0}, role, value_ok);
}

// No deeper than there are words: each map but `few` moves on by one at least.
std::optional<std::string_view> MapChecker::wide_below(const WideMap& map, std::uint8_t role, const ValueOk& value_ok) {
  if (step_map::is_leaf(map.ref)) return value_problem(map.ref, value_ok);
  const step_map::Form form = step_map::form_of(map.ref);
  const bool unknown = form > wide_map::kSkip || form == step_map::Form::page || step_map::is_inner(map.ref);
  if (unknown) return "a map of no known form";
  if (map.word >= wide_map::kWords) return "a map where a value should be";
  const auto mark = static_cast<std::uint16_t>(static_cast<std::uint32_t>(form) << 8U | role);
  if (auto problem = take(map.ref, mark)) return problem;
  if (form == wide_map::kSkip) return wide_skip(map, role, value_ok);
  std::optional<std::string_view> problem;
  if (form == wide_map::kFew) {
    const Line& line = lines_[step_map::line_of(map.ref)];
    for (unsigned i = 0; i <= wide_map::kFewBounds && !problem; ++i) {
      problem = value_problem(line.words[wide_map::kFewValues + i], value_ok);
    }
    return !problem && !few_ok(line, map.range) ? "bounds not in order" : problem;
  }
  std::uint32_t next_key = 0;
  step_map::walk(lines_.data(), map.ref, [&](std::uint32_t first, std::uint32_t last, Ref found) {
    if (problem) return;
    if (first != next_key || last < first) {
      problem = "steps not in order";
    } else if (first != last && !step_map::is_leaf(found)) {
      problem = "a map of more than one range";
    } else {
      problem = wide_below({found, wide_map::narrowed(map.range, map.word, first), map.word + 1}, role, value_ok);
    }
    next_key = last + 1;
  });
  return problem;
}

std::optional<std::string_view> MapChecker::wide_skip(const WideMap& map, std::uint8_t role, const ValueOk& value_ok) {
  const Line& line = lines_[step_map::line_of(map.ref)];
  if (!skip_ok(line, map.range, map.word)) return "a skip to nowhere";
  for (const unsigned at : {wide_map::kSkipBelow, wide_map::kSkipAbove}) {
    if (auto problem = value_problem(line.words[at], value_ok)) return problem;
  }
  const unsigned words = line.words[wide_map::kSkipWords];
  const wide_map::Range inside = wide_map::range_of(wide_map::address_at(line, 0), words);
  return wide_below({line.words[wide_map::kSkipInside], inside, words}, role, value_ok);
}

}  // namespace sallyport::rules
