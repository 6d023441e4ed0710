// Decisions of an image made again from the rules: a wrong row is found, a right one is not, a gone policy is skipped.
#include "control/server/self_check.h"

#include <gtest/gtest.h>

#include <cstring>

#include "rules/compile/compile.h"
#include "rules/image/image_writer.h"
#include "rules/image/layout.h"
#include "tests/control/fake_runtime.h"
#include "tests/control/server/running_server.h"
#include "tests/support/random_policy.h"

namespace sallyport::control {
namespace {

using namespace std::chrono_literals;
using sallyport::test::pick;
using sallyport::test::Random;

// Random policies fit a gateway without ports.
struct PortlessRuntime : FakeRuntime {
  [[nodiscard]] std::vector<dataplane::PortSettings> port_settings() const override { return {}; }
};

class SelfCheckTest : public testing::Test {
 protected:
  // Puts a random policy into force; the image may be another one than the daemon would have made.
  void apply(Random& random) {
    ChangeRequest request;
    const auto outcome = store.apply(sallyport::test::random_policy(random), request);
    ASSERT_TRUE(outcome) << outcome.error().rendered;
  }

  // A decision as a worker makes it that has this view.
  static dataplane::DecisionSample decide(const rules::PolicyView& view, std::uint64_t generation, Random& random) {
    const auto packet = sallyport::test::random_packet(random);
    dataplane::DecisionSample sample;
    sample.generation = generation;
    sample.query = {packet.from, packet.protocol, packet.to_port, packet.icmp_type, packet.icmp_code};
    sample.direction = pick(random, 2) == 0 ? rules::Direction::ingress : rules::Direction::egress;
    sample.acl = pick(random, 3) == 0;
    if (sample.acl) {
      sample.place = view.subnet(static_cast<rules::SubnetIndex>(pick(random, view.subnets()))).acl;
      const auto verdict = view.judge_acl(sample.place, sample.direction, sample.query);
      sample.allow = verdict.allow;
      sample.rule = verdict.rule;
    } else {
      sample.place = static_cast<std::uint32_t>(pick(random, view.interfaces()));
      const auto verdict = view.judge_groups(sample.place, sample.direction, sample.query);
      sample.allow = verdict.allow;
      sample.untracked = verdict.untracked;
      sample.rule = verdict.rule;
    }
    return sample;
  }

  void turn_until_empty() {
    while (!runtime.samples.empty()) check.turn();
    check.turn();
  }

  MonotonicTime now{1000s};
  Clock clock{[this] { return now; }, [this] { return WallTime{now.time_since_epoch()}; }};
  PortlessRuntime runtime;
  PolicyStore store{rules::GatewayConfig{}, runtime, clock};
  SelfCheck check{store, runtime, clock};
};

TEST_F(SelfCheckTest, WhatTheImageDecidesIsWhatTheRulesSay) {
  Random random(31);
  std::uint64_t handed = 0;
  for (int i = 0; i < 20; ++i) {
    apply(random);
    const auto running = store.running();
    for (int n = 0; n < 500; ++n, ++handed) {
      runtime.samples.push_back(decide(running->bound->view(), running->generation.number, random));
    }
    turn_until_empty();
    ASSERT_EQ(check.counts().mismatched, 0U) << "policy " << i;
  }
  EXPECT_EQ(check.counts().checked, handed);
  EXPECT_EQ(check.counts().skipped, 0U);
}

// Decisions of an image and of the next one, of the same generation, whose rules have other numbers.
TEST_F(SelfCheckTest, TheSamePolicyFromAnotherTextIsToldApart) {
  Random random(33);
  for (int i = 0; i < 20; ++i) {
    apply(random);
    // A live change numbers the rules of its group behind all others.
    for (const auto& [name, group] : std::as_const(store.running()->policy).security_groups) {
      if (group.written.size == 0) continue;
      const auto changed = store.patch(R"([{ "op": "add", "path": "/security_groups/)" + name +
                                           R"(/ingress", "value": [)" + tcp_rule(1 + i) + "] }]",
                                       {});
      ASSERT_TRUE(changed) << changed.error().message << changed.error().rendered;
      break;
    }
    const auto before = store.running();
    check.turn();
    const std::string text = rules::document_of(before->policy);
    ASSERT_TRUE(store.apply("\n" + text, {}));
    const auto after = store.running();
    ASSERT_EQ(after->generation.number, before->generation.number);
    EXPECT_NE(after->bound->edition(), before->bound->edition());
    for (int n = 0; n < 50; ++n) {
      for (const auto& running : {before, after}) {
        runtime.samples.push_back(decide(running->bound->view(), running->generation.number, random));
        runtime.samples.back().edition = running->bound->edition();
      }
    }
    turn_until_empty();
  }
  EXPECT_EQ(check.counts().mismatched, 0U);
  EXPECT_EQ(check.counts().skipped, 0U);
  EXPECT_EQ(check.counts().checked, 2000U);
}

// The tables of a worker's image with one predicate of one row exchanged for another.
std::optional<rules::Image> with_a_wrong_row(const rules::Image& image, Random& random) {
  rules::ImageBytes bytes(image.bytes().begin(), image.bytes().end());
  rules::layout::Section at{};
  constexpr auto kRows = static_cast<std::size_t>(rules::layout::SectionId::row_buckets);
  std::memcpy(&at, bytes.data() + sizeof(rules::layout::Header) + (kRows - 1) * sizeof at, sizeof at);
  auto* rows = reinterpret_cast<rules::layout::RowBucket*>(bytes.data() + at.offset);
  auto& row = rows[pick(random, at.count)];
  if (row.classes[0] == rules::layout::kNoIndex) return std::nullopt;
  row.predicates[0] = static_cast<std::uint32_t>(pick(random, row.predicates[0] + 1));
  rules::seal_image(bytes);
  auto loaded = rules::Image::load(std::move(bytes));
  return loaded ? std::optional(*std::move(loaded)) : std::nullopt;
}

TEST_F(SelfCheckTest, AWrongRowInALoadedImageIsFound) {
  Random random(32);
  std::uint64_t wrong = 0;
  for (int i = 0; i < 120; ++i) {
    apply(random);
    const auto running = store.running();
    const auto planted = with_a_wrong_row(running->generation.image, random);
    if (!planted) continue;
    const rules::PolicyView right = running->bound->view();
    const rules::PolicyView view(*planted);
    for (int n = 0; n < 300; ++n) {
      const auto sample = decide(view, running->generation.number, random);
      const bool differs = sample.acl
                               ? right.judge_acl(sample.place, sample.direction, sample.query).rule != sample.rule
                               : right.judge_groups(sample.place, sample.direction, sample.query).rule != sample.rule;
      wrong += differs ? 1U : 0U;
      runtime.samples.push_back(sample);
    }
    turn_until_empty();
    ASSERT_EQ(check.counts().mismatched, wrong) << "policy " << i;
  }
  EXPECT_GT(wrong, 10U);
}

TEST_F(SelfCheckTest, ADifferenceIsToldWithAllThatReproducesIt) {
  ChangeRequest request;
  ASSERT_TRUE(store.apply(small_policy(tcp_rule(80)), request));
  const auto running = store.running();
  const dataplane::DecisionSample sample{
      .generation = 1,
      .place = running->bound->view().interface_named("app-1"),
      .query = {.remote = rules::Ipv4{0xC0000201U}, .protocol = 6, .destination_port = 80}};
  EXPECT_EQ(
      difference(*running, sample),
      "interface app-1 ingress, tcp 80 with 192.0.2.1: the rules say allow by web/ingress/0, the image said deny by "
      "no rule");
}

// Samples of the policy before are checked against that one, older ones are skipped, newer ones wait.
TEST_F(SelfCheckTest, EveryDecisionMeetsItsOwnPolicy) {
  ChangeRequest request;
  ASSERT_TRUE(store.apply(small_policy(tcp_rule(80)), request));
  check.turn();
  const auto deny = [](std::uint64_t generation, std::uint16_t port) {
    return dataplane::DecisionSample{
        .generation = generation,
        .place = 0,
        .query = {.remote = rules::Ipv4{0xC0000201U}, .protocol = 6, .destination_port = port}};
  };
  ASSERT_TRUE(store.apply(small_policy(tcp_rule(81)), request));
  runtime.samples = {deny(1, 81), deny(2, 80), deny(3, 81), deny(3, 81)};
  check.turn();
  EXPECT_EQ(check.counts().checked, 2U);
  ASSERT_TRUE(store.apply(small_policy(tcp_rule(82)), request));
  runtime.samples.push_back(deny(1, 80));
  turn_until_empty();
  EXPECT_EQ(check.counts().checked, 4U);
  EXPECT_EQ(check.counts().mismatched, 0U);
  EXPECT_EQ(check.counts().skipped, 1U);
}

using SelfCheckServer = test::RunningServer;

TEST_F(SelfCheckServer, ItsCountsAreExported) {
  start_with(small_policy(tcp_rule(80)));
  {
    const std::scoped_lock lock(runtime.mutex);
    runtime.totals.samples_skipped = 5;
    runtime.samples.push_back({.generation = 1, .place = 0, .query = {.protocol = 6, .destination_port = 80}});
  }
  nlohmann::json status;
  do {
    status = json_of("/v1/status")["self_check"];
  } while (status["checked"] == 0);
  EXPECT_EQ(status, (nlohmann::json{{"checked", 1}, {"mismatched", 1}, {"skipped", 5}}));
  EXPECT_EQ(json_of("/v1/counters")["self_check"], status);
  EXPECT_TRUE(json_of("/v1/health")["problems"].dump().contains("1 decisions were not what the rules say"));
  EXPECT_TRUE(ask("GET", "/v1/metrics")->body.contains("sallyport_self_check_mismatches_total 1\n"));
  EXPECT_TRUE(cli({"status"}).out.contains("1 decisions made again from the rules, 1 different, 5 skipped"));
}

}  // namespace
}  // namespace sallyport::control
