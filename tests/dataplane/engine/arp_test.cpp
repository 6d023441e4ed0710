// ARP at the engine: who is believed, who is answered for, what waits and where it goes.
//
// Owner: tests.
#include "tests/dataplane/support/steps.h"

namespace sallyport::dataplane::testing {
namespace {

const auto kAppMac = mac("02:00:00:00:03:0b");
const auto kDbMac = mac("02:00:00:00:04:05");

Frame syn(std::string_view from, std::string_view to, const rules::MacAddress& by = kHostMac) {
  return tcp(from, to, tcp::kSyn).from(by).frame();
}

TEST(Arp, HeldUntilTheNeighborAnswers) {
  GatewayWorld world(usual_policy().dump());
  EXPECT_EQ(world.send("inside", syn("10.0.3.11:1", "10.0.4.5:5432")), "hold");
  ASSERT_EQ(world.originated().size(), 1);
  EXPECT_EQ(world.originated()[0], "inside arp who-has 10.0.4.5 tell 10.0.4.1");
  EXPECT_EQ(world.counters().held.get(), 1);
  EXPECT_EQ(world.send("inside", arp_reply(kDbMac, "10.0.4.5", kGatewayMac, "10.0.4.1")), "consume");
  EXPECT_EQ(world.released(), std::vector<std::string>{"inside tcp 10.0.3.11:1 > 10.0.4.5:5432 S ttl 63"});
  EXPECT_EQ(world.counters().held.get(), 0);
  EXPECT_EQ(world.send("inside", syn("10.0.3.11:2", "10.0.4.5:5432")),
            "inside tcp 10.0.3.11:2 > 10.0.4.5:5432 S ttl 63");
  EXPECT_EQ(load_mac(world.last().data() + ethernet::kDestination), kDbMac);
}

TEST(Arp, LinkAddressesTellWhoSent) {
  GatewayWorld world(usual_policy().dump(), resolved());
  static_cast<void>(world.send("inside", arp_request(kAppMac, "10.0.3.11", "10.0.3.1")));
  static_cast<void>(world.send("inside", arp_request(kDbMac, "10.0.4.5", "10.0.4.1")));
  run(world, {
                 {"its own", "inside", syn("10.0.3.11:1", "10.0.4.5:5432", kAppMac),
                  "inside tcp 10.0.3.11:1 > 10.0.4.5:5432 S ttl 63"},
                 {"another interface's", "inside", syn("10.0.3.11:1", "10.0.4.5:5432", kDbMac),
                  "drop ENI_SOURCE_DEST_CHECK_RESTRICTION"},
                 {"nobody's, though it is known", "inside", syn("10.0.3.11:1", "10.0.4.5:5432", kHostMac),
                  "drop GATEWAY_REJECTS_SPOOFED_TRAFFIC"},
                 {"not known yet", "inside", syn("10.0.3.12:1", "10.0.4.5:5432", kHostMac),
                  "inside tcp 10.0.3.12:1 > 10.0.4.5:5432 S ttl 63"},
                 {"the NAT gateway's address", "dmz", syn("10.0.1.5:1", "10.0.4.5:5432"),
                  "drop GATEWAY_REJECTS_SPOOFED_TRAFFIC"},
                 {"a VPC source from the internet", "outside", syn("10.0.3.11:1", "203.0.113.20:80"),
                  "drop GATEWAY_REJECTS_SPOOFED_TRAFFIC"},
                 {"an own public source from the internet", "outside", syn("203.0.113.100:1", "203.0.113.20:80"),
                  "drop GATEWAY_REJECTS_SPOOFED_TRAFFIC"},
             });
}

TEST(Arp, MacWrittenInThePolicyDecides) {
  GatewayWorld world(usual_policy().dump());
  static_cast<void>(world.send("dmz", arp_request(kHostMac, "10.0.1.9", "10.0.1.1")));
  run(world, {{"a claim against it is not believed", "dmz", syn("10.0.1.9:1", "10.0.1.100:443"),
               "drop GATEWAY_REJECTS_SPOOFED_TRAFFIC"},
              {"its own", "dmz", syn("10.0.1.9:1", "10.0.1.100:443", kVpnMac),
               "dmz tcp 10.0.1.9:1 > 10.0.1.100:443 S ttl 63"}});
  EXPECT_EQ(load_mac(world.last().data() + ethernet::kDestination), kDockerMac) << "and nobody is asked for it";
}

TEST(Arp, AnswersForItsOwnAddresses) {
  GatewayWorld world(usual_policy().dump(), {},
                     {inside_port("inside", {"app", "db"}), inside_port("dmz", {"public"}),
                      uplink_port("outside", "203.0.113.2/24", "203.0.113.1")});
  const auto asks = [&](std::string_view port, std::string_view sender, std::string_view target) {
    EXPECT_EQ(world.send(port, arp_request(kHostMac, sender, target)), "consume");
    return world.originated().size();
  };
  EXPECT_EQ(asks("inside", "10.0.3.11", "10.0.3.1"), 1) << "a router";
  EXPECT_EQ(asks("dmz", "10.0.1.20", "10.0.1.5"), 1) << "a NAT gateway";
  EXPECT_EQ(asks("outside", "203.0.113.1", "203.0.113.2"), 1) << "the uplink's address";
  EXPECT_EQ(asks("outside", "203.0.113.1", "203.0.113.20"), 1) << "a public_ip";
  EXPECT_EQ(asks("outside", "203.0.113.1", "203.0.113.5"), 1) << "a NAT gateway's public address";
  EXPECT_EQ(asks("outside", "203.0.113.1", "203.0.113.77"), 0) << "nobody's";
  EXPECT_EQ(asks("inside", "10.0.3.11", "10.0.3.12"), 0) << "a neighbour, without proxy_arp";
  EXPECT_EQ(asks("inside", "10.0.3.11", "10.0.1.1"), 0) << "a router of another port";
  EXPECT_EQ(asks("inside", "0.0.0.0", "10.0.3.1"), 0) << "a probe";
  EXPECT_EQ(asks("inside", "10.0.3.11", "10.0.3.11"), 0) << "gratuitous";
}

TEST(Arp, ProxyArp) {
  auto ports = usual_ports();
  ports[0].proxy_arp = true;
  GatewayWorld world(usual_policy().dump(), resolved(), ports);
  const auto asks = [&](std::string_view sender, std::string_view target) {
    static_cast<void>(world.send("inside", arp_request(kHostMac, sender, target)));
    return world.originated().size();
  };
  EXPECT_EQ(asks("10.0.3.11", "10.0.3.12"), 1);
  EXPECT_EQ(asks("10.0.3.11", "10.0.3.200"), 1) << "a host that only its subnet names";
  EXPECT_EQ(asks("10.0.3.11", "10.0.3.11"), 0) << "its own";
  EXPECT_EQ(asks("0.0.0.0", "10.0.3.12"), 0) << "a probe";
  EXPECT_EQ(asks("10.0.3.11", "10.0.3.255"), 0) << "broadcast";
  EXPECT_EQ(asks("10.0.3.11", "10.0.1.20"), 0) << "another subnet";
}

TEST(Arp, GratuitousClaims) {
  GatewayWorld world(usual_policy().dump());
  static_cast<void>(world.send("inside", arp_request(kDbMac, "10.0.4.5", "10.0.4.5")));
  EXPECT_EQ(world.send("inside", syn("10.0.3.11:1", "10.0.4.5:5432")), "hold") << "not of one that is not known";
}

const auto kStranger = mac("02:00:00:00:66:66");

struct Claim {
  std::string description;
  Frame frame;
};

const std::vector<Claim>& claims() {
  static const std::vector<Claim> all{
      {"gratuitous", arp_request(kStranger, "10.0.4.5", "10.0.4.5")},
      {"an answer", arp_reply(kStranger, "10.0.4.5", kGatewayMac, "10.0.4.1")},
      {"a question", arp_request(kStranger, "10.0.4.5", "10.0.4.1")},
  };
  return all;
}

Frame from_app() { return tcp("10.0.3.11:1", "10.0.4.5:5432", tcp::kAck).from(kAppMac).frame(); }
Frame answer_of_db() { return arp_reply(kDbMac, "10.0.4.5", kGatewayMac, "10.0.4.1"); }

// Where a packet to db goes now; nothing where it waits.
std::string goes_to(GatewayWorld& world) {
  if (!world.send("inside", from_app()).starts_with("inside tcp")) return "";
  return rules::to_string(load_mac(world.last().data() + ethernet::kDestination));
}

GatewayWorld with_db_known(std::vector<PortSettings> ports = usual_ports()) {
  GatewayWorld world(usual_policy().dump(), {}, std::move(ports));
  static_cast<void>(world.send("inside", answer_of_db()));
  world.pass(10);
  EXPECT_EQ(goes_to(world), rules::to_string(kDbMac));
  return world;
}

TEST(Arp, AStrangerDoesNotMoveALiveNeighbor) {
  for (const auto& claim : claims()) {
    SCOPED_TRACE(claim.description);
    auto world = with_db_known();
    for (int second = 0; second < 20; ++second) {
      static_cast<void>(world.send("inside", claim.frame));
      for (const auto& frame : world.originated_frames()) {
        if (describe(frame.frame) != "arp who-has 10.0.4.5 tell 10.0.4.1") continue;
        EXPECT_EQ(load_mac(frame.frame.data() + ethernet::kDestination), kDbMac);
        static_cast<void>(world.send("inside", answer_of_db()));
      }
      EXPECT_EQ(goes_to(world), rules::to_string(kDbMac)) << second;
      EXPECT_EQ(world.send("inside", syn("10.0.4.5:5432", "10.0.3.11:1", kStranger)),
                "drop GATEWAY_REJECTS_SPOOFED_TRAFFIC");
      world.pass(1);
    }
    EXPECT_LE(world.counters().arp_requests_sent.get(), 22) << "one probe a second at most";
  }
}

// The station is gone; another takes its address, says so once, and answers when it is asked.
TEST(Arp, AFailoverTakesAFewSeconds) {
  for (const auto& claim : claims()) {
    for (const bool just_heard : {false, true}) {
      SCOPED_TRACE(claim.description);
      auto world = with_db_known();
      if (just_heard) static_cast<void>(world.send("inside", answer_of_db()));
      static_cast<void>(world.send("inside", claim.frame));
      double seconds = 0;
      while (seconds < 10 && goes_to(world) != rules::to_string(kStranger)) {
        for (const auto& frame : world.originated_frames()) {
          if (load_mac(frame.frame.data() + ethernet::kDestination) != kBroadcastMac) continue;
          static_cast<void>(world.send("inside", claims()[1].frame));
          EXPECT_EQ(world.released().size(), 1);
        }
        world.pass(0.125);
        seconds += 0.125;
      }
      EXPECT_GE(seconds, 3) << "three probes are waited for";
      EXPECT_LE(seconds, just_heard ? 4.25 : 3.25);
    }
  }
}

TEST(Arp, AClaimOnAnotherPortIsNotBelievedEither) {
  auto ports = usual_ports();
  ports.push_back(inside_port("second", {"db"}));
  for (const auto& claim : claims()) {
    SCOPED_TRACE(claim.description);
    auto world = with_db_known(ports);
    static_cast<void>(world.send("second", claim.frame));
    ASSERT_FALSE(world.originated().empty());
    EXPECT_EQ(world.originated().at(0), "inside arp who-has 10.0.4.5 tell 10.0.4.1");
    static_cast<void>(world.send("inside", answer_of_db()));
    for (int second = 0; second < 5; ++second) world.pass(1);
    EXPECT_EQ(goes_to(world), rules::to_string(kDbMac));
  }
}

TEST(Arp, AddressesOfAnotherPortAreNotLearnt) {
  GatewayWorld world(usual_policy().dump());
  static_cast<void>(world.send("dmz", arp_request(kHostMac, "10.0.4.5", "10.0.1.1")));
  static_cast<void>(world.send("inside", arp_request(kHostMac, "10.0.4.1", "10.0.4.5")));
  world.tick();
  EXPECT_EQ(world.counters().neighbors.get(), 0);
}

TEST(Arp, ASubnetOnTwoPortsIsAskedForOnBoth) {
  auto ports = usual_ports();
  ports.push_back(inside_port("second", {"db"}));
  GatewayWorld world(usual_policy().dump(), {}, ports);
  EXPECT_EQ(world.send("inside", syn("10.0.3.11:1", "10.0.4.5:5432")), "hold");
  EXPECT_EQ(world.originated().size(), 2);
  static_cast<void>(world.send("second", arp_reply(kDbMac, "10.0.4.5", kGatewayMac, "10.0.4.1")));
  EXPECT_EQ(world.released(), std::vector<std::string>{"second tcp 10.0.3.11:1 > 10.0.4.5:5432 S ttl 63"});
  EXPECT_EQ(world.send("inside", tcp("10.0.3.11:1", "10.0.4.5:5432", tcp::kAck).frame()),
            "second tcp 10.0.3.11:1 > 10.0.4.5:5432 A ttl 63");
  world.pass(1);
  static_cast<void>(world.send("inside", arp_request(kDbMac, "10.0.4.5", "10.0.4.1")));
  EXPECT_EQ(world.originated().at(0), "second arp who-has 10.0.4.5 tell 10.0.4.1") << "is it still there?";
  for (int second = 0; second < 3; ++second) world.pass(1);
  EXPECT_EQ(world.send("inside", tcp("10.0.3.11:1", "10.0.4.5:5432", tcp::kAck).frame()), "hold");
  static_cast<void>(world.send("inside", arp_reply(kDbMac, "10.0.4.5", kGatewayMac, "10.0.4.1")));
  EXPECT_EQ(world.released(), std::vector<std::string>{"inside tcp 10.0.3.11:1 > 10.0.4.5:5432 A ttl 63"})
      << "it moved";
}

TEST(Arp, PublicAddressesOfTheUplinksPrefixAreAnnounced) {
  GatewayWorld world(usual_policy().dump(), {},
                     {inside_port("inside", {"app"}), uplink_port("outside", "203.0.113.2/24", "203.0.113.1")});
  world.tick();
  EXPECT_EQ(world.originated().size(), 3);
  for (const auto& frame : world.originated_frames()) EXPECT_EQ(frame.port, "outside");
  world.tick();
  EXPECT_EQ(world.originated().size(), 0);
}

TEST(Arp, OfTheUplink) {
  GatewayWorld world(usual_policy().dump());
  EXPECT_EQ(world.send("dmz", syn("10.0.1.20:1", "198.18.0.7:443")), "hold");
  EXPECT_EQ(world.originated().at(0), "outside arp who-has 198.51.100.1 tell 198.51.100.2");
  EXPECT_EQ(world.send("dmz", syn("10.0.1.20:1", "198.51.100.77:443")), "hold");
  EXPECT_EQ(world.originated().at(0), "outside arp who-has 198.51.100.77 tell 198.51.100.2");
}

}  // namespace
}  // namespace sallyport::dataplane::testing
