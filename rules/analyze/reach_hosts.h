// The dense part of reach: every end of the VPC with every other.
//
// Owner: rules/analyze. Internal to reach. A receiver at a time: what its groups admit of each sender and what each
// sender's groups let go to it are filled in from the rules that concern them, the way between places is looked up.
#pragma once

#include <expected>
#include <string>

#include "rules/analyze/reach_ends.h"

namespace sallyport::rules::reaching {

// Adds cells, profiles and what is usual to `result`. Refuses with a sentence what would take too much memory.
[[nodiscard]] std::expected<void, std::string> between_hosts(Reach& result, const Ends& senders, const Ends& receivers);

}  // namespace sallyport::rules::reaching
