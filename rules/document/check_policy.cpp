// What only the whole policy can tell: names that lead nowhere, subnets, routes and addresses that contradict each
// other.
//
// Owner: rules/document. Always: sorting, never comparing all with all: a policy may have millions of addresses.
#include <algorithm>
#include <tuple>

#include "rules/document/policy_reader.h"

namespace sallyport::rules {
void PolicyReader::check_references() {
  const auto check = [&](Value value, std::string_view what, const auto& section) {
    if (!section.contains(value.text())) in_.unknown_name(value, what, section);
  };
  for (const auto& [node, to] : references_) {
    switch (to) {
      case Refers::security_group:
        check(at(node), "group", policy_.security_groups);
        break;
      case Refers::prefix_list:
        check(at(node), "prefix list", policy_.prefix_lists);
        break;
      case Refers::interface:
        check(at(node), "interface", policy_.interfaces);
        break;
      case Refers::nat_gateway:
        check(at(node), "NAT gateway", policy_.nat_gateways);
        break;
    }
  }
}

const Prefix* PolicyReader::vpc_block_around(const Prefix& prefix) const {
  const auto& blocks = policy_.vpc.cidr_blocks;
  const auto found = std::ranges::find_if(blocks, [&](const Prefix& block) { return block.contains(prefix); });
  return found == blocks.end() ? nullptr : &*found;
}

void PolicyReader::check_subnets() {
  std::ranges::sort(subnets_, {}, [](const auto& subnet) { return std::tie(subnet.first->cidr_block, subnet.second); });
  const std::pair<const Subnet*, std::uint32_t>* widest = nullptr;  // of those seen, the one that reaches furthest
  for (const auto& subnet : subnets_) {
    const auto& cidr = subnet.first->cidr_block;
    if (vpc_known_ && vpc_block_around(cidr) == nullptr)
      in_.error(at(subnet.second), to_string(cidr) + " lies in no CIDR block of the VPC");
    if (widest == nullptr || widest->first->cidr_block.last() < cidr.first()) {
      widest = &subnet;
      continue;
    }
    const auto& [first, second] =
        std::minmax(*widest, subnet, [](const auto& a, const auto& b) { return a.second < b.second; });
    in_.error(at(second.second), to_string(second.first->cidr_block) + " overlaps the subnet " +
                                     to_string(first.first->cidr_block) + ' ' + line_of(at(first.second).where()));
  }
}

void PolicyReader::check_routes() {
  if (!vpc_known_) return;
  for (const auto& site : routes_) {
    if (const auto* prefix = std::get_if<Prefix>(&site.route->destination)) {
      check_route(site, *prefix);
      continue;
    }
    const auto list = policy_.prefix_lists.find(std::get<std::string>(site.route->destination));
    if (list == policy_.prefix_lists.end()) continue;
    check_family(site, list->second);
    for (const auto& prefix : list->second.entries) check_route(site, prefix);
  }
}

void PolicyReader::check_family(const RouteSite& site, const PrefixList& list) {
  if (list.ipv6_entries.empty()) return;
  if (list.entries.empty()) return in_.not_enforced(at(site.destination), "IPv6", "found a list of IPv6 prefixes");
  in_.error(at(site.destination), "found a prefix list of both families, expected one of IPv4 or of IPv6 alone");
}

void PolicyReader::check_route(const RouteSite& site, const Prefix& destination) {
  const auto* block = vpc_block_around(destination);
  if (block == nullptr) return;
  const auto shown = to_string(destination) + " lies inside the VPC's " + to_string(*block);
  const bool whole_subnet = std::ranges::binary_search(subnets_, destination, {},
                                                       [](const auto& subnet) { return subnet.first->cidr_block; });
  if (!whole_subnet) in_.error(at(site.destination), shown + ", where a route is for one whole subnet");
  const bool may_lead_there =
      site.route->target == RouteTarget::interface || site.route->target == RouteTarget::nat_gateway;
  if (!may_lead_there) in_.error(at(site.target), shown + ", where a route leads to an interface or a nat_gateway");
}

void PolicyReader::check_nat_routes() {
  for (const auto& [nat, node] : nat_homes_) {
    const auto& table_name = policy_.subnets.find(nat->subnet)->second.route_table;
    const auto table = policy_.route_tables.find(table_name);
    if (table == policy_.route_tables.end()) continue;
    const auto route = std::ranges::find(table->second.routes, RouteTarget::nat_gateway, &Route::target);
    if (route == table->second.routes.end()) continue;
    in_.error(at(node), "the subnet of a NAT gateway may not route to a NAT gateway: its table " +
                            in_quotes(table_name) + " leads to " + in_quotes(route->target_name) + ' ' +
                            line_of(route->where));
  }
}

std::string PolicyReader::owner_of(const Claim& claim) const {
  const bool interface = claim.kind == Claimed::interface_private || claim.kind == Claimed::interface_public;
  return (interface ? "interface " : "NAT gateway ") + in_quotes(*claim.owner) + ' ' + line_of(at(claim.node).where());
}

void PolicyReader::check_claims() {
  std::ranges::sort(claims_, {}, [](const Claim& claim) { return std::tie(claim.address, claim.node); });
  for (std::size_t i = 1, first = 0; i < claims_.size(); ++i) {
    if (claims_[i].address != claims_[first].address) {
      first = i;
      continue;
    }
    const auto& a = claims_[first];
    const auto& b = claims_[i];
    in_.error(at(b.node), to_string(b.address) + " belongs to " + owner_of(a) + " already");
  }
  for (const auto& claim : claims_) check_public_claim(claim);
}

// Once subnets_ is in order.
const Subnet* PolicyReader::subnet_around(Ipv4 address) const {
  const auto above =
      std::ranges::upper_bound(subnets_, address, {}, [](const auto& subnet) { return subnet.first->cidr_block.base; });
  if (above == subnets_.begin()) return nullptr;
  const auto* subnet = std::prev(above)->first;
  return subnet->cidr_block.contains(address) ? subnet : nullptr;
}

void PolicyReader::check_public_claim(const Claim& claim) {
  if (claim.kind != Claimed::interface_public && claim.kind != Claimed::nat_public) return;
  const auto* subnet = subnet_around(claim.address);
  if (subnet == nullptr || !subnet->reserves(claim.address)) return;
  in_.error(at(claim.node), to_string(claim.address) + " is reserved: the first four addresses and the last of " +
                                to_string(subnet->cidr_block) + " belong to the VPC");
}

}  // namespace sallyport::rules
