// A policy changed object by object: the updated image decides as a whole compile of the same document does, is proven,
// and leaves the images before it as they were.
#include "rules/compile/compiler.h"

#include <gtest/gtest.h>

#include <vector>

#include "rules/decide/policy_view.h"
#include "rules/document/documents.h"
#include "rules/prove/prove.h"
#include "tests/support/policy_world.h"

namespace sallyport::rules {
namespace {

using test::pick;
using test::policy_of;
using test::Random;

struct Asked {
  InterfaceIndex interface = 0;
  AclIndex acl = 0;
  Direction direction = Direction::ingress;
  Query query;
};

Asked random_question(Random& random, const PolicyView& view) {
  const auto packet = test::random_packet(random);
  return {.interface = static_cast<InterfaceIndex>(pick(random, view.interfaces())),
          .acl = static_cast<AclIndex>(pick(random, 3)),
          .direction = pick(random, 2) == 0 ? Direction::ingress : Direction::egress,
          .query = {packet.to, packet.protocol, packet.to_port, packet.icmp_type, packet.icmp_code}};
}

std::string rule_name(const PolicyView& view, RuleIndex rule) {
  return rule == kNone ? "none" : std::string(view.rule(rule).name) + " " + std::string(view.rule(rule).text);
}

std::string answer(const PolicyView& view, const Asked& asked) {
  const auto groups = view.judge_groups(asked.interface, asked.direction, asked.query);
  const auto acl = view.judge_acl(asked.acl, asked.direction, asked.query);
  std::string text = groups.allow ? "allow " : "deny ";
  text += (groups.untracked ? "untracked " : "") + rule_name(view, groups.rule);
  text += acl.allow ? ", allow " : ", deny ";
  text += rule_name(view, acl.rule);
  std::vector<RuleIndex> matching;
  view.matching_rules(asked.interface, asked.direction, asked.query, matching);
  for (const RuleIndex rule : matching) text += "; " + rule_name(view, rule);
  return text;
}

std::vector<std::string> answers(const PolicyView& view, const std::vector<Asked>& asked) {
  std::vector<std::string> all;
  for (const Asked& each : asked) all.push_back(answer(view, each));
  return all;
}

std::vector<Asked> questions(Random& random, const PolicyView& view) {
  std::vector<Asked> asked;
  for (int i = 0; i < 150; ++i) asked.push_back(random_question(random, view));
  return asked;
}

class CompilerUpdate : public testing::TestWithParam<int> {};

TEST_P(CompilerUpdate, DecidesAsAWholeCompile) {
  Random random(static_cast<std::uint64_t>(GetParam()));
  Policy policy = policy_of(test::random_policy(random));
  auto kept = compile_and_keep(policy);
  ASSERT_TRUE(kept);
  Image image = kept->compiled.image;
  int updates = 0;
  for (int change = 0; change < 12; ++change) {
    const auto object = test::random_object(random, policy);
    const auto next = with_object(policy, object.section, object.name, object.text);
    if (!next) continue;
    const auto asked = questions(random, PolicyView(image));
    const auto before = answers(PolicyView(image), asked);
    auto updated = kept->compiler->update(*next);
    EXPECT_EQ(answers(PolicyView(image), asked), before) << "the image in use changed";
    if (updated) {
      ++updates;
      const auto proof = prove_update(policy, image, *next, updated->image);
      EXPECT_TRUE(proof) << proof.error() << "\n" << object.name << ": " << object.text;
      image = updated->image;
    } else {
      kept = compile_and_keep(*next);
      ASSERT_TRUE(kept);
      image = kept->compiled.image;
    }
    policy = *next;
    const auto whole = compile(policy_of(document_of(policy)));
    ASSERT_TRUE(whole);
    ASSERT_EQ(answers(PolicyView(image), asked), answers(PolicyView(whole->image), asked))
        << object.name << ": " << object.text;
  }
  EXPECT_GT(updates, 3);
}

INSTANTIATE_TEST_SUITE_P(Seeds, CompilerUpdate, testing::Range(1, 25));

// The proof is of the policy it is given, not of what the compiler thought.
TEST(CompilerUpdates, AreNotProvenOfAnotherChange) {
  Random random(99);
  int told = 0;
  for (int round = 0; round < 60; ++round) {
    const Policy policy = policy_of(test::random_policy(random));
    auto kept = compile_and_keep(policy);
    ASSERT_TRUE(kept);
    const auto made = test::random_object(random, policy);
    const auto meant = test::random_object(random, policy);
    const auto next = with_object(policy, made.section, made.name, made.text);
    const auto other = with_object(policy, meant.section, meant.name, meant.text);
    if (!next || !other || same_meaning(*next, *other)) continue;
    const auto updated = kept->compiler->update(*next);
    if (!updated) continue;
    const auto whole = compile(*other);
    ASSERT_TRUE(whole);
    Random same(static_cast<std::uint64_t>(round));
    const auto asked = questions(same, PolicyView(updated->image));
    if (answers(PolicyView(updated->image), asked) == answers(PolicyView(whole->image), asked)) continue;
    ++told;
    EXPECT_FALSE(prove_update(policy, kept->compiled.image, *other, updated->image))
        << made.name << " is not " << meant.name;
  }
  EXPECT_GT(told, 15);
}

// Tables without a record have no address.
TEST(CompilerUpdates, AreProvenOfAPolicyWithoutInterfaces) {
  const Policy policy = policy_of(R"({ "version": 1, "vpc": { "cidr_blocks": ["10.0.0.0/16"] },
    "security_groups": { "db": { "ingress": [
      { "protocol": "tcp", "from_port": 5432, "to_port": 5432, "cidr_blocks": ["10.0.1.7/32"] } ] } },
    "network_acls": { "data": { "ingress": [
      { "rule_no": 110, "action": "deny", "protocol": "-1", "cidr_block": "10.0.128.0/17" },
      { "rule_no": 120, "action": "allow", "protocol": "-1", "cidr_block": "0.0.0.0/0" } ], "egress": [] } },
    "subnets": { "data-a": { "cidr_block": "10.0.5.0/24", "network_acl": "data" } } })");
  auto kept = compile_and_keep(policy);
  ASSERT_TRUE(kept);
  const auto next = with_object(policy, Section::security_groups, "db", R"({ "ingress": [] })");
  ASSERT_TRUE(next);
  const auto updated = kept->compiler->update(*next);
  ASSERT_TRUE(updated);
  const auto proof = prove_update(policy, kept->compiled.image, *next, updated->image);
  EXPECT_TRUE(proof) << proof.error();
}

// A rule that means what it meant, in other words, is told in those words.
TEST(CompilerUpdates, AreToldInTheWordsOfTheChange) {
  const Policy policy = policy_of(R"({ "version": 1, "vpc": { "cidr_blocks": ["10.0.0.0/16"] },
    "security_groups": { "web": {
      "ingress": [ { "protocol": "47", "cidr_blocks": ["8.8.8.0/24", "9.9.9.9/32"] } ], "egress": [] } },
    "subnets": { "a": { "cidr_block": "10.0.1.0/24" } },
    "interfaces": { "web-1": { "subnet": "a", "private_ips": ["10.0.1.9"], "security_groups": ["web"] } } })");
  auto kept = compile_and_keep(policy);
  ASSERT_TRUE(kept);
  const auto next = with_object(policy, Section::security_groups, "web", R"({
      "ingress": [ { "protocol": "47", "cidr_blocks": ["9.9.9.9/32", "8.8.8.0/24"] } ],
      "egress": [ { "protocol": "47", "cidr_blocks": ["8.8.8.0/24"] } ] })");
  ASSERT_TRUE(next);
  const auto updated = kept->compiler->update(*next);
  ASSERT_TRUE(updated);
  const PolicyView view(updated->image);
  const auto verdict = view.judge_groups(view.interface_named("web-1"), Direction::ingress,
                                         {.remote = Ipv4{0x0808'0801}, .protocol = 47});
  ASSERT_TRUE(verdict.allow);
  EXPECT_EQ(view.rule(verdict.rule).text, "protocol 47 from 9.9.9.9/32, 8.8.8.0/24");
}

}  // namespace
}  // namespace sallyport::rules
