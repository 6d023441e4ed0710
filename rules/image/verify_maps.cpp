// Extents first, then bounds, then what the steps lead to. Owner: rules/image.
#include "rules/image/verify_maps.h"

#include <algorithm>

#include "rules/image/step_map_walk.h"

namespace sallyport::rules {
namespace {

using step_map::Form;
using step_map::Ref;

constexpr std::uint16_t kInside = 0xFFFF;
constexpr std::uint8_t kLowRole = 64;  // added for the map of an address's low half

// Bounds ascend, and behind them there is nothing but 0xFFFF.
bool bounds_ok(const Line& line, std::size_t limit, std::size_t most) {
  const std::size_t count = step_map::count_bounds(line, limit);
  if (count > most) return false;
  for (std::size_t i = 1; i < count; ++i) {
    if (step_map::bound_at(line, i - 1) >= step_map::bound_at(line, i)) return false;
  }
  for (std::size_t i = count; i < limit; ++i) {
    if (step_map::bound_at(line, i) != 0xFFFFU) return false;
  }
  return true;
}

bool flats_ok(const Line* at, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (!bounds_ok(at[i * step_map::kFlatLines], 32, step_map::kFlatSteps - 1)) return false;
  }
  return true;
}

std::size_t children(const Line& line) { return step_map::count_bounds(line, 32) + 1; }

bool all_bounds_ok(Form form, const Line* at) {
  switch (form) {
    case Form::tiny:
      return bounds_ok(at[0], step_map::kTinyBounds, step_map::kTinyBounds);
    case Form::flat:
      return flats_ok(at, 1);
    case Form::tall:
      return bounds_ok(at[0], 32, 32) && flats_ok(at + 1, children(at[0]));
    case Form::high:
      if (!bounds_ok(at[0], 32, 32)) return false;
      for (std::size_t i = 0; i < children(at[0]); ++i) {
        const Line* tall = at + 1 + i * step_map::kTallLines;
        if (!bounds_ok(tall[0], 32, 32) || !flats_ok(tall + 1, children(tall[0]))) return false;
      }
      return true;
    case Form::dense:
      break;
  }
  return true;
}

}  // namespace

// Lines that a map of this form takes whose first line is in the image; more than there are where it does not fit.
std::size_t MapChecker::extent(Form form, std::size_t line) const {
  const std::size_t too_much = lines_.size() + 1;
  if (form == wide_map::kFew || form == wide_map::kSkip) return 1;
  switch (form) {
    case Form::tiny:
      return 1;
    case Form::flat:
      return step_map::kFlatLines;
    case Form::tall:
      return 1 + children(lines_[line]) * step_map::kFlatLines;
    case Form::high: {
      const std::size_t last = line + 1 + (children(lines_[line]) - 1) * step_map::kTallLines;
      return last < lines_.size() ? last - line + extent(Form::tall, last) : too_much;
    }
    case Form::dense:
      return step_map::kDenseLines;
  }
  return too_much;
}

std::optional<std::string_view> MapChecker::steps(Ref ref, const RefOk& ref_ok) const {
  std::optional<std::string_view> problem;
  std::uint32_t next = 0;
  step_map::walk(lines_.data(), ref, [&](std::uint32_t first, std::uint32_t last, Ref found) {
    if (problem) return;
    if (first != next || last < first) problem = "steps not in order";
    next = last + 1;
    if (!problem) problem = ref_ok(found);
  });
  return problem;
}

std::optional<std::string_view> MapChecker::map(Ref ref, std::uint8_t role, const RefOk& ref_ok) {
  if (step_map::is_leaf(ref)) return ref_ok(ref);
  const Form form = step_map::form_of(ref);
  const std::size_t line = step_map::line_of(ref);
  if (form > Form::dense) return "a map of no known form";
  const auto mark = static_cast<std::uint16_t>(static_cast<std::uint32_t>(form) << 8U | role);
  if (line < lines_.size() && marks_[line] == mark) return std::nullopt;
  if (auto problem = take(ref, mark)) return problem;
  return steps(ref, ref_ok);
}

std::optional<std::string_view> MapChecker::take(Ref ref, std::uint16_t mark) {
  const Form form = step_map::form_of(ref);
  const std::size_t line = step_map::line_of(ref);
  if (line >= lines_.size()) return "a map outside the table";
  const std::size_t size = extent(form, line);
  if (line + size > lines_.size()) return "a map outside the table";
  const auto marks = std::span(marks_).subspan(line, size);
  if (std::ranges::any_of(marks, [](std::uint16_t m) { return m != 0; })) return "maps overlap";
  std::ranges::fill(marks, kInside);
  marks.front() = mark;
  if (!all_bounds_ok(form, &lines_[line])) return "bounds not in order";
  return std::nullopt;
}

std::optional<std::string_view> MapChecker::keys(Ref ref, std::uint8_t role, const ValueOk& value_ok) {
  return map(ref, role, [&](Ref found) -> std::optional<std::string_view> {
    if (!step_map::is_leaf(found)) return "a map where a value should be";
    if (!value_ok(step_map::value_of(found))) return "a value that names nothing";
    return std::nullopt;
  });
}

std::optional<std::string_view> MapChecker::addresses(Ref ref, std::uint8_t role, const ValueOk& value_ok) {
  return map(ref, role, [&](Ref found) { return keys(found, static_cast<std::uint8_t>(role + kLowRole), value_ok); });
}

std::optional<std::size_t> MapChecker::unused_line() const {
  const auto found = std::ranges::find(marks_, std::uint16_t{0});
  if (found == marks_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - marks_.begin());
}

}  // namespace sallyport::rules
