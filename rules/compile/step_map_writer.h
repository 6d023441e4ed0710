// Intervals made step maps (rules/image/step_map.h).
//
// Owner: rules/compile. Appends to an array of lines; equal input gives equal lines.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rules/image/step_map.h"

namespace sallyport::rules {

// From `first` up to the next step's: this leaf or map.
struct KeyStep {
  std::uint32_t first = 0;
  step_map::Ref ref = 0;
};
// From `first` up to the next step's: this value (31 bits).
struct AddressStep {
  std::uint32_t first = 0;
  std::uint32_t value = 0;
};

class StepMapWriter {
 public:
  // `before`: how many lines precede those of `lines` where they will be read.
  explicit StepMapWriter(std::vector<Line>& lines, std::size_t before = 0) : lines_(lines), before_(before) {}
  void go_on_behind(std::size_t before) { before_ = before; }

  // Steps ascend and the first begins at 0. `quick`: rather a dense map than a split one.
  [[nodiscard]] step_map::Ref keys(std::span<const KeyStep> steps, bool quick = false);
  // `quick`: of the map over high halves.
  [[nodiscard]] step_map::Ref addresses(std::span<const AddressStep> steps, bool quick = false);

 private:
  [[nodiscard]] step_map::Ref write(step_map::Form form, std::size_t lines);
  [[nodiscard]] std::size_t place(step_map::Ref ref) const { return step_map::line_of(ref) - before_; }
  void fill_steps(std::size_t line, std::span<const KeyStep> steps, std::size_t bounds, std::size_t values_at);
  // The smallest map of bounds that holds the steps, or a leaf. Precondition: there is one.
  [[nodiscard]] step_map::Ref bounded(std::span<const KeyStep> steps);
  void fill_dense(std::size_t line, std::span<const KeyStep> steps);
  void fill_split(std::size_t line, std::span<const KeyStep> steps);
  // Of the keys of one byte; `steps` are those that hold some of them.
  [[nodiscard]] step_map::Ref part(std::uint32_t byte, std::span<const KeyStep> steps);

  std::vector<Line>& lines_;
  std::size_t before_;
  std::vector<KeyStep> joined_;
};

}  // namespace sallyport::rules
