// Generations: what makes one, what does not, and what a refused change leaves behind.
#include "control/store/policy_store.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "rules/compile/compile.h"
#include "rules/decide/policy_view.h"
#include "rules/document/documents.h"
#include "tests/control/fake_runtime.h"

namespace sallyport::control {
namespace {

using namespace std::chrono_literals;

std::string rules_patch(const std::string& rules) {
  return R"([{ "op": "replace", "path": "/security_groups/web/ingress", "value": [)" + rules + "] }]";
}

class PolicyStoreTest : public testing::Test {
 protected:
  PolicyStore::Result apply(const std::string& text,
                            std::optional<std::chrono::seconds> confirm_within = std::nullopt) {
    ChangeRequest request;
    request.author = author;
    request.confirm_within = confirm_within;
    return store.apply(text, request);
  }
  std::uint64_t generation() const { return store.running() ? store.running()->generation.number : 0; }

  MonotonicTime now{1000s};
  Clock clock{[this] { return now; }, [this] { return WallTime{now.time_since_epoch()}; }};
  Author author{1000, "ada"};
  FakeRuntime runtime;
  PolicyStore store{small_gateway(), runtime, clock};
};

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
  for (const std::string& text : {small_policy(tcp_rule(80)), spaced}) {
    const auto again = apply(text);
    ASSERT_TRUE(again);
    EXPECT_FALSE(again->changed);
    EXPECT_EQ(again->generation, 1U);
  }
  EXPECT_EQ(runtime.published.size(), 1U);
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

TEST_F(PolicyStoreTest, AnUnconfirmedChangeRevertsAtItsDeadline) {
  ASSERT_TRUE(apply(small_policy(tcp_rule(80))));
  ASSERT_TRUE(apply(small_policy(tcp_rule(443)), 60s));
  EXPECT_EQ(generation(), 2U);
  EXPECT_FALSE(store.running()->generation.confirmed);
  now += 59s;
  EXPECT_FALSE(store.expire());
  EXPECT_EQ(generation(), 2U);
  now += 1s;
  const auto reverted = store.expire();
  ASSERT_TRUE(reverted && *reverted);
  EXPECT_EQ(generation(), 3U);
  EXPECT_EQ(store.running()->policy.source, small_policy(tcp_rule(80)));
  EXPECT_EQ(runtime.published.back()->generation(), 3U);
  EXPECT_EQ(store.history().front().action, "revert");
  EXPECT_EQ(store.history().front().author.name, "gateway");
  EXPECT_FALSE(store.expire());
  EXPECT_FALSE(store.confirm(author));
}

TEST_F(PolicyStoreTest, AConfirmedChangeStays) {
  ASSERT_TRUE(apply(small_policy(tcp_rule(80))));
  ASSERT_TRUE(apply(small_policy(tcp_rule(443)), 60s));
  ASSERT_TRUE(store.confirm(author));
  now += 3600s;
  EXPECT_FALSE(store.expire());
  EXPECT_EQ(generation(), 2U);
  EXPECT_TRUE(store.running()->generation.confirmed);
  EXPECT_TRUE(store.history().front().confirmed);
}

TEST_F(PolicyStoreTest, WhileAConfirmationIsPendingOnlyConfirmAndRollbackChangeAnything) {
  ASSERT_TRUE(apply(small_policy(tcp_rule(80))));
  ASSERT_TRUE(apply(small_policy(tcp_rule(443)), 60s));
  const auto refused = apply(small_policy(tcp_rule(22)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Refusal::Kind::pending);
  const auto edited = store.patch(rules_patch(tcp_rule(22)), {});
  ASSERT_FALSE(edited);
  EXPECT_EQ(edited.error().kind, Refusal::Kind::pending);
  const auto back = store.rollback(std::nullopt, author);
  ASSERT_TRUE(back);
  EXPECT_EQ(store.running()->policy.source, small_policy(tcp_rule(80)));
  EXPECT_FALSE(store.pending());
  EXPECT_TRUE(apply(small_policy(tcp_rule(22))));
}

TEST_F(PolicyStoreTest, TheFirstPolicyHasNothingToRevertTo) {
  const auto refused = apply(small_policy(tcp_rule(80)), 60s);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Refusal::Kind::missing);
  EXPECT_EQ(store.running(), nullptr);
}

TEST_F(PolicyStoreTest, ARollbackIsANewGenerationWithTheOldDocument) {
  ASSERT_TRUE(apply(small_policy(tcp_rule(1))));
  ASSERT_TRUE(apply(small_policy(tcp_rule(2))));
  ASSERT_TRUE(apply(small_policy(tcp_rule(3))));
  ASSERT_TRUE(store.rollback(std::nullopt, author));
  EXPECT_EQ(generation(), 4U);
  EXPECT_EQ(store.running()->policy.source, small_policy(tcp_rule(2)));
  ASSERT_TRUE(store.rollback(1, author));
  EXPECT_EQ(generation(), 5U);
  EXPECT_EQ(store.running()->policy.source, small_policy(tcp_rule(1)));
  EXPECT_EQ(store.running()->generation.image.hash(), store.history().back().image.hash());
  EXPECT_EQ(store.history().front().summary, "back to generation 1");
  for (const std::uint64_t missing : {0U, 6U, 99U}) {
    const auto refused = store.rollback(missing, author);
    ASSERT_FALSE(refused) << missing;
    EXPECT_EQ(refused.error().kind, Refusal::Kind::missing);
  }
  EXPECT_EQ(generation(), 5U);
}

TEST_F(PolicyStoreTest, NothingToRollBackToIsRefused) {
  EXPECT_FALSE(store.rollback(std::nullopt, author));
  ASSERT_TRUE(apply(small_policy(tcp_rule(80))));
  const auto refused = store.rollback(std::nullopt, author);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Refusal::Kind::missing);
}

// A change of one object: the same generation as by a patch of the whole document, without reading or compiling it.
TEST_F(PolicyStoreTest, APatchOfOneGroupKeepsTheRest) {
  ASSERT_TRUE(apply(small_policy(tcp_rule(80) + ", " + tcp_rule(81))));
  const auto before = store.running();
  ChangeRequest request;
  request.author = author;
  request.action = "patch";
  const auto changed = store.patch(
      R"([{ "op": "remove", "path": "/security_groups/web/ingress/0" },
          { "op": "add", "path": "/security_groups/web/ingress/-", "value": )" +
          tcp_rule(443) + "}]",
      request);
  ASSERT_TRUE(changed) << changed.error().message;
  EXPECT_EQ(changed->generation, 2U);
  EXPECT_EQ(changed->summary, "1 rule added, 1 rule removed");
  const auto after = store.running();
  EXPECT_TRUE(after->generation.image.bytes().empty()) << "the image was compiled whole";
  EXPECT_EQ(&std::as_const(before->policy).interfaces.at("app-1"),
            &std::as_const(after->policy).interfaces.at("app-1"));
  EXPECT_EQ(runtime.published.back()->image().hash(), changed->hash);
  EXPECT_TRUE(rules::document_of(after->policy).contains("443"));
  EXPECT_FALSE(rules::document_of(after->policy).contains(": 80"));
  const auto back = store.rollback(1, author);
  ASSERT_TRUE(back);
  EXPECT_EQ(rules::document_of(store.running()->policy), small_policy(tcp_rule(80) + ", " + tcp_rule(81)));
  EXPECT_EQ(store.running()->generation.image.hash(), before->generation.image.hash());
  ASSERT_TRUE(store.patch(rules_patch(tcp_rule(22)), request));
  EXPECT_TRUE(store.running()->generation.image.bytes().empty());
}

// The library would take the last of two keys silently, the strict reader takes neither.
TEST_F(PolicyStoreTest, ADoubledKeyInAPatchIsRefused) {
  ASSERT_TRUE(apply(small_policy(tcp_rule(80))));
  const std::string rule = R"({ "protocol": "tcp", "from_port": 22, "to_port": 22, "\u0074o_port": 65535,
                                "cidr_blocks": ["192.0.2.7/32"] })";
  for (const std::string& patch :
       {rules_patch(rule),
        std::string(R"([{ "op": "test", "op": "remove", "path": "/security_groups/web/ingress" }])")}) {
    const auto refused = store.patch(patch, {});
    ASSERT_FALSE(refused) << patch;
    EXPECT_TRUE(refused.error().message.contains("duplicate key")) << refused.error().message;
    EXPECT_EQ(generation(), 1U);
  }
}

// The file that was patched is applied again unconfirmed: the revert goes back to the patched document.
TEST_F(PolicyStoreTest, ARevertGoesBackToWhatWasPatched) {
  ASSERT_TRUE(apply(small_policy(tcp_rule(80))));
  ASSERT_TRUE(store.patch(rules_patch(tcp_rule(22)), {}));
  const std::string patched = rules::document_of(store.running()->policy);
  ASSERT_TRUE(apply(small_policy(tcp_rule(80)), 60s));
  now += 61s;
  const auto reverted = store.expire();
  ASSERT_TRUE(reverted && *reverted);
  EXPECT_TRUE((*reverted)->changed);
  EXPECT_FALSE(store.pending());
  EXPECT_EQ(rules::document_of(store.running()->policy), patched);
  const rules::PolicyView view(store.running()->generation.image);
  EXPECT_TRUE(
      view.judge_groups(0, rules::Direction::ingress, rules::Query{.protocol = 6, .destination_port = 22}).allow);
}

// A rule that stays keeps its counter, whatever was tried meanwhile.
TEST_F(PolicyStoreTest, ARuleKeepsItsCounterOverPatches) {
  ASSERT_TRUE(apply(small_policy(tcp_rule(80))));
  const auto uid = [&] {
    const auto& bound = *store.running()->bound;
    for (rules::RuleIndex i = 0; i < bound.view().rules(); ++i) {
      if (bound.view().has_rule(i) && bound.view().rule(i).text == "tcp 80 from 0.0.0.0/0") return bound.rule_uid(i);
    }
    return ~0U;
  };
  const std::uint32_t first = uid();
  ChangeRequest dry;
  dry.dry_run = true;
  for (const int port : {443, 444, 445}) {
    ASSERT_TRUE(store.patch(rules_patch(tcp_rule(port + 1000) + ", " + tcp_rule(80)), dry));
    ASSERT_TRUE(store.patch(rules_patch(tcp_rule(port) + ", " + tcp_rule(80)), {}));
    EXPECT_EQ(uid(), first) << port;
  }
}

// What cannot be told from one object is read whole, and its errors point into the document.
TEST_F(PolicyStoreTest, OtherPatchesAreOfTheDocument) {
  ASSERT_TRUE(apply(small_policy(tcp_rule(80))));
  const auto wrong = store.patch(rules_patch(R"({ "protocol": "tpc" })"), {});
  ASSERT_FALSE(wrong);
  EXPECT_TRUE(wrong.error().rendered.contains("policy.json:")) << wrong.error().rendered;
  EXPECT_TRUE(wrong.error().rendered.contains("/security_groups/web/ingress/0/protocol")) << wrong.error().rendered;
  EXPECT_EQ(generation(), 1U);
  const auto added = store.patch(R"([{ "op": "add", "path": "/security_groups/db", "value": {} }])", {});
  ASSERT_TRUE(added) << added.error().rendered;
  EXPECT_FALSE(store.running()->generation.image.bytes().empty());
  ASSERT_TRUE(store.patch(rules_patch(tcp_rule(22)), {}));
  EXPECT_TRUE(store.running()->generation.image.bytes().empty());
}

// Refused or only tried: the next change starts from what is in force.
TEST_F(PolicyStoreTest, APatchThatDoesNotComeIntoForceLeavesNothing) {
  ASSERT_TRUE(apply(small_policy(tcp_rule(80))));
  ChangeRequest beyond;
  beyond.max_opened.emplace();
  EXPECT_FALSE(store.patch(rules_patch(tcp_rule(443)), beyond));
  ChangeRequest dry;
  dry.dry_run = true;
  const auto tried = store.patch(rules_patch(tcp_rule(444)), dry);
  ASSERT_TRUE(tried);
  EXPECT_TRUE(tried->dry_run);
  EXPECT_EQ(generation(), 1U);
  EXPECT_EQ(runtime.published.size(), 1U);
  ASSERT_TRUE(store.patch(rules_patch(tcp_rule(80) + ", " + tcp_rule(22)), {}));
  const rules::PolicyView view(store.running()->generation.image);
  const auto allowed = [&](std::uint16_t port) {
    return view.judge_groups(0, rules::Direction::ingress, rules::Query{.protocol = 6, .destination_port = port}).allow;
  };
  EXPECT_TRUE(allowed(80));
  EXPECT_TRUE(allowed(22));
  EXPECT_FALSE(allowed(443));
  EXPECT_FALSE(allowed(444));
}

TEST_F(PolicyStoreTest, AStaleEditIsRefused) {
  ASSERT_TRUE(apply(small_policy(tcp_rule(80))));
  ASSERT_TRUE(apply(small_policy(tcp_rule(81))));
  ChangeRequest request;
  request.if_generation = 1;
  const auto refused = store.patch(rules_patch(tcp_rule(22)), request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Refusal::Kind::stale);
  request.if_generation = 2;
  EXPECT_TRUE(store.patch(rules_patch(tcp_rule(22)), request));
}

TEST_F(PolicyStoreTest, AHundredAppliesKeepABoundedHistory) {
  for (int i = 1; i <= 100; ++i) ASSERT_TRUE(apply(small_policy(tcp_rule(i))));
  EXPECT_EQ(generation(), 100U);
  EXPECT_EQ(runtime.published.size(), 100U);
  const auto history = store.history();
  ASSERT_EQ(history.size(), PolicyStore::kHistory);
  EXPECT_EQ(history.front().number, 100U);
  EXPECT_EQ(history.back().number, 37U);
  EXPECT_FALSE(store.rollback(36, author));
  EXPECT_TRUE(store.rollback(37, author));
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

TEST_F(PolicyStoreTest, TheSummaryCountsRules) {
  ASSERT_TRUE(apply(small_policy(tcp_rule(80))));
  EXPECT_EQ(apply(small_policy(tcp_rule(22) + ", " + tcp_rule(443)))->summary, "2 rules added, 1 rule removed");
}

TEST_F(PolicyStoreTest, TheSummaryNamesWhatChanged) {
  const auto start = small_policy(tcp_rule(80));
  ASSERT_TRUE(apply(start));
  auto edited = nlohmann::json::parse(start);
  const struct {
    const char* patch;
    const char* summary;
  } rows[] = {
      {R"([{"op":"add","path":"/interfaces/app-1/security_groups/-","value":"default"}])",
       "interface app-1 changed: joins default"},
      {R"([{"op":"replace","path":"/interfaces/app-1/security_groups","value":["web"]}])",
       "interface app-1 changed: leaves default"},
      {R"([{"op":"add","path":"/interfaces/app-1/source_dest_check","value":false}])", "interface app-1 changed"},
      {R"([{"op":"add","path":"/prefix_lists","value":{"office":["192.0.2.0/24"]}}])", "1 prefix list added"},
      {R"([{"op":"replace","path":"/prefix_lists/office","value":["192.0.2.7/32","192.0.2.8/32"]}])",
       "prefix list office changed: 2 added, 1 removed"},
      {R"([{"op":"add","path":"/options","value":{"tcp_pickup":false}}])", "options changed"},
      {R"([{"op":"add","path":"/route_tables","value":{"spare":[]}}])", "1 route table added"},
      {R"([{"op":"add","path":"/route_tables/spare/-","value":{"cidr_block":"192.0.2.0/24","blackhole":true}}])",
       "route table spare changed"},
      {R"([{"op":"remove","path":"/route_tables/spare"}])", "1 route table removed"},
      {R"([{"op":"add","path":"/vpc/cidr_blocks/-","value":"10.9.0.0/16"}])", "VPC changed"},
  };
  for (const auto& row : rows) {
    edited.patch_inplace(nlohmann::json::parse(row.patch));
    const auto outcome = apply(edited.dump());
    ASSERT_TRUE(outcome) << row.summary << outcome.error().rendered;
    EXPECT_EQ(outcome->summary, row.summary);
  }
}

TEST(Durations, TakeUnitsAndBounds) {
  const struct {
    const char* text;
    std::int64_t seconds;  // 0: refused
  } rows[] = {{"60s", 60},
              {"5m", 300},
              {"2h", 7200},
              {"90", 90},
              {"24h", 86400},
              {"25h", 0},
              {"0s", 0},
              {"", 0},
              {"-5s", 0},
              {"5d", 0},
              {"s", 0},
              {"1m30s", 0},
              {"99999999999999999999s", 0}};
  for (const auto& row : rows) {
    const auto parsed = parse_duration(row.text);
    EXPECT_EQ(parsed ? parsed->count() : 0, row.seconds) << row.text;
  }
}

}  // namespace
}  // namespace sallyport::control
