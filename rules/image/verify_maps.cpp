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

bool all_bounds_ok(Form form, const Line& line) {
  if (form == Form::tiny) return bounds_ok(line, step_map::kTinyBounds, step_map::kTinyBounds);
  return form != Form::flat || bounds_ok(line, 32, step_map::kFlatSteps - 1);
}

// Those of an inner map split its byte's keys and no others.
bool bounds_inside(Form form, const Line& line, std::uint32_t byte) {
  if (form != Form::tiny && form != Form::flat) return true;
  const std::size_t count = step_map::count_bounds(line, form == Form::tiny ? step_map::kTinyBounds : 32);
  for (std::size_t i = 0; i < count; ++i) {
    if (step_map::bound_at(line, i) >> 8U != byte || (step_map::bound_at(line, i) & 0xFFU) == 0xFFU) return false;
  }
  return true;
}

}  // namespace

// Lines that a map of this form takes.
std::size_t MapChecker::extent(Form form) {
  switch (form) {
    case Form::flat:
      return step_map::kFlatLines;
    case Form::split:
    case Form::page:
      return step_map::kByteLines;
    case Form::dense:
      return step_map::kDenseLines;
    default:
      return 1;
  }
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
  if (form > Form::dense || form == Form::page || step_map::is_inner(ref)) return "a map of no known form";
  const auto mark = static_cast<std::uint16_t>(static_cast<std::uint32_t>(form) << 8U | role);
  if (line < lines_.size() && marks_[line] == mark) return std::nullopt;
  if (auto problem = take(ref, mark)) return problem;
  return steps(ref, ref_ok);
}

std::optional<std::string_view> MapChecker::take(Ref ref, std::uint16_t mark) {
  const Form form = step_map::form_of(ref);
  const std::size_t line = step_map::line_of(ref);
  if (line >= lines_.size()) return "a map outside the table";
  const std::size_t size = extent(form);
  if (line + size > lines_.size()) return "a map outside the table";
  const auto marks = std::span(marks_).subspan(line, size);
  if (std::ranges::any_of(marks, [](std::uint16_t m) { return m != 0; })) return "maps overlap";
  std::ranges::fill(marks, kInside);
  marks.front() = mark;
  if (!all_bounds_ok(form, lines_[line])) return "bounds not in order";
  return form == Form::split ? take_parts(line) : std::nullopt;
}

std::optional<std::string_view> MapChecker::take_parts(std::size_t line) {
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    const Ref part = lines_[line + byte / 16].words[byte % 16];
    if (!step_map::is_inner(part)) continue;
    const Form form = step_map::form_of(part);
    if (form != Form::tiny && form != Form::flat && form != Form::page) return "a map of no known form";
    if (auto problem = take(part & ~step_map::kInner, kInside)) return problem;
    if (!bounds_inside(form, lines_[step_map::line_of(part)], byte)) return "bounds not in order";
  }
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
