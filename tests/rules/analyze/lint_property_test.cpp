// On random policies: what lint says has no effect can go, and every decision of the literal reference stays.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "rules/analyze/lint.h"
#include "rules/analyze/reference.h"
#include "tests/support/policy_world.h"

namespace sallyport {
namespace {

using rules::LintKind;
using rules::reference::Side;
using test::Random;
using Positions = std::set<std::pair<std::uint32_t, std::uint32_t>>;

rules::Policy random_world(Random& random) { return test::policy_of(test::random_policy(random)); }

Positions found(const rules::Policy& policy, LintKind kind) {
  rules::Diagnostics diagnostics;
  rules::lint(policy, diagnostics);
  Positions positions;
  for (const auto& each : diagnostics.sorted()) {
    if (each.kind == text_of(kind).name) positions.emplace(each.where.line, each.where.column);
  }
  return positions;
}

template <typename T>
std::size_t remove(std::vector<T>& list, const Positions& positions) {
  return std::erase_if(list, [&](const T& each) { return positions.contains({each.where.line, each.where.column}); });
}

rules::reference::Question question_of(const rules::reference::FirstPacket& packet) {
  return {packet.to, packet.protocol, packet.to_port, packet.icmp_type, packet.icmp_code};
}

void compare_acls(const rules::Policy& before, const rules::Policy& after,
                  const rules::reference::FirstPacket& packet) {
  for (const auto& [name, acl] : before.network_acls) {
    for (const auto side : {Side::ingress, Side::egress}) {
      const auto a = ask_acl(before, name, side, question_of(packet));
      const auto b = ask_acl(after, name, side, question_of(packet));
      ASSERT_EQ(a.allow, b.allow) << name << ' ' << test::describe(packet);
      ASSERT_EQ(a.rule, b.rule) << name << ' ' << test::describe(packet);
    }
  }
}

void compare_groups(const rules::Policy& before, const rules::Policy& after,
                    const rules::reference::FirstPacket& packet) {
  for (const auto& [name, interface] : before.interfaces) {
    for (const auto side : {Side::ingress, Side::egress}) {
      const auto a = ask_groups(before, rules::reference::host_of(before, name), side, question_of(packet));
      const auto b = ask_groups(after, rules::reference::host_of(after, name), side, question_of(packet));
      ASSERT_EQ(a.allow, b.allow) << name << ' ' << test::describe(packet);
      ASSERT_EQ(a.untracked, b.untracked) << name << ' ' << test::describe(packet);
    }
  }
}

// Removes what `kind` names and compares; returns how many rules that were.
template <typename Remove, typename Compare>
std::size_t remove_and_compare(LintKind kind, int seeds, Remove remove_from, Compare compare) {
  std::size_t removed = 0;
  for (std::uint64_t seed = 1; seed <= static_cast<std::uint64_t>(seeds); ++seed) {
    Random random(seed);
    const auto before = random_world(random);
    auto after = before;
    const auto count = remove_from(after, found(before, kind));
    removed += count;
    if (count == 0) continue;
    SCOPED_TRACE("seed " + std::to_string(seed));
    for (int i = 0; i < 60; ++i) {
      const auto packet = test::random_packet(random);
      compare(before, after, packet);
      const auto a = follow(before, packet);
      const auto b = follow(after, packet);
      EXPECT_EQ(a.allow, b.allow) << test::describe(packet);
      EXPECT_EQ(a.code, b.code) << test::describe(packet);
      if (testing::Test::HasFailure()) return removed;
    }
  }
  return removed;
}

TEST(Lint, EntriesThatNeverDecideCanGo) {
  const auto remove_from = [](rules::Policy& policy, const Positions& positions) {
    std::size_t count = 0;
    policy.network_acls.change_each(
        [&](auto& acl) { count += remove(acl.ingress, positions) + remove(acl.egress, positions); });
    return count;
  };
  EXPECT_GT(remove_and_compare(LintKind::acl_entry_never_decides, 300, remove_from, compare_acls), 50U);
}

TEST(Lint, RulesThatOthersCoverCanGo) {
  const auto remove_from = [](rules::Policy& policy, const Positions& positions) {
    std::size_t count = 0;
    policy.security_groups.change_each(
        [&](auto& group) { count += remove(group.ingress, positions) + remove(group.egress, positions); });
    return count;
  };
  EXPECT_GT(remove_and_compare(LintKind::group_rule_covered, 300, remove_from, compare_groups), 50U);
}

TEST(Lint, RoutesThatNoPacketTakesCanGo) {
  const auto remove_from = [](rules::Policy& policy, const Positions& positions) {
    std::size_t count = 0;
    policy.route_tables.change_each([&](auto& table) { count += remove(table.routes, positions); });
    return count;
  };
  const auto compare_routes = [](const rules::Policy& before, const rules::Policy& after,
                                 const rules::reference::FirstPacket& packet) {
    for (const auto& [name, table] : before.route_tables) {
      const auto a = rules::reference::ask_route(before, name, packet.to);
      const auto b = rules::reference::ask_route(after, name, packet.to);
      ASSERT_EQ(a.target, b.target) << name << ' ' << test::describe(packet);
      ASSERT_EQ(a.name, b.name) << name << ' ' << test::describe(packet);
    }
  };
  (void)remove_and_compare(LintKind::route_never_taken, 300, remove_from, compare_routes);
}

// Whoever asks for a service below port 1024 and gets no answer, because no entry of an ACL mentions it, is warned.
TEST(Lint, ForgottenRepliesAreNamed) {
  std::size_t lost = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Random random(seed);
    const auto policy = random_world(random);
    const bool warned =
        !found(policy, LintKind::acl_drops_replies).empty() || !found(policy, LintKind::nat_gateway_starved).empty();
    for (int i = 0; i < 200 && !warned; ++i) {
      const auto packet = test::random_packet(random);
      const bool asks =
          (packet.protocol == rules::kProtocolTcp || packet.protocol == rules::kProtocolUdp) && packet.to_port < 1024;
      if (!asks) continue;
      const auto answer = follow(policy, packet);
      const bool forgotten = !answer.allow && answer.on_reply && answer.rule == "*" &&
                             answer.code == rules::DropCode::SUBNET_ACL_RESTRICTION;
      EXPECT_FALSE(forgotten) << "seed " << seed << ' ' << test::describe(packet);
    }
    lost += warned ? 1 : 0;
  }
  EXPECT_GT(lost, 20U);
  EXPECT_LT(lost, 180U);
}

// No entry that decides a packet is said to decide none.
TEST(Lint, WhatDecidesIsNotNamed) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    Random random(seed);
    const auto policy = random_world(random);
    const auto dead = found(policy, LintKind::acl_entry_never_decides);
    for (int i = 0; i < 100; ++i) {
      const auto packet = test::random_packet(random);
      for (const auto& [name, acl] : policy.network_acls) {
        const auto rule = ask_acl(policy, name, Side::ingress, question_of(packet)).rule;
        for (const auto& entry : acl.ingress) {
          if (std::to_string(entry.rule_no) != rule || entry.where.line == 0) continue;
          EXPECT_FALSE(dead.contains({entry.where.line, entry.where.column})) << name << ' ' << rule;
        }
      }
    }
  }
}

}  // namespace
}  // namespace sallyport
