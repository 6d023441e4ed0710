// Owner: rules/prove. See decisions.h.
#include "rules/prove/decisions.h"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "rules/prove/comparison.h"

namespace sallyport::rules::proof {
namespace {

// Every port of the protocol to or from everywhere.
template <typename Family>
bool opens_all(const literal::Rules& rules, std::span<const RuleId> list, std::int16_t protocol) {
  return std::ranges::any_of(list, [&](RuleId id) {
    const literal::Rule& rule = rules.rule(id);
    const Traffic& traffic = rule.traffic;
    return Family::everywhere(rule) &&
           (traffic.protocol == kAnyProtocol ||
            (traffic.protocol == protocol && traffic.from_port == 0 && traffic.to_port == 65535));
  });
}

std::vector<RuleId> rules_of(const literal::Rules& rules, const std::vector<std::string_view>& groups,
                             literal::Side side) {
  std::vector<RuleId> all;
  for (const std::string_view group : groups) {
    const auto of_group = rules.of_group(group, side);
    all.insert(all.end(), of_group.begin(), of_group.end());
  }
  return all;
}

constexpr std::array kSides{literal::Side::ingress, literal::Side::egress};

template <typename Family>
std::optional<std::string> compare_family(const layout::Tables& tables, const PolicyView& view,
                                          const literal::Rules& rules,
                                          const ClassSets<typename Family::Address>& classes, const Settled& settled,
                                          Proof& proof) {
  const auto records = Family::descriptors(tables);
  Comparison<Family> comparison(tables, view, rules, classes, settled, proof);
  std::vector<bool> seen(tables.group_lists().size());
  for (InterfaceIndex i = 0; i < view.interfaces(); ++i) {
    const std::uint32_t list = tables.interface_groups()[i];
    if (seen[list]) continue;
    seen[list] = true;
    const auto groups = view.group_names(i);
    for (std::size_t side = 0; side < 2; ++side) {
      const auto other = rules_of(rules, groups, kSides[1 - side]);
      const Descriptor descriptor{.name = "interface " + std::string(view.interface(i).name),
                                  .is_acl = false,
                                  .index = i,
                                  .direction = static_cast<Direction>(side),
                                  .rules = rules_of(rules, groups, kSides[side]),
                                  .return_open_tcp = opens_all<Family>(rules, other, kProtocolTcp),
                                  .return_open_udp = opens_all<Family>(rules, other, kProtocolUdp),
                                  .record = &records[2 * std::size_t{list} + side]};
      if (auto problem = comparison.compare(descriptor)) return problem;
    }
  }
  const std::size_t first = 2 * tables.group_lists().size();
  for (AclIndex acl = 0; acl < tables.acls().size(); ++acl) {
    for (std::size_t side = 0; side < 2; ++side) {
      const auto of_acl = rules.of_acl(view.acl_name(acl), kSides[side]);
      const Descriptor descriptor{.name = "ACL " + std::string(view.acl_name(acl)),
                                  .is_acl = true,
                                  .index = acl,
                                  .direction = static_cast<Direction>(side),
                                  .rules = {of_acl.begin(), of_acl.end()},
                                  .record = &records[first + 2 * std::size_t{acl} + side]};
      if (auto problem = comparison.compare(descriptor)) return problem;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> compare_decisions(const layout::Tables& tables, const PolicyView& view,
                                             const literal::Rules& rules, const FamilyClasses& classes,
                                             const Settled& settled, Proof& proof) {
  if (auto problem = compare_family<Ipv4Family>(tables, view, rules, classes.ipv4, settled, proof)) return problem;
  return compare_family<Ipv6Family>(tables, view, rules, classes.ipv6, settled, proof);
}

}  // namespace sallyport::rules::proof
