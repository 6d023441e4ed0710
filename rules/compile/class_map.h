// Classes of IPv4 addresses after a change of some objects, and their map with only the changed part rewritten.
//
// Owner: rules/compile. A change costs what it touches, and one copy of the list of steps.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rules/compile/address_classes.h"

namespace sallyport::rules {

struct ClassChange {
  std::vector<ClassId> fresh;              // that no IPv4 address had before
  std::vector<AddressRange<Ipv4>> ranges;  // where addresses have another class now, ascending
};

// Changes the classes as the objects changed.
[[nodiscard]] ClassChange change_classes(AddressClasses& classes, std::span<const ObjectChange> changes);

class ClassMap {
 public:
  // The map of all addresses at `root`.
  void load(const Line* lines, step_map::Ref root);
  // The root of the map of `steps`, which differ from those of the map so far in `ranges` alone.
  [[nodiscard]] step_map::Ref rewrite(StepMapWriter& writer, std::span<const AddressStep> steps,
                                      std::span<const AddressRange<Ipv4>> ranges);

 private:
  [[nodiscard]] static step_map::Ref half(StepMapWriter& writer, std::span<const AddressStep> steps,
                                          std::uint32_t high);

  std::vector<step_map::Ref> halves_;  // by the high half of an address
  step_map::Ref root_ = 0;
};

}  // namespace sallyport::rules
