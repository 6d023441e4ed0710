// Live changes leave behind what nothing leads to any more. Once that goes over the gateway's budget the policy is
// compiled whole, changes go on from there, and the memory is given back.
#include <algorithm>
#include <memory>

#include "rules/image/tables.h"
#include "tests/control/store/store_fixture.h"

namespace sallyport::control {
namespace {

class Outgrown : public PolicyStoreTest {
 protected:
  static rules::GatewayConfig gateway_with(const rules::Budget& budget) {
    rules::GatewayConfig gateway = small_gateway();
    gateway.budget = budget;
    return gateway;
  }
  static void patch(PolicyStore& to, const std::string& operations) {
    const auto changed = to.patch(operations, {});
    ASSERT_TRUE(changed) << changed.error().message << changed.error().rendered;
  }
  static bool is_whole(const PolicyStore& of) { return !of.running()->generation.image.bytes().empty(); }
  static bool admits(const PolicyStore& of, rules::Ipv4 remote, std::uint16_t port) {
    const rules::PolicyView view(of.running()->generation.image);
    const rules::Query query{.remote = remote, .protocol = 6, .destination_port = port};
    return view.judge_groups(0, rules::Direction::ingress, query).allow;
  }
  static std::uint32_t uid_of(const PolicyStore& of, const std::string& text) {
    const auto& bound = *of.running()->bound;
    for (rules::RuleIndex i = 0; i < bound.view().rules(); ++i) {
      if (bound.view().has_rule(i) && bound.view().rule(i).text == text) return bound.rule_uid(i);
    }
    return rules::kNone;
  }
};

std::string rule_from(const std::string& cidr, int port) {
  std::string rule = tcp_rule(port);
  return rule.replace(rule.find("0.0.0.0/0"), 9, cidr);
}

TEST_F(Outgrown, RowsAreCompiledWholeAndTheRestLive) {
  PolicyStore strict{gateway_with({.rows = 12}), runtime, clock};
  const std::string lasting = rule_from("192.0.2.7/32", 1);
  ASSERT_TRUE(strict.apply(small_policy(lasting), {}));
  const std::uint32_t uid = uid_of(strict, "tcp 1 from 192.0.2.7/32");
  ASSERT_NE(uid, rules::kNone);
  constexpr rules::Ipv4 kRemote{0xC0000207};
  int whole = 0;
  for (int port = 100; port < 160; ++port) {
    patch(strict, rules_patch(lasting + ", " + rule_from("192.0.2.7/32", port)));
    whole += is_whole(strict) ? 1 : 0;
    ASSERT_TRUE(admits(strict, kRemote, 1));
    ASSERT_TRUE(admits(strict, kRemote, static_cast<std::uint16_t>(port)));
    ASSERT_FALSE(admits(strict, kRemote, static_cast<std::uint16_t>(port - 1)));
    ASSERT_FALSE(admits(strict, rules::Ipv4{0xC0000208}, static_cast<std::uint16_t>(port)));
    ASSERT_EQ(uid_of(strict, "tcp 1 from 192.0.2.7/32"), uid);
    // A change that is only tried, and one that is taken back, meet the end of the budget as well.
    ChangeRequest dry;
    dry.dry_run = true;
    ASSERT_TRUE(strict.patch(rules_patch(rule_from("192.0.2.7/32", 9)), dry));
    if (port % 7 == 0) {
      patch(strict, rules_patch(rule_from("192.0.2.7/32", 8)));
      ASSERT_TRUE(strict.rollback(std::nullopt, author));
    }
  }
  EXPECT_GT(whole, 3);
  EXPECT_LT(whole, 30);
}

// Prefixes in so many halves of the address space that the map of classes begins with all of them, a quarter of a MiB
// that each change of classes writes anew; the last one moves.
std::string far_prefixes() {
  std::string list;
  for (int i = 0; i < 64; ++i) list += "\"" + std::to_string(20 + i) + ".7.0.0/24\", ";
  return "[" + list + "\"11.0.0.0/24\"]";
}
std::string moved_to(int third) {
  return R"([{ "op": "replace", "path": "/prefix_lists/far/64", "value": "11.0.)" + std::to_string(third) +
         R"(.0/24" }])";
}

TEST_F(Outgrown, TablesAreCompiledWholeAndGivenBack) {
  constexpr std::uint64_t kMemory = std::uint64_t{16} << 20U;
  PolicyStore strict{gateway_with({.memory = kMemory}), runtime, clock};
  std::string text = small_policy(R"({ "protocol": "tcp", "from_port": 80, "to_port": 80, "prefix_lists": ["far"] })");
  text.insert(text.find("\"subnets\""), R"("prefix_lists": { "far": )" + far_prefixes() + " },\n  ");
  ASSERT_TRUE(strict.apply(text, {}));
  const auto lines = [&] { return strict.running()->generation.image.tables().lines().size(); };
  const std::size_t first = lines();
  ASSERT_GT(first, 4096U) << "the map is not dense";
  std::vector<std::weak_ptr<const void>> outgrown;
  std::size_t most = 0;
  int whole = 0;
  const auto change = [&](int third) {
    const auto before = strict.running()->generation.image.blocks();
    patch(strict, moved_to(third));
    most = std::max(most, lines());
    ASSERT_TRUE(admits(strict, rules::Ipv4{0x0B00'0001U + static_cast<std::uint32_t>(third) * 256}, 80));
    ASSERT_FALSE(admits(strict, rules::Ipv4{0x0B00'0001U + static_cast<std::uint32_t>(third - 1) * 256}, 80));
    if (!is_whole(strict)) return;
    ++whole;
    EXPECT_EQ(lines(), first);
    for (const auto& block : before) outgrown.emplace_back(block.memory);
  };
  for (int i = 1; i <= 100; ++i) ASSERT_NO_FATAL_FAILURE(change(i));
  EXPECT_GT(whole, 1);
  EXPECT_LT(whole, 20);
  EXPECT_LE(most * sizeof(rules::Line), kMemory / 2);
  // Once no generation can go back to them.
  const std::size_t known = outgrown.size();
  for (std::size_t i = 0; i < PolicyStore::kHistory; ++i) {
    ASSERT_NO_FATAL_FAILURE(change(101 + static_cast<int>(i)));
  }
  runtime.published.clear();
  for (std::size_t i = 0; i < known; ++i) EXPECT_TRUE(outgrown[i].expired()) << i;
}

}  // namespace
}  // namespace sallyport::control
