// Declarative tables of frames: a line of description, what is sent, what becomes of it.
//
// Owner: tests.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dataplane/packet/wire.h"
#include "tests/dataplane/support/gateway_world.h"
#include "tests/dataplane/support/usual_policy.h"

namespace sallyport::dataplane::testing {

inline constexpr std::uint8_t kSynAck = tcp::kSyn | tcp::kAck;

struct Step {
  std::string description;
  std::string port;
  Frame frame;
  std::string expected;
};

inline void run(GatewayWorld& world, const std::vector<Step>& steps) {
  for (const auto& step : steps) EXPECT_EQ(world.send(step.port, step.frame), step.expected) << step.description;
}

// Every next hop is resolved.
inline EngineSettings resolved() {
  EngineSettings settings;
  settings.assume_neighbors = true;
  return settings;
}

inline const rules::MacAddress kVpnMac = mac("02:00:00:00:01:09");
inline const rules::MacAddress kDockerMac = mac("02:00:00:00:01:64");

}  // namespace sallyport::dataplane::testing
