// What the compiler's steps share: names become indexes here. Owner: rules/compile.
#include "rules/compile/context.h"

#include <algorithm>

namespace sallyport::rules {

CompileContext::CompileContext(const Policy& source, const Budget& budget, const Elapsed& elapsed)
    : policy(source),
      groups(source.security_groups),
      acls(source.network_acls),
      route_table_names(source.route_tables),
      subnets(source.subnets),
      interfaces(source.interfaces),
      nats(source.nat_gateways),
      meter(budget, elapsed, source) {}

layout::TextRef CompileContext::text(std::string_view value) {
  const std::size_t before = texts_.size();
  const layout::TextRef ref = texts_.find_or_append(value);
  if (texts_.size() > before) meter.hold(Texts::kBytes);
  return ref;
}

std::uint32_t CompileContext::group_list(const std::vector<std::string>& names) {
  std::vector<std::uint32_t> list;
  for (const auto& name : names) {
    const std::uint32_t group = groups.at(name);
    if (std::ranges::find(list, group) == list.end()) list.push_back(group);
  }
  const auto [found, added] = lists_.try_emplace(list, static_cast<std::uint32_t>(lists_.size()));
  if (added) {
    tables.group_lists.push_back({.begin = static_cast<std::uint32_t>(tables.list_groups.size()),
                                  .count = static_cast<std::uint32_t>(list.size())});
    tables.list_groups.insert(tables.list_groups.end(), list.begin(), list.end());
  }
  return found->second;
}

}  // namespace sallyport::rules
