// Each key and option that the engine enforces, by name: a packet whose fate changes when the key is ignored.
//
// Owner: tests.
#include <map>
#include <set>

#include "tests/dataplane/support/steps.h"

namespace sallyport::dataplane::testing {
namespace {

Frame syn(std::string_view from, std::string_view to) { return tcp(from, to, tcp::kSyn).frame(); }
Frame ack(std::string_view from, std::string_view to) { return tcp(from, to, tcp::kAck).frame(); }

// A flow that is answered and acknowledged.
void establish(GatewayWorld& world, const std::string& client_port, const std::string& client,
               const std::string& server_port, const std::string& server) {
  static_cast<void>(world.send(client_port, syn(client, server)));
  static_cast<void>(world.send(server_port, tcp(server, client, kSynAck).frame()));
  static_cast<void>(world.send(client_port, ack(client, server)));
}

constexpr auto* kApp = "10.0.3.11:40000";
constexpr auto* kDb = "10.0.4.5:5432";
const std::string kAnswered = "inside tcp 10.0.4.5:5432 > 10.0.3.11:40000 A ttl 63";

TEST(Options, SubnetSecurityGroups) {
  auto policy = usual_policy();
  GatewayWorld world(policy.dump(), resolved());
  EXPECT_EQ(world.send("inside", syn("10.0.3.200:1", kDb)), "inside tcp 10.0.3.200:1 > 10.0.4.5:5432 S ttl 63");
  policy["subnets"]["app"].erase("security_groups");
  world.apply(policy.dump());
  EXPECT_EQ(world.send("inside", syn("10.0.3.200:2", kDb)), "drop UNKNOWN_HOST");
}

TEST(Options, PrefixListRoute) {
  auto policy = usual_policy();
  GatewayWorld world(policy.dump(), resolved());
  EXPECT_EQ(world.send("inside", syn(kApp, "192.0.2.150:443")), "dmz tcp 10.0.3.11:40000 > 192.0.2.150:443 S ttl 63");
  EXPECT_EQ(load_mac(world.last().data() + ethernet::kDestination), kVpnMac);
}

TEST(Options, AllowPrivateInternet) {
  auto policy = usual_policy();
  policy["options"] = {{"allow_private_internet", true}};
  GatewayWorld world(policy.dump(), resolved());
  run(world,
      {{"out", "dmz", syn("10.0.1.20:1", "192.168.0.1:1"), "outside tcp 203.0.113.20:1 > 192.168.0.1:1 S ttl 63"},
       {"in", "outside", syn("192.168.0.1:5", "203.0.113.20:80"), "dmz tcp 192.168.0.1:5 > 10.0.1.20:80 S ttl 63"}});
}

TEST(Options, TheUplinksOwnPrefixIsNeverPrivate) {
  GatewayWorld world(usual_policy().dump(), resolved(),
                     {inside_port("inside", {"app", "db"}), inside_port("dmz", {"public"}),
                      uplink_port("outside", "192.168.7.2/24", "192.168.7.1")});
  run(world,
      {{"out, to the neighbour itself", "dmz", syn("10.0.1.20:1", "192.168.7.9:1"),
        "outside tcp 203.0.113.20:1 > 192.168.7.9:1 S ttl 63"},
       {"in", "outside", syn("192.168.7.9:5", "203.0.113.20:80"), "dmz tcp 192.168.7.9:5 > 10.0.1.20:80 S ttl 63"},
       {"beside it", "outside", syn("192.168.8.9:5", "203.0.113.20:80"),
        "drop IGW_SOURCE_ADDRESS_NOT_IN_RFC1918_INGRESS"}});
}

TEST(Options, TcpPickup) {
  auto policy = usual_policy();
  GatewayWorld world(policy.dump(), resolved());
  EXPECT_EQ(world.send("inside", ack(kApp, kDb)), "inside tcp 10.0.3.11:40000 > 10.0.4.5:5432 A ttl 63");
  policy["options"] = {{"tcp_pickup", false}};
  GatewayWorld strict(policy.dump(), resolved());
  run(strict, {{"mid-stream", "inside", ack(kApp, kDb), "drop CONNTRACK_INVALID_STATE"},
               {"untracked flows have no state", "outside", ack("192.0.2.9:1", "203.0.113.20:80"),
                "dmz tcp 192.0.2.9:1 > 10.0.1.20:80 A ttl 63"},
               {"a SYN opens", "inside", syn(kApp, kDb), "inside tcp 10.0.3.11:40000 > 10.0.4.5:5432 S ttl 63"},
               {"and is answered", "inside", tcp(kDb, kApp, kSynAck).frame(),
                "inside tcp 10.0.4.5:5432 > 10.0.3.11:40000 SA ttl 63"}});
}

TEST(Options, SourceDestCheck) {
  auto policy = usual_policy();
  policy["interfaces"]["vpn"].erase("source_dest_check");
  GatewayWorld world(policy.dump(), resolved());
  run(world, {{"in for others", "inside", syn(kApp, "192.0.2.9:1"), "drop ENI_SOURCE_DEST_CHECK_RESTRICTION"},
              {"out for others", "dmz", tcp("192.0.2.9:1", "10.0.1.30:1", tcp::kSyn).from(kVpnMac).frame(),
               "drop ENI_SOURCE_DEST_CHECK_RESTRICTION"}});
}

TEST(Options, EachEndHasItsOwnTime) {
  auto policy = usual_policy();
  policy["interfaces"]["db-1"]["timeouts"] = {{"tcp_established", 100}};
  GatewayWorld world(policy.dump(), resolved());
  establish(world, "inside", kApp, "inside", kDb);
  world.pass(150);
  EXPECT_EQ(world.flows().size(), 1) << "the longer end keeps the session";
  EXPECT_EQ(world.send("inside", ack(kDb, kApp)), "drop ENI_SG_RULES_MISMATCH") << "db-1's own end has forgotten it";
  EXPECT_EQ(world.send("inside", ack(kApp, kDb)), "inside tcp 10.0.3.11:40000 > 10.0.4.5:5432 A ttl 63")
      << "judged as new";
  EXPECT_EQ(world.send("inside", ack(kDb, kApp)), kAnswered) << "and tracked again";
}

struct LifeRow {
  std::string key;
  double seconds_by_default;
  std::vector<Sent> packets;
};

// A conversation left in each state, under the key that ends it.
std::vector<LifeRow> life_rows() {
  const Sent out_syn{"inside", syn(kApp, kDb)}, back_syn{"inside", tcp(kDb, kApp, kSynAck).frame()},
      out_ack{"inside", ack(kApp, kDb)};
  const Sent out_fin{"inside", tcp(kApp, kDb, tcp::kFin | tcp::kAck).frame()},
      back_fin{"inside", tcp(kDb, kApp, tcp::kFin | tcp::kAck).frame()};
  const Sent ask{"inside", udp("10.0.3.11:53", "10.0.3.12:53").frame()},
      tell{"inside", udp("10.0.3.12:53", "10.0.3.11:53").frame()};
  return {
      {"tcp_syn", 60, {out_syn}},
      {"tcp_established", 432000, {out_syn, back_syn, out_ack}},
      {"tcp_closing", 30, {out_syn, back_syn, out_ack, out_fin}},
      {"tcp_time_wait", 60, {out_syn, back_syn, out_ack, out_fin, back_fin}},
      {"udp", 30, {ask, tell}},
      {"udp_stream", 180, {ask, tell, ask}},
      {"other", 600, {{"inside", echo_request("10.0.3.11", "10.0.3.12", 3).frame()}}},
  };
}

nlohmann::ordered_json policy_with_dns() {
  auto policy = usual_policy();
  policy["security_groups"]["app"]["ingress"].push_back(
      {{"protocol", "udp"}, {"from_port", 53}, {"to_port", 53}, {"self", true}});
  return policy;
}

void lives_for(const nlohmann::ordered_json& policy, const LifeRow& row, double seconds) {
  GatewayWorld world(policy.dump(), resolved());
  for (const auto& sent : row.packets) static_cast<void>(world.send(sent.port, sent.frame));
  ASSERT_EQ(world.flows().size(), 1) << row.key;
  world.pass(seconds - 1);
  EXPECT_EQ(world.flows().size(), 1) << row.key;
  world.pass(1.5);
  EXPECT_EQ(world.flows().size(), 0) << row.key;
  EXPECT_EQ(world.counters().flows.get(), 0) << row.key;
}

TEST(Options, EveryTimeoutOfThePolicyAndOfAnInterface) {
  for (const auto& row : life_rows()) {
    lives_for(policy_with_dns(), row, row.seconds_by_default);
    nlohmann::ordered_json timeouts;
    for (const auto& other : life_rows()) timeouts[other.key] = row.key == other.key ? 61 : 200;
    auto policy = policy_with_dns();
    policy["options"]["timeouts"] = timeouts;
    lives_for(policy, row, 61);
    policy = policy_with_dns();
    for (const auto* name : {"app-1", "app-2", "db-1"}) policy["interfaces"][name]["timeouts"] = timeouts;
    lives_for(policy, row, 61);
  }
}

TEST(Options, NatTimeout) {
  auto policy = usual_policy();
  policy["options"]["timeouts"]["nat"] = 100;
  GatewayWorld world(policy.dump(), resolved());
  establish(world, "inside", kApp, "outside", "198.18.0.7:443");
  EXPECT_EQ(world.flows().size(), 1);
  world.pass(99);
  EXPECT_EQ(world.flows().size(), 1);
  world.pass(2);
  EXPECT_EQ(world.flows().size(), 0);
  EXPECT_EQ(world.counters().nat_idle_timeouts.get(), 1);
  EXPECT_EQ(world.send("inside", ack(kApp, "198.18.0.7:443")), "drop NAT_NO_SESSION");
  EXPECT_EQ(world.originated().size(), 1) << "the client is told by RST";
}

TEST(Options, SeveralPublicAddressesOfANatGateway) {
  auto policy = usual_policy();
  policy["nat_gateways"]["nat-a"]["public_ips"] = {"203.0.113.5", "203.0.113.6", "203.0.113.7"};
  GatewayWorld world(policy.dump(), resolved());
  world.engine().force_nat_port(0);
  std::map<std::uint32_t, int> used;
  for (int host = 11; host < 60; ++host) {
    static_cast<void>(world.send("inside", syn("10.0.3." + std::to_string(host) + ":1", "198.18.0.7:443")));
    static_cast<void>(world.send("inside", syn("10.0.3." + std::to_string(host) + ":2", "198.18.0.7:443")));
  }
  std::map<std::uint32_t, std::set<std::uint32_t>> by_host;
  for (const auto& flow : world.flows()) {
    ++used[flow.translated_from];
    by_host[flow.from].insert(flow.translated_from);
  }
  EXPECT_EQ(used.size(), 3);
  for (const auto& [host, addresses] : by_host) EXPECT_EQ(addresses.size(), 1) << "one host keeps one address";
}

TEST(Options, SeveralPrivateAddresses) {
  GatewayWorld world(usual_policy().dump(), resolved());
  EXPECT_EQ(world.send("inside", syn(kApp, "10.0.1.21:443")), "dmz tcp 10.0.3.11:40000 > 10.0.1.21:443 S ttl 63");
  EXPECT_EQ(world.send("dmz", tcp("10.0.1.21:443", kApp, kSynAck).frame()),
            "inside tcp 10.0.1.21:443 > 10.0.3.11:40000 SA ttl 63");
}

TEST(Options, PublishOnOnePrivateAddress) {
  auto policy = usual_policy();
  policy["interfaces"]["docker"]["private_ips"] = {"10.0.1.100", "10.0.1.101"};
  policy["interfaces"]["docker"]["publish"] = {"10.0.1.101:8080:172.17.0.2:5000"};
  GatewayWorld world(policy.dump(), resolved());
  run(world,
      {{"that one", "inside", syn(kApp, "10.0.1.101:8080"), "dmz tcp 10.0.3.11:40000 > 172.17.0.2:5000 S ttl 63"},
       {"the other", "inside", syn(kApp, "10.0.1.100:8080"), "dmz tcp 10.0.3.11:40000 > 10.0.1.100:8080 S ttl 63"}});
}

TEST(Options, InternetGateway) {
  auto policy = usual_policy();
  policy["vpc"].erase("internet_gateway");
  policy["route_tables"] = nlohmann::ordered_json::object();
  policy.erase("nat_gateways");
  for (const auto* name : {"public", "app"}) policy["subnets"][name].erase("route_table");
  for (const auto* name : {"web-1", "docker"}) policy["interfaces"][name].erase("public_ip");
  GatewayWorld world(policy.dump(), resolved());
  run(world, {{"in", "outside", syn("198.18.0.7:1", "203.0.113.20:80"), "drop IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"},
              {"out", "dmz", syn("10.0.1.20:1", "198.18.0.7:443"), "drop NO_ROUTE_TO_DESTINATION"}});
}

TEST(Options, RoutedPort) {
  auto ports = usual_ports();
  ports.push_back(routed_port("routed", "10.0.200.4/24", "10.0.200.1"));
  GatewayWorld world(usual_policy().dump(), resolved(), ports);
  run(world, {{"a subnet on no port is behind the router", "inside", syn(kApp, "10.0.9.9:22"),
               "routed tcp 10.0.3.11:40000 > 10.0.9.9:22 S ttl 63"},
              {"back", "routed", tcp("10.0.9.9:22", kApp, kSynAck).frame(),
               "inside tcp 10.0.9.9:22 > 10.0.3.11:40000 SA ttl 63"},
              {"a subnet of another port", "routed", syn("10.0.3.11:1", kDb), "drop GATEWAY_REJECTS_SPOOFED_TRAFFIC"},
              {"nobody's", "routed", syn("10.0.77.1:1", kDb), "drop UNKNOWN_HOST"},
              {"its own address answers", "routed", echo_request("10.0.9.9", "10.0.200.4", 5).frame(),
               "routed icmp 0/0 10.0.200.4 > 10.0.9.9 id 5 ttl 64"}});
  EXPECT_EQ(load_mac(world.last().data() + ethernet::kDestination), kHostMac);
}

TEST(Options, OneArmed) {
  auto port = uplink_port("arm", "172.31.0.4/20", "172.31.0.1");
  port.routed = port.uplink;
  GatewayWorld world(usual_policy().dump(), resolved(), {port});
  world.engine().force_nat_port(2000);
  run(world, {{"out", "arm", syn(kApp, "198.18.0.7:443"), "arm tcp 203.0.113.5:2000 > 198.18.0.7:443 S ttl 63"},
              {"back", "arm", tcp("198.18.0.7:443", "203.0.113.5:2000", kSynAck).frame(),
               "arm tcp 198.18.0.7:443 > 10.0.3.11:40000 SA ttl 63"},
              {"between subnets", "arm", syn(kApp, kDb), "arm tcp 10.0.3.11:40000 > 10.0.4.5:5432 S ttl 63"},
              {"nobody's address inside the VPC", "arm", syn("10.0.77.1:1", kDb), "drop UNKNOWN_HOST"}});
}

TEST(Options, UnfinishedChecksumsAreFinished) {
  auto ports = usual_ports();
  const auto frame = tcp(kApp, kDb, tcp::kSyn).unfinished_sum().frame();
  GatewayWorld strict(usual_policy().dump(), resolved(), ports);
  EXPECT_EQ(strict.send("inside", frame), "drop BAD_CHECKSUM");
  ports[0].unfinished_checksums = true;
  GatewayWorld world(usual_policy().dump(), resolved(), ports);
  EXPECT_EQ(world.send("inside", frame), "inside tcp 10.0.3.11:40000 > 10.0.4.5:5432 S ttl 63");
  EXPECT_EQ(world.counters().ports[0].unfinished_checksums.get(), 1);
}

}  // namespace
}  // namespace sallyport::dataplane::testing
