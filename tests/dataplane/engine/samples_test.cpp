// Which decisions a worker hands over to be made again: those of groups and ACLs, as they were, and no more than fit.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iostream>
#include <map>
#include <set>
#include <tuple>

#include "dataplane/packet/wire.h"
#include "tests/dataplane/support/gateway_world.h"
#include "tests/dataplane/support/usual_policy.h"

namespace sallyport::dataplane::testing {
namespace {

std::vector<DecisionSample> samples_of(GatewayWorld& world) {
  std::vector<DecisionSample> samples;
  for (DecisionSample sample; world.engine().samples().pop(sample);) samples.push_back(sample);
  return samples;
}

// A new connection each; most are refused somewhere.
void send_many(GatewayWorld& world, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string port = std::to_string(1024 + i % 60'000);
    static_cast<void>(world.send(
        "outside", tcp("198.18.0.9:" + port, "203.0.113.20:" + std::to_string(80 + i % 3), tcp::kSyn).frame()));
  }
}

TEST(Samples, AreWhatThePolicyDecided) {
  GatewayWorld world(usual_policy().dump(), {.assume_neighbors = true, .self_check = 1});
  send_many(world, 20);
  const auto samples = samples_of(world);
  ASSERT_GE(samples.size(), 20U);
  bool group = false;
  bool acl = false;
  for (const DecisionSample& sample : samples) {
    const auto& view = world.policy().view();
    EXPECT_EQ(sample.generation, 1U);
    (sample.acl ? acl : group) = true;
    if (sample.acl) {
      const auto verdict = view.judge_acl(sample.place, sample.direction, sample.query);
      EXPECT_EQ(std::pair(verdict.allow, verdict.rule), std::pair(sample.allow, sample.rule));
    } else {
      const auto verdict = view.judge_groups(sample.place, sample.direction, sample.query);
      EXPECT_EQ(std::tuple(verdict.allow, verdict.untracked, verdict.rule),
                std::tuple(sample.allow, sample.untracked, sample.rule));
    }
  }
  EXPECT_TRUE(group && acl);
}

TEST(Samples, AreLeftOutWhereTheRingIsFull) {
  GatewayWorld world(usual_policy().dump(), {.assume_neighbors = true, .self_check = 1});
  send_many(world, 2000);
  EXPECT_EQ(samples_of(world).size(), SampleRing::kCapacity);
  const auto skipped = world.counters().samples_skipped.get();
  EXPECT_GE(skipped, 2000 - SampleRing::kCapacity);
  send_many(world, 1);
  EXPECT_GE(samples_of(world).size(), 1U);
  EXPECT_EQ(world.counters().samples_skipped.get(), skipped);
}

TEST(Samples, NoneAreTakenWhereNoneAreWanted) {
  GatewayWorld world(usual_policy().dump(), {.assume_neighbors = true, .self_check = 0});
  send_many(world, 500);
  EXPECT_TRUE(samples_of(world).empty());
  EXPECT_EQ(world.counters().samples_skipped.get(), 0U);
}

// At uneven distances, so that a pattern of four decisions a flow does not always give the same one.
TEST(Samples, AreOneInSoManyAndOfEveryPlaceInAPattern) {
  for (const std::uint32_t every : {1U, 4U, 100U}) {
    Sampler sampler(every, 7);
    std::uint32_t taken = 0;
    std::set<std::uint32_t> places;
    for (std::uint32_t i = 0; i < 100'000; ++i) {
      if (!sampler.due()) continue;
      ++taken;
      places.insert(i % 4);
    }
    EXPECT_NEAR(taken, 100'000.0 / every, 100'000.0 / every / 10) << every;
    EXPECT_EQ(places.size(), 4U) << every;
  }
}

// Nanoseconds for a SYN that an ACL admits and the groups refuse.
double cost(std::uint32_t every) {
  const auto ports = usual_ports();
  Binder binder(ports);
  const auto engine = Engine::create({.ports = ports, .assume_neighbors = true, .self_check = every}).value();
  const auto bound = binder.bind(compiled(usual_policy().dump()), 1, 1, 0).value();
  std::vector<CounterCell> cells(binder.rule_uids());
  engine->set_rule_counters(cells);
  engine->adopt(bound.get(), kSecond);
  const Frame frame = tcp("198.18.0.9:4000", "203.0.113.20:81", tcp::kSyn).frame();
  std::vector<Frame> frames(32, frame);
  constexpr int kBursts = 4000;
  const auto started = std::chrono::steady_clock::now();
  for (int n = 0; n < kBursts; ++n) {
    std::array<Packet, 32> burst;
    for (std::size_t i = 0; i < burst.size(); ++i) {
      burst[i] = {.data = frames[i].data(), .length = static_cast<std::uint32_t>(frame.size()), .in_port = 2};
    }
    engine->process(burst, kSecond);
    for (DecisionSample sample; engine->samples().pop(sample);) continue;
  }
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - started).count() / (32 * kBursts);
}

// Not a test but a measurement, for docs/counters.md: the best of sixty runs each, taken in turn.
TEST(Samples, DISABLED_Cost) {
  std::map<std::uint32_t, double> best;
  for (int round = 0; round < 60; ++round) {
    for (const std::uint32_t every : {0U, 10'000U, 1U}) {
      const double here = cost(every);
      const auto [found, added] = best.try_emplace(every, here);
      found->second = std::min(found->second, here);
    }
  }
  for (const auto& [every, time] : best) std::cout << "one in " << every << ": " << time << " ns a packet\n";
}

}  // namespace
}  // namespace sallyport::dataplane::testing
