// Patches of the policy in force: what they touch, what they leave, what is refused.
#include "tests/control/store/store_fixture.h"

namespace sallyport::control {
namespace {

using Patches = PolicyStoreTest;

// A change of one object: the same generation as by a patch of the whole document, without reading or compiling it.
TEST_F(Patches, APatchOfOneGroupKeepsTheRest) {
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
TEST_F(Patches, ADoubledKeyInAPatchIsRefused) {
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

// A rule that stays keeps its counter, whatever was tried meanwhile.
TEST_F(Patches, ARuleKeepsItsCounterOverPatches) {
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
TEST_F(Patches, OtherPatchesAreOfTheDocument) {
  ASSERT_TRUE(apply(small_policy(tcp_rule(80))));
  const auto wrong = store.patch(rules_patch(R"({ "protocol": "tpc" })"), {});
  ASSERT_FALSE(wrong);
  EXPECT_TRUE(wrong.error().rendered.contains("policy.json (patched):")) << wrong.error().rendered;
  EXPECT_TRUE(wrong.error().rendered.contains("/security_groups/web/ingress/0/protocol")) << wrong.error().rendered;
  EXPECT_EQ(generation(), 1U);
  const auto added = store.patch(R"([{ "op": "add", "path": "/security_groups/db", "value": {} }])", {});
  ASSERT_TRUE(added) << added.error().rendered;
  EXPECT_FALSE(store.running()->generation.image.bytes().empty());
  ASSERT_TRUE(store.patch(rules_patch(tcp_rule(22)), {}));
  EXPECT_TRUE(store.running()->generation.image.bytes().empty());
}

// Refused or only tried: the next change starts from what is in force.
TEST_F(Patches, APatchThatDoesNotComeIntoForceLeavesNothing) {
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

TEST_F(Patches, AStaleEditIsRefused) {
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

// A short patch may not make a long document: it costs no more than the document it is for.
TEST_F(Patches, CopiesAreBounded) {
  const auto copy = [](const std::string& operation, int to) {
    return R"({ "op": ")" + operation + R"(", "from": "/security_groups", "path": "/security_groups/)" +
           std::to_string(to) + R"(" })";
  };
  std::string doubling;
  for (int i = 0; i < 12; ++i) doubling += (i == 0 ? "[" : ", ") + copy("copy", i);
  ASSERT_LT(doubling.size(), 1024U);
  ASSERT_TRUE(apply(small_policy(tcp_rule(80))));
  const auto refused = store.patch(doubling + "]", {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "the patch is refused: it copies and moves more than 65536 bytes");
  // A copy of one group is none of these, nor is one in a document that is as large as what is copied.
  EXPECT_TRUE(store.patch(R"([{ "op": "copy", "from": "/security_groups/web", "path": "/security_groups/b" }])", {}));
  ASSERT_TRUE(apply(small_policy(tcp_rule(80), std::string(100000, 'x'))));
  EXPECT_TRUE(store.patch(R"([{ "op": "copy", "from": "/security_groups/web", "path": "/security_groups/b" }])", {}));
  EXPECT_EQ(generation(), 4U);
}

// Warnings are told once, by the change that they are new with.
TEST_F(Patches, WarnOfWhatIsNewAlone) {
  std::string text = small_policy(tcp_rule(80));
  text.insert(text.find("\"vpc\""), R"("options": { "timeouts": { "udp": 20 } }, )");
  const auto applied = apply(text);
  ASSERT_TRUE(applied) << applied.error().rendered;
  EXPECT_EQ(applied->warnings.warnings(), 1U);
  EXPECT_EQ(applied->gateway_warnings.warnings(), 0U);
  const struct {
    const char* what;
    std::string patch;
    std::size_t warnings, of_gateway;
  } rows[] = {
      {"two hosts of one subnet",
       R"([{ "op": "add", "path": "/interfaces/app-2", "value": { "subnet": "app-a", "private_ips": ["10.0.3.12"] } }])",
       0, 1},
      {"a rule more between them", rules_patch(tcp_rule(80) + ", " + tcp_rule(81)), 0, 0},
      {"a group", R"([{ "op": "add", "path": "/security_groups/b", "value": {} }])", 0, 0},
      {"something else to warn of", R"([{ "op": "add", "path": "/options/timeouts/udp_stream", "value": 20 }])", 1, 0},
      {"a change of one object", rules_patch(tcp_rule(9)), 0, 0},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.what);
    const auto changed = store.patch(row.patch, {});
    ASSERT_TRUE(changed) << changed.error().message << changed.error().rendered;
    EXPECT_EQ(changed->warnings.warnings(), row.warnings);
    EXPECT_EQ(changed->gateway_warnings.warnings(), row.of_gateway);
  }
  EXPECT_EQ(store.rollback(1, author)->warnings.warnings(), 0U);
  EXPECT_EQ(store.rollback(3, author)->gateway_warnings.warnings(), 1U);
  EXPECT_EQ(apply(text)->warnings.warnings(), 1U);
}

}  // namespace
}  // namespace sallyport::control
