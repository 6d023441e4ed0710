// A refused packet changes nothing: what it would have replaced, moved on or opened is as it was.
//
// Owner: tests.
#include "tests/dataplane/support/steps.h"

namespace sallyport::dataplane::testing {
namespace {

constexpr auto* kApp = "10.0.3.11:40000";
constexpr auto* kDb = "10.0.4.5:5432";
const auto kDbMac = mac("02:00:00:00:04:05");
const std::string kOpened = "inside tcp 10.0.3.11:40000 > 10.0.4.5:5432 S ttl 63";

Frame syn(std::string_view from) { return tcp(from, kDb, tcp::kSyn).frame(); }

std::vector<Step> a_closed_flow() {
  return {
      {"opened", "inside", syn(kApp), kOpened},
      {"reset", "inside", tcp(kApp, kDb, tcp::kRst).frame(), "inside tcp 10.0.3.11:40000 > 10.0.4.5:5432 R ttl 63"}};
}

void db_answers(GatewayWorld& world) {
  EXPECT_EQ(world.send("inside", arp_reply(kDbMac, "10.0.4.5", kGatewayMac, "10.0.4.1")), "consume");
}

TEST(Refusals, AClosedFlowGivesWayOnlyToOneThatIsOnItsWay) {
  auto policy = usual_policy();
  policy["options"]["timeouts"]["tcp_time_wait"] = 600;
  GatewayWorld world(policy.dump());
  db_answers(world);
  world.pass(1);
  run(world, a_closed_flow());
  for (int second = 0; second < 40; ++second) world.pass(1);  // the neighbour is probed in vain, and forgotten
  for (int port = 1; port <= 16; ++port) {
    EXPECT_EQ(world.send("inside", syn("10.0.3.11:" + std::to_string(port))), "hold");
  }
  const auto before = world.flows();
  EXPECT_EQ(world.send("inside", syn(kApp)), "drop QUEUE_FULL");
  const auto after = world.flows();
  ASSERT_EQ(after.size(), before.size());
  EXPECT_EQ(after.at(0).from_port, 40000);
  EXPECT_EQ(after.at(0).packets_out, 2);
  EXPECT_EQ(after.at(0).state, before.at(0).state);
  EXPECT_EQ(world.counters().flows.get(), 17);
  EXPECT_EQ(world.counters().flows_closed.get(), 0);
  EXPECT_EQ(world.counters().flows_created.get(), 17);
  db_answers(world);
  run(world, {{"there is room now", "inside", syn(kApp), kOpened}});
  EXPECT_EQ(world.counters().flows_closed.get(), 1);
  EXPECT_EQ(world.counters().flows_created.get(), 18);
  EXPECT_EQ(world.flows().size(), 17);
}

TEST(Refusals, AFullTableStillReplaces) {
  auto settings = resolved();
  settings.max_flows = 1;
  GatewayWorld world(usual_policy().dump(), settings);
  run(world, a_closed_flow());
  run(world, {{"another", "inside", syn("10.0.3.11:1"), "drop CONNTRACK_FULL"},
              {"a wrong sum", "inside", tcp(kApp, kDb, tcp::kSyn).patch(50, 0x12).frame(), "drop BAD_CHECKSUM"}});
  EXPECT_EQ(world.counters().flows_closed.get(), 0);
  run(world, {{"the same again", "inside", syn(kApp), kOpened}});
  EXPECT_EQ(world.counters().flows_closed.get(), 1);
  EXPECT_EQ(world.flows().size(), 1);
  EXPECT_EQ(world.flows().at(0).packets_out, 1);
}

}  // namespace
}  // namespace sallyport::dataplane::testing
