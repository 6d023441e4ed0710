// The traffic half of diff().
//
// Owner: rules/analyze.
#pragma once

#include <optional>
#include <vector>

#include "rules/analyze/diff.h"

namespace sallyport::rules::diffing {

// Nothing where it was told to stop.
[[nodiscard]] std::optional<std::vector<TrafficChange>> traffic_changes(const Policy& before, const Policy& after,
                                                                        const GoOn& told);

}  // namespace sallyport::rules::diffing
