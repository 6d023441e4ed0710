// Confirmations, rollbacks, reverts and the history they go back through.
#include "tests/control/store/store_fixture.h"

namespace sallyport::control {
namespace {

using Reverts = PolicyStoreTest;

TEST_F(Reverts, AnUnconfirmedChangeRevertsAtItsDeadline) {
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

TEST_F(Reverts, AConfirmedChangeStays) {
  ASSERT_TRUE(apply(small_policy(tcp_rule(80))));
  ASSERT_TRUE(apply(small_policy(tcp_rule(443)), 60s));
  ASSERT_TRUE(store.confirm(author));
  now += 3600s;
  EXPECT_FALSE(store.expire());
  EXPECT_EQ(generation(), 2U);
  EXPECT_TRUE(store.running()->generation.confirmed);
  EXPECT_TRUE(store.history().front().confirmed);
}

TEST_F(Reverts, WhileAConfirmationIsPendingOnlyConfirmAndRollbackChangeAnything) {
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

// Who lost the gateway, waited for the revert and rolls back besides does not get the lost one again.
TEST_F(Reverts, ARollbackPassesOverWhatWasNeverConfirmed) {
  ASSERT_TRUE(apply(small_policy(tcp_rule(1))));
  ASSERT_TRUE(apply(small_policy(tcp_rule(2))));
  ASSERT_TRUE(apply(small_policy(tcp_rule(3)), 60s));
  ASSERT_TRUE(store.rollback(std::nullopt, author));
  EXPECT_EQ(store.running()->policy.source, small_policy(tcp_rule(2)));
  ASSERT_TRUE(store.rollback(std::nullopt, author));
  EXPECT_EQ(store.running()->policy.source, small_policy(tcp_rule(2)));
  ASSERT_TRUE(store.rollback(3, author));
  EXPECT_EQ(store.running()->policy.source, small_policy(tcp_rule(3)));
}

TEST_F(Reverts, ARollbackIsANewGenerationWithTheOldDocument) {
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

TEST_F(Reverts, NothingToRollBackToIsRefused) {
  EXPECT_FALSE(store.rollback(std::nullopt, author));
  ASSERT_TRUE(apply(small_policy(tcp_rule(80))));
  const auto refused = store.rollback(std::nullopt, author);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Refusal::Kind::missing);
}

// The file that was patched is applied again unconfirmed: the revert goes back to the patched document.
TEST_F(Reverts, ARevertGoesBackToWhatWasPatched) {
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

TEST_F(Reverts, AHundredAppliesKeepABoundedHistory) {
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

}  // namespace
}  // namespace sallyport::control
