// The ways a packet can take, one after the other.
//
// Owner: tests. Tables of frames and sentences; NAT ports are forced so that a sentence can name them.
#include <gtest/gtest.h>

#include "dataplane/packet/wire.h"
#include "tests/dataplane/support/gateway_world.h"
#include "tests/dataplane/support/usual_policy.h"

namespace sallyport::dataplane::testing {
namespace {

constexpr std::uint8_t kSynAck = tcp::kSyn | tcp::kAck;

struct Step {
  std::string description;
  std::string port;
  Frame frame;
  std::string expected;
};

void run(GatewayWorld& world, const std::vector<Step>& steps) {
  for (const auto& step : steps) EXPECT_EQ(world.send(step.port, step.frame), step.expected) << step.description;
}

EngineSettings resolved() { return {.assume_neighbors = true}; }

TEST(FirstPackets, Inside) {
  GatewayWorld world(usual_policy().dump(), resolved());
  run(world, {
                 {"a group that names the sender's admits it", "inside",
                  tcp("10.0.3.11:40000", "10.0.4.5:5432", tcp::kSyn).frame(),
                  "inside tcp 10.0.3.11:40000 > 10.0.4.5:5432 S ttl 63"},
                 {"the answer needs no rule", "inside", tcp("10.0.4.5:5432", "10.0.3.11:40000", kSynAck).frame(),
                  "inside tcp 10.0.4.5:5432 > 10.0.3.11:40000 SA ttl 63"},
                 {"another port", "inside", tcp("10.0.3.11:40000", "10.0.4.5:5433", tcp::kSyn).frame(),
                  "drop ENI_SG_RULES_MISMATCH"},
             });
}

TEST(FirstPackets, ThroughTheNatGateway) {
  GatewayWorld world(usual_policy().dump(), resolved());
  world.engine().force_nat_port(2000);
  run(world,
      {
          {"out", "inside", tcp("10.0.3.11:40000", "198.18.0.7:443", tcp::kSyn).frame(),
           "outside tcp 203.0.113.5:2000 > 198.18.0.7:443 S ttl 63"},
          {"back", "outside", tcp("198.18.0.7:443", "203.0.113.5:2000", kSynAck).frame(),
           "inside tcp 198.18.0.7:443 > 10.0.3.11:40000 SA ttl 63"},
          {"unsolicited", "outside", tcp("198.18.0.7:443", "203.0.113.5:2001", kSynAck).frame(), "drop NAT_NO_SESSION"},
      });
}

}  // namespace
}  // namespace sallyport::dataplane::testing
