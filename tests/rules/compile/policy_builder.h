// Policies written in a few lines of C++, for tests of the compiler and of decisions.
//
// Owner: tests/rules. Always: what build() returns has the implicit group, ACL and route table, as a read policy has.
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/compile/compile.h"
#include "rules/decide/policy_view.h"
#include "rules/model/policy.h"

namespace sallyport::rules::testing {

inline Ipv4 ip(std::string_view text) { return parse_ipv4(text).value(); }
inline Prefix net(std::string_view text) { return parse_prefix(text).value().prefix; }
inline Ipv6 ip6(std::string_view text) { return parse_ipv6(text).value(); }
inline Ipv6Prefix net6(std::string_view text) { return parse_ipv6_prefix(text).value().prefix; }
inline bool is_ipv6(std::string_view text) { return text.find("::") != std::string_view::npos; }

inline Traffic all() { return {}; }
inline Traffic tcp(std::uint16_t from, std::uint16_t to) {
  return {.protocol = kProtocolTcp, .from_port = from, .to_port = to};
}
inline Traffic tcp(std::uint16_t port) { return tcp(port, port); }
inline Traffic udp(std::uint16_t from, std::uint16_t to) {
  return {.protocol = kProtocolUdp, .from_port = from, .to_port = to};
}
inline Traffic icmp(std::int16_t type, std::int16_t code) {
  return {.protocol = kProtocolIcmp, .icmp_type = type, .icmp_code = code};
}
inline Traffic icmpv6(std::int16_t type, std::int16_t code) {
  return {.protocol = kProtocolIcmpv6, .icmp_type = type, .icmp_code = code};
}
inline Traffic protocol(std::int16_t number) { return {.protocol = number}; }

// Peers as in a document: a CIDR (of IPv6 with "::"), "group:NAME", "list:NAME" or "self".
inline GroupRule allow(Traffic traffic, const std::vector<std::string>& peers, std::uint32_t line = 1) {
  GroupRule rule{.where = {.line = line, .column = 1}, .traffic = traffic};
  for (const auto& peer : peers) {
    if (peer == "self") {
      rule.self = true;
    } else if (peer.starts_with("group:")) {
      rule.security_groups.push_back(peer.substr(6));
    } else if (peer.starts_with("list:")) {
      rule.prefix_lists.push_back(peer.substr(5));
    } else if (is_ipv6(peer)) {
      rule.ipv6_cidr_blocks.push_back(net6(peer));
    } else {
      rule.cidr_blocks.push_back(net(peer));
    }
  }
  return rule;
}

inline AclEntry entry(std::uint16_t rule_no, bool allows, Traffic traffic, std::string_view cidr,
                      std::uint32_t line = 1) {
  AclEntry entry{
      .where = {.line = line, .column = 1}, .rule_no = rule_no, .allow = allows, .traffic = traffic, .cidr_block = {}};
  if (is_ipv6(cidr)) {
    entry.ipv6_cidr_block = net6(cidr);
  } else {
    entry.cidr_block = net(cidr);
  }
  return entry;
}

inline Route route(std::string_view destination, RouteTarget target, std::string name = {}, std::uint32_t line = 1) {
  Route route{.where = {.line = line, .column = 1}, .target = target, .target_name = std::move(name)};
  if (destination.starts_with("list:")) {
    route.destination = std::string(destination.substr(5));
  } else {
    route.destination = net(destination);
  }
  return route;
}

class PolicyBuilder {
 public:
  PolicyBuilder() {
    policy_.file = "policy.json";
    policy_.source = "{}\n";
    policy_.vpc = {.cidr_blocks = {net("10.0.0.0/16")}, .internet_gateway = true};
    group("default", {allow(all(), {"self"}, 0)}, {allow(all(), {"0.0.0.0/0"}, 0)});
    acl("default", {entry(100, true, all(), "0.0.0.0/0", 0)}, {entry(100, true, all(), "0.0.0.0/0", 0)});
    table("main", {});
  }
  PolicyBuilder& list(const std::string& name, const std::vector<std::string>& cidrs) {
    auto& made = policy_.prefix_lists[name];
    for (const auto& cidr : cidrs) {
      if (is_ipv6(cidr)) {
        made.ipv6_entries.push_back(net6(cidr));
      } else {
        made.entries.push_back(net(cidr));
      }
    }
    return *this;
  }
  PolicyBuilder& group(const std::string& name, std::vector<GroupRule> ingress, std::vector<GroupRule> egress) {
    policy_.security_groups[name] = {.ingress = std::move(ingress), .egress = std::move(egress)};
    return *this;
  }
  PolicyBuilder& acl(const std::string& name, std::vector<AclEntry> ingress, std::vector<AclEntry> egress) {
    policy_.network_acls[name] = {.ingress = std::move(ingress), .egress = std::move(egress)};
    return *this;
  }
  PolicyBuilder& table(const std::string& name, std::vector<Route> routes) {
    policy_.route_tables[name] = {.routes = std::move(routes)};
    return *this;
  }
  PolicyBuilder& subnet(const std::string& name, std::string_view cidr, std::vector<std::string> groups = {},
                        const std::string& table = "main", const std::string& acl = "default") {
    policy_.subnets[name] = {
        .cidr_block = net(cidr), .route_table = table, .network_acl = acl, .security_groups = std::move(groups)};
    return *this;
  }
  Interface& interface(const std::string& name, const std::string& subnet, const std::vector<std::string>& addresses,
                       std::vector<std::string> groups = {"default"}) {
    Interface& made = policy_.interfaces[name];
    made.subnet = subnet;
    for (const auto& address : addresses) {
      if (is_ipv6(address)) {
        made.ipv6_addresses.push_back(ip6(address));
      } else {
        made.private_ips.push_back(ip(address));
      }
    }
    made.security_groups = std::move(groups);
    return made;
  }
  PolicyBuilder& nat(const std::string& name, const std::string& subnet, std::string_view address,
                     const std::vector<std::string>& public_ips) {
    NatGateway& made = policy_.nat_gateways[name];
    made = {.subnet = subnet, .private_ip = ip(address)};
    for (const auto& address_text : public_ips) made.public_ips.push_back(ip(address_text));
    return *this;
  }
  Policy& policy() { return policy_; }
  [[nodiscard]] Image build() const { return compile(policy_).value().image; }

 private:
  Policy policy_;
};

// An image and its view, kept together.
struct CompiledView {
  explicit CompiledView(const PolicyBuilder& builder) : image(builder.build()), view(image) {}
  Image image;
  PolicyView view;
  [[nodiscard]] InterfaceIndex interface(std::string_view name) const { return view.interface_named(name); }
  [[nodiscard]] std::string rule(RuleIndex index) const {
    return index == kNone ? "" : std::string(view.rule(index).name);
  }
};

inline Query query(std::string_view remote, std::int16_t protocol, std::uint16_t port) {
  return {.remote = ip(remote), .protocol = static_cast<std::uint8_t>(protocol), .destination_port = port};
}
inline Query query_tcp(std::string_view remote, std::uint16_t port) { return query(remote, kProtocolTcp, port); }
inline Query query_icmp(std::string_view remote, std::uint8_t type, std::uint8_t code) {
  return {.remote = ip(remote), .protocol = 1, .icmp_type = type, .icmp_code = code};
}

}  // namespace sallyport::rules::testing
