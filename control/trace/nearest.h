// Why a group said no: rules that nearly matched, and what each lacked.
//
// Owner: control/trace. Always: only explains a refusal; decides nothing.
#pragma once

#include <string>
#include <vector>

#include "control/trace/narrate.h"
#include "rules/model/policy.h"

namespace sallyport::control {

// At most three lines for a group's deny, the right port with the wrong peer first; none for any other event.
[[nodiscard]] std::vector<std::string> nearest_rules(const dataplane::StageEvent& event, const Names& names,
                                                     const rules::Policy& policy);

}  // namespace sallyport::control
