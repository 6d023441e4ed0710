// Reads the policy document, section by section, into the model. Internal to rules/document; see documents.h.
//
// Owner: rules/document. A section is read by one .cpp: read_policy (vpc, options, prefix lists), read_rules (groups,
// ACLs), read_network (routes, subnets), read_interfaces (interfaces, NAT gateways); check_policy looks at the whole.
// Always: what could not be read leaves its name in the model, so that references to it do not dangle.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/document/documents.h"
#include "rules/document/reader.h"
#include "rules/document/tree.h"
#include "rules/model/policy.h"

namespace sallyport::rules {

class PolicyReader {
 public:
  PolicyReader(Reader& in, Policy& policy, const Ceilings& ceilings) : in_(in), policy_(policy), ceilings_(ceilings) {}

  void read(Value document);
  // One section of a policy that is otherwise read and consistent, with the names that its objects refer to.
  void read_alone(Section section, Value value);

 private:
  enum class Direction : std::uint8_t { ingress, egress };
  enum class Claimed : std::uint8_t { interface_private, interface_public, nat_private, nat_public };

  // A name that may be defined later in the document.
  enum class Refers : std::uint8_t { security_group, prefix_list, interface, nat_gateway };
  struct Reference {
    std::uint32_t node;
    Refers to;
  };
  struct Ipv6Claim {
    Ipv6 address;
    std::uint32_t node;
    const std::string* owner;  // a key of the model
  };
  // An address somebody owns.
  struct Claim {
    Ipv4 address;
    std::uint32_t node;
    const std::string* owner;  // a key of the model
    Claimed kind;
  };
  // Where a route of the model was written.
  struct RouteSite {
    const Route* route;
    std::uint32_t destination;
    std::uint32_t target;
  };

  // --- read_policy.cpp
  void read_sections(const Fields& document);
  void read_version(const Fields& document);
  bool sections_within_ceilings(const Fields& document);
  void read_vpc(Value value);
  void read_options(Value value);
  // `nat` is null where the key `nat` has no meaning.
  void read_timeouts(Value value, Timeouts& timeouts, std::uint32_t* nat);
  void read_prefix_lists(Value value);
  void read_prefix_list(Value value, PrefixList& list);
  bool within(Value at, std::size_t found, std::size_t ceiling, std::string_view name);
  // `read(name, T&, value)` for every member of a section.
  template <typename T, typename Read>
  void each_named(Value section, Named<T>& into, Read read);
  // CIDRs of an array, without those that are wrong.
  std::vector<Prefix> prefixes(Value value);
  std::vector<std::string> names(Value value, Refers to);
  // The groups of an interface or a subnet.
  std::vector<std::string> member_of(Value value);
  // IPv6 CIDRs under a key, and one; an error where IPv6 is refused.
  std::vector<Ipv6Prefix> ipv6_prefixes(const Fields& fields, std::string_view key);
  std::optional<Ipv6Prefix> ipv6_prefix(const Fields& fields, std::string_view key);
  void refuse_ipv6_list(const Fields& fields, std::string_view key);
  void refuse_ipv6_value(const Fields& fields, std::string_view key);

  // --- read_rules.cpp
  void read_security_groups(Value value);
  void read_group_rules(Value value, std::vector<GroupRule>& rules);
  void read_group_rule(Value value, GroupRule& rule);
  void read_network_acls(Value value);
  void read_acl_entries(Value value, std::vector<AclEntry>& entries);
  void read_acl_entry(const Fields& fields, AclEntry& entry);
  void read_description(const Fields& fields, std::string& description);
  std::optional<std::int16_t> protocol(const Fields& fields);
  void expect_family(Value peer, std::int16_t protocol, bool is_ipv6);
  void read_ports(const Fields& fields, Traffic& traffic);
  void read_icmp(const Fields& fields, std::string_view type_key, std::string_view code_key, Traffic& traffic);
  void expect_no_ports(const Fields& fields, std::string_view protocol);
  void add_implicit_group();
  void add_implicit_acl();

  // --- read_network.cpp
  void read_route_tables(Value value);
  void read_routes(Value value, std::vector<Route>& routes);
  std::optional<Value> read_destination(const Fields& fields, Route& route);
  std::optional<Value> read_target(const Fields& fields, Route& route);
  void check_duplicate_destinations(std::size_t first_site);
  void read_subnets(Value value);
  void read_subnet(Value value, Subnet& subnet);
  template <typename T>
  void read_name_of(const Fields& fields, std::string_view key, std::string_view what, const Named<T>& known,
                    std::string& name);

  // --- read_interfaces.cpp
  void read_interfaces(Value value);
  void read_interface(const std::string& name, Interface& interface, Value value);
  void read_private_ips(const Fields& fields, const std::string& name, Interface& interface);
  void read_ipv6_addresses(const Fields& fields, const std::string& name, Interface& interface);
  void read_public_ip(Value value, const std::string& name, Interface& interface);
  void read_mac(Value value, Interface& interface);
  void read_publish(Value value, Interface& interface);
  void read_nat_gateways(Value value);
  void read_nat_gateway(const std::string& name, NatGateway& nat, Value value);
  void read_nat_public_ips(const Fields& fields, const std::string& name, NatGateway& nat);
  const Subnet* read_home(const Fields& fields, std::string& subnet);
  void check_in_subnet(Value at, Ipv4 address, const Subnet* subnet, bool may_own_resolver);
  void claim(Value at, Ipv4 address, const std::string& owner, Claimed kind);
  void require_internet_gateway(Value at, std::string_view what);

  // --- check_ipv6.cpp
  void check_ipv6_subnets();
  void check_ipv6_claims();

  // --- check_policy.cpp
  void check_references();
  void check_subnets();
  void check_routes();
  void check_route(const RouteSite& site, const Prefix& destination);
  void check_family(const RouteSite& site, const PrefixList& list);
  void check_nat_routes();
  void check_claims();
  void check_public_claim(const Claim& claim);
  [[nodiscard]] const Subnet* subnet_around(Ipv4 address) const;
  [[nodiscard]] std::string owner_of(const Claim& claim) const;
  [[nodiscard]] const Prefix* vpc_block_around(const Prefix& prefix) const;
  [[nodiscard]] Value at(std::uint32_t node) const { return in_.tree().at(node); }

  Reader& in_;
  Policy& policy_;
  const Ceilings& ceilings_;
  bool vpc_known_ = false;  // its CIDRs and internet_gateway were read without an error
  std::vector<Reference> references_;
  std::vector<Claim> claims_;
  std::vector<Ipv6Claim> ipv6_claims_;
  std::vector<std::pair<const Subnet*, std::uint32_t>> ipv6_subnets_;  // with the node of the IPv6 CIDR
  std::vector<RouteSite> routes_;
  std::vector<std::pair<const Subnet*, std::uint32_t>>
      subnets_;  // with the node of the CIDR; from check_subnets on by CIDR
  std::vector<std::pair<const NatGateway*, std::uint32_t>> nat_homes_;  // with the node of `subnet`
};

template <typename T, typename Read>
void PolicyReader::each_named(Value section, Named<T>& into, Read read) {
  if (!in_.is(section, Kind::object, "an object of names")) return;
  section.each_member([&](Value key, Value value) {
    in_.name(key);
    const auto [place, added] = into.try_emplace(std::string(key.text()));
    if (!added) return;  // a duplicate key, and reported as such
    place->second.where = key.where();
    const Value::Bytes bytes = value.bytes();
    place->second.written = {.begin = bytes.begin, .size = bytes.size, .changed = {}};
    read(place->first, place->second, value);
  });
}

}  // namespace sallyport::rules
