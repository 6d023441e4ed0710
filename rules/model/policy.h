// The policy as value types: what may talk to what, and under which address.
//
// Owner: rules/model. Made by rules/document (read strictly from JSON), read by rules/compile, the reference evaluator,
// the writer and the linter. Names refer to each other as strings here; the compiler resolves them.
// Always: a Policy that the reader returned is consistent (docs: policy format): every name resolves, every address has
// one owner, defaults are filled in, and the implicit `default` group, `default` ACL and `main` table are present.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "rules/model/address.h"
#include "rules/model/ipv6.h"
#include "rules/model/named.h"
#include "rules/model/written.h"

namespace sallyport::rules {

// Where a thing was written, 1-based; line 0 means it was not written but exists by default.
struct SourcePosition {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

inline constexpr std::int16_t kAnyProtocol = -1;
inline constexpr std::int16_t kProtocolIcmp = 1;
inline constexpr std::int16_t kProtocolTcp = 6;
inline constexpr std::int16_t kProtocolUdp = 17;
inline constexpr std::int16_t kProtocolIcmpv6 = 58;

// What a rule matches besides the peer. Ports (inclusive, destination side) mean something for TCP and UDP only,
// type and code for ICMP and ICMPv6 only; -1 is any, and an any type has an any code. ICMP is a protocol of IPv4
// alone, ICMPv6 of IPv6 alone, whatever the peer.
struct Traffic {
  std::int16_t protocol = kAnyProtocol;  // 0-255 or kAnyProtocol
  std::uint16_t from_port = 0;
  std::uint16_t to_port = 65535;
  std::int16_t icmp_type = -1;
  std::int16_t icmp_code = -1;
  friend bool operator==(const Traffic&, const Traffic&) = default;
};

// One allow rule of a group. At least one of the kinds of peer is given. 0.0.0.0/0 says nothing of IPv6, ::/0 nothing
// of IPv4.
struct GroupRule {
  SourcePosition where;
  Traffic traffic;
  std::vector<Prefix> cidr_blocks;
  std::vector<Ipv6Prefix> ipv6_cidr_blocks;
  std::vector<std::string> security_groups;
  std::vector<std::string> prefix_lists;
  bool self = false;
  std::string description;
};

struct SecurityGroup {
  SourcePosition where;
  std::string description;
  std::vector<GroupRule> ingress;
  std::vector<GroupRule> egress;
  Written written;
};

struct AclEntry {
  SourcePosition where;
  std::uint16_t rule_no = 0;  // 1-32766, unique in its direction; the lowest that matches decides
  bool allow = false;
  Traffic traffic;
  Prefix cidr_block;                          // of an entry for IPv4
  std::optional<Ipv6Prefix> ipv6_cidr_block;  // of an entry for IPv6: it says nothing of IPv4 then
  std::string description;                    // empty where not written
};

// Entries are in ascending order of rule_no. Nothing matched is a deny.
struct NetworkAcl {
  SourcePosition where;
  std::vector<AclEntry> ingress;
  std::vector<AclEntry> egress;
  Written written;
};

// A rule uses the entries of the packet's family.
struct PrefixList {
  SourcePosition where;
  std::vector<Prefix> entries;
  std::vector<Ipv6Prefix> ipv6_entries;
  Written written;
};

enum class RouteTarget : std::uint8_t { local, internet, nat_gateway, interface, blackhole };

// A route as written; `local` routes are implicit and not listed. A prefix-list route stands for one route an entry.
struct Route {
  SourcePosition where;
  std::variant<Prefix, std::string> destination;  // a CIDR or the name of a prefix list
  RouteTarget target = RouteTarget::blackhole;
  std::string target_name;  // of the interface or NAT gateway
};

struct RouteTable {
  SourcePosition where;
  std::vector<Route> routes;
  Written written;
};

struct Subnet {
  SourcePosition where;
  Prefix cidr_block;
  std::optional<Ipv6Prefix> ipv6_cidr_block;
  std::string route_table = "main";
  std::string network_acl = "default";
  std::vector<std::string> security_groups;  // of every unreserved address no interface names; empty: UNKNOWN_HOST
  Written written;

  // The gateway's own address in the subnet: the first host address.
  [[nodiscard]] Ipv4 router() const { return Ipv4{cidr_block.base.value + 1}; }
  // First four and last address belong to nobody but the VPC itself.
  [[nodiscard]] bool reserves(Ipv4 address) const {
    return address.value - cidr_block.base.value < 4U || address == cidr_block.last();
  }
  // Precondition: there is an IPv6 block, and the address lies in it.
  [[nodiscard]] bool reserves(Ipv6 address) const {
    const Ipv6 base = ipv6_cidr_block->first();
    return (address.high == base.high && address.low - base.low < 4U) || address == ipv6_cidr_block->last();
  }
};

// Idle timeouts in seconds; `nat` is a gateway-wide option and absent at an interface.
struct Timeouts {
  std::uint32_t tcp_established = 432000;
  std::uint32_t tcp_syn = 60;
  std::uint32_t tcp_closing = 30;
  std::uint32_t tcp_time_wait = 60;
  std::uint32_t udp = 30;
  std::uint32_t udp_stream = 180;
  std::uint32_t other = 600;
  friend bool operator==(const Timeouts&, const Timeouts&) = default;
};

// Docker-style publishing: destination private_ip:first_port.. becomes target:target_first_port.. after the ingress
// groups.
struct Publish {
  SourcePosition where;
  std::string text;  // as written
  Ipv4 private_ip;   // 0.0.0.0 stands for every private address of the interface
  std::uint16_t first_port = 0;
  std::uint16_t last_port = 0;
  Ipv4 target;
  std::uint16_t target_first_port = 0;
  std::int16_t protocol = kProtocolTcp;
};

struct Interface {
  SourcePosition where;
  std::string subnet;
  std::vector<Ipv4> private_ips;  // the first is primary
  std::vector<Ipv6> ipv6_addresses;
  std::optional<Ipv4> public_ip;  // 1:1 with the primary
  std::vector<std::string> security_groups{"default"};
  bool source_dest_check = true;
  std::optional<MacAddress> mac;
  std::vector<Publish> publish;
  Timeouts timeouts;  // the options' values where the interface says nothing
  Written written;
};

struct NatGateway {
  SourcePosition where;
  std::string subnet;
  Ipv4 private_ip;
  std::vector<Ipv4> public_ips;  // 1-8
  Written written;
};

enum class OnPolicyChange : std::uint8_t { keep, revalidate, cut };

struct Options {
  OnPolicyChange on_policy_change = OnPolicyChange::keep;
  bool tcp_pickup = true;
  bool allow_private_internet = false;
  Timeouts timeouts;
  std::uint32_t nat_timeout = 350;  // seconds
};

struct Vpc {
  std::vector<Prefix> cidr_blocks;
  std::vector<Ipv6Prefix> ipv6_cidr_blocks;
  bool internet_gateway = false;
  // The VPC resolver: base + 2 of the first CIDR block.
  [[nodiscard]] Ipv4 resolver() const { return Ipv4{cidr_blocks.front().base.value + 2}; }
};

struct Policy {
  std::string file;   // as named by the user; for messages and provenance
  SharedText source;  // the document's text as it was read whole (document_of: with later changes)
  Vpc vpc;
  Named<PrefixList> prefix_lists;
  Named<SecurityGroup> security_groups;
  Named<NetworkAcl> network_acls;
  Named<RouteTable> route_tables;
  Named<Subnet> subnets;
  Named<Interface> interfaces;
  Named<NatGateway> nat_gateways;
  Options options;
};

}  // namespace sallyport::rules
