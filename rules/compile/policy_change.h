// What two policies that share their objects differ in, as far as a compiler can follow it.
//
// Owner: rules/compile. Named objects have the numbers of their places in the order of their names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rules/model/policy.h"

namespace sallyport::rules {

template <typename T>
struct ChangedObject {
  std::uint32_t index = 0;
  const std::string* name = nullptr;  // of the policy after the change, as the objects
  const T* before = nullptr;
  const T* after = nullptr;
};

struct PolicyChange {
  std::vector<ChangedObject<PrefixList>> prefix_lists;
  std::vector<ChangedObject<SecurityGroup>> groups;
  std::vector<ChangedObject<NetworkAcl>> acls;
  std::vector<ChangedObject<Interface>> interfaces;  // in their groups
};

// Nothing where they differ in anything else, or in which names there are.
[[nodiscard]] std::optional<PolicyChange> change_between(const Policy& before, const Policy& after);

}  // namespace sallyport::rules
