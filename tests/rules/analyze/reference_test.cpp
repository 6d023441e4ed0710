// The reference itself, against cases worked out by hand (AWS's own examples among them).
#include "rules/analyze/reference.h"

#include <gtest/gtest.h>

namespace sallyport::rules::reference {
namespace {

Ipv4 ip(const char* text) { return *parse_ipv4(text); }

// In: tcp 22 from one host, tcp 80 from anywhere, all ICMP; out: all (the tracking example of vpc-semantics 1.6).
Policy tracking_example() {
  Policy policy;
  policy.vpc.cidr_blocks = {parse_prefix("10.0.0.0/16")->prefix};
  const Prefix anywhere{};
  GroupRule ssh, http, ping, out;
  ssh.traffic = {kProtocolTcp, 22, 22, -1, -1};
  ssh.cidr_blocks = {parse_prefix("203.0.113.1/32")->prefix};
  http.traffic = {kProtocolTcp, 80, 80, -1, -1};
  http.cidr_blocks = {anywhere};
  ping.traffic = {kProtocolIcmp, 0, 65535, -1, -1};
  ping.cidr_blocks = {anywhere};
  out.cidr_blocks = {anywhere};
  policy.security_groups["web"].ingress = {ssh, http, ping};
  policy.security_groups["web"].egress = {out};
  policy.network_acls["default"];
  policy.route_tables["main"];
  policy.subnets["a"].cidr_block = parse_prefix("10.0.1.0/24")->prefix;
  Interface web;
  web.subnet = "a";
  web.private_ips = {ip("10.0.1.10")};
  web.security_groups = {"web"};
  policy.interfaces["web"] = web;
  return policy;
}

struct TrackingCase {
  const char* description;
  const char* remote;
  std::uint8_t protocol;
  std::uint16_t port;
  bool allow, untracked;
  const char* rule;
};

TEST(Reference, TracksAsTheExampleOfAwsSays) {
  const Policy policy = tracking_example();
  const TrackingCase cases[] = {
      {"ssh from the one host is tracked", "203.0.113.1", 6, 22, true, false, "web/ingress/0"},
      {"ssh from another is refused", "203.0.113.2", 6, 22, false, false, ""},
      {"http from anywhere is untracked", "203.0.113.2", 6, 80, true, true, "web/ingress/1"},
      {"ping is tracked", "203.0.113.2", 1, 0, true, false, "web/ingress/2"},
      {"udp is refused", "203.0.113.2", 17, 80, false, false, ""},
  };
  for (const auto& c : cases) {
    const auto answer =
        ask_groups(policy, host_of(policy, "web"), Side::ingress, {ip(c.remote), c.protocol, c.port, 8, 0});
    EXPECT_EQ(answer.allow, c.allow) << c.description;
    EXPECT_EQ(answer.untracked, c.untracked) << c.description;
    EXPECT_EQ(answer.rule, c.rule) << c.description;
  }
}

TEST(Reference, LowestRuleNumberDecidesAndNothingMatchedIsDenied) {
  Policy policy = tracking_example();
  AclEntry deny, allow;
  deny.rule_no = 50;
  deny.cidr_block = parse_prefix("192.0.2.0/24")->prefix;
  allow.rule_no = 100;
  allow.allow = true;
  allow.traffic = {kProtocolTcp, 443, 443, -1, -1};
  policy.network_acls["a"].ingress = {allow, deny};
  EXPECT_EQ(ask_acl(policy, "a", Side::ingress, {ip("192.0.2.9"), 6, 443, 0, 0}).rule, "50");
  EXPECT_TRUE(ask_acl(policy, "a", Side::ingress, {ip("198.51.100.9"), 6, 443, 0, 0}).allow);
  EXPECT_EQ(ask_acl(policy, "a", Side::ingress, {ip("198.51.100.9"), 17, 443, 0, 0}).rule, "*");
  EXPECT_FALSE(ask_acl(policy, "a", Side::egress, {ip("198.51.100.9"), 6, 443, 0, 0}).allow);
}

TEST(Reference, LongestPrefixWinsAndLocalIsImplicit) {
  Policy policy = tracking_example();
  Route all, hole;
  all.destination = Prefix{};
  all.target = RouteTarget::internet;
  hole.destination = parse_prefix("192.0.2.0/24")->prefix;
  policy.route_tables["main"].routes = {all, hole};
  EXPECT_EQ(ask_route(policy, "main", ip("10.0.7.7")).target, RouteTarget::local);
  EXPECT_EQ(ask_route(policy, "main", ip("192.0.2.1")).target, RouteTarget::blackhole);
  EXPECT_EQ(ask_route(policy, "main", ip("8.8.8.8")).target, RouteTarget::internet);
  policy.route_tables["main"].routes.clear();
  EXPECT_FALSE(ask_route(policy, "main", ip("8.8.8.8")).found);
}

}  // namespace
}  // namespace sallyport::rules::reference
