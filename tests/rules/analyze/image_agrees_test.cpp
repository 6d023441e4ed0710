// The compiled image decides as the literal reference does: random policies, random questions, every answer compared.
#include <gtest/gtest.h>

#include "rules/analyze/reference.h"
#include "rules/decide/policy_view.h"
#include "tests/support/policy_world.h"

namespace sallyport {
namespace {

using rules::Ipv4;
using test::pick;
using test::Random;

struct World {
  rules::Policy policy;
  rules::Image image;
  rules::PolicyView view;
};

World make_world(Random& random) {
  auto [policy, image] = test::random_world(random);
  World world{std::move(policy), std::move(image), {}};
  world.view = rules::PolicyView(world.image);
  return world;
}

rules::Query query_of(const rules::reference::FirstPacket& packet, Ipv4 remote) {
  return {remote, packet.protocol, packet.to_port, packet.icmp_type, packet.icmp_code};
}

rules::reference::Question question_of(const rules::reference::FirstPacket& packet, Ipv4 remote) {
  return {remote, packet.protocol, packet.to_port, packet.icmp_type, packet.icmp_code};
}

void compare_groups(const World& world, const rules::reference::FirstPacket& packet) {
  const auto owner = world.view.owner_of(packet.from);
  const auto host = rules::reference::host_of(world.policy, packet.from);
  const bool judged = owner.kind == rules::OwnerKind::interface || owner.kind == rules::OwnerKind::host;
  ASSERT_EQ(judged, host.has_value()) << to_string(packet.from);
  if (!host) return;
  for (const bool ingress : {true, false}) {
    const auto answer =
        ask_groups(world.policy, *host, ingress ? rules::reference::Side::ingress : rules::reference::Side::egress,
                   question_of(packet, packet.to));
    const auto verdict = world.view.judge_groups(
        owner.index, ingress ? rules::Direction::ingress : rules::Direction::egress, query_of(packet, packet.to));
    ASSERT_EQ(verdict.allow, answer.allow) << test::describe(packet) << (ingress ? " ingress" : " egress");
    ASSERT_EQ(verdict.untracked, answer.untracked) << test::describe(packet) << (ingress ? " ingress" : " egress");
    if (answer.allow) {
      ASSERT_EQ(world.view.rule(verdict.rule).name, answer.rule) << test::describe(packet);
    }
  }
}

void compare_acls_and_routes(const World& world, const rules::reference::FirstPacket& packet) {
  for (std::uint32_t i = 0; i < world.view.subnets(); ++i) {
    const auto info = world.view.subnet(i);
    const auto& subnet = world.policy.subnets.at(std::string(info.name));
    for (const bool ingress : {true, false}) {
      const auto answer = ask_acl(world.policy, subnet.network_acl,
                                  ingress ? rules::reference::Side::ingress : rules::reference::Side::egress,
                                  question_of(packet, packet.to));
      const auto verdict = world.view.judge_acl(
          info.acl, ingress ? rules::Direction::ingress : rules::Direction::egress, query_of(packet, packet.to));
      ASSERT_EQ(verdict.allow, answer.allow) << test::describe(packet) << " at " << info.name;
      ASSERT_EQ(verdict.rule == rules::kNone ? "*" : std::to_string(world.view.rule(verdict.rule).rule_no),
                answer.rule);
    }
    const auto route = world.view.route(info.table, packet.to);
    const auto expected = rules::reference::ask_route(world.policy, subnet.route_table, packet.to);
    ASSERT_EQ(route.found, expected.found) << test::describe(packet) << " at " << info.name;
    if (!expected.found) continue;
    ASSERT_EQ(route.target, expected.target) << test::describe(packet) << " at " << info.name;
    if (route.target == rules::RouteTarget::interface) {
      ASSERT_EQ(world.view.interface(route.index).name, expected.name);
    }
    if (route.target == rules::RouteTarget::nat_gateway) {
      ASSERT_EQ(world.view.nat(route.index).name, expected.name);
    }
  }
}

TEST(ImageAgreesWithReference, OnRandomPoliciesAndPackets) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    Random random(seed);
    const World world = make_world(random);
    for (int i = 0; i < 300; ++i) {
      const auto packet = test::random_packet(random);
      SCOPED_TRACE("seed " + std::to_string(seed));
      compare_groups(world, packet);
      compare_acls_and_routes(world, packet);
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

}  // namespace
}  // namespace sallyport
