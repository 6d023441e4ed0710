// Whether single objects mean the same; see documents.h for whole policies.
//
// Owner: rules/document.
#pragma once

#include "rules/model/policy.h"

namespace sallyport::rules {

[[nodiscard]] bool same_but_groups(const Interface& a, const Interface& b);
// The same rule, its place in the document aside.
[[nodiscard]] bool same_rule(const GroupRule& a, const GroupRule& b);
[[nodiscard]] bool same_rule(const AclEntry& a, const AclEntry& b);

}  // namespace sallyport::rules
