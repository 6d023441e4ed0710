// Owner: rules/model. See policy_size.h.
#include "rules/model/policy_size.h"

#include <algorithm>

namespace sallyport::rules {

PolicySize size_of(const Policy& policy) {
  PolicySize size{.interfaces = policy.interfaces.size()};
  const auto add = [&size](const auto& owners) {
    const auto written = [](const auto& rule) { return rule.where.line != 0; };
    for (const auto& [name, owner] : owners) {
      for (const auto* rules : {&owner.ingress, &owner.egress}) {
        size.rules += static_cast<std::size_t>(std::ranges::count_if(*rules, written));
      }
    }
  };
  add(policy.security_groups);
  add(policy.network_acls);
  return size;
}

}  // namespace sallyport::rules
