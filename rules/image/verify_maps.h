// The loader's checks of step maps: whatever a lookup may read lies inside the image and is what it should be.
//
// Owner: rules/image. Always: work is bounded by the number of lines, also for an image from hostile hands, since no
// line may belong to two maps.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "rules/image/step_map.h"
#include "rules/image/wide_map_walk.h"

namespace sallyport::rules {

class MapChecker {
 public:
  using ValueOk = std::function<bool(std::uint32_t)>;

  explicit MapChecker(std::span<const Line> lines) : lines_(lines), marks_(lines.size()) {}

  // What is wrong with the map that `ref` names, or with the values at its leaves. `role` tells values of one meaning
  // from those of another (1-63); a map serves one role.
  [[nodiscard]] std::optional<std::string_view> keys(step_map::Ref ref, std::uint8_t role, const ValueOk& value_ok);
  // The same of the two maps of an address.
  [[nodiscard]] std::optional<std::string_view> addresses(step_map::Ref ref, std::uint8_t role,
                                                          const ValueOk& value_ok);
  // The same of a wide map: a tree, whose maps each stand for the range of addresses that they are reached by.
  [[nodiscard]] std::optional<std::string_view> wide(step_map::Ref ref, std::uint8_t role, const ValueOk& value_ok);
  // A line that no map checked so far holds.
  [[nodiscard]] std::optional<std::size_t> unused_line() const;

 private:
  using RefOk = std::function<std::optional<std::string_view>(step_map::Ref)>;

  std::optional<std::string_view> map(step_map::Ref ref, std::uint8_t role, const RefOk& ref_ok);
  // Takes the lines of a map that nothing else has taken, and looks at their bounds.
  std::optional<std::string_view> take(step_map::Ref ref, std::uint16_t mark);
  struct WideMap {
    step_map::Ref ref = 0;
    wide_map::Range range;  // of addresses, which share the first `word` words
    unsigned word = 0;
  };
  std::optional<std::string_view> wide_below(const WideMap& map, std::uint8_t role, const ValueOk& value_ok);
  std::optional<std::string_view> wide_skip(const WideMap& map, std::uint8_t role, const ValueOk& value_ok);
  // The same of what a split map leads to.
  std::optional<std::string_view> take_parts(std::size_t line);
  [[nodiscard]] static std::size_t extent(step_map::Form form);
  [[nodiscard]] std::optional<std::string_view> steps(step_map::Ref ref, const RefOk& ref_ok) const;

  std::span<const Line> lines_;
  std::vector<std::uint16_t> marks_;  // by line: 0 free, else the map that begins here, or kInside
};

}  // namespace sallyport::rules
