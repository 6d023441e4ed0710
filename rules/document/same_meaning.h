// Whether single objects mean the same, and what a policy uses them for; see documents.h for whole policies.
//
// Owner: rules/document.
#pragma once

#include <string_view>

#include "rules/model/policy.h"

namespace sallyport::rules {

[[nodiscard]] bool same_but_groups(const Interface& a, const Interface& b);
// The same rule, its place in the document aside.
[[nodiscard]] bool same_rule(const GroupRule& a, const GroupRule& b);
[[nodiscard]] bool same_rule(const AclEntry& a, const AclEntry& b);
[[nodiscard]] bool same_rule(const Route& a, const Route& b);

// Whether some route leads to the entries of the prefix list.
[[nodiscard]] bool routes_use(const Policy& policy, std::string_view list);

}  // namespace sallyport::rules
