// What two policies differ in, told in a few words.
//
// Owner: control/store.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "control/store/policy_store.h"
#include "rules/compile/rule_text.h"
#include "rules/document/documents.h"
#include "rules/model/policy_size.h"

namespace sallyport::control {
namespace {

using rules::Section;

// How often each text occurs; positive: added, negative: removed.
using Balance = std::map<std::string, int, std::less<>>;

struct Count {
  int added = 0;
  int removed = 0;
  int changed = 0;
};

// What is counted, in the order in which it is told; VPC and options have no names.
struct Told {
  Section section;
  std::string_view what;
};
constexpr Told kTold[] = {{Section::interfaces, "interface"},     {Section::subnets, "subnet"},
                          {Section::nat_gateways, "NAT gateway"}, {Section::prefix_lists, "prefix list"},
                          {Section::route_tables, "route table"}, {Section::security_groups, "security group"},
                          {Section::network_acls, "network ACL"}};

void weigh(std::string_view owner, rules::Direction direction, const std::vector<rules::GroupRule>& rules, int weight,
           Balance& out) {
  for (const auto& rule : rules) {
    if (rule.where.line == 0) continue;  // nobody wrote it
    out[fmt::format("group {} {} {}", owner, static_cast<int>(direction), rules::text_of(rule, direction))] += weight;
  }
}

void weigh(std::string_view owner, rules::Direction direction, const std::vector<rules::AclEntry>& entries, int weight,
           Balance& out) {
  for (const auto& entry : entries) {
    if (entry.where.line == 0) continue;
    out[fmt::format("ACL {} {} {}", owner, static_cast<int>(direction), rules::text_of(entry, direction))] += weight;
  }
}

template <typename T>
void weigh(const rules::Named<T>& owners, std::string_view name, int weight, Balance& out) {
  const auto found = owners.find(name);
  if (found == owners.end()) return;
  weigh(name, rules::Direction::ingress, found->second.ingress, weight, out);
  weigh(name, rules::Direction::egress, found->second.egress, weight, out);
}

// The rules of the groups and ACLs that differ.
void weigh(const rules::Policy& policy, const std::vector<rules::Difference>& differences, int weight, Balance& out) {
  for (const auto& each : differences) {
    if (each.section == Section::security_groups) weigh(policy.security_groups, each.name, weight, out);
    if (each.section == Section::network_acls) weigh(policy.network_acls, each.name, weight, out);
  }
}

Count count_of(const Balance& balance) {
  Count count;
  for (const auto& [text, weight] : balance) (weight > 0 ? count.added : count.removed) += std::abs(weight);
  return count;
}

std::string counted(int count, std::string_view what, std::string_view verb) {
  return fmt::format("{} {}{} {}", count, what, count == 1 ? "" : "s", verb);
}

// "joins web, leaves default": what the second list has and the first has not, and the other way round.
template <typename T>
std::vector<T> missing_in(const std::vector<T>& all, const std::vector<T>& some) {
  std::vector<T> missing;
  std::ranges::copy_if(all, std::back_inserter(missing),
                       [&](const T& each) { return std::ranges::find(some, each) == some.end(); });
  return missing;
}

std::string membership(const rules::Interface& before, const rules::Interface& after) {
  std::vector<std::string> parts;
  const auto joined = missing_in(after.security_groups, before.security_groups);
  const auto left = missing_in(before.security_groups, after.security_groups);
  if (!joined.empty()) parts.push_back(fmt::format("joins {}", fmt::join(joined, " and ")));
  if (!left.empty()) parts.push_back(fmt::format("leaves {}", fmt::join(left, " and ")));
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string prefixes(const rules::PrefixList& before, const rules::PrefixList& after) {
  std::vector<std::string> parts;
  const auto added = missing_in(after.entries, before.entries).size();
  const auto removed = missing_in(before.entries, after.entries).size();
  if (added > 0) parts.push_back(fmt::format("{} added", added));
  if (removed > 0) parts.push_back(fmt::format("{} removed", removed));
  return fmt::format("{}", fmt::join(parts, ", "));
}

// More about the one thing that changed, "" where there is no more to say.
std::string detail(const rules::Difference& of, const rules::Policy& before, const rules::Policy& after) {
  if (of.section == Section::interfaces)
    return membership(before.interfaces.find(of.name)->second, after.interfaces.find(of.name)->second);
  if (of.section == Section::prefix_lists)
    return prefixes(before.prefix_lists.find(of.name)->second, after.prefix_lists.find(of.name)->second);
  return {};
}

void tell(const Count& count, std::string_view what, std::vector<std::string>& out) {
  if (count.added > 0) out.push_back(counted(count.added, what, "added"));
  if (count.removed > 0) out.push_back(counted(count.removed, what, "removed"));
  if (count.changed > 1) out.push_back(counted(count.changed, what, "changed"));
}

void tell_one(const rules::Difference& of, std::string_view what, const rules::Policy& before,
              const rules::Policy& after, std::vector<std::string>& out) {
  const std::string more = detail(of, before, after);
  out.push_back(fmt::format("{} {} changed{}{}", what, of.name, more.empty() ? "" : ": ", more));
}

void tell_differences(const rules::Policy& before, const rules::Policy& after,
                      const std::vector<rules::Difference>& all, std::vector<std::string>& out) {
  const bool rules_told = !out.empty();
  for (const auto& [section, what] : kTold) {
    Count count;
    const rules::Difference* changed = nullptr;
    for (const auto& each : all) {
      if (each.section != section) continue;
      ++(!each.before ? count.added : !each.after ? count.removed : count.changed);
      if (each.before && each.after) changed = &each;
    }
    // Whose rules were added and removed has been told by then.
    const bool owns_rules = section == Section::security_groups || section == Section::network_acls;
    if (owns_rules && rules_told) count.changed = 0;
    tell(count, what, out);
    if (count.changed == 1) tell_one(*changed, what, before, after, out);
  }
  if (std::ranges::find(all, Section::vpc, &rules::Difference::section) != all.end()) out.emplace_back("VPC changed");
  if (std::ranges::find(all, Section::options, &rules::Difference::section) != all.end())
    out.emplace_back("options changed");
}

}  // namespace

std::string summarize(const rules::Policy* before, const rules::Policy& after) {
  std::vector<std::string> parts;
  if (before != nullptr) {
    const auto all = rules::differences(*before, after);
    Balance rules;
    weigh(*before, all, -1, rules);
    weigh(after, all, 1, rules);
    tell(count_of(rules), "rule", parts);
    tell_differences(*before, after, all, parts);
  } else {
    const auto size = rules::size_of(after);
    tell({static_cast<int>(size.rules)}, "rule", parts);
    tell({static_cast<int>(size.interfaces)}, "interface", parts);
    tell({static_cast<int>(after.subnets.size())}, "subnet", parts);
    tell({static_cast<int>(after.nat_gateways.size())}, "NAT gateway", parts);
  }
  return parts.empty() ? "nobody and no rule" : fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace sallyport::control
