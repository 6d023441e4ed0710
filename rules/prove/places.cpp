// Owner: rules/prove. See places.h.
#include "rules/prove/places.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <vector>

#include "rules/analyze/literal_routes.h"
#include "rules/image/step_map_walk.h"

namespace sallyport::rules::proof {
namespace {

// Where either side may change: the image's intervals and the policy's own bounds.
class Cells {
 public:
  Cells(const layout::Tables& tables, step_map::Ref map) {
    step_map::walk_addresses(tables.lines().data(), map,
                             [&](std::uint32_t first, std::uint32_t, std::uint32_t) { firsts_.push_back(first); });
  }
  void add(std::uint32_t first, std::uint32_t last) {
    firsts_.push_back(first);
    if (last != 0xFFFF'FFFFU) firsts_.push_back(last + 1);
  }
  void add(const Prefix& prefix) { add(prefix.first().value, prefix.last().value); }

  // The first problem that look(address) tells of, over one address a cell.
  template <typename Look>
  std::optional<std::string> each(Proof& proof, Look&& look) {
    std::ranges::sort(firsts_);
    const auto repeated = std::ranges::unique(firsts_);
    firsts_.erase(repeated.begin(), repeated.end());
    proof.address_cells += firsts_.size();
    for (const std::uint32_t first : firsts_) {
      if (auto problem = look(Ipv4{first})) return problem;
    }
    return std::nullopt;
  }

 private:
  std::vector<std::uint32_t> firsts_;
};

// Whose an address is, in words: "interface web-1 in app", "host of app", "router of app", "nobody".
class LiteralOwners {
 public:
  explicit LiteralOwners(const Policy& policy) : policy_(policy) {
    for (const auto& [name, interface] : policy.interfaces) {
      for (const Ipv4 address : interface.private_ips) named_[address.value] = "interface " + name;
      if (interface.public_ip) public_[interface.public_ip->value] = "interface " + name;
    }
    for (const auto& [name, nat] : policy.nat_gateways) {
      named_[nat.private_ip.value] = "NAT gateway " + name;
      for (const Ipv4 address : nat.public_ips) public_[address.value] = "NAT gateway " + name;
    }
    for (const auto& [name, subnet] : policy.subnets) subnets_[subnet.cidr_block.first().value] = {name, &subnet};
  }

  [[nodiscard]] std::string of(Ipv4 address) const {
    auto at = subnets_.upper_bound(address.value);
    if (at == subnets_.begin()) return "nobody";
    const auto& [name, subnet] = std::prev(at)->second;
    if (!subnet->cidr_block.contains(address)) return "nobody";
    return who(address, *subnet) + " in " + name;
  }
  [[nodiscard]] std::string of_public(Ipv4 address) const {
    const auto found = public_.find(address.value);
    return found == public_.end() ? "nobody" : found->second;
  }
  void add_bounds(Cells& cells) const {
    for (const auto& [address, name] : named_) cells.add(address, address);
    for (const auto& [first, subnet] : subnets_) {
      const Prefix& prefix = subnet.second->cidr_block;
      cells.add(prefix);
      for (std::uint32_t i = 0; i < 4; ++i) cells.add(first + i, first + i);
      cells.add(prefix.last().value, prefix.last().value);
    }
  }
  void add_public_bounds(Cells& cells) const {
    for (const auto& [address, name] : public_) cells.add(address, address);
  }

 private:
  [[nodiscard]] std::string who(Ipv4 address, const Subnet& subnet) const {
    if (const auto found = named_.find(address.value); found != named_.end()) return found->second;
    if (address == subnet.router()) return "router";
    if (address == subnet.cidr_block.last()) return "broadcast";
    if (subnet.reserves(address)) return "reserved";
    return subnet.security_groups.empty() ? "nobody" : "host";
  }

  const Policy& policy_;
  std::unordered_map<std::uint32_t, std::string> named_;
  std::unordered_map<std::uint32_t, std::string> public_;
  std::map<std::uint32_t, std::pair<std::string, const Subnet*>> subnets_;  // by first address
};

std::string by_image(const PolicyView& view, const Owner& owner) {
  const auto who = [&]() -> std::string {
    switch (owner.kind) {
      case OwnerKind::interface:
        return "interface " + std::string(view.interface(owner.index).name);
      case OwnerKind::nat_gateway:
        return "NAT gateway " + std::string(view.nat(owner.index).name);
      case OwnerKind::host:
        return "host";
      case OwnerKind::router:
        return "router";
      case OwnerKind::broadcast:
        return "broadcast";
      case OwnerKind::reserved:
        return "reserved";
      case OwnerKind::nobody:
        break;
    }
    return "nobody";
  };
  return owner.subnet == kNone ? who() : who() + " in " + std::string(view.subnet(owner.subnet).name);
}

std::string by_image(const PolicyView& view, const PublicOwner& owner) {
  switch (owner.kind) {
    case PublicKind::interface:
      return "interface " + std::string(view.interface(owner.index).name);
    case PublicKind::nat_gateway:
      return "NAT gateway " + std::string(view.nat(owner.index).name);
    case PublicKind::nobody:
      break;
  }
  return "nobody";
}

std::optional<std::string> differ(const std::string& what, Ipv4 address, const std::string& expected,
                                  const std::string& seen) {
  if (expected == seen) return std::nullopt;
  return what + " " + to_string(address) + ": the policy says " + expected + ", the image says " + seen;
}

std::string by_image(const PolicyView& view, const RouteVerdict& verdict) {
  if (!verdict.found) return "nothing";
  std::string_view name;
  if (verdict.target == RouteTarget::interface) name = view.interface(verdict.index).name;
  if (verdict.target == RouteTarget::nat_gateway) name = view.nat(verdict.index).name;
  return literal::Routes::in_words(verdict.target, name);
}

}  // namespace

std::optional<std::string> compare_places(const layout::Tables& tables, const PolicyView& view, const Policy& policy,
                                          Proof& proof) {
  const LiteralOwners owners(policy);
  Cells owner_cells(tables, tables.options().owner_of);
  owners.add_bounds(owner_cells);
  if (auto problem = owner_cells.each(proof, [&](Ipv4 address) {
        return differ("the owner of", address, owners.of(address), by_image(view, view.owner_of(address)));
      })) {
    return problem;
  }
  Cells public_cells(tables, tables.options().public_owner_of);
  owners.add_public_bounds(public_cells);
  if (auto problem = public_cells.each(proof, [&](Ipv4 address) {
        return differ("the owner of public", address, owners.of_public(address),
                      by_image(view, view.public_owner_of(address)));
      })) {
    return problem;
  }
  RouteTableIndex index = 0;
  for (const auto& [name, table] : policy.route_tables) {
    const literal::Routes routes(policy, table);
    Cells cells(tables, tables.route_tables()[index].route_of);
    routes.each_prefix([&](const Prefix& prefix) { cells.add(prefix); });
    if (auto problem = cells.each(proof, [&](Ipv4 address) {
          return differ("in route table " + name + " the route to", address, routes.of(address),
                        by_image(view, view.route(index, address)));
        })) {
      return problem;
    }
    ++index;
  }
  return std::nullopt;
}

}  // namespace sallyport::rules::proof
