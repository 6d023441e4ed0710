// Owners, public addresses and routes of an image held against the policy, interval by interval.
//
// Owner: rules/prove. Part of prove().
#pragma once

#include <optional>
#include <string>

#include "rules/decide/policy_view.h"
#include "rules/image/tables.h"
#include "rules/prove/prove.h"

namespace sallyport::rules::proof {

// The first difference, if any; counts the cells.
[[nodiscard]] std::optional<std::string> compare_places(const layout::Tables& tables, const PolicyView& view,
                                                        const Policy& policy, Proof& proof);

}  // namespace sallyport::rules::proof
