// Every descriptor of an image held against its rules: class by class, kind of traffic by kind, key interval by
// interval.
//
// Owner: rules/prove. Part of prove(). Decides through PolicyView, as the dataplane does.
#pragma once

#include <optional>
#include <string>

#include "rules/prove/class_sets.h"
#include "rules/prove/prove.h"

namespace sallyport::rules::proof {

// The first difference, if any; counts what was looked at.
[[nodiscard]] std::optional<std::string> compare_decisions(const layout::Tables& tables, const PolicyView& view,
                                                           const literal::Rules& rules, const FamilyClasses& classes,
                                                           Proof& proof);

}  // namespace sallyport::rules::proof
