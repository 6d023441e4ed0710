// Owner: rules/analyze. See literal_routes.h.
#include "rules/analyze/literal_routes.h"

namespace sallyport::rules::literal {

Routes::Routes(const Policy& policy, const RouteTable& table) {
  for (const Prefix& block : policy.vpc.cidr_blocks) offer(block, 0, "local");
  for (const Route& route : table.routes) {
    const std::string target = in_words(route.target, route.target_name);
    if (const auto* prefix = std::get_if<Prefix>(&route.destination)) {
      offer(*prefix, 2, target);
      continue;
    }
    for (const Prefix& entry : policy.prefix_lists.at(std::get<std::string>(route.destination)).entries) {
      offer(entry, 1, target);
    }
  }
}

// What was written first stays where ranks are equal.
void Routes::offer(const Prefix& prefix, int rank, const std::string& target) {
  auto [found, added] = routes_[prefix.length].try_emplace(prefix.base.value, rank, target);
  if (!added && rank > found->second.first) found->second = {rank, target};
}

std::string Routes::in_words(RouteTarget target, std::string_view name) {
  switch (target) {
    case RouteTarget::local:
      return "local";
    case RouteTarget::internet:
      return "internet";
    case RouteTarget::nat_gateway:
      return "NAT gateway " + std::string(name);
    case RouteTarget::interface:
      return "interface " + std::string(name);
    case RouteTarget::blackhole:
      break;
  }
  return "blackhole";
}

std::string Routes::of(Ipv4 address) const {
  for (int length = 32; length >= 0; --length) {
    const auto& of_length = routes_[static_cast<std::size_t>(length)];
    if (of_length.empty()) continue;
    const Prefix mask{.base = Ipv4{}, .length = static_cast<std::uint8_t>(length)};
    const auto found = of_length.find(address.value & mask.mask());
    if (found != of_length.end()) return found->second.second;
  }
  return "nothing";
}

}  // namespace sallyport::rules::literal
