// The traffic half of diff().
//
// Owner: rules/analyze.
#pragma once

#include <vector>

#include "rules/analyze/diff.h"

namespace sallyport::rules::diffing {

[[nodiscard]] std::vector<TrafficChange> traffic_changes(const Policy& before, const Policy& after);

}  // namespace sallyport::rules::diffing
