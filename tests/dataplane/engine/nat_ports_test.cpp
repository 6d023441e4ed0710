// NAT ports at the engine: what begins and ends a mapping begins and ends its port, to the last one of the slice.
//
// Owner: tests. The worker is one of 64, so that its slice has 1008 ports.
#include "tests/dataplane/support/steps.h"

namespace sallyport::dataplane::testing {
namespace {

constexpr std::size_t kSlice = 1008;

EngineSettings one_of_64() {
  auto settings = resolved();
  settings.workers = 64;
  settings.worker = 7;
  return settings;
}

Frame syn(std::size_t connection) {
  return tcp("10.0.3.11:" + std::to_string(1000 + connection), "198.18.0.7:443", tcp::kSyn).frame();
}

// Opens connections until one is refused; how many.
std::size_t fill(GatewayWorld& world, std::size_t from = 0) {
  std::size_t opened = 0;
  while (true) {
    const auto outcome = world.send("inside", syn(from + opened));
    if (outcome == "drop NAT_PORT_EXHAUSTED") return opened;
    EXPECT_TRUE(outcome.starts_with("outside tcp 203.0.113.5:")) << outcome;
    if (++opened > 4 * kSlice) return opened;
  }
}

TEST(NatPorts, EveryPortOfTheSliceIsLent) {
  GatewayWorld world(usual_policy().dump(), one_of_64());
  EXPECT_EQ(fill(world), kSlice);
  EXPECT_EQ(world.counters().nat_port_errors.get(), 1);
  EXPECT_TRUE(world.send("inside", tcp("10.0.3.11:1", "198.18.0.8:443", tcp::kSyn).frame()).starts_with("outside"))
      << "another destination has its own";
}

TEST(NatPorts, ThoseThatEndAreLentAgain) {
  GatewayWorld world(usual_policy().dump(), one_of_64());
  EXPECT_EQ(fill(world), kSlice);
  const auto flows = world.flows();
  for (std::size_t i = 0; i < 10; ++i) EXPECT_TRUE(world.engine().kill_flow(flows[i * 50]));
  EXPECT_EQ(fill(world, kSlice), 10);
  world.pass(360);                            // the time of a mapping
  for (int i = 0; i < 10; ++i) world.tick();  // the sweep comes by
  EXPECT_EQ(world.flows().size(), 0);
  EXPECT_EQ(fill(world), kSlice);
}

TEST(NatPorts, ARefusedPacketKeepsNone) {
  auto policy = usual_policy();
  policy["network_acls"]["public"]["egress"].push_back(
      {{"rule_no", 50}, {"action", "deny"}, {"protocol", "-1"}, {"cidr_block", "198.18.0.7/32"}});
  GatewayWorld world(policy.dump(), one_of_64());
  for (std::size_t i = 0; i < 2 * kSlice; ++i) {
    EXPECT_EQ(world.send("inside", syn(i)), "drop SUBNET_ACL_RESTRICTION");
  }
  world.apply(usual_policy().dump());
  EXPECT_EQ(fill(world), kSlice);
}

TEST(NatPorts, SeveralAddressesOneAfterTheOther) {
  auto policy = usual_policy();
  policy["nat_gateways"]["nat-a"]["public_ips"] = {"203.0.113.5", "203.0.113.6"};
  GatewayWorld world(policy.dump(), one_of_64());
  std::size_t opened = 0;
  while (world.send("inside", syn(opened)).starts_with("outside")) ++opened;
  EXPECT_EQ(opened, 2 * kSlice);
}

}  // namespace
}  // namespace sallyport::dataplane::testing
