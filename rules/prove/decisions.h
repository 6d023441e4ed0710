// Every descriptor of an image held against its rules: class by class, kind of traffic by kind, key interval by
// interval.
//
// Owner: rules/prove. Part of prove(). Decides through PolicyView, as the dataplane does.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rules/prove/class_sets.h"
#include "rules/prove/prove.h"

namespace sallyport::rules::proof {

// The first difference, if any; counts what was looked at.
// What need not be looked at again.
struct Settled {
  std::vector<bool> descriptors;  // the tables' descriptors: their rules and their records are as they were
  std::vector<bool> classes;      // which the same peers hold as before, and always did
};

// `settled`: pairs of the two are passed over.
[[nodiscard]] std::optional<std::string> compare_decisions(const layout::Tables& tables, const PolicyView& view,
                                                           const literal::Rules& rules, const FamilyClasses& classes,
                                                           const Settled& settled, Proof& proof);

}  // namespace sallyport::rules::proof
