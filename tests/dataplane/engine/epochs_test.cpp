// What a change of policy does to live flows.
//
// Owner: tests.
#include <functional>

#include "tests/dataplane/support/steps.h"

namespace sallyport::dataplane::testing {
namespace {

constexpr auto* kApp = "10.0.3.11:40000";
constexpr auto* kDb = "10.0.4.5:5432";
constexpr auto* kServer = "198.18.0.7:443";
const std::string kAnswered = "inside tcp 10.0.4.5:5432 > 10.0.3.11:40000 A ttl 63";
const std::string kSentOn = "inside tcp 10.0.3.11:40000 > 10.0.4.5:5432 A ttl 63";

Frame ack(std::string_view from, std::string_view to) { return tcp(from, to, tcp::kAck).frame(); }

void establish(GatewayWorld& world, const std::string& client_port, const std::string& client,
               const std::string& server_port, const std::string& server, const std::string& seen_as) {
  static_cast<void>(world.send(client_port, tcp(client, server, tcp::kSyn).frame()));
  static_cast<void>(world.send(server_port, tcp(server, seen_as, kSynAck).frame()));
  static_cast<void>(world.send(client_port, ack(client, server)));
}

nlohmann::ordered_json without_db_rule(const char* on_change) {
  auto policy = usual_policy();
  policy["security_groups"]["db"]["ingress"] = nlohmann::ordered_json::array();
  policy["options"]["on_policy_change"] = on_change;
  return policy;
}

GatewayWorld with_db_flow() {
  GatewayWorld world(usual_policy().dump(), resolved());
  establish(world, "inside", kApp, "inside", kDb, kApp);
  return world;
}

TEST(Epochs, KeepLeavesTrackedFlows) {
  auto world = with_db_flow();
  world.apply(without_db_rule("keep").dump());
  EXPECT_EQ(world.send("inside", ack(kDb, kApp)), kAnswered);
  EXPECT_EQ(world.send("inside", ack(kApp, kDb)), kSentOn);
  EXPECT_EQ(world.send("inside", tcp("10.0.3.11:40001", kDb, tcp::kSyn).frame()), "drop ENI_SG_RULES_MISMATCH");
  EXPECT_EQ(world.counters().flows_rejudged.get(), 1);
}

TEST(Epochs, RevalidateEndsWhatIsNoLongerAdmitted) {
  auto world = with_db_flow();
  auto policy = usual_policy();
  policy["options"]["on_policy_change"] = "revalidate";
  world.apply(policy.dump());
  EXPECT_EQ(world.send("inside", ack(kDb, kApp)), kAnswered) << "still admitted";
  world.apply(without_db_rule("revalidate").dump());
  EXPECT_EQ(world.send("inside", ack(kApp, kDb)), "drop ENI_SG_RULES_MISMATCH");
  EXPECT_EQ(world.counters().flows_cut.get(), 1);
}

TEST(Epochs, CutEndsEverything) {
  auto world = with_db_flow();
  auto policy = usual_policy();
  policy["options"]["on_policy_change"] = "cut";
  world.apply(policy.dump());
  EXPECT_EQ(world.send("inside", ack(kDb, kApp)), "drop ENI_SG_RULES_MISMATCH");
  EXPECT_EQ(world.flows().size(), 0);
}

TEST(Epochs, ASweepEndsFlowsThatNobodyAsksFor) {
  auto world = with_db_flow();
  auto policy = usual_policy();
  policy["options"]["on_policy_change"] = "cut";
  world.apply(policy.dump());
  world.tick();
  EXPECT_EQ(world.flows().size(), 0);
  EXPECT_EQ(world.counters().flows_cut.get(), 1);
}

TEST(Epochs, DescriptionsTouchNoFlow) {
  auto policy = usual_policy();
  policy["options"]["on_policy_change"] = "cut";
  GatewayWorld world(policy.dump(), resolved());
  establish(world, "inside", kApp, "inside", kDb, kApp);
  policy["security_groups"]["db"]["ingress"][0]["description"] = "postgres";
  world.apply(policy.dump(), false);
  EXPECT_EQ(world.send("inside", ack(kDb, kApp)), kAnswered);
  EXPECT_EQ(world.counters().flows_cut.get(), 0);
  EXPECT_EQ(world.decided("db/ingress/0"), 4) << "and the rule keeps its count";
}

TEST(Epochs, AclEditsBiteAtOnce) {
  auto world = with_db_flow();
  auto policy = usual_policy();
  policy["network_acls"]["shut"] = {{"ingress", nlohmann::ordered_json::array()}};
  policy["subnets"]["db"]["network_acl"] = "shut";
  world.apply(policy.dump());
  EXPECT_EQ(world.send("inside", ack(kApp, kDb)), "drop SUBNET_ACL_RESTRICTION");
}

TEST(Epochs, UntrackedFlowsDieWithTheirRule) {
  auto policy = usual_policy();
  GatewayWorld world(policy.dump(), resolved());
  EXPECT_EQ(world.send("outside", ack("192.0.2.9:1", "203.0.113.20:80")),
            "dmz tcp 192.0.2.9:1 > 10.0.1.20:80 A ttl 63");
  policy["security_groups"]["web"]["ingress"].erase(0);
  world.apply(policy.dump());
  EXPECT_EQ(world.send("outside", ack("192.0.2.9:1", "203.0.113.20:80")), "drop ENI_SG_RULES_MISMATCH");
}

TEST(Epochs, FlowsOfADeletedInterfaceAreCut) {
  auto world = with_db_flow();
  auto policy = usual_policy();
  policy["interfaces"].erase("db-1");
  world.apply(policy.dump());
  world.tick();
  EXPECT_EQ(world.flows().size(), 0);
}

TEST(Epochs, AnAddressWithANewOwnerCutsAndOneThatLeftDrains) {
  auto world = with_db_flow();
  auto policy = usual_policy();
  policy["interfaces"]["db-1"]["private_ips"] = {"10.0.4.6"};
  world.apply(policy.dump());
  EXPECT_EQ(world.send("inside", ack(kApp, kDb)), kSentOn) << "drains";
  EXPECT_EQ(world.send("inside", ack(kDb, kApp)), kAnswered) << "drains from its own side";
  EXPECT_EQ(world.send("inside", tcp("10.0.3.11:40001", kDb, tcp::kSyn).frame()), "drop UNKNOWN_HOST") << "nothing new";
  policy["interfaces"]["db-2"] = {{"subnet", "db"}, {"private_ips", {"10.0.4.5"}}, {"security_groups", {"any"}}};
  world.apply(policy.dump());
  world.tick();
  EXPECT_EQ(world.flows().size(), 0);
}

GatewayWorld with_nat_flow() {
  GatewayWorld world(usual_policy().dump(), resolved());
  world.engine().force_nat_port(2000);
  establish(world, "inside", kApp, "outside", kServer, "203.0.113.5:2000");
  return world;
}

TEST(Epochs, ANatAddressTakenFromTheListDrains) {
  auto world = with_nat_flow();
  auto policy = usual_policy();
  policy["nat_gateways"]["nat-a"]["public_ips"] = {"203.0.113.6"};
  world.apply(policy.dump());
  EXPECT_EQ(world.send("outside", ack(kServer, "203.0.113.5:2000")),
            "inside tcp 198.18.0.7:443 > 10.0.3.11:40000 A ttl 63");
  EXPECT_EQ(world.send("inside", ack(kApp, kServer)), "outside tcp 203.0.113.5:2000 > 198.18.0.7:443 A ttl 63");
  EXPECT_EQ(world.send("inside", tcp(kApp, "198.18.0.8:443", tcp::kSyn).frame()),
            "outside tcp 203.0.113.6:2000 > 198.18.0.8:443 S ttl 63");
  policy["interfaces"]["bare"]["public_ip"] = "203.0.113.5";
  world.apply(policy.dump());
  world.tick();
  EXPECT_EQ(world.flows().size(), 1) << "its new owner ends it";
}

TEST(Epochs, AMappingEndsWithItsNatGatewayOrRoute) {
  struct Row {
    std::string description;
    std::function<void(nlohmann::ordered_json&)> change;
  };
  const std::vector<Row> rows{
      {"another NAT gateway",
       [](auto& policy) {
         policy["nat_gateways"]["nat-b"] = {
             {"subnet", "public"}, {"private_ip", "10.0.1.6"}, {"public_ips", {"203.0.113.8"}}};
         policy["route_tables"]["private"][0]["nat_gateway"] = "nat-b";
       }},
      {"no route", [](auto& policy) { policy["route_tables"]["private"].erase(0); }},
      {"the internet itself",
       [](auto& policy) {
         policy["route_tables"]["private"][0] = {{"cidr_block", "0.0.0.0/0"}, {"gateway", "internet"}};
       }},
  };
  for (const auto& row : rows) {
    auto world = with_nat_flow();
    auto policy = usual_policy();
    row.change(policy);
    world.apply(policy.dump());
    world.tick();
    EXPECT_EQ(world.flows().size(), 0) << row.description;
    EXPECT_EQ(world.counters().flows_cut.get(), 1) << row.description;
  }
}

TEST(Epochs, APublicAddressThatLeftDrains) {
  auto policy = usual_policy();
  GatewayWorld world(policy.dump(), resolved());
  establish(world, "outside", "198.18.0.7:5", "dmz", "10.0.1.20:443", "198.18.0.7:5");
  static_cast<void>(world.send("outside", tcp("198.18.0.7:6", "203.0.113.20:443", tcp::kSyn).frame()));
  policy["interfaces"]["web-1"].erase("public_ip");
  world.apply(policy.dump());
  EXPECT_EQ(world.send("outside", ack("198.18.0.7:6", "203.0.113.20:443")),
            "dmz tcp 198.18.0.7:6 > 10.0.1.20:443 A ttl 63");
  EXPECT_EQ(world.send("dmz", ack("10.0.1.20:443", "198.18.0.7:6")),
            "outside tcp 203.0.113.20:443 > 198.18.0.7:6 A ttl 63");
  EXPECT_EQ(world.send("outside", tcp("198.18.0.7:7", "203.0.113.20:443", tcp::kSyn).frame()),
            "drop IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS");
}

TEST(Epochs, KillFlow) {
  auto world = with_nat_flow();
  const auto flow = world.flows().at(0);
  EXPECT_EQ(flow.from_port, 40000);
  EXPECT_EQ(flow.translated_from_port, 2000);
  EXPECT_EQ(flow.packets_out, 2);
  EXPECT_EQ(flow.packets_back, 1);
  EXPECT_TRUE(world.engine().kill_flow(flow));
  EXPECT_FALSE(world.engine().kill_flow(flow));
  EXPECT_EQ(world.flows().size(), 0);
}

}  // namespace
}  // namespace sallyport::dataplane::testing
