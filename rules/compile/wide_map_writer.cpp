// A line where it holds the rest, the words that all share in one, else a step map over the next word.
//
// Owner: rules/compile.
#include "rules/compile/wide_map_writer.h"

#include <algorithm>
#include <cassert>
#include <cstddef>

namespace sallyport::rules {

using step_map::Ref;
using wide_map::kWords;

namespace {

unsigned shared_words(Ipv6 a, Ipv6 b) {
  unsigned count = 0;
  while (count < kWords && a.word(count) == b.word(count)) ++count;
  return count;
}

// Whether all words from `count` on are zero: such an address begins a range of its own.
bool begins_range(Ipv6 address, unsigned count) { return wide_map::first_words(address, count) == address; }

}  // namespace

Ref WideMapWriter::addresses(Steps steps) {
  assert(!steps.empty() && steps.front().first == Ipv6{});
  return map(steps.front().value, steps.subspan(1), 0);
}

Ref WideMapWriter::map(std::uint32_t value, Steps steps, unsigned word) {
  if (steps.empty()) return step_map::leaf(value);
  if (steps.size() <= wide_map::kFewBounds) return few(value, steps);
  // All that happens lies between the first step's first address and the last but one's last.
  const unsigned shared = shared_words(steps.front().first, previous(steps.back().first));
  return shared >= word + 2 ? skip(value, steps, shared) : by_word(value, steps, word);
}

Ref WideMapWriter::write(step_map::Form form, const Line& line) {
  assert(lines_.size() < step_map::kMaxLine);
  lines_.push_back(line);
  return step_map::ref_to(form, static_cast<std::uint32_t>(lines_.size() - 1));
}

Ref WideMapWriter::few(std::uint32_t value, Steps steps) {
  Line line;
  line.words[wide_map::kFewValues] = step_map::leaf(value);
  for (unsigned i = 0; i < wide_map::kFewBounds; ++i) {
    const bool used = i < steps.size();
    wide_map::set_address(line, i, used ? previous(steps[i].first) : kLastIpv6);
    line.words[wide_map::kFewValues + i + 1] = step_map::leaf(used ? steps[i].value : steps.back().value);
  }
  return write(wide_map::kFew, line);
}

Ref WideMapWriter::skip(std::uint32_t value, Steps steps, unsigned words) {
  const Ipv6 shared = wide_map::first_words(steps.front().first, words);
  const std::uint32_t above = steps.back().value;
  const Ref below = step_map::leaf(value);
  if (wide_map::first_words(steps.back().first, words) != shared) steps = steps.first(steps.size() - 1);
  if (steps.front().first == shared) {
    value = steps.front().value;
    steps = steps.subspan(1);
  }
  Line line;
  wide_map::set_address(line, 0, shared);
  line.words[wide_map::kSkipBelow] = below;
  line.words[wide_map::kSkipInside] = map(value, steps, words);
  line.words[wide_map::kSkipAbove] = step_map::leaf(above);
  line.words[wide_map::kSkipWords] = words;
  return write(wide_map::kSkip, line);
}

Ref WideMapWriter::by_word(std::uint32_t value, Steps steps, unsigned word) {
  keys_[word].clear();
  std::uint32_t next_key = 0;
  for (std::size_t i = 0; i < steps.size();) {
    const std::uint32_t key = steps[i].first.word(word);
    if (key > next_key) keys_[word].push_back({.first = next_key, .ref = step_map::leaf(value)});
    if (begins_range(steps[i].first, word + 1)) value = steps[i++].value;
    const std::size_t begin = i;
    while (i < steps.size() && steps[i].first.word(word) == key) ++i;
    const Steps inside = steps.subspan(begin, i - begin);
    const Ref ref = map(value, inside, word + 1);
    keys_[word].push_back({.first = key, .ref = ref});
    if (!inside.empty()) value = inside.back().value;
    next_key = key + 1;
  }
  if (next_key <= 0xFFFF) keys_[word].push_back({.first = next_key, .ref = step_map::leaf(value)});
  return maps_.keys(keys_[word], word == 0);
}

}  // namespace sallyport::rules
