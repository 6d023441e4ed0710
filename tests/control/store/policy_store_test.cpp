// Generations: what makes one, what does not, and what a refused change leaves behind.
#include "rules/compile/compile.h"
#include "tests/control/store/store_fixture.h"

namespace sallyport::control {
namespace {

TEST_F(PolicyStoreTest, TheFirstPolicyIsGenerationOne) {
  const auto outcome = apply(small_policy(tcp_rule(80)));
  ASSERT_TRUE(outcome) << outcome.error().rendered;
  EXPECT_TRUE(outcome->changed);
  EXPECT_EQ(outcome->generation, 1U);
  ASSERT_EQ(runtime.published.size(), 1U);
  EXPECT_EQ(runtime.published[0]->generation(), 1U);
  EXPECT_EQ(outcome->hash, runtime.published[0]->image().hash());
}

// Without a policy everything is dropped: going back there by itself would help nobody, and the refusal says what to
// do.
TEST_F(PolicyStoreTest, TheFirstPolicyNeedsNoConfirmation) {
  const auto refused = apply(small_policy(tcp_rule(80)), 60s);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Refusal::Kind::missing);
  EXPECT_EQ(refused.error().message,
            "there is no earlier policy to revert to: apply the first one without a confirmation");
  EXPECT_EQ(generation(), 0U);
  EXPECT_TRUE(apply(small_policy(tcp_rule(80))));
  EXPECT_TRUE(apply(small_policy(tcp_rule(443)), 60s));
}

TEST_F(PolicyStoreTest, ARefusedPolicyChangesNothing) {
  ASSERT_TRUE(apply(small_policy(tcp_rule(80))));
  std::string foreign_subnet = small_policy(tcp_rule(80));
  while (foreign_subnet.contains("app-a")) foreign_subnet.replace(foreign_subnet.find("app-a"), 5, "app-b");
  const struct {
    const char* what;
    std::string text;
  } bad[] = {{"empty", ""},
             {"truncated", small_policy(tcp_rule(80)).substr(0, 100)},
             {"unknown key", small_policy(R"({ "protocl": "tcp" })")},
             {"unknown group", small_policy(R"({ "protocol": "-1", "security_groups": ["wbe"] })")},
             {"does not fit the gateway", foreign_subnet}};
  for (const auto& each : bad) {
    const auto outcome = apply(each.text);
    ASSERT_FALSE(outcome) << each.what;
    EXPECT_EQ(outcome.error().kind, Refusal::Kind::invalid) << each.what;
    EXPECT_TRUE(outcome.error().details.has_errors()) << each.what;
    EXPECT_EQ(generation(), 1U) << each.what;
    EXPECT_EQ(runtime.published.size(), 1U) << each.what;
    EXPECT_EQ(store.history().size(), 1U) << each.what;
  }
}

TEST_F(PolicyStoreTest, WhatOpensMoreThanItMayIsRefused) {
  ASSERT_TRUE(apply(small_policy(tcp_rule(80))));
  ChangeRequest request;
  request.author = author;
  request.max_opened.emplace();
  const auto refused = store.apply(small_policy(tcp_rule(81)), request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Refusal::Kind::beyond);
  EXPECT_EQ(generation(), 1U);
  request.max_opened->push_back(rules::Prefix{});
  EXPECT_TRUE(store.apply(small_policy(tcp_rule(81)), request));
  EXPECT_EQ(generation(), 2U);
}

// A document, its image and an edit, each over the gateway's budget: the policy in force stays.
TEST_F(PolicyStoreTest, WhatIsOverTheBudgetIsRefused) {
  rules::GatewayConfig gateway = small_gateway();
  gateway.budget.rows = 3;
  PolicyStore strict{gateway, runtime, clock};
  ChangeRequest request;
  request.author = author;
  ASSERT_TRUE(strict.apply(small_policy(tcp_rule(80)), request));
  std::string rules;
  for (int i = 0; i < 8; ++i) {
    rules += (i == 0 ? "" : ", ") + std::string(R"({ "protocol": "tcp", "from_port": 80, "to_port": 80, )") +
             R"("cidr_blocks": ["192.0.2.)" + std::to_string(8 * i) + R"(/32"] })";
  }
  const auto large = rules::load_policy(small_policy(rules), "policy.json");
  ASSERT_TRUE(large);
  const auto image = large->image.bytes();
  for (const auto& refused : {strict.apply(small_policy(rules), request), strict.patch(rules_patch(rules), request),
                              strict.apply({reinterpret_cast<const char*>(image.data()), image.size()}, request)}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, Refusal::Kind::invalid);
    EXPECT_TRUE((refused.error().rendered + refused.error().message).contains("the budget rows is 3"))
        << refused.error().message;
    EXPECT_EQ(strict.running()->generation.number, 1U);
    EXPECT_EQ(runtime.published.size(), 1U);
  }
}

// An image with a right hash that decides otherwise than its document says.
TEST_F(PolicyStoreTest, AForgedImageIsRefused) {
  auto read = rules::read_policy(small_policy(tcp_rule(80)), "policy.json");
  ASSERT_TRUE(read);
  const std::string shown(read->policy.source);
  auto other = rules::read_policy(small_policy(tcp_rule(22)), "policy.json");
  ASSERT_TRUE(other);
  other->policy.source = shown;
  const auto forged = rules::compile(other->policy);
  ASSERT_TRUE(forged);
  const auto bytes = forged->image.bytes();
  const auto outcome = apply({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, Refusal::Kind::invalid);
  EXPECT_TRUE(outcome.error().message.contains("is not what its policy compiles to")) << outcome.error().message;
  EXPECT_EQ(store.running(), nullptr);
}

TEST_F(PolicyStoreTest, TheSamePolicyAgainIsNoGeneration) {
  ASSERT_TRUE(apply(small_policy(tcp_rule(80))));
  std::string spaced = small_policy(tcp_rule(80));
  spaced.insert(1, "\n\n   ");
  const struct {
    std::string text;
    std::size_t published;  // another text has other lines
  } rows[] = {{small_policy(tcp_rule(80)), 1}, {spaced, 2}, {spaced, 2}};
  for (const auto& row : rows) {
    const auto again = apply(row.text);
    ASSERT_TRUE(again);
    EXPECT_FALSE(again->changed);
    EXPECT_EQ(again->generation, 1U);
    EXPECT_EQ(again->hash, store.running()->generation.image.hash());
    EXPECT_EQ(store.running()->policy.source, row.text);
    EXPECT_EQ(store.history().size(), 1U);
    ASSERT_EQ(runtime.published.size(), row.published);
    EXPECT_EQ(runtime.published.back()->generation(), 1U);
    EXPECT_EQ(runtime.published.back()->epoch(), runtime.published.front()->epoch());
  }
}

TEST_F(PolicyStoreTest, AChangeOfTextRaisesTheGenerationButNotTheEpoch) {
  ASSERT_TRUE(apply(small_policy(tcp_rule(80))));
  const auto text = apply(small_policy(tcp_rule(80), "front"));
  ASSERT_TRUE(text);
  EXPECT_TRUE(text->changed);
  EXPECT_TRUE(text->text_only);
  ASSERT_TRUE(apply(small_policy(tcp_rule(443), "front")));
  ASSERT_EQ(runtime.published.size(), 3U);
  EXPECT_EQ(runtime.published[1]->generation(), 2U);
  EXPECT_EQ(runtime.published[1]->epoch(), runtime.published[0]->epoch());
  EXPECT_GT(runtime.published[2]->epoch(), runtime.published[1]->epoch());
}

TEST_F(PolicyStoreTest, ADryRunPublishesNothing) {
  ChangeRequest request;
  request.dry_run = true;
  const auto outcome = store.apply(small_policy(tcp_rule(80)), request);
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->changed);
  EXPECT_EQ(outcome->generation, 0U);
  EXPECT_TRUE(runtime.published.empty());
  EXPECT_EQ(store.running(), nullptr);
}

TEST_F(PolicyStoreTest, AnImageIsAppliedLikeItsDocument) {
  const auto policy = rules::read_policy(small_policy(tcp_rule(80)), "policy.json");
  ASSERT_TRUE(policy);
  const auto compiled = rules::compile(policy->policy);
  ASSERT_TRUE(compiled);
  const auto bytes = compiled->image.bytes();
  std::string image(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto outcome = apply(image);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->hash, compiled->image.hash());
  EXPECT_FALSE(apply(small_policy(tcp_rule(80)))->changed);
  image.pop_back();
  EXPECT_FALSE(apply(image));
}

TEST_F(PolicyStoreTest, ARuleKeepsItsCounterOverGenerations) {
  ASSERT_TRUE(apply(small_policy(tcp_rule(80))));
  const auto uid_of_port_80 = [this] {
    const auto running = store.running();
    const auto& view = running->bound->view();
    for (rules::RuleIndex i = 0; i < view.rules(); ++i) {
      if (view.rule(i).owner == "web" && view.rule(i).text.contains("80")) return running->bound->rule_uid(i);
    }
    return rules::kNone;
  };
  const auto before = uid_of_port_80();
  ASSERT_NE(before, rules::kNone);
  ASSERT_TRUE(apply(small_policy(tcp_rule(22) + ", " + tcp_rule(80))));
  EXPECT_EQ(uid_of_port_80(), before);
}

}  // namespace
}  // namespace sallyport::control
