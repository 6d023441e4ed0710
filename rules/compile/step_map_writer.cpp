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

constexpr std::size_t parts_of(std::size_t count, std::size_t each) { return (count + each - 1) / each; }

std::size_t tall_lines(std::size_t steps) { return 1 + parts_of(steps, step_map::kFlatSteps) * step_map::kFlatLines; }

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

// A bound before each map of `every` steps but the first.
void StepMapWriter::fill_bounds(std::size_t line, std::span<const KeyStep> steps, std::size_t every) {
  for (std::size_t i = 0; i < 32; ++i) {
    const std::size_t next = (i + 1) * every;
    set_bound(lines_[line], i, next < steps.size() ? steps[next].first - 1 : 0xFFFFU);
  }
}

void StepMapWriter::fill_tall(std::size_t line, std::span<const KeyStep> steps) {
  fill_bounds(line, steps, step_map::kFlatSteps);
  for (std::size_t i = 0; i * step_map::kFlatSteps < steps.size(); ++i) {
    const auto part = steps.subspan(i * step_map::kFlatSteps);
    fill_steps(line + 1 + i * step_map::kFlatLines, part.first(std::min(part.size(), step_map::kFlatSteps)), 32, 16);
  }
}

void StepMapWriter::fill_dense(std::size_t line, std::span<const KeyStep> steps) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::uint32_t end = i + 1 < steps.size() ? steps[i + 1].first : 0x10000;
    for (std::uint32_t key = steps[i].first; key < end; ++key) lines_[line + key / 16].words[key % 16] = steps[i].ref;
  }
}

Ref StepMapWriter::keys(std::span<const KeyStep> steps, bool quick) {
  assert(!steps.empty() && steps.front().first == 0);
  joined_.clear();
  for (const KeyStep& step : steps) {
    if (joined_.empty() || joined_.back().ref != step.ref) joined_.push_back(step);
  }
  const std::span<const KeyStep> all(joined_);
  const std::size_t count = all.size();
  if (count == 1 && step_map::is_leaf(all.front().ref)) return all.front().ref;
  if (count <= step_map::kTinySteps) {
    const Ref ref = write(Form::tiny, 1);
    fill_steps(place(ref), all, step_map::kTinyBounds, step_map::kTinyBounds / 2);
    return ref;
  }
  if (count <= step_map::kFlatSteps) {
    const Ref ref = write(Form::flat, step_map::kFlatLines);
    fill_steps(place(ref), all, 32, 16);
    return ref;
  }
  if (count <= step_map::kTallSteps) {
    const Ref ref = write(Form::tall, tall_lines(count));
    fill_tall(place(ref), all);
    return ref;
  }
  if (count > step_map::kHighSteps || quick) {
    const Ref ref = write(Form::dense, step_map::kDenseLines);
    fill_dense(place(ref), all);
    return ref;
  }
  const std::size_t talls = parts_of(count, step_map::kTallSteps);
  const std::size_t last = count - (talls - 1) * step_map::kTallSteps;
  const Ref ref = write(Form::high, 1 + (talls - 1) * step_map::kTallLines + tall_lines(last));
  const std::size_t line = place(ref);
  fill_bounds(line, all, step_map::kTallSteps);
  for (std::size_t i = 0; i < talls; ++i) {
    const auto part = all.subspan(i * step_map::kTallSteps);
    fill_tall(line + 1 + i * step_map::kTallLines, part.first(std::min(part.size(), step_map::kTallSteps)));
  }
  return ref;
}

Ref StepMapWriter::addresses(std::span<const AddressStep> steps) {
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
  return keys(high, true);
}

}  // namespace sallyport::rules
