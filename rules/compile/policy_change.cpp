// Owner: rules/compile. See policy_change.h.
#include "rules/compile/policy_change.h"

#include <algorithm>

#include "rules/document/documents.h"
#include "rules/document/same_meaning.h"

namespace sallyport::rules {
namespace {

// False where the names differ.
template <typename T>
bool collect(const Named<T>& before, const Named<T>& after, std::vector<ChangedObject<T>>& changed) {
  if (before.size() != after.size()) return false;
  auto a = before.begin();
  auto b = after.begin();
  for (std::uint32_t index = 0; a != before.end();) {
    if (const std::size_t shared = skip_shared(a, b); shared != 0) {
      index += static_cast<std::uint32_t>(shared);
      continue;
    }
    if (a->first != b->first) return false;
    if (!same_place(*a, *b)) changed.push_back({index, &b->first, &a->second, &b->second});
    ++a;
    ++b;
    ++index;
  }
  return true;
}

bool others_differ(const Policy& before, const Policy& after) {
  return std::ranges::any_of(differences(before, after), [](const Difference& each) {
    return each.section != Section::prefix_lists && each.section != Section::security_groups &&
           each.section != Section::network_acls && each.section != Section::interfaces;
  });
}

}  // namespace

std::optional<PolicyChange> change_between(const Policy& before, const Policy& after) {
  PolicyChange change;
  const bool same_names = collect(before.prefix_lists, after.prefix_lists, change.prefix_lists) &&
                          collect(before.security_groups, after.security_groups, change.groups) &&
                          collect(before.network_acls, after.network_acls, change.acls) &&
                          collect(before.interfaces, after.interfaces, change.interfaces);
  if (!same_names || others_differ(before, after)) return std::nullopt;
  const bool in_groups = std::ranges::all_of(change.interfaces, [](const auto& each) {
    return same_but_groups(*each.before, *each.after) && each.after->ipv6_addresses.empty();
  });
  const bool in_rules = std::ranges::all_of(change.prefix_lists, [&](const auto& each) {
    return each.before->ipv6_entries == each.after->ipv6_entries && !routes_use(after, *each.name);
  });
  if (!in_groups || !in_rules) return std::nullopt;
  return change;
}

}  // namespace sallyport::rules
