// What the reader makes of a policy: values, positions, defaults and what exists without being written.
#include <gmock/gmock.h>

#include "tests/rules/document/documents_support.h"

namespace sallyport::rules {
namespace {

using testing::ElementsAre;

Policy read_right(const std::string& text) {
  auto read = read_policy(text, "policy.json");
  EXPECT_TRUE(read) << testing_support::in_short(read.error());
  return read ? std::move(read->policy) : Policy{};
}

Ipv4 ip(std::string_view text) { return *parse_ipv4(text); }
Prefix cidr(std::string_view text) { return parse_prefix(text)->prefix; }

TEST(PolicyModel, TheFormatsExampleIsUnderstood) {
  const auto policy = read_right(testing_support::data("format-example.json"));
  EXPECT_TRUE(policy.vpc.internet_gateway);
  EXPECT_THAT(policy.vpc.cidr_blocks, ElementsAre(cidr("10.0.0.0/16")));
  const auto& app = policy.security_groups.at("app");
  ASSERT_EQ(app.ingress.size(), 3U);
  EXPECT_EQ(app.ingress[0].traffic, (Traffic{kProtocolTcp, 3000, 3000, -1, -1}));
  EXPECT_THAT(app.ingress[0].security_groups, ElementsAre("alb"));
  EXPECT_EQ(app.ingress[1].description, "ssh");
  EXPECT_THAT(app.ingress[1].prefix_lists, ElementsAre("office"));
  EXPECT_EQ(app.ingress[2].traffic, (Traffic{kProtocolIcmp, 0, 65535, 8, -1}));
  EXPECT_TRUE(app.ingress[2].self);
  EXPECT_EQ(app.egress[0].traffic, Traffic{});
  EXPECT_EQ(app.ingress[1].where.line, 18U);
  EXPECT_EQ(app.ingress[1].where.column, 20U);
  EXPECT_EQ(app.where.line, 16U);
  const auto& acl = policy.network_acls.at("public");
  ASSERT_EQ(acl.ingress.size(), 6U);
  EXPECT_FALSE(acl.ingress[0].allow);
  EXPECT_EQ(acl.ingress[2].traffic, (Traffic{kProtocolIcmp, 0, 65535, 3, 4}));
  const auto& routes = policy.route_tables.at("private").routes;
  EXPECT_EQ(routes[0].target, RouteTarget::nat_gateway);
  EXPECT_EQ(routes[0].target_name, "nat-a");
  EXPECT_EQ(routes[1].target, RouteTarget::blackhole);
  EXPECT_EQ(routes[2].target, RouteTarget::interface);
  EXPECT_EQ(policy.route_tables.at("public").routes[0].target, RouteTarget::internet);
  EXPECT_EQ(policy.subnets.at("public-a").network_acl, "public");
  EXPECT_EQ(policy.subnets.at("app-a").network_acl, "default");
  EXPECT_FALSE(policy.interfaces.at("vpn-appliance").source_dest_check);
  const auto& docker = policy.interfaces.at("docker-host");
  EXPECT_EQ(docker.public_ip, ip("203.0.113.100"));
  ASSERT_EQ(docker.publish.size(), 1U);
  EXPECT_EQ(docker.publish[0].first_port, 8080);
  EXPECT_EQ(docker.publish[0].last_port, 8080);
  EXPECT_EQ(docker.publish[0].target, ip("172.17.0.2"));
  EXPECT_EQ(docker.publish[0].target_first_port, 5000);
  EXPECT_EQ(docker.publish[0].protocol, kProtocolTcp);
  EXPECT_THAT(policy.nat_gateways.at("nat-a").public_ips, ElementsAre(ip("203.0.113.5"), ip("203.0.113.6")));
  EXPECT_EQ(policy.options.timeouts, Timeouts{});
  EXPECT_EQ(policy.options.nat_timeout, 350U);
}

TEST(PolicyModel, WhatIsNotWrittenExistsByDefault) {
  const auto policy = read_right(R"({"version":1,"vpc":{"cidr_blocks":["10.0.0.0/16"]},
    "subnets":{"s":{"cidr_block":"10.0.0.0/24"}},"interfaces":{"i":{"subnet":"s","private_ips":["10.0.0.9"]}}})");
  EXPECT_FALSE(policy.vpc.internet_gateway);
  const auto& group = policy.security_groups.at("default");
  EXPECT_EQ(group.where.line, 0U);
  ASSERT_EQ(group.ingress.size(), 1U);
  EXPECT_TRUE(group.ingress[0].self);
  ASSERT_EQ(group.egress.size(), 1U);
  EXPECT_THAT(group.egress[0].cidr_blocks, ElementsAre(Prefix{}));
  const auto& acl = policy.network_acls.at("default");
  for (const auto* entries : {&acl.ingress, &acl.egress}) {
    ASSERT_EQ(entries->size(), 1U);
    EXPECT_EQ(entries->front().rule_no, 100);
    EXPECT_TRUE(entries->front().allow);
    EXPECT_EQ(entries->front().traffic, Traffic{});
    EXPECT_EQ(entries->front().cidr_block, Prefix{});
  }
  EXPECT_TRUE(policy.route_tables.at("main").routes.empty());
  EXPECT_EQ(policy.subnets.at("s").route_table, "main");
  EXPECT_TRUE(policy.subnets.at("s").security_groups.empty());
  const auto& interface = policy.interfaces.at("i");
  EXPECT_THAT(interface.security_groups, ElementsAre("default"));
  EXPECT_TRUE(interface.source_dest_check);
  EXPECT_FALSE(interface.mac.has_value());
  EXPECT_EQ(policy.options.on_policy_change, OnPolicyChange::keep);
  EXPECT_TRUE(policy.options.tcp_pickup);
  EXPECT_FALSE(policy.options.allow_private_internet);
}

TEST(PolicyModel, AWrittenDefaultReplacesTheImplicitOne) {
  const auto policy = read_right(R"({"version":1,"vpc":{"cidr_blocks":["10.0.0.0/16"]},
    "security_groups":{"default":{}},"network_acls":{"default":{}},
    "route_tables":{"main":[{"cidr_block":"192.0.2.0/24","blackhole":true}]}})");
  EXPECT_TRUE(policy.security_groups.at("default").ingress.empty());
  EXPECT_TRUE(policy.security_groups.at("default").egress.empty());
  EXPECT_TRUE(policy.network_acls.at("default").ingress.empty());
  EXPECT_EQ(policy.route_tables.at("main").routes.size(), 1U);
}

TEST(PolicyModel, AclEntriesStandInOrderOfTheirNumbers) {
  const auto policy = read_right(R"({"version":1,"vpc":{"cidr_blocks":["10.0.0.0/16"]},"network_acls":{"a":{"egress":[
    {"rule_no":200,"action":"deny","protocol":-1,"cidr_block":"0.0.0.0/0"},
    {"rule_no":9,"action":"allow","protocol":17,"from_port":53,"to_port":53,"cidr_block":"10.0.0.0/16"}]}}})");
  const auto& entries = policy.network_acls.at("a").egress;
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].rule_no, 9);
  EXPECT_EQ(entries[0].where.line, 3U);
  EXPECT_EQ(entries[1].rule_no, 200);
}

TEST(PolicyModel, AnInterfacesTimeoutsStartFromTheOptions) {
  const auto policy = read_right(R"({"version":1,"vpc":{"cidr_blocks":["10.0.0.0/16"]},
    "subnets":{"s":{"cidr_block":"10.0.0.0/24"}},
    "interfaces":{"i":{"subnet":"s","private_ips":["10.0.0.9"],"timeouts":{"udp":40}},
                  "j":{"subnet":"s","private_ips":["10.0.0.10"]}},
    "options":{"timeouts":{"udp":50,"tcp_syn":7,"nat":20}}})");
  EXPECT_EQ(policy.interfaces.at("i").timeouts.udp, 40U);
  EXPECT_EQ(policy.interfaces.at("i").timeouts.tcp_syn, 7U);
  EXPECT_EQ(policy.interfaces.at("j").timeouts, policy.options.timeouts);
  EXPECT_EQ(policy.options.nat_timeout, 20U);
}

TEST(PolicyModel, AnInterfaceMayOwnTheResolversAddress) {
  const auto policy = read_right(R"({"version":1,"vpc":{"cidr_blocks":["10.0.0.0/16","10.1.0.0/16"]},
    "subnets":{"s":{"cidr_block":"10.0.0.0/24"}},"interfaces":{"dns":{"subnet":"s","private_ips":["10.0.0.2"]}}})");
  EXPECT_EQ(policy.vpc.resolver(), policy.interfaces.at("dns").private_ips[0]);
  EXPECT_FALSE(read_policy(R"({"version":1,"vpc":{"cidr_blocks":["10.0.0.0/16","10.1.0.0/16"]},
    "subnets":{"s":{"cidr_block":"10.1.0.0/24"}},"interfaces":{"dns":{"subnet":"s","private_ips":["10.1.0.2"]}}})",
                           "p.json"));
}

TEST(PolicyModel, TimeoutsOutsideTheRangesOfAwsAreWarnings) {
  const auto read =
      read_policy(testing_support::changed(testing_support::data("format-example.json"), "/options/timeouts",
                                           R"({"tcp_established":59,"udp":61,"udp_stream":180,"other":1})"),
                  "p.json");
  ASSERT_TRUE(read);
  EXPECT_EQ(testing_support::in_short(read->warnings),
            "59 seconds are outside the range of AWS, 60 to 432000 in /options/timeouts/tcp_established\n"
            "61 seconds are outside the range of AWS, 30 to 60 in /options/timeouts/udp");
}

}  // namespace
}  // namespace sallyport::rules
