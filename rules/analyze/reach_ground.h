// The policy as reach asks it: who owns an address, where a route leads, what groups and ACLs admit, as sets.
//
// Owner: rules/analyze. Reads the model literally, like the reference evaluator, but answers for all traffic at once
// and remembers its answers. Always: the policy outlives this object; pointers returned point into the policy.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rules/analyze/literal_rules.h"
#include "rules/analyze/reach_sets.h"
#include "rules/model/policy.h"

namespace sallyport::rules::reaching {

using literal::Range;
using literal::Side;

using NamedSubnet = const std::pair<const std::string, Subnet>*;
using NamedInterface = const std::pair<const std::string, Interface>*;
using NamedNat = const std::pair<const std::string, NatGateway>*;

// Somebody whose packets groups judge: an interface, or an unnamed address of a subnet with groups.
struct Host {
  NamedSubnet subnet = nullptr;
  NamedInterface interface = nullptr;
  const std::vector<std::string>* groups = nullptr;
};

// Where a destination leads. `route` is null for the implicit local one.
struct Direction {
  bool found = false;
  RouteTarget target = RouteTarget::local;
  const Route* route = nullptr;
};

class Ground {
 public:
  explicit Ground(const Policy& of);

  const Policy& policy;
  const literal::Rules rules;
  SetTable sets;

  [[nodiscard]] bool in_vpc(Ipv4 address) const;
  [[nodiscard]] NamedSubnet subnet_of(Ipv4 address) const;
  [[nodiscard]] std::optional<Host> host_of(Ipv4 address) const;
  [[nodiscard]] Host host_of(NamedInterface interface) const;
  [[nodiscard]] bool is_nat_private(Ipv4 address) const { return nat_privates_.contains(address.value); }
  [[nodiscard]] NamedInterface public_owner(Ipv4 address) const;
  [[nodiscard]] NamedNat public_nat(Ipv4 address) const;
  [[nodiscard]] bool is_public(Ipv4 address) const { return publics_.contains(address.value); }
  // Traffic with the resolver meets neither groups nor ACLs, where an interface owns its address.
  [[nodiscard]] bool is_exempt(Ipv4 address) const { return exempt_ && *exempt_ == address; }

  [[nodiscard]] Direction direction(std::string_view table, Ipv4 destination);

  // What they admit of packets with that address at the other end.
  [[nodiscard]] SetId groups(const std::vector<std::string>& names, Side side, Ipv4 remote);
  [[nodiscard]] SetId acl(std::string_view name, Side side, Ipv4 remote);
  [[nodiscard]] bool has_peer(const literal::Rule& rule, Ipv4 remote) const;
  [[nodiscard]] bool holds(literal::PeerId peer, Ipv4 remote) const;

 private:
  struct PublicOwner {
    NamedInterface interface = nullptr;
    NamedNat nat = nullptr;
  };
  // An ACL's direction: between two neighbouring starts its answer is one and the same.
  struct AclSide {
    std::vector<std::uint32_t> starts;
    std::vector<std::optional<SetId>> answers;
  };
  struct Table {
    std::array<std::unordered_map<std::uint32_t, std::pair<int, Direction>>, 33> by_length;
  };

  void offer(Table& table, const Prefix& prefix, int rank, const Direction& direction) const;
  Table make_table(const RouteTable& table) const;
  AclSide make_acl_side(std::span<const literal::RuleId> entries) const;
  SetId acl_answer(std::span<const literal::RuleId> entries, Ipv4 remote);

  std::vector<NamedSubnet> subnets_;  // by address
  std::unordered_map<std::uint32_t, NamedInterface> privates_;
  std::unordered_map<std::uint32_t, bool> nat_privates_;
  std::unordered_map<std::uint32_t, PublicOwner> publics_;
  std::optional<Ipv4> exempt_;
  std::unordered_map<std::string_view, Table> tables_;
  std::unordered_map<std::string_view, std::array<AclSide, 2>> acls_;
};

}  // namespace sallyport::rules::reaching
