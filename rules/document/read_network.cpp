// Route tables and subnets.
//
// Owner: rules/document.
#include <algorithm>
#include <array>
#include <utility>

#include "rules/document/policy_reader.h"

namespace sallyport::rules {
namespace {

using Keys = std::string_view;
constexpr std::array<Keys, 3> kDestinationKeys{"cidr_block", "ipv6_cidr_block", "prefix_list"};
constexpr std::array<Keys, 3> kNamedTargetKeys{"gateway", "nat_gateway", "interface"};
constexpr std::array<Keys, 2> kFlagTargetKeys{"egress_only_gateway", "blackhole"};
constexpr std::array<Keys, 1> kGateways{"internet"};
// Below this a subnet has no address that is not reserved, and none for its router.
constexpr int kLongestSubnet = 29;

std::size_t given(const Fields& fields, std::span<const std::string_view> keys) {
  return static_cast<std::size_t>(std::ranges::count_if(keys, [&](Keys key) { return fields[key].has_value(); }));
}

}  // namespace

void PolicyReader::read_route_tables(Value value) {
  each_named(value, policy_.route_tables,
             [&](const std::string&, RouteTable& table, Value written) { read_routes(written, table.routes); });
}

void PolicyReader::read_routes(Value value, std::vector<Route>& routes) {
  if (!in_.is(value, Kind::array, "an array of routes") ||
      !within(value, value.size(), ceilings_.routes_per_table, "routes_per_table")) {
    return;
  }
  const auto first_site = routes_.size();
  routes.reserve(value.size());  // sites point into it
  value.each_element([&](Value element) {
    const Fields fields(in_, element, ObjectKind::route, "a route (an object)");
    if (!fields.valid()) return;
    auto& route = routes.emplace_back();
    route.where = element.where();
    const auto destination = read_destination(fields, route);
    const auto target = read_target(fields, route);
    if (destination && target) routes_.push_back({&route, destination->index(), target->index()});
  });
  check_duplicate_destinations(first_site);
}

// The destination's value, where there is just one and it is right.
std::optional<Value> PolicyReader::read_destination(const Fields& fields, Route& route) {
  refuse_ipv6_value(fields, "ipv6_cidr_block");
  if (given(fields, kDestinationKeys) != 1) {
    if (fields.misspelt(kDestinationKeys)) return std::nullopt;
    in_.error(fields.object(), "expected exactly one destination: cidr_block, ipv6_cidr_block or prefix_list");
    return std::nullopt;
  }
  if (const auto cidr = fields["cidr_block"]) {
    const auto prefix = in_.prefix(*cidr);
    if (!prefix) return std::nullopt;
    route.destination = *prefix;
    return cidr;
  }
  const auto list = fields["prefix_list"];
  const auto name = list ? in_.string(*list, "the name of a prefix list") : std::nullopt;
  if (!name) return std::nullopt;
  route.destination = std::string(*name);
  references_.push_back({list->index(), Refers::prefix_list});
  return list;
}

std::optional<Value> PolicyReader::read_target(const Fields& fields, Route& route) {
  auto targets = given(fields, kNamedTargetKeys);
  for (const auto key : kFlagTargetKeys) {
    const auto flag = fields[key];
    if (flag && in_.boolean(*flag).value_or(true)) ++targets;
  }
  if (const auto flag = fields["egress_only_gateway"]; flag && flag->kind() == Kind::boolean && flag->integer() != 0) {
    refuse_ipv6_value(fields, "egress_only_gateway");
  }
  if (targets != 1) {
    if (fields.misspelt(kNamedTargetKeys) || fields.misspelt(kFlagTargetKeys)) return std::nullopt;
    in_.error(fields.object(),
              "expected exactly one target: gateway, nat_gateway, interface, egress_only_gateway or blackhole");
    return std::nullopt;
  }
  if (const auto gateway = fields["gateway"]) {
    route.target = RouteTarget::internet;
    if (!in_.choice(*gateway, "gateway", kGateways)) return std::nullopt;
    require_internet_gateway(*gateway, "a route to the internet");
    return gateway;
  }
  const auto nat = fields["nat_gateway"];
  const auto named = nat ? nat : fields["interface"];
  if (!named) return fields["blackhole"];
  const auto name = in_.string(*named, nat ? "the name of a NAT gateway" : "the name of an interface");
  if (!name) return std::nullopt;
  route.target = nat ? RouteTarget::nat_gateway : RouteTarget::interface;
  route.target_name = *name;
  references_.push_back({named->index(), nat ? Refers::nat_gateway : Refers::interface});
  return named;
}

// Of the sites from `first_site` on, which are those of one table.
void PolicyReader::check_duplicate_destinations(std::size_t first_site) {
  std::vector<RouteSite> sites(routes_.begin() + static_cast<std::ptrdiff_t>(first_site), routes_.end());
  std::ranges::stable_sort(
      sites, [](const RouteSite& a, const RouteSite& b) { return a.route->destination < b.route->destination; });
  for (std::size_t i = 1, first = 0; i < sites.size(); ++i) {
    if (sites[i].route->destination != sites[first].route->destination) {
      first = i;
    } else {
      const auto value = at(sites[i].destination);
      in_.error(value,
                "duplicate route to " + in_quotes(value.text()) + ", first " + line_of(sites[first].route->where));
    }
  }
}

void PolicyReader::read_subnets(Value value) {
  each_named(value, policy_.subnets,
             [&](const std::string&, Subnet& subnet, Value written) { read_subnet(written, subnet); });
}

template <typename T>
void PolicyReader::read_name_of(const Fields& fields, std::string_view key, std::string_view what,
                                const Named<T>& known, std::string& name) {
  const auto value = fields[key];
  const auto text = value ? in_.string(*value, "the name of a " + std::string(what)) : std::nullopt;
  if (!text) return;
  name = *text;
  if (!known.contains(name)) in_.unknown_name(*value, what, known);
}

void PolicyReader::read_subnet(Value value, Subnet& subnet) {
  const Fields fields(in_, value, ObjectKind::subnet);
  if (!fields.valid()) return;
  subnet.ipv6_cidr_block = ipv6_prefix(fields, "ipv6_cidr_block");
  if (subnet.ipv6_cidr_block) ipv6_subnets_.emplace_back(&subnet, fields["ipv6_cidr_block"]->index());
  read_name_of(fields, "route_table", "route table", policy_.route_tables, subnet.route_table);
  read_name_of(fields, "network_acl", "network ACL", policy_.network_acls, subnet.network_acl);
  if (const auto groups = fields["security_groups"]) subnet.security_groups = member_of(*groups);
  const auto cidr = fields.required("cidr_block");
  const auto prefix = cidr ? in_.prefix(*cidr) : std::nullopt;
  if (!prefix) return;
  if (prefix->length > kLongestSubnet) {
    in_.error(*cidr,
              in_quotes(cidr->text()) +
                  " has no address that is not reserved (the first four and the last are), expected a /29 or larger");
    return;
  }
  in_.expect_hosts_in(*cidr, *prefix);
  subnet.cidr_block = *prefix;
  subnets_.emplace_back(&subnet, cidr->index());
}

}  // namespace sallyport::rules
