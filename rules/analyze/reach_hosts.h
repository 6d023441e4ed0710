// The dense part of reach: every end of the VPC with every other.
//
// Owner: rules/analyze. Internal to reach. A receiving party at a time: what its groups admit of each sender and what
// each sender's groups let go to it are filled in from the rules that concern them, the way between places is looked
// up. Senders that no such rule tells apart are asked by kinds (reach_kinds.h), the others one by one.
#pragma once

#include <expected>
#include <string>

#include "rules/analyze/progress.h"
#include "rules/analyze/reach_ends.h"

namespace sallyport::rules::reaching {

// Adds cells, profiles and what is usual to `result`. Refuses with a sentence what would take too much memory, or what
// it was told to stop.
[[nodiscard]] std::expected<void, std::string> between_hosts(Reach& result, const Ends& senders, const Ends& receivers,
                                                             const GoOn& told);

}  // namespace sallyport::rules::reaching
