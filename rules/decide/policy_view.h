// Decisions over an image: whose is an address, where does a packet go, do groups and ACLs admit it, and which rule
// says so.
//
// Owner: rules/decide. Shared by the dataplane, trace and replay; the only reader of an image's tables. Hot: nothing
// here allocates, throws or locks. A PolicyView is cheap to copy and must not outlive its Image. Always: every answer
// names the rule behind it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "rules/image/image.h"
#include "rules/image/public_records.h"
#include "rules/model/address.h"
#include "rules/model/ipv6.h"
#include "rules/model/policy.h"

namespace sallyport::rules {

// Indexes into an image's tables. Valid for that image alone.
using InterfaceIndex = std::uint32_t;
using SubnetIndex = std::uint32_t;
using NatIndex = std::uint32_t;
using GroupIndex = std::uint32_t;
using AclIndex = std::uint32_t;
using RouteTableIndex = std::uint32_t;
using RuleIndex = std::uint32_t;   // group rules and ACL entries in one numbering
using RouteIndex = std::uint32_t;  // written routes, one a prefix-list entry
inline constexpr std::uint32_t kNone = 0xFFFFFFFFU;

enum class Direction : std::uint8_t { ingress, egress };

// Whose a VPC address is.
struct Owner {
  OwnerKind kind = OwnerKind::nobody;
  std::uint32_t index = kNone;
  SubnetIndex subnet = kNone;  // where the address lies; kNone outside every subnet
};

struct PublicOwner {
  PublicKind kind = PublicKind::nobody;
  std::uint32_t index = kNone;
};

// What groups and ACLs look at, seen from the local end: `remote` is the other end's address.
struct Query {
  Ipv4 remote;
  std::uint8_t protocol = 0;
  std::uint16_t destination_port = 0;  // TCP and UDP
  std::uint8_t icmp_type = 0;          // ICMP
  std::uint8_t icmp_code = 0;
};
// The same of an IPv6 packet; type and code are ICMPv6's.
struct Ipv6Query {
  Ipv6 remote;
  std::uint8_t protocol = 0;
  std::uint16_t destination_port = 0;
  std::uint8_t icmp_type = 0;
  std::uint8_t icmp_code = 0;
};

// One of a burst of questions to groups.
template <typename AnyQuery>
struct QuestionOf {
  InterfaceIndex interface = kNone;
  Direction direction = Direction::ingress;
  AnyQuery query;
};
using GroupQuestion = QuestionOf<Query>;
using Ipv6GroupQuestion = QuestionOf<Ipv6Query>;

struct GroupVerdict {
  bool allow = false;
  // Some rule that matches has peer 0.0.0.0/0, the protocol is TCP or UDP and the other direction of the same interface
  // has a rule to 0.0.0.0/0 for all ports of it (vpc-semantics 1.6): as far as this end goes, a flow opened by this
  // packet is untracked. Of IPv6 it is ::/0, and 0.0.0.0/0 counts for nothing.
  bool untracked = false;
  RuleIndex rule = kNone;  // the first that matches, in the order of the interface's groups, then of the file
};

struct PortRange {
  std::uint16_t first = 0, last = 0;
};

struct AclVerdict {
  bool allow = false;
  RuleIndex rule = kNone;  // kNone: the catch-all "*"
};

struct RouteVerdict {
  bool found = false;
  RouteTarget target = RouteTarget::blackhole;
  std::uint32_t index = kNone;  // interface or NAT gateway
  RouteIndex route = kNone;     // kNone: the implicit local route
};

struct InterfaceInfo {
  std::string_view name;
  SubnetIndex subnet = kNone;
  Ipv4 primary;                 // 0.0.0.0 for a subnet's host interface
  std::uint32_t public_ip = 0;  // 0: none
  bool source_dest_check = true;
  bool is_host = false;  // stands for all unnamed addresses of its subnet
  bool has_mac = false;
  MacAddress mac;
  Timeouts timeouts;
};
struct SubnetInfo {
  std::string_view name;
  Prefix prefix;
  AclIndex acl = kNone;
  RouteTableIndex table = kNone;
  InterfaceIndex host_interface = kNone;
  Ipv4 router;
};
struct NatInfo {
  std::string_view name;
  SubnetIndex subnet = kNone;
  Ipv4 private_ip;
  std::span<const std::uint32_t> public_ips;  // host order
};
// Provenance of a rule. `name`: "web/egress/0" for a group's, "public/ingress/100" for an ACL's.
struct RuleInfo {
  std::string_view name;
  std::string_view owner;  // group or ACL
  Direction direction = Direction::ingress;
  bool is_acl = false;
  std::uint16_t rule_no = 0;  // ACL
  std::uint32_t line = 0;     // 0: implicit (default group or ACL)
  std::string_view text;      // "tcp 5432 from group app", for people
  std::string_view description;
};
struct RouteInfo {
  Prefix destination;
  std::uint32_t line = 0;
};

class PolicyView {
 public:
  PolicyView() = default;
  explicit PolicyView(const Image& image);

  [[nodiscard]] Owner owner_of(Ipv4 address) const;
  [[nodiscard]] PublicOwner public_owner_of(Ipv4 address) const;
  [[nodiscard]] bool in_vpc(Ipv4 address) const;
  [[nodiscard]] bool is_resolver(Ipv4 address) const;

  [[nodiscard]] GroupVerdict judge_groups(InterfaceIndex interface, Direction direction, const Query& query) const;
  // The same for many at once: verdicts[i] answers questions[i]. Precondition: there are as many verdicts.
  void judge_groups(std::span<const GroupQuestion> questions, std::span<GroupVerdict> verdicts) const;
  void judge_groups(std::span<const Ipv6GroupQuestion> questions, std::span<GroupVerdict> verdicts) const;
  [[nodiscard]] AclVerdict judge_acl(AclIndex acl, Direction direction, const Query& query) const;
  [[nodiscard]] GroupVerdict judge_groups(InterfaceIndex interface, Direction direction, const Ipv6Query& query) const;
  [[nodiscard]] AclVerdict judge_acl(AclIndex acl, Direction direction, const Ipv6Query& query) const;
  [[nodiscard]] RouteVerdict route(RouteTableIndex table, Ipv4 destination) const;

  // Every group rule that matches, in order of preference (for "matched" counts and for trace). Appends to `out`.
  void matching_rules(InterfaceIndex interface, Direction direction, const Query& query,
                      std::vector<RuleIndex>& out) const;
  void matching_rules(InterfaceIndex interface, Direction direction, const Ipv6Query& query,
                      std::vector<RuleIndex>& out) const;

  // The same for interfaces whose groups are the same.
  [[nodiscard]] std::uint32_t group_list(InterfaceIndex index) const;
  // Destination ports of the TCP flows that the groups let any peer open untracked, ascending. `out` is empty.
  void untracked_tcp_ports(InterfaceIndex interface, Direction direction, std::vector<PortRange>& out) const;

  // The target a published port leads to, or nullptr. `local` is the private address the packet is for.
  [[nodiscard]] const PublishInfo* published(InterfaceIndex interface, Ipv4 local, std::uint8_t protocol,
                                             std::uint16_t port) const;
  [[nodiscard]] std::span<const PublishInfo> publishes(InterfaceIndex interface) const;

  [[nodiscard]] std::uint32_t interfaces() const;
  [[nodiscard]] std::uint32_t subnets() const;
  [[nodiscard]] std::uint32_t nat_gateways() const;
  [[nodiscard]] std::uint32_t rules() const;  // one more than the highest index
  // Whether the policy has the rule: a change of the running policy leaves gaps in the numbering.
  [[nodiscard]] bool has_rule(RuleIndex index) const;
  [[nodiscard]] InterfaceInfo interface(InterfaceIndex index) const;
  [[nodiscard]] SubnetInfo subnet(SubnetIndex index) const;
  [[nodiscard]] NatInfo nat(NatIndex index) const;
  [[nodiscard]] RuleInfo rule(RuleIndex index) const;
  [[nodiscard]] RouteInfo route_info(RouteIndex index) const;
  [[nodiscard]] std::string_view acl_name(AclIndex index) const;
  [[nodiscard]] std::string_view table_name(RouteTableIndex index) const;
  // Names of the interface's groups, in its order.
  [[nodiscard]] std::vector<std::string_view> group_names(InterfaceIndex index) const;
  [[nodiscard]] std::span<const Ipv4> private_ips(InterfaceIndex index) const;
  [[nodiscard]] InterfaceIndex interface_named(std::string_view name) const;  // kNone if there is none
  [[nodiscard]] SubnetIndex subnet_named(std::string_view name) const;

  [[nodiscard]] bool internet_gateway() const;
  [[nodiscard]] bool tcp_pickup() const;
  [[nodiscard]] bool allow_private_internet() const;
  [[nodiscard]] OnPolicyChange on_policy_change() const;
  [[nodiscard]] std::uint32_t nat_timeout() const;  // seconds
  [[nodiscard]] Timeouts timeouts() const;          // the options' own

 private:
  const layout::Tables* tables_ = nullptr;  // the image's
};

}  // namespace sallyport::rules
