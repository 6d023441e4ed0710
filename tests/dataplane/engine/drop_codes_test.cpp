// Every drop code that the engine can give, by a packet that provokes it; the table itself says whether one is missing.
//
// Owner: tests.
#include "tests/dataplane/support/steps.h"

namespace sallyport::dataplane::testing {
namespace {

Frame arp_with_wrong_length() {
  auto frame = arp_request(kHostMac, "10.0.3.11", "10.0.3.1");
  frame[ethernet::kHeaderBytes + arp::kProtocolLength] = std::byte{6};
  return frame;
}

Frame with_type(std::uint16_t type) {
  auto frame = tcp("10.0.3.11:1", "10.0.4.5:5432", tcp::kSyn).frame();
  store_be16(frame.data() + ethernet::kType, type);
  return frame;
}

Frame syn(std::string_view from, std::string_view to) { return tcp(from, to, tcp::kSyn).frame(); }

const Frame& stray_error() {
  static const auto frame =
      icmp_error("198.18.0.7", "203.0.113.5", 3, 3, udp("203.0.113.5:2001", "198.18.0.7:53").packet()).frame();
  return frame;
}

std::vector<Step> plain_steps() {
  return {
      {"no rule", "inside", syn("10.0.3.11:1", "10.0.4.5:1"), "drop ENI_SG_RULES_MISMATCH"},
      {"ACL", "dmz", syn("10.0.1.20:1", "198.18.0.7:25"), "drop SUBNET_ACL_RESTRICTION"},
      {"no route", "inside", syn("10.0.3.11:1", "10.0.9.9:1"), "drop NO_ROUTE_TO_DESTINATION"},
      {"blackhole", "inside", syn("10.0.3.11:1", "192.0.2.200:1"), "drop BAD_STATE_ROUTE"},
      {"an appliance's neighbour that is none", "dmz",
       tcp("172.17.9.9:1", "10.0.3.11:1", tcp::kSyn).from(kDockerMac).frame(),
       "drop ENI_SOURCE_DEST_CHECK_RESTRICTION"},
      {"somebody behind another port", "dmz", syn("10.0.3.11:1", "10.0.4.5:5432"),
       "drop GATEWAY_REJECTS_SPOOFED_TRAFFIC"},
      {"the uplink's own address from outside", "outside", syn("198.51.100.2:1", "203.0.113.20:80"),
       "drop GATEWAY_REJECTS_SPOOFED_TRAFFIC"},
      {"GRE through NAT", "inside", other(47, "10.0.3.11", "198.18.0.7").frame(), "drop PROTOCOL_RESTRICTION"},
      {"no public address", "dmz", syn("10.0.1.30:1", "198.18.0.7:1"), "drop IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"},
      {"nobody's public address", "outside", syn("198.18.0.7:1", "203.0.113.77:1"),
       "drop IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"},
      {"private source", "outside", syn("192.168.0.1:1", "203.0.113.20:80"),
       "drop IGW_SOURCE_ADDRESS_NOT_IN_RFC1918_INGRESS"},
      {"shared source", "outside", syn("100.64.0.1:1", "203.0.113.20:80"),
       "drop IGW_SOURCE_ADDRESS_NOT_IN_RFC6598_INGRESS"},
      {"private destination", "dmz", syn("10.0.1.20:1", "192.168.0.1:1"),
       "drop IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS"},
      {"shared destination", "dmz", syn("10.0.1.20:1", "100.64.0.1:1"),
       "drop IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS"},
      {"unsolicited", "outside", syn("198.18.0.7:1", "203.0.113.5:1"), "drop NAT_NO_SESSION"},
      {"SYN and FIN", "inside", tcp("10.0.3.11:1", "10.0.4.5:5432", tcp::kSyn | tcp::kFin).frame(),
       "drop CONNTRACK_INVALID_STATE"},
      {"a fragment", "inside", udp("10.0.3.11:1", "10.0.4.5:1").fragment(0, true).frame(), "drop FRAGMENT_LIMIT"},
      {"out of time", "inside", tcp("10.0.3.11:1", "10.0.4.5:5432", tcp::kSyn).ttl(1).frame(), "drop TTL_EXPIRED"},
      {"too large", "inside", tcp("10.0.3.11:1", "10.0.4.5:5432", tcp::kSyn).payload(1600).frame(),
       "drop MTU_EXCEEDED"},
      {"short", "inside", Frame(10), "drop MALFORMED_ETHERNET"},
      {"ARP", "inside", arp_with_wrong_length(), "drop MALFORMED_ARP"},
      {"version 5", "inside", tcp("10.0.3.11:1", "10.0.4.5:5432", tcp::kSyn).patch(14, 0x55).frame(),
       "drop MALFORMED_IPV4"},
      {"data offset", "inside", tcp("10.0.3.11:1", "10.0.4.5:5432", tcp::kSyn).patch(46, 0xF0).frame(),
       "drop MALFORMED_L4"},
      {"TCP sum", "inside", tcp("10.0.3.11:1", "10.0.4.5:5432", tcp::kSyn).patch(50, 0x12).frame(),
       "drop BAD_CHECKSUM"},
      {"loopback", "inside", syn("127.0.0.1:1", "10.0.4.5:5432"), "drop MARTIAN_ADDRESS"},
      {"IPv6", "inside", with_type(0x86DD), "drop UNSUPPORTED_ETHERTYPE"},
      {"VLAN", "inside", with_type(0x8100), "drop UNSUPPORTED_ETHERTYPE"},
      {"an unnamed source", "inside", syn("10.0.4.77:1", "10.0.3.11:1"), "drop UNKNOWN_HOST"},
      {"an unnamed destination", "inside", syn("10.0.3.11:1", "10.0.4.77:1"), "drop UNKNOWN_HOST"},
      {"for the router", "inside", syn("10.0.3.11:1", "10.0.3.1:1"), "drop NOT_FOR_GATEWAY"},
      {"another station", "inside", tcp("10.0.3.11:1", "10.0.4.5:5432", tcp::kSyn).to(mac("02:00:00:00:00:77")).frame(),
       "drop NOT_FOR_GATEWAY"},
      {"a late error", "outside", stray_error(), "drop ICMP_ERROR_NO_FLOW"},
      {"a subnet's broadcast", "inside", udp("10.0.3.11:1", "10.0.3.255:1").frame(), "drop MULTICAST_OR_BROADCAST"},
      {"multicast", "inside", udp("10.0.3.11:1", "224.0.0.251:5353").frame(), "drop MULTICAST_OR_BROADCAST"},
  };
}

void fill_table() {
  auto settings = resolved();
  settings.max_flows = 1;
  GatewayWorld world(usual_policy().dump(), settings);
  run(world, {{"the one flow", "inside", syn("10.0.3.11:1", "10.0.4.5:5432"),
               "inside tcp 10.0.3.11:1 > 10.0.4.5:5432 S ttl 63"},
              {"one too many", "inside", syn("10.0.3.11:2", "10.0.4.5:5432"), "drop CONNTRACK_FULL"},
              {"an untracked one passes", "outside", syn("192.0.2.9:1", "203.0.113.20:80"),
               "dmz tcp 192.0.2.9:1 > 10.0.1.20:80 S ttl 63"}});
}

void serve_foreign_source() {
  auto policy = usual_policy();
  policy["route_tables"]["public"].push_back({{"cidr_block", "198.51.0.0/24"}, {"nat_gateway", "nat-a"}});
  policy["subnets"]["edge"] = {{"cidr_block", "10.0.5.0/24"}, {"route_table", "private"}};
  policy["route_tables"]["public"].erase(1);
  policy["interfaces"]["edge-1"] = {{"subnet", "edge"},
                                    {"private_ips", {"10.0.5.5"}},
                                    {"security_groups", {"any"}},
                                    {"source_dest_check", false},
                                    {"mac", "02:00:00:00:05:05"}};
  auto ports = usual_ports();
  ports[0].subnets.emplace_back("edge");
  GatewayWorld world(policy.dump(), resolved(), ports);
  run(world, {{"from beyond an appliance", "inside",
               tcp("172.20.0.1:1", "198.18.0.7:1", tcp::kSyn).from(mac("02:00:00:00:05:05")).frame(),
               "drop NGW_REQUIRES_SOURCE_IN_VPC"}});
}

void use_up_ports() {
  GatewayWorld world(usual_policy().dump(), resolved());
  world.engine().force_nat_port(2000);
  run(world, {{"first", "inside", syn("10.0.3.11:1", "198.18.0.7:443"),
               "outside tcp 203.0.113.5:2000 > 198.18.0.7:443 S ttl 63"},
              {"second", "inside", syn("10.0.3.11:2", "198.18.0.7:443"), "drop NAT_PORT_EXHAUSTED"},
              {"elsewhere the port is free", "inside", syn("10.0.3.11:2", "198.18.0.8:443"),
               "outside tcp 203.0.113.5:2000 > 198.18.0.8:443 S ttl 63"}});
  EXPECT_EQ(world.counters().nat_port_errors.get(), 1);
}

void have_no_policy() {
  GatewayWorld world("", resolved());
  run(world, {{"anything", "inside", syn("10.0.3.11:1", "10.0.4.5:5432"), "drop NO_POLICY"},
              {"the uplink's address answers", "outside", echo_request("198.18.0.7", "198.51.100.2", 5).frame(),
               "outside icmp 0/0 198.51.100.2 > 198.18.0.7 id 5 ttl 64"}});
}

void wait_for_nobody() {
  GatewayWorld world(usual_policy().dump());
  for (std::uint16_t i = 1; i <= 16; ++i) {
    EXPECT_EQ(world.send("inside", syn("10.0.3.11:" + std::to_string(i), "10.0.4.5:5432")), "hold");
  }
  run(world, {{"the queue is full", "inside", syn("10.0.3.11:17", "10.0.4.5:5432"), "drop QUEUE_FULL"}});
  EXPECT_EQ(world.flows().size(), 16) << "a refused packet opens nothing";
  std::size_t given_up = 0;
  for (int i = 0; i < 10; ++i) {
    world.pass(0.5);
    given_up += world.released().size();
    for (const auto& packet : world.released()) EXPECT_EQ(packet, "drop NEIGHBOR_UNRESOLVED");
  }
  EXPECT_EQ(given_up, 16);
  EXPECT_EQ(world.counters().held.get(), 0);
  EXPECT_EQ(world.counters().arp_requests_sent.get(), 3);
}

TEST(DropCodes, EveryOneIsProvoked) {
  GatewayWorld world(usual_policy().dump(), resolved());
  run(world, plain_steps());
  fill_table();
  serve_foreign_source();
  use_up_ports();
  have_no_policy();
  wait_for_nobody();
  for (std::size_t code = 1; code < rules::kDropCodes; ++code) {
    EXPECT_TRUE(seen_drop_codes()[code]) << name_of(static_cast<rules::DropCode>(code));
  }
}

}  // namespace
}  // namespace sallyport::dataplane::testing
