// Subnets, interfaces, NAT gateways and options of an image held against the policy, field by field.
//
// Owner: rules/prove. Part of prove().
#pragma once

#include <optional>
#include <string>

#include "rules/decide/policy_view.h"
#include "rules/model/policy.h"

namespace sallyport::rules::proof {

// The first difference, if any.
[[nodiscard]] std::optional<std::string> compare_records(const PolicyView& view, const Policy& policy);

}  // namespace sallyport::rules::proof
