// The ways a packet can take, one after the other.
//
// Owner: tests. NAT ports are forced so that a sentence can name them.
#include "tests/dataplane/support/steps.h"

namespace sallyport::dataplane::testing {
namespace {

TEST(Paths, Inside) {
  GatewayWorld world(usual_policy().dump(), resolved());
  run(world,
      {
          {"a group that names the sender's admits it", "inside",
           tcp("10.0.3.11:40000", "10.0.4.5:5432", tcp::kSyn).frame(),
           "inside tcp 10.0.3.11:40000 > 10.0.4.5:5432 S ttl 63"},
          {"the answer needs no rule", "inside", tcp("10.0.4.5:5432", "10.0.3.11:40000", kSynAck).frame(),
           "inside tcp 10.0.4.5:5432 > 10.0.3.11:40000 SA ttl 63"},
          {"another port", "inside", tcp("10.0.3.11:40000", "10.0.4.5:5433", tcp::kSyn).frame(),
           "drop ENI_SG_RULES_MISMATCH"},
          {"a group without egress rules", "inside", tcp("10.0.4.5:1000", "10.0.3.11:3000", tcp::kSyn).frame(),
           "drop ENI_SG_RULES_MISMATCH"},
          {"the same subnet", "inside", echo_request("10.0.3.11", "10.0.3.12", 7).frame(),
           "inside icmp 8/0 10.0.3.11 > 10.0.3.12 id 7 ttl 63"},
          {"its answer", "inside", echo_reply("10.0.3.12", "10.0.3.11", 7).frame(),
           "inside icmp 0/0 10.0.3.12 > 10.0.3.11 id 7 ttl 63"},
          {"ping a server", "inside", echo_request("10.0.3.11", "10.0.1.20", 9).frame(),
           "dmz icmp 8/0 10.0.3.11 > 10.0.1.20 id 9 ttl 63"},
          {"its own request under the same id is no answer", "dmz", echo_request("10.0.1.20", "10.0.3.11", 9).frame(),
           "drop ENI_SG_RULES_MISMATCH"},
          {"a host that only its subnet names", "inside", tcp("10.0.3.77:40000", "10.0.4.5:5432", tcp::kSyn).frame(),
           "inside tcp 10.0.3.77:40000 > 10.0.4.5:5432 S ttl 63"},
          {"a subnet on no port", "inside", tcp("10.0.3.11:1", "10.0.9.9:1", tcp::kSyn).frame(),
           "drop NO_ROUTE_TO_DESTINATION"},
      });
}

TEST(Paths, ThroughTheNatGateway) {
  GatewayWorld world(usual_policy().dump(), resolved());
  world.engine().force_nat_port(2000);
  run(world,
      {
          {"out", "inside", tcp("10.0.3.11:40000", "198.18.0.7:443", tcp::kSyn).frame(),
           "outside tcp 203.0.113.5:2000 > 198.18.0.7:443 S ttl 63"},
          {"back", "outside", tcp("198.18.0.7:443", "203.0.113.5:2000", kSynAck).frame(),
           "inside tcp 198.18.0.7:443 > 10.0.3.11:40000 SA ttl 63"},
          {"on", "inside", tcp("10.0.3.11:40000", "198.18.0.7:443", tcp::kAck).frame(),
           "outside tcp 203.0.113.5:2000 > 198.18.0.7:443 A ttl 63"},
          {"unsolicited", "outside", tcp("198.18.0.7:443", "203.0.113.5:2001", kSynAck).frame(), "drop NAT_NO_SESSION"},
          {"from another port", "outside", tcp("198.18.0.7:444", "203.0.113.5:2000", kSynAck).frame(),
           "drop NAT_NO_SESSION"},
          {"echo", "inside", echo_request("10.0.3.11", "198.18.0.7", 77).frame(),
           "outside icmp 8/0 203.0.113.5 > 198.18.0.7 id 2000 ttl 63"},
          {"echo back", "outside", echo_reply("198.18.0.7", "203.0.113.5", 2000).frame(),
           "inside icmp 0/0 198.18.0.7 > 10.0.3.11 id 77 ttl 63"},
          {"an echo request to the mapping", "outside", echo_request("198.18.0.7", "203.0.113.5", 2000).frame(),
           "drop NAT_NO_SESSION"},
          {"udp", "inside", udp("10.0.3.12:53", "198.18.0.7:53").frame(),
           "outside udp 203.0.113.5:2000 > 198.18.0.7:53 ttl 63"},
          {"no other protocol", "inside", other(47, "10.0.3.11", "198.18.0.7").frame(), "drop PROTOCOL_RESTRICTION"},
      });
  EXPECT_EQ(world.counters().flows.get(), 3);
}

TEST(Paths, NatGatewayAnswersAStraySegmentWithAReset) {
  GatewayWorld world(usual_policy().dump(), resolved());
  run(world, {{"stray", "inside", tcp("10.0.3.11:40000", "198.18.0.7:443", tcp::kAck).frame(), "drop NAT_NO_SESSION"}});
  ASSERT_EQ(world.originated().size(), 1);
  EXPECT_TRUE(world.originated()[0].starts_with("inside tcp 198.18.0.7:443 > 10.0.3.11:40000 R"))
      << world.originated()[0];
  EXPECT_EQ(world.counters().resets_sent.get(), 1);
  EXPECT_EQ(world.flows().size(), 0);
}

TEST(Paths, OneToOne) {
  GatewayWorld world(usual_policy().dump(), resolved());
  run(world, {
                 {"out", "dmz", tcp("10.0.1.20:40000", "198.18.0.7:443", tcp::kSyn).frame(),
                  "outside tcp 203.0.113.20:40000 > 198.18.0.7:443 S ttl 63"},
                 {"in", "outside", tcp("198.18.0.7:1234", "203.0.113.20:443", tcp::kSyn).frame(),
                  "dmz tcp 198.18.0.7:1234 > 10.0.1.20:443 S ttl 63"},
                 {"answered", "dmz", tcp("10.0.1.20:443", "198.18.0.7:1234", kSynAck).frame(),
                  "outside tcp 203.0.113.20:443 > 198.18.0.7:1234 SA ttl 63"},
                 {"refused", "outside", tcp("198.18.0.7:1234", "203.0.113.20:22", tcp::kSyn).frame(),
                  "drop ENI_SG_RULES_MISMATCH"},
                 {"untracked in", "outside", tcp("192.0.2.9:1234", "203.0.113.20:80", tcp::kSyn).frame(),
                  "dmz tcp 192.0.2.9:1234 > 10.0.1.20:80 S ttl 63"},
                 {"untracked back", "dmz", tcp("10.0.1.20:80", "192.0.2.9:1234", kSynAck).frame(),
                  "outside tcp 203.0.113.20:80 > 192.0.2.9:1234 SA ttl 63"},
                 {"any protocol", "dmz", other(47, "10.0.1.20", "198.18.0.7").frame(),
                  "outside protocol 47 203.0.113.20 > 198.18.0.7 ttl 63"},
                 {"a secondary address has none", "dmz", tcp("10.0.1.21:1", "198.18.0.7:443", tcp::kSyn).frame(),
                  "drop IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"},
                 {"nobody's public address", "outside", tcp("198.18.0.7:1", "203.0.113.99:443", tcp::kSyn).frame(),
                  "drop IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"},
             });
  EXPECT_EQ(world.flows().size(), 3) << "the untracked flow has no session";
}

TEST(Paths, Reflected) {
  GatewayWorld world(usual_policy().dump(), resolved());
  world.engine().force_nat_port(2000);
  run(world, {
                 {"1:1 to 1:1", "dmz", tcp("10.0.1.20:40000", "203.0.113.100:443", tcp::kSyn).frame(),
                  "dmz tcp 203.0.113.20:40000 > 10.0.1.100:443 S ttl 63"},
                 {"and back", "dmz", tcp("10.0.1.100:443", "203.0.113.20:40000", kSynAck).from(kDockerMac).frame(),
                  "dmz tcp 203.0.113.100:443 > 10.0.1.20:40000 SA ttl 63"},
                 {"NAT to 1:1", "inside", tcp("10.0.3.11:40000", "203.0.113.20:443", tcp::kSyn).frame(),
                  "dmz tcp 203.0.113.5:2000 > 10.0.1.20:443 S ttl 63"},
                 {"NAT's answer", "dmz", tcp("10.0.1.20:443", "203.0.113.5:2000", kSynAck).frame(),
                  "inside tcp 203.0.113.20:443 > 10.0.3.11:40000 SA ttl 63"},
                 {"to the NAT gateway's address", "dmz", tcp("10.0.1.20:1", "203.0.113.5:2001", tcp::kSyn).frame(),
                  "drop NAT_NO_SESSION"},
                 {"to its private address", "dmz", tcp("10.0.1.20:1", "10.0.1.5:2001", tcp::kSyn).frame(),
                  "drop NAT_NO_SESSION"},
             });
  EXPECT_EQ(world.flows().size(), 2);
}

TEST(Paths, NatGatewayTowardsInsideUsesItsPrivateAddress) {
  auto policy = usual_policy();
  policy["route_tables"]["private"].push_back({{"cidr_block", "10.0.4.0/24"}, {"nat_gateway", "nat-a"}});
  policy["interfaces"]["db-2"] = {{"subnet", "db"}, {"private_ips", {"10.0.4.6"}}, {"security_groups", {"any"}}};
  GatewayWorld world(policy.dump(), resolved());
  world.engine().force_nat_port(2000);
  run(world, {
                 {"another subnet", "inside", tcp("10.0.3.11:40000", "10.0.4.6:22", tcp::kSyn).frame(),
                  "inside tcp 10.0.1.5:2000 > 10.0.4.6:22 S ttl 63"},
                 {"its answer", "inside", tcp("10.0.4.6:22", "10.0.1.5:2000", kSynAck).frame(),
                  "inside tcp 10.0.4.6:22 > 10.0.3.11:40000 SA ttl 63"},
                 {"unsolicited", "inside", tcp("10.0.4.6:22", "10.0.1.5:2001", kSynAck).frame(), "drop NAT_NO_SESSION"},
             });
}

TEST(Paths, ApplianceIsCrossedTwice) {
  GatewayWorld world(usual_policy().dump(), resolved());
  run(world, {
                 {"to the appliance", "inside", tcp("10.0.3.11:40000", "192.0.2.9:443", tcp::kSyn).frame(),
                  "dmz tcp 10.0.3.11:40000 > 192.0.2.9:443 S ttl 63"},
                 {"from it, for somebody beyond", "dmz",
                  tcp("192.0.2.9:443", "10.0.3.11:40000", kSynAck).from(kVpnMac).frame(),
                  "inside tcp 192.0.2.9:443 > 10.0.3.11:40000 SA ttl 63"},
                 {"it opens", "dmz", tcp("192.0.2.10:5", "10.0.3.11:3000", tcp::kSyn).from(kVpnMac).frame(),
                  "drop ENI_SG_RULES_MISMATCH"},
                 {"it forwards for an inside address", "dmz",
                  tcp("10.0.3.11:40001", "10.0.1.30:22", tcp::kSyn).from(kVpnMac).frame(),
                  "dmz tcp 10.0.3.11:40001 > 10.0.1.30:22 S ttl 63"},
                 {"the answer goes to the owner, not to the appliance that forwarded", "dmz",
                  tcp("10.0.1.30:22", "10.0.3.11:40001", kSynAck).frame(), "drop NO_ROUTE_TO_DESTINATION"},
                 {"longer blackhole", "inside", tcp("10.0.3.11:1", "192.0.2.200:1", tcp::kSyn).frame(),
                  "drop BAD_STATE_ROUTE"},
             });
  EXPECT_EQ(load_mac(world.last().data() + ethernet::kDestination), kGatewayMac) << "a dropped frame is left alone";
  ASSERT_EQ(world.flows().size(), 2);
}

TEST(Paths, PublishedPorts) {
  GatewayWorld world(usual_policy().dump(), resolved());
  run(world,
      {
          {"published", "outside", tcp("198.18.0.7:1234", "203.0.113.100:8080", tcp::kSyn).frame(),
           "dmz tcp 198.18.0.7:1234 > 172.17.0.2:5000 S ttl 63"},
          {"its answer", "dmz", tcp("172.17.0.2:5000", "198.18.0.7:1234", kSynAck).from(kDockerMac).frame(),
           "outside tcp 203.0.113.100:8080 > 198.18.0.7:1234 SA ttl 63"},
          {"from inside", "inside", tcp("10.0.3.11:40000", "10.0.1.100:8080", tcp::kSyn).frame(),
           "dmz tcp 10.0.3.11:40000 > 172.17.0.2:5000 S ttl 63"},
          {"its answer inside", "dmz", tcp("172.17.0.2:5000", "10.0.3.11:40000", kSynAck).from(kDockerMac).frame(),
           "inside tcp 10.0.1.100:8080 > 10.0.3.11:40000 SA ttl 63"},
          {"a range", "outside", tcp("198.18.0.7:1234", "203.0.113.100:8083", tcp::kSyn).frame(),
           "dmz tcp 198.18.0.7:1234 > 172.17.0.3:6003 S ttl 63"},
          {"udp", "outside", udp("198.18.0.7:1234", "203.0.113.100:5353").frame(),
           "dmz udp 198.18.0.7:1234 > 172.17.0.4:53 ttl 63"},
          {"not published, admitted", "outside", tcp("198.18.0.7:1234", "203.0.113.100:443", tcp::kSyn).frame(),
           "dmz tcp 198.18.0.7:1234 > 10.0.1.100:443 S ttl 63"},
          {"not admitted", "outside", tcp("198.18.0.7:1234", "203.0.113.100:5000", tcp::kSyn).frame(),
           "drop ENI_SG_RULES_MISMATCH"},
          {"the target on its own", "dmz", tcp("172.17.0.2:999", "198.18.0.7:1234", tcp::kSyn).from(kDockerMac).frame(),
           "drop ENI_SOURCE_DEST_CHECK_RESTRICTION"},
      });
  EXPECT_EQ(world.flows().size(), 5);
}

TEST(Paths, PublishedFrameGoesToTheHost) {
  GatewayWorld world(usual_policy().dump(), resolved());
  static_cast<void>(world.send("outside", tcp("198.18.0.7:1234", "203.0.113.100:8080", tcp::kSyn).frame()));
  EXPECT_EQ(load_mac(world.last().data() + ethernet::kDestination), kDockerMac);
}

TEST(Paths, NatThenReflectedThenPublished) {
  GatewayWorld world(usual_policy().dump(), resolved());
  auto policy = usual_policy();
  policy["security_groups"]["web"]["ingress"][2]["cidr_blocks"].push_back("203.0.113.0/24");
  world.apply(policy.dump());
  world.engine().force_nat_port(3000);
  run(world, {
                 {"out", "inside", tcp("10.0.3.11:40000", "203.0.113.100:8080", tcp::kSyn).frame(),
                  "dmz tcp 203.0.113.5:3000 > 172.17.0.2:5000 S ttl 63"},
                 {"back", "dmz", tcp("172.17.0.2:5000", "203.0.113.5:3000", kSynAck).from(kDockerMac).frame(),
                  "inside tcp 203.0.113.100:8080 > 10.0.3.11:40000 SA ttl 63"},
             });
}

TEST(Paths, ResolverIsExempt) {
  auto policy = usual_policy();
  policy["subnets"]["first"] = {{"cidr_block", "10.0.0.0/24"}};
  policy["interfaces"]["resolver"] = {{"subnet", "first"}, {"private_ips", {"10.0.0.2"}}, {"security_groups", {"db"}}};
  auto ports = usual_ports();
  ports[0].subnets.emplace_back("first");
  GatewayWorld world(policy.dump(), resolved(), ports);
  run(world, {
                 {"asked by a group without egress", "inside", udp("10.0.4.5:1000", "10.0.0.2:53").frame(),
                  "inside udp 10.0.4.5:1000 > 10.0.0.2:53 ttl 63"},
                 {"and answers", "inside", udp("10.0.0.2:53", "10.0.4.5:1000").frame(),
                  "inside udp 10.0.0.2:53 > 10.0.4.5:1000 ttl 63"},
             });
  EXPECT_EQ(world.flows().size(), 0);
}

TEST(Paths, AddressedToTheGateway) {
  GatewayWorld world(usual_policy().dump(), resolved());
  run(world,
      {
          {"a router answers", "inside", echo_request("10.0.3.11", "10.0.3.1", 5).frame(),
           "inside icmp 0/0 10.0.3.1 > 10.0.3.11 id 5 ttl 64"},
          {"the uplink's address answers", "outside", echo_request("198.18.0.7", "198.51.100.2", 5).frame(),
           "outside icmp 0/0 198.51.100.2 > 198.18.0.7 id 5 ttl 64"},
          {"nothing else", "inside", tcp("10.0.3.11:1", "10.0.3.1:22", tcp::kSyn).frame(), "drop NOT_FOR_GATEWAY"},
          {"a NAT gateway answers no echo", "outside", echo_request("198.18.0.7", "203.0.113.5", 5).frame(),
           "drop NAT_NO_SESSION"},
      });
  EXPECT_EQ(world.counters().consumed.get(), 2);
}

TEST(Paths, EchoAnswersAreLimited) {
  GatewayWorld world(usual_policy().dump(), resolved());
  int answered = 0;
  for (int i = 0; i < 1500; ++i) {
    if (world.send("inside", echo_request("10.0.3.11", "10.0.3.1", 5).frame()) != "consume") ++answered;
  }
  EXPECT_EQ(answered, 1000);
  world.pass(0.5);
  EXPECT_NE(world.send("inside", echo_request("10.0.3.11", "10.0.3.1", 5).frame()), "consume")
      << "time gives tokens back";
}

TEST(Paths, TimeToLiveAndMtu) {
  auto ports = usual_ports();
  ports[2].mtu = 600;
  GatewayWorld world(usual_policy().dump(), resolved(), ports);
  run(world, {{"ttl", "inside", tcp("10.0.3.11:1", "10.0.4.5:5432", tcp::kSyn).ttl(1).frame(), "drop TTL_EXPIRED"}});
  ASSERT_EQ(world.originated().size(), 1);
  EXPECT_TRUE(world.originated()[0].starts_with("inside icmp 11/0 10.0.3.1 > 10.0.3.11")) << world.originated()[0];
  run(world, {{"too large", "dmz", udp("10.0.1.20:1", "198.18.0.7:9").payload(700).dont_fragment().frame(),
               "drop MTU_EXCEEDED"}});
  ASSERT_EQ(world.originated().size(), 1);
  EXPECT_TRUE(world.originated()[0].starts_with("dmz icmp 3/4 10.0.1.1 > 10.0.1.20")) << world.originated()[0];
  run(world, {{"without DF", "dmz", udp("10.0.1.20:1", "198.18.0.7:9").payload(700).frame(), "drop MTU_EXCEEDED"}});
  EXPECT_EQ(world.originated().size(), 0);
  EXPECT_EQ(world.flows().size(), 0) << "a refused packet opens nothing";
}

TEST(Paths, NetworkAclsJudgeEveryPacketOfAFlow) {
  auto policy = usual_policy();
  GatewayWorld world(policy.dump(), resolved());
  run(world,
      {
          {"denied in", "outside", tcp("198.19.66.1:1", "203.0.113.20:443", tcp::kSyn).frame(),
           "drop SUBNET_ACL_RESTRICTION"},
          {"denied out", "dmz", tcp("10.0.1.20:1", "198.18.0.7:25", tcp::kSyn).frame(), "drop SUBNET_ACL_RESTRICTION"},
          {"denied behind the NAT gateway", "inside", tcp("10.0.3.11:1", "198.18.0.7:25", tcp::kSyn).frame(),
           "drop SUBNET_ACL_RESTRICTION"},
          {"in from port 25", "outside", tcp("198.18.0.7:25", "203.0.113.20:443", tcp::kSyn).frame(),
           "dmz tcp 198.18.0.7:25 > 10.0.1.20:443 S ttl 63"},
          {"its tracked answer all the same", "dmz", tcp("10.0.1.20:443", "198.18.0.7:25", kSynAck).frame(),
           "drop SUBNET_ACL_RESTRICTION"},
          {"unsolicited from a denied address", "outside", tcp("198.19.66.1:1", "203.0.113.5:2000", tcp::kSyn).frame(),
           "drop SUBNET_ACL_RESTRICTION"},
      });
}

TEST(Paths, RulesCountEveryPacketOfAFlow) {
  GatewayWorld world(usual_policy().dump(), resolved());
  for (const auto flags : {tcp::kSyn, tcp::kAck, tcp::kAck}) {
    static_cast<void>(world.send("outside", tcp("198.18.0.7:1234", "203.0.113.20:443", flags).frame()));
    static_cast<void>(
        world.send("dmz", tcp("10.0.1.20:443", "198.18.0.7:1234", flags == tcp::kSyn ? kSynAck : tcp::kAck).frame()));
  }
  EXPECT_EQ(world.decided("web/ingress/1"), 6);
  EXPECT_EQ(world.decided("public/ingress/100"), 3);
  EXPECT_EQ(world.decided("public/egress/100"), 3);
}

}  // namespace
}  // namespace sallyport::dataplane::testing
