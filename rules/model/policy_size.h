// How large a policy is, wherever that is told: what somebody wrote, not what exists by default or stands for others.
//
// Owner: rules/model.
#pragma once

#include <cstddef>

#include "rules/model/policy.h"

namespace sallyport::rules {

struct PolicySize {
  std::size_t interfaces = 0;  // by name
  std::size_t rules = 0;       // of groups and ACLs
};
[[nodiscard]] PolicySize size_of(const Policy& policy);

}  // namespace sallyport::rules
