// The keys of each kind of object, in the order of the format's description.
//
// Owner: rules/document.
#include "rules/document/known_keys.h"

#include <algorithm>
#include <array>

namespace sallyport::rules {
namespace {

using Keys = std::string_view;
constexpr auto kPolicy = std::to_array<Keys>({"version", "vpc", "prefix_lists", "security_groups", "network_acls",
                                              "route_tables", "subnets", "interfaces", "nat_gateways", "options"});
constexpr auto kVpc = std::to_array<Keys>({"cidr_blocks", "ipv6_cidr_blocks", "internet_gateway"});
constexpr auto kGroup = std::to_array<Keys>({"description", "ingress", "egress"});
constexpr auto kGroupRule = std::to_array<Keys>({"description", "protocol", "from_port", "to_port", "cidr_blocks",
                                                 "ipv6_cidr_blocks", "security_groups", "prefix_lists", "self"});
constexpr auto kAcl = std::to_array<Keys>({"ingress", "egress"});
constexpr auto kAclEntry = std::to_array<Keys>({"description", "rule_no", "action", "protocol", "cidr_block",
                                                "ipv6_cidr_block", "from_port", "to_port", "icmp_type", "icmp_code"});
constexpr auto kRoute = std::to_array<Keys>({"cidr_block", "ipv6_cidr_block", "prefix_list", "gateway", "nat_gateway",
                                             "interface", "egress_only_gateway", "blackhole"});
constexpr auto kSubnet =
    std::to_array<Keys>({"cidr_block", "ipv6_cidr_block", "route_table", "network_acl", "security_groups"});
constexpr auto kInterface =
    std::to_array<Keys>({"subnet", "private_ips", "public_ip", "ipv6_addresses", "security_groups", "source_dest_check",
                         "mac", "publish", "timeouts", "flow_log"});
constexpr auto kNatGateway =
    std::to_array<Keys>({"subnet", "private_ip", "public_ips", "connectivity_type", "secondary_private_ip_addresses"});
constexpr auto kOptions =
    std::to_array<Keys>({"on_policy_change", "tcp_pickup", "nat_fragments", "allow_private_internet", "timeouts"});
constexpr auto kTimeouts = std::to_array<Keys>(
    {"tcp_established", "tcp_syn", "tcp_closing", "tcp_time_wait", "udp", "udp_stream", "other", "nat"});
constexpr auto kInterfaceTimeouts = std::span(kTimeouts).first<7>();  // all but `nat`, which no interface has
constexpr auto kGateway = std::to_array<Keys>({"version", "ports", "workers", "max_flows", "idle", "memory", "policy",
                                               "budget", "self_check", "control", "metrics", "flow_log"});
constexpr auto kPort = std::to_array<Keys>({"device", "subnets", "proxy_arp", "mtu", "routed", "uplink"});
constexpr auto kLink = std::to_array<Keys>({"address", "gateway", "ipv6_address", "ipv6_gateway"});
constexpr auto kBudget = std::to_array<Keys>({"rows", "predicates", "memory", "seconds"});
constexpr auto kControl = std::to_array<Keys>({"socket", "read_group", "write_group"});
constexpr auto kMetrics = std::to_array<Keys>({"listen"});

struct Row {
  ObjectKind kind;
  std::string_view name;
  std::span<const Keys> keys;
};
constexpr auto kRows = std::to_array<Row>({
    {ObjectKind::policy, "policy", kPolicy},
    {ObjectKind::vpc, "policy: vpc", kVpc},
    {ObjectKind::security_group, "policy: security_groups.NAME", kGroup},
    {ObjectKind::group_rule, "policy: rules of a group", kGroupRule},
    {ObjectKind::network_acl, "policy: network_acls.NAME", kAcl},
    {ObjectKind::acl_entry, "policy: ACL entries", kAclEntry},
    {ObjectKind::route, "policy: routes", kRoute},
    {ObjectKind::subnet, "policy: subnets.NAME", kSubnet},
    {ObjectKind::interface, "policy: interfaces.NAME", kInterface},
    {ObjectKind::interface_timeouts, "policy: interfaces.NAME.timeouts", kInterfaceTimeouts},
    {ObjectKind::nat_gateway, "policy: nat_gateways.NAME", kNatGateway},
    {ObjectKind::options, "policy: options", kOptions},
    {ObjectKind::timeouts, "policy: options.timeouts", kTimeouts},
    {ObjectKind::gateway, "gateway", kGateway},
    {ObjectKind::port, "gateway: ports.NAME", kPort},
    {ObjectKind::link, "gateway: uplink, routed", kLink},
    {ObjectKind::budget, "gateway: budget", kBudget},
    {ObjectKind::control, "gateway: control", kControl},
    {ObjectKind::metrics, "gateway: metrics", kMetrics},
});
static_assert(kRows.size() == kObjectKinds);
static_assert(std::ranges::all_of(kRows, [](const Row& row) {
  return row.keys.size() <= kMostKeys && &row - kRows.data() == static_cast<std::ptrdiff_t>(row.kind);
}));

}  // namespace

std::span<const std::string_view> keys_of(ObjectKind kind) { return kRows[static_cast<std::size_t>(kind)].keys; }
std::string_view not_yet_enforced(std::string_view key) {
  if (key == "flow_log") return "The flow log";
  return key == "idle" ? "idle \"adaptive\"" : "";
}
std::string_view name_of(ObjectKind kind) { return kRows[static_cast<std::size_t>(kind)].name; }

}  // namespace sallyport::rules
