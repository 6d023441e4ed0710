// The hash of a policy that live changes made of an applied one.
//
// Owner: control/store. Always: it follows from the document that was applied and from what the policy says now, not
// from the changes between: not from their order, nor from layout, order of keys, defaults written or left out, or the
// order of a prefix list. What was changed and changed back has the hash of what was applied.
#pragma once

#include <string>

#include "rules/model/policy.h"

namespace sallyport::control {

// `applied` has the hash `applied_hash`.
[[nodiscard]] std::string live_hash(const std::string& applied_hash, const rules::Policy& applied,
                                    const rules::Policy& policy);

}  // namespace sallyport::control
