// What the policy format decides where AWS leaves a choice ("Meaning"): a packet for each sentence that no other file
// of this folder has.
//
// Owner: tests.
#include "tests/dataplane/support/steps.h"

namespace sallyport::dataplane::testing {
namespace {

constexpr auto* kApp = "10.0.3.11:40000";
constexpr auto* kDb = "10.0.4.5:5432";
const std::string kRefused = "drop ENI_SG_RULES_MISMATCH";

Frame syn(std::string_view from, std::string_view to) { return tcp(from, to, tcp::kSyn).frame(); }
Frame ack(std::string_view from, std::string_view to) { return tcp(from, to, tcp::kAck).frame(); }

TEST(Meaning, TheSendingHopIsPartOfTheSessionsKey) {
  GatewayWorld world(usual_policy().dump(), resolved());
  const auto forwarded = tcp("10.0.3.11:1", "10.0.1.30:22", tcp::kSyn).from(kVpnMac).frame();
  run(world,
      {{"by its owner", "inside", syn("10.0.3.11:1", "10.0.1.30:22"), "dmz tcp 10.0.3.11:1 > 10.0.1.30:22 S ttl 63"},
       {"the same tuple by the appliance", "dmz", forwarded, "drop CONNTRACK_INVALID_STATE"}});
  ASSERT_EQ(world.flows().size(), 1);
}

TEST(Meaning, AReplyWhoseMappingLivesButWhoseGroupStateExpiredIsNew) {
  auto policy = usual_policy();
  policy["options"]["timeouts"] = {{"nat", 300}, {"udp", 30}};
  GatewayWorld world(policy.dump(), resolved());
  world.engine().force_nat_port(2000);
  const auto answer = udp("198.18.0.7:53", "203.0.113.5:2000").frame();
  const auto ask = udp("10.0.3.11:40000", "198.18.0.7:53").frame();
  run(world, {{"asked", "inside", ask, "outside udp 203.0.113.5:2000 > 198.18.0.7:53 ttl 63"}});
  world.pass(29);
  run(world, {{"in time", "outside", answer, "inside udp 198.18.0.7:53 > 10.0.3.11:40000 ttl 63"}});
  world.pass(31);
  EXPECT_EQ(world.flows().size(), 1) << "the mapping lives";
  run(world,
      {{"judged as new", "outside", answer, kRefused},
       {"asked again", "inside", ask, "outside udp 203.0.113.5:2000 > 198.18.0.7:53 ttl 63"},
       {"the same mapping, tracked again", "outside", answer, "inside udp 198.18.0.7:53 > 10.0.3.11:40000 ttl 63"}});
  policy["security_groups"]["app"]["ingress"].push_back(
      {{"protocol", "udp"}, {"from_port", 40000}, {"to_port", 40000}, {"cidr_blocks", {"198.18.0.0/15"}}});
  world.apply(policy.dump());
  world.pass(31);
  run(world, {{"admitted as new", "outside", answer, "inside udp 198.18.0.7:53 > 10.0.3.11:40000 ttl 63"}});
}

// One narrow rule that would track, one wide one that does not: the wide one makes the flow untracked, whichever is
// named.
TEST(Meaning, UntrackedIfAnyMatchingRuleQualifies) {
  for (const bool narrow_first : {true, false}) {
    auto policy = usual_policy();
    nlohmann::ordered_json narrow = {
        {"protocol", "tcp"}, {"from_port", 80}, {"to_port", 80}, {"cidr_blocks", {"198.18.0.0/15"}}};
    auto& rules = policy["security_groups"]["web"]["ingress"];
    rules.insert(narrow_first ? rules.begin() : rules.end(), narrow);
    GatewayWorld world(policy.dump(), resolved());
    run(world,
        {{"in", "outside", syn("198.18.0.7:1", "203.0.113.20:80"), "dmz tcp 198.18.0.7:1 > 10.0.1.20:80 S ttl 63"},
         {"back", "dmz", tcp("10.0.1.20:80", "198.18.0.7:1", kSynAck).frame(),
          "outside tcp 203.0.113.20:80 > 198.18.0.7:1 SA ttl 63"}});
    EXPECT_EQ(world.flows().size(), 0) << narrow_first;
    EXPECT_EQ(world.decided(narrow_first ? "web/ingress/0" : "web/ingress/5"), narrow_first ? 1 : 0);
  }
}

TEST(Meaning, WhatMakesAFlowTracked) {
  struct Row {
    std::string description;
    nlohmann::ordered_json ingress, egress;
    std::string port;
    Frame frame;
    std::size_t flows;
  };
  const nlohmann::ordered_json any = {{"protocol", "-1"}, {"cidr_blocks", {"0.0.0.0/0"}}};
  const nlohmann::ordered_json all_tcp = {
      {"protocol", "tcp"}, {"from_port", 0}, {"to_port", 65535}, {"cidr_blocks", {"0.0.0.0/0"}}};
  nlohmann::ordered_json most_tcp = all_tcp, inside_only = any;
  most_tcp["from_port"] = 1;
  inside_only["cidr_blocks"] = {"0.0.0.0/1", "128.0.0.0/1"};
  const auto request = syn("198.18.0.7:1", "203.0.113.20:80");
  const std::vector<Row> rows{
      {"any source, everything out", any, any, "outside", request, 0},
      {"any source, all ports out", any, all_tcp, "outside", request, 0},
      {"one port missing on the way out", any, most_tcp, "outside", request, 1},
      {"all of tcp is not all of udp", any, all_tcp, "outside", udp("198.18.0.7:1", "203.0.113.20:80").frame(), 1},
      {"two halves are not 0.0.0.0/0", inside_only, any, "outside", request, 1},
      {"ICMP", any, any, "outside", echo_request("198.18.0.7", "203.0.113.20", 1).frame(), 1},
      {"other protocols", any, any, "outside", other(47, "198.18.0.7", "203.0.113.20").frame(), 1},
      {"outward likewise", any, any, "dmz", syn("10.0.1.20:1", "198.18.0.7:80"), 0},
      {"outward, not all in", most_tcp, any, "dmz", syn("10.0.1.20:1", "198.18.0.7:80"), 1},
  };
  for (const auto& row : rows) {
    auto policy = usual_policy();
    policy["security_groups"]["web"] = {{"ingress", {row.ingress}}, {"egress", {row.egress}}};
    GatewayWorld world(policy.dump(), resolved());
    EXPECT_TRUE(world.send(row.port, row.frame).find("drop") == std::string::npos) << row.description;
    EXPECT_EQ(world.flows().size(), row.flows) << row.description;
  }
}

TEST(Meaning, FlowsThroughANatGatewayAreTrackedEvenSo) {
  auto policy = usual_policy();
  policy["security_groups"]["app"] = {{"ingress", {{{"protocol", "-1"}, {"cidr_blocks", {"0.0.0.0/0"}}}}},
                                      {"egress", {{{"protocol", "-1"}, {"cidr_blocks", {"0.0.0.0/0"}}}}}};
  GatewayWorld world(policy.dump(), resolved());
  static_cast<void>(world.send("inside", syn(kApp, "198.18.0.7:443")));
  ASSERT_EQ(world.flows().size(), 1);
  EXPECT_TRUE(world.flows()[0].tracked_from);
}

TEST(Meaning, OtherProtocolsAreTrackedByAddresses) {
  auto policy = usual_policy();
  policy["security_groups"]["db"]["ingress"] = {{{"protocol", "47"}, {"security_groups", {"app"}}}};
  GatewayWorld world(policy.dump(), resolved());
  run(world, {{"not asked", "inside", other(47, "10.0.4.5", "10.0.3.11").frame(), kRefused},
              {"asked", "inside", other(47, "10.0.3.11", "10.0.4.5").frame(),
               "inside protocol 47 10.0.3.11 > 10.0.4.5 ttl 63"},
              {"answered", "inside", other(47, "10.0.4.5", "10.0.3.11").frame(),
               "inside protocol 47 10.0.4.5 > 10.0.3.11 ttl 63"},
              {"another protocol", "inside", other(50, "10.0.4.5", "10.0.3.11").frame(), kRefused}});
  world.pass(601);
  run(world, {{"too late", "inside", other(47, "10.0.4.5", "10.0.3.11").frame(), kRefused}});
}

// Entering, the NAT gateway's subnet sees the client; leaving, the private address; answers the other way round.
TEST(Meaning, TheAclsOfANatGatewaysSubnetSeeItsPrivateAddress) {
  struct Row {
    std::string description, direction, cidr;
    std::string out, back;
  };
  const std::string passes = "outside tcp 203.0.113.5:2000 > 198.18.0.7:443 S ttl 63";
  const std::string answered = "inside tcp 198.18.0.7:443 > 10.0.3.11:40000 SA ttl 63",
                    denied = "drop SUBNET_ACL_RESTRICTION";
  const std::vector<Row> rows{
      {"in from the client", "ingress", "10.0.3.11/32", denied, ""},
      {"in from the private address: never", "ingress", "10.0.1.5/32", passes, answered},
      {"answers come in from the far end", "ingress", "198.18.0.7/32", passes, denied},
      {"out to the far end", "egress", "198.18.0.7/32", denied, ""},
      {"answers go out to the client", "egress", "10.0.3.11/32", passes, denied},
  };
  for (const auto& row : rows) {
    auto policy = usual_policy();
    policy["network_acls"]["public"][row.direction].push_back(
        {{"rule_no", 1}, {"action", "deny"}, {"protocol", "-1"}, {"cidr_block", row.cidr}});
    GatewayWorld world(policy.dump(), resolved());
    world.engine().force_nat_port(2000);
    EXPECT_EQ(world.send("inside", syn(kApp, "198.18.0.7:443")), row.out) << row.description;
    if (row.back.empty()) continue;
    EXPECT_EQ(world.send("outside", tcp("198.18.0.7:443", "203.0.113.5:2000", kSynAck).frame()), row.back)
        << row.description;
  }
}

TEST(Meaning, APacketFromInsideToANatAddressThatMatchesASessionIsAccepted) {
  auto policy = usual_policy();
  policy["route_tables"]["private"].push_back({{"cidr_block", "10.0.1.0/24"}, {"nat_gateway", "nat-a"}});
  GatewayWorld world(policy.dump(), resolved());
  world.engine().force_nat_port(2000);
  run(world, {{"to the NAT gateway's own subnet", "inside", syn(kApp, "10.0.1.30:22"),
               "dmz tcp 10.0.1.5:2000 > 10.0.1.30:22 S ttl 63"},
              {"its answer", "dmz", tcp("10.0.1.30:22", "10.0.1.5:2000", kSynAck).frame(),
               "inside tcp 10.0.1.30:22 > 10.0.3.11:40000 SA ttl 63"},
              {"another's", "dmz", tcp("10.0.1.20:22", "10.0.1.5:2000", kSynAck).frame(), "drop NAT_NO_SESSION"}});
}

TEST(Meaning, Checksums) {
  const auto damaged = [](const PacketBuilder& builder, std::size_t at) {
    auto frame = builder.frame();
    frame[at] ^= std::byte{0xFF};
    return frame;
  };
  GatewayWorld world(usual_policy().dump(), resolved());
  run(world,
      {{"the header's, of any packet", "inside", damaged(other(47, "10.0.3.11", "10.0.4.5"), 24), "drop BAD_CHECKSUM"},
       {"before a session: UDP", "inside", damaged(udp("10.0.3.11:1", "198.18.0.7:53"), 40), "drop BAD_CHECKSUM"},
       {"before a session: ICMP", "inside", damaged(echo_request("10.0.3.11", "10.0.3.12", 1), 36),
        "drop BAD_CHECKSUM"},
       {"before a session: TCP", "inside", damaged(tcp(kApp, kDb, tcp::kSyn), 50), "drop BAD_CHECKSUM"}});
  EXPECT_EQ(world.flows().size(), 0);
  static_cast<void>(world.send("inside", syn(kApp, kDb)));
  run(world, {{"before a change of state", "inside", damaged(tcp(kDb, kApp, kSynAck), 50), "drop BAD_CHECKSUM"},
              {"a reset most of all", "inside", damaged(tcp(kDb, kApp, tcp::kRst), 50), "drop BAD_CHECKSUM"}});
  EXPECT_EQ(world.flows().at(0).packets_back, 0);
}

TEST(Meaning, AnUplinkAddressInPublicIpsFollowsNatRules) {
  auto policy = usual_policy();
  policy["nat_gateways"]["nat-a"]["public_ips"] = {"198.51.100.2"};
  GatewayWorld world(policy.dump(), resolved());
  world.engine().force_nat_port(2000);
  run(world, {{"no echo", "outside", echo_request("198.18.0.7", "198.51.100.2", 5).frame(), "drop NAT_NO_SESSION"},
              {"out", "inside", syn(kApp, "198.18.0.7:443"), "outside tcp 198.51.100.2:2000 > 198.18.0.7:443 S ttl 63"},
              {"back", "outside", tcp("198.18.0.7:443", "198.51.100.2:2000", kSynAck).frame(),
               "inside tcp 198.18.0.7:443 > 10.0.3.11:40000 SA ttl 63"},
              {"ARP for it is answered", "outside", arp_request(kHostMac, "198.51.100.1", "198.51.100.2"), "consume"}});
  EXPECT_EQ(world.originated().size(), 1);
}

TEST(Meaning, WhatIsNeverForwarded) {
  GatewayWorld world(usual_policy().dump(), resolved());
  run(world, {{"link-local destination", "inside", syn(kApp, "169.254.169.254:80"), "drop MARTIAN_ADDRESS"},
              {"link-local source", "inside", syn("169.254.1.1:1", kDb), "drop MARTIAN_ADDRESS"},
              {"DHCP", "inside", udp("0.0.0.0:68", "255.255.255.255:67").frame(), "drop MULTICAST_OR_BROADCAST"},
              {"broadcast", "inside", udp(kApp, "255.255.255.255:9").frame(), "drop MULTICAST_OR_BROADCAST"}});
}

TEST(Meaning, AnUplinksNetworkAndBroadcastAddressesAreNobodys) {
  const auto from = [](std::string_view source) { return syn(source, "203.0.113.20:80"); };
  GatewayWorld world(usual_policy().dump(), resolved());
  run(world,
      {{"from the network", "outside", from("198.51.100.0:1"), "drop MARTIAN_ADDRESS"},
       {"from the broadcast address", "outside", from("198.51.100.255:1"), "drop MARTIAN_ADDRESS"},
       {"forged inside", "dmz", tcp("198.51.100.255:1", kDb, tcp::kSyn).from(kVpnMac).frame(), "drop MARTIAN_ADDRESS"},
       {"an error of theirs", "outside",
        icmp_error("198.51.100.255", "203.0.113.20", 3, 1, tcp("203.0.113.20:1", "198.18.0.7:80", 0).packet()).frame(),
        "drop MARTIAN_ADDRESS"},
       {"to the network", "inside", syn(kApp, "198.51.100.0:53"), "drop MULTICAST_OR_BROADCAST"},
       {"to all of it", "dmz", udp("10.0.1.20:1", "198.51.100.255:53").frame(), "drop MULTICAST_OR_BROADCAST"},
       {"from outside to all of it", "outside", syn("198.51.100.7:1", "198.51.100.255:80"),
        "drop MULTICAST_OR_BROADCAST"},
       {"its neighbours are somebody", "outside", from("198.51.100.254:1"),
        "dmz tcp 198.51.100.254:1 > 10.0.1.20:80 S ttl 63"}});
  EXPECT_EQ(world.flows().size(), 0) << "the one that passed is untracked";
}

TEST(Meaning, ALinkOfTwoHasNoBroadcast) {
  auto ports = usual_ports();
  ports[2] = uplink_port("outside", "198.51.100.2/31", "198.51.100.3");
  GatewayWorld world(usual_policy().dump(), resolved(), ports);
  run(world, {{"from the next hop", "outside", syn("198.51.100.3:1", "203.0.113.20:80"),
               "dmz tcp 198.51.100.3:1 > 10.0.1.20:80 S ttl 63"}});
}

TEST(Meaning, AHostInsideTheUplinksPrefixKeepsItsAddress) {
  auto ports = usual_ports();
  ports[2] = uplink_port("outside", "10.0.3.10/30", "10.0.3.9");
  GatewayWorld world(usual_policy().dump(), resolved(), ports);
  run(world, {{"app-1 is the link's broadcast address", "inside", syn(kApp, kDb),
               "inside tcp 10.0.3.11:40000 > 10.0.4.5:5432 S ttl 63"}});
}

TEST(Meaning, AFrameFromTheGatewaysOwnStationIsALoop) {
  GatewayWorld world(usual_policy().dump(), resolved());
  const auto own = tcp("198.18.0.7:1", "203.0.113.20:80", tcp::kSyn).from(kGatewayMac).frame();
  run(world, {{"a packet", "outside", own, "drop MALFORMED_ETHERNET"},
              {"an ARP request", "outside", arp_request(kGatewayMac, "198.51.100.7", "198.51.100.2"),
               "drop MALFORMED_ETHERNET"}});
  EXPECT_EQ(world.originated().size(), 0);
}

TEST(Meaning, RouterAndUplinkAddressesAreUnfiltered) {
  auto policy = usual_policy();
  policy["security_groups"]["app"] = nlohmann::ordered_json::object();
  policy["network_acls"]["shut"] = nlohmann::ordered_json::object();
  policy["subnets"]["app"]["network_acl"] = "shut";
  GatewayWorld world(policy.dump(), resolved());
  run(world,
      {{"its router", "inside", echo_request("10.0.3.11", "10.0.3.1", 5).frame(),
        "inside icmp 0/0 10.0.3.1 > 10.0.3.11 id 5 ttl 64"},
       {"another router", "inside", echo_request("10.0.3.11", "10.0.1.1", 5).frame(),
        "inside icmp 0/0 10.0.1.1 > 10.0.3.11 id 5 ttl 64"},
       {"not a forged source", "inside", echo_request("10.0.77.7", "10.0.3.1", 5).frame(), "drop UNKNOWN_HOST"}});
}

TEST(Meaning, TheResolverIsExemptFromAclsToo) {
  auto policy = usual_policy();
  policy["subnets"]["first"] = {{"cidr_block", "10.0.0.0/24"}, {"network_acl", "shut"}};
  policy["network_acls"]["shut"] = nlohmann::ordered_json::object();
  policy["subnets"]["db"]["network_acl"] = "shut";
  policy["interfaces"]["resolver"] = {{"subnet", "first"}, {"private_ips", {"10.0.0.2"}}, {"security_groups", {"db"}}};
  policy["interfaces"]["beside"] = {{"subnet", "first"}, {"private_ips", {"10.0.0.9"}}, {"security_groups", {"any"}}};
  auto ports = usual_ports();
  ports[0].subnets.emplace_back("first");
  GatewayWorld world(policy.dump(), resolved(), ports);
  run(world, {{"asked", "inside", udp("10.0.4.5:1000", "10.0.0.2:53").frame(),
               "inside udp 10.0.4.5:1000 > 10.0.0.2:53 ttl 63"},
              {"answers", "inside", udp("10.0.0.2:53", "10.0.4.5:1000").frame(),
               "inside udp 10.0.0.2:53 > 10.0.4.5:1000 ttl 63"},
              {"any other DNS server is filtered", "inside", udp("10.0.4.5:1000", "10.0.0.9:53").frame(), kRefused}});
}

TEST(Meaning, AReplyLedElsewhereIsLost) {
  auto policy = usual_policy();
  policy["route_tables"]["back"] = {{{"cidr_block", "10.0.3.0/24"}, {"nat_gateway", "nat-a"}}};
  policy["subnets"]["db"]["route_table"] = "back";
  GatewayWorld world(policy.dump(), resolved());
  run(world, {{"there", "inside", syn(kApp, kDb), "inside tcp 10.0.3.11:40000 > 10.0.4.5:5432 S ttl 63"},
              {"not back", "inside", tcp(kDb, kApp, kSynAck).frame(), "drop NO_ROUTE_TO_DESTINATION"}});
}

// Where the table leads stands before whatever would judge the packet on the way there, so that the code names it.
TEST(Meaning, AReplyLedElsewhereIsLostForThatReason) {
  struct Row {
    std::string description;
    nlohmann::ordered_json route;  // of the table by which the reply leaves
    std::string table;
    std::vector<Step> steps;
  };
  const Step to_db{"to db", "inside", syn(kApp, kDb), "inside tcp 10.0.3.11:40000 > 10.0.4.5:5432 S ttl 63"};
  const Step from_db{"from db", "inside", tcp(kDb, kApp, kSynAck).frame(), "drop NO_ROUTE_TO_DESTINATION"};
  const std::vector<Row> rows{
      {"into a NAT gateway whose ACL refuses it",
       {{"cidr_block", "10.0.3.0/24"}, {"nat_gateway", "nat-a"}},
       "back",
       {to_db, from_db}},
      {"to an appliance whose ACL refuses it",
       {{"cidr_block", "10.0.3.0/24"}, {"interface", "vpn"}},
       "back",
       {to_db, from_db}},
      {"to the internet, for a private address that an appliance forwarded for",
       {{"cidr_block", "10.200.0.0/16"}, {"gateway", "internet"}},
       "public",
       {{"there", "dmz", tcp("10.200.0.1:1", "10.0.1.30:22", tcp::kSyn).from(kVpnMac).frame(),
         "dmz tcp 10.200.0.1:1 > 10.0.1.30:22 S ttl 63"},
        {"not back", "dmz", tcp("10.0.1.30:22", "10.200.0.1:1", kSynAck).frame(), "drop NO_ROUTE_TO_DESTINATION"}}},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.description);
    auto policy = usual_policy();
    policy["network_acls"]["public"]["ingress"].push_back(
        {{"rule_no", 40}, {"action", "deny"}, {"protocol", "-1"}, {"cidr_block", "10.0.4.0/24"}});
    policy["route_tables"]["back"] = nlohmann::ordered_json::array();
    policy["route_tables"][row.table].push_back(row.route);
    policy["subnets"]["db"]["route_table"] = "back";
    GatewayWorld world(policy.dump(), resolved());
    run(world, row.steps);
  }
}

TEST(Meaning, AFullTableRefusesTrackedFlowsAndEvictsNone) {
  auto settings = resolved();
  settings.max_flows = 1;
  GatewayWorld world(usual_policy().dump(), settings);
  const std::string on = "inside tcp 10.0.3.11:40000 > 10.0.4.5:5432 ";
  world.engine().force_nat_port(2000);
  run(world, {{"the one flow", "inside", syn(kApp, kDb), on + "S ttl 63"},
              {"through the NAT gateway", "inside", syn(kApp, "198.18.0.7:443"), "drop CONNTRACK_FULL"},
              {"published", "outside", syn("198.18.0.7:1", "203.0.113.100:8080"), "drop CONNTRACK_FULL"},
              {"untracked, 1:1", "outside", syn("192.0.2.9:1", "203.0.113.20:80"),
               "dmz tcp 192.0.2.9:1 > 10.0.1.20:80 S ttl 63"},
              {"and back", "dmz", tcp("10.0.1.20:80", "192.0.2.9:1", kSynAck).frame(),
               "outside tcp 203.0.113.20:80 > 192.0.2.9:1 SA ttl 63"},
              {"the one flow goes on", "inside", ack(kApp, kDb), on + "A ttl 63"}});
  EXPECT_EQ(world.flows().size(), 1);
  world.pass(61);
  run(world, {{"room again", "inside", syn(kApp, "198.18.0.7:443"),
               "outside tcp 203.0.113.5:2000 > 198.18.0.7:443 S ttl 63"}});
}

}  // namespace
}  // namespace sallyport::dataplane::testing
