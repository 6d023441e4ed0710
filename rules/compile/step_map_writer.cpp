// The smallest form that holds the steps, filled. Owner: rules/compile.
#include "rules/compile/step_map_writer.h"

#include <algorithm>
#include <cassert>

namespace sallyport::rules {

using step_map::Form;
using step_map::Ref;

namespace {

void set_bound(Line& line, std::size_t i, std::uint32_t bound) {
  const std::size_t shift = i % 2 * 16U;
  line.words[i / 2] = (line.words[i / 2] & ~(0xFFFFU << shift)) | bound << shift;
}

}  // namespace

Ref StepMapWriter::write(Form form, std::size_t lines) {
  const std::size_t line = before_ + lines_.size();
  assert(line + lines <= step_map::kMaxLine);
  lines_.resize(lines_.size() + lines);
  return step_map::ref_to(form, static_cast<std::uint32_t>(line));
}

// Bounds at the start of a line and the values at `values_at` words behind it; unused values repeat the last.
void StepMapWriter::fill_steps(std::size_t line, std::span<const KeyStep> steps, std::size_t bounds,
                               std::size_t values_at) {
  for (std::size_t i = 0; i < bounds; ++i) {
    set_bound(lines_[line], i, i + 1 < steps.size() ? steps[i + 1].first - 1 : 0xFFFFU);
  }
  for (std::size_t i = 0; i <= bounds && (i < step_map::kFlatSteps); ++i) {
    const std::size_t word = values_at + i;
    lines_[line + word / 16].words[word % 16] = steps[std::min(i, steps.size() - 1)].ref;
  }
}

void StepMapWriter::fill_dense(std::size_t line, std::span<const KeyStep> steps) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::uint32_t end = i + 1 < steps.size() ? steps[i + 1].first : 0x10000;
    for (std::uint32_t key = steps[i].first; key < end; ++key) lines_[line + key / 16].words[key % 16] = steps[i].ref;
  }
}

Ref StepMapWriter::bounded(std::span<const KeyStep> steps) {
  if (steps.size() == 1 && step_map::is_leaf(steps.front().ref)) return steps.front().ref;
  if (steps.size() <= step_map::kTinySteps) {
    const Ref ref = write(Form::tiny, 1);
    fill_steps(place(ref), steps, step_map::kTinyBounds, step_map::kTinyBounds / 2);
    return ref;
  }
  const Ref ref = write(Form::flat, step_map::kFlatLines);
  fill_steps(place(ref), steps, 32, 16);
  return ref;
}

Ref StepMapWriter::part(std::uint32_t byte, std::span<const KeyStep> steps) {
  if (steps.size() == 1) return steps.front().ref;
  if (steps.size() <= step_map::kFlatSteps) return bounded(steps) | step_map::kInner;
  const Ref ref = write(Form::page, step_map::kByteLines);
  const std::size_t line = place(ref);
  for (std::uint32_t low = 0, i = 0; low < 256; ++low) {
    while (i + 1 < steps.size() && steps[i + 1].first <= (byte << 8U | low)) ++i;
    lines_[line + low / 16].words[low % 16] = steps[i].ref;
  }
  return ref | step_map::kInner;
}

void StepMapWriter::fill_split(std::size_t line, std::span<const KeyStep> steps) {
  for (std::uint32_t byte = 0, i = 0; byte < 256; ++byte) {
    while (i + 1 < steps.size() && steps[i + 1].first <= byte << 8U) ++i;
    std::size_t count = 1;
    while (i + count < steps.size() && steps[i + count].first >> 8U == byte) ++count;
    const Ref ref = part(byte, steps.subspan(i, count));
    lines_[line + byte / 16].words[byte % 16] = ref;
  }
}

Ref StepMapWriter::keys(std::span<const KeyStep> steps, bool quick) {
  assert(!steps.empty() && steps.front().first == 0);
  joined_.clear();
  for (const KeyStep& step : steps) {
    if (joined_.empty() || joined_.back().ref != step.ref) joined_.push_back(step);
  }
  if (joined_.size() <= step_map::kFlatSteps) return bounded(joined_);
  if (quick) {
    const Ref ref = write(Form::dense, step_map::kDenseLines);
    fill_dense(place(ref), joined_);
    return ref;
  }
  const Ref ref = write(Form::split, step_map::kByteLines);
  fill_split(place(ref), joined_);
  return ref;
}

Ref StepMapWriter::addresses(std::span<const AddressStep> steps, bool quick) {
  assert(!steps.empty() && steps.front().first == 0);
  std::vector<KeyStep> high;
  std::vector<KeyStep> low;
  for (std::size_t i = 0; i < steps.size();) {
    const std::uint32_t half = steps[i].first >> 16U;
    // The value that reaches into this half from before, then what begins inside it.
    if ((steps[i].first & 0xFFFFU) != 0) low.push_back({.first = 0, .ref = step_map::leaf(steps[i - 1].value)});
    for (; i < steps.size() && steps[i].first >> 16U == half; ++i) {
      low.push_back({.first = steps[i].first & 0xFFFFU, .ref = step_map::leaf(steps[i].value)});
    }
    high.push_back({.first = half, .ref = keys(low)});
    low.clear();
    const std::uint32_t next = i < steps.size() ? steps[i].first >> 16U : 0x10000U;
    if (next > half + 1) high.push_back({.first = half + 1, .ref = step_map::leaf(steps[i - 1].value)});
  }
  return keys(high, quick);
}

}  // namespace sallyport::rules
