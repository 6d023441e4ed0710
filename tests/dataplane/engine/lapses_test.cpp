// Untracked connections whose rule is taken away: they end at once, from either side, and are not mistaken for new
// ones.
//
// Owner: tests.
#include <functional>

#include "dataplane/engine/lapses.h"
#include "tests/dataplane/support/steps.h"
#include "tests/support/random_policy.h"

namespace sallyport::dataplane::testing {
namespace {

using Policy = nlohmann::ordered_json;

constexpr auto* kClient = "198.18.0.7:1234";
constexpr auto* kPublic = "203.0.113.20:80";
constexpr auto* kServer = "10.0.1.20:80";
const std::string kDown = "outside tcp 203.0.113.20:80 > 198.18.0.7:1234 A ttl 63";
const std::string kUp = "dmz tcp 198.18.0.7:1234 > 10.0.1.20:80 A ttl 63";
const std::string kEnded = "drop CONNTRACK_INVALID_STATE";
const std::string kRefused = "drop ENI_SG_RULES_MISMATCH";

Frame ack(std::string_view from, std::string_view to) { return tcp(from, to, tcp::kAck).frame(); }
Frame down() { return ack(kServer, kClient); }
Frame up() { return ack(kClient, kPublic); }

Policy& web_rule(Policy& policy) { return policy["security_groups"]["web"]["ingress"][0]; }
void take_away(Policy& policy) { policy["security_groups"]["web"]["ingress"].erase(0); }

GatewayWorld downloading(const Policy& policy = usual_policy()) {
  GatewayWorld world(policy.dump(), resolved());
  run(world,
      {{"SYN", "outside", tcp(kClient, kPublic, tcp::kSyn).frame(), "dmz tcp 198.18.0.7:1234 > 10.0.1.20:80 S ttl 63"},
       {"SYN-ACK", "dmz", tcp(kServer, kClient, kSynAck).frame(),
        "outside tcp 203.0.113.20:80 > 198.18.0.7:1234 SA ttl 63"},
       {"up", "outside", up(), kUp},
       {"down", "dmz", down(), kDown}});
  EXPECT_EQ(world.flows().size(), 0);
  return world;
}

TEST(Lapses, AnUntrackedDownloadEndsWithItsRule) {
  auto world = downloading();
  auto policy = usual_policy();
  take_away(policy);
  world.apply(policy.dump());
  run(world, {{"the server goes on, by its own egress rule", "dmz", down(), kEnded},
              {"the client goes on", "outside", up(), kRefused},
              {"again", "dmz", down(), kEnded},
              {"the server opens one", "dmz", tcp("10.0.1.20:80", kClient, tcp::kSyn).frame(),
               "outside tcp 203.0.113.20:80 > 198.18.0.7:1234 S ttl 63"},
              {"a connection of the server's own is picked up", "dmz", ack("10.0.1.20:40000", kClient),
               "outside tcp 203.0.113.20:40000 > 198.18.0.7:1234 A ttl 63"},
              {"a datagram opens", "dmz", udp("10.0.1.20:80", kClient).frame(),
               "outside udp 203.0.113.20:80 > 198.18.0.7:1234 ttl 63"}});
  EXPECT_EQ(world.flows().size(), 3);
}

struct Row {
  std::string description;
  std::vector<std::function<void(Policy&)>> changes;  // a minute apart
  std::vector<Step> steps;
};

std::vector<Row> rows() {
  const auto leave = [](Policy&) {};
  const auto narrow_to = [](const char* peer) {
    return [peer](Policy& policy) { web_rule(policy)["cidr_blocks"] = {peer}; };
  };
  const auto put_back = [](Policy& policy) { policy = usual_policy(); };
  const auto edit_another = [](Policy& policy) {
    auto& udp = policy["options"]["timeouts"]["udp"];
    udp = udp.is_null() ? 31 : udp.get<int>() + 1;
  };
  const auto shut_egress = [](Policy& policy) {
    policy["security_groups"]["web"]["egress"] = {
        {{"protocol", "tcp"}, {"from_port", 0}, {"to_port", 65535}, {"cidr_blocks", {"198.18.0.0/15"}}}};
  };
  return {
      {"no change of groups", {leave}, {{"down", "dmz", down(), kDown}, {"up", "outside", up(), kUp}}},
      {"other edits later", {take_away, edit_another, edit_another}, {{"down", "dmz", down(), kEnded}}},
      {"narrowed twice, the second time past the peer",
       {narrow_to("198.18.0.0/15"), narrow_to("192.0.2.0/24")},
       {{"down", "dmz", down(), kEnded}}},
      {"narrowed past the peer", {narrow_to("192.0.2.0/24")}, {{"down", "dmz", down(), kEnded}}},
      {"put back", {take_away, put_back}, {{"down", "dmz", down(), kDown}, {"up", "outside", up(), kUp}}},
      {"the rule stays, only the way back is no longer open to all",
       {shut_egress},
       {{"up", "outside", up(), kUp}, {"down", "dmz", down(), kDown}}},
  };
}

TEST(Lapses, WhatAChangeLeaves) {
  for (const auto& row : rows()) {
    SCOPED_TRACE(row.description);
    auto world = downloading();
    auto policy = usual_policy();
    for (const auto& change : row.changes) {
      change(policy);
      world.apply(policy.dump());
      world.pass(60);
    }
    run(world, row.steps);
  }
}

TEST(Lapses, ANarrowedRuleTakesTheConnectionOver) {
  auto world = downloading();
  auto policy = usual_policy();
  web_rule(policy)["cidr_blocks"] = {"198.18.0.0/15"};
  world.apply(policy.dump());
  run(world, {{"down", "dmz", down(), kDown}, {"up", "outside", up(), kUp}});
  ASSERT_EQ(world.flows().size(), 1);
  take_away(policy);
  world.apply(policy.dump());
  run(world, {{"tracked flows survive", "dmz", down(), kDown}, {"up", "outside", up(), kUp}});
}

// A host that lets anything in and out lets its own connections through untracked as well.
TEST(Lapses, FromTheOpenersSide) {
  auto policy = usual_policy();
  const Policy all = {{"protocol", "-1"}, {"cidr_blocks", {"0.0.0.0/0"}}};
  policy["security_groups"]["web"] = {{"ingress", {all}}, {"egress", {all}}};
  GatewayWorld world(policy.dump(), resolved());
  const auto out = ack("10.0.1.20:40000", "198.18.0.7:443");
  const auto back = ack("198.18.0.7:443", "203.0.113.20:40000");
  run(world, {{"out", "dmz", out, "outside tcp 203.0.113.20:40000 > 198.18.0.7:443 A ttl 63"},
              {"back", "outside", back, "dmz tcp 198.18.0.7:443 > 10.0.1.20:40000 A ttl 63"}});
  policy["security_groups"]["web"]["egress"] = Policy::array();
  world.apply(policy.dump());
  run(world, {{"back, by the ingress rule", "outside", back, kEnded}, {"out", "dmz", out, kRefused}});
  EXPECT_EQ(world.flows().size(), 0);
}

TEST(Lapses, AreRememberedAsLongAsAConnectionMayIdle) {
  auto policy = usual_policy();
  policy["interfaces"]["web-1"]["timeouts"] = {{"tcp_established", 300}};
  auto world = downloading(policy);
  take_away(policy);
  world.apply(policy.dump());
  world.pass(200);
  world.apply(policy.dump());
  world.pass(99);
  run(world, {{"within", "dmz", down(), kEnded}});
  world.pass(2);
  run(world, {{"after", "dmz", down(), kDown}});
}

TEST(Lapses, UntrackedPortsAreThoseOfTheVerdicts) {
  test::Random random(3);
  std::size_t untracked = 0;
  for (int round = 0; round < 30; ++round) {
    const auto image = compiled(test::random_policy(random));
    const rules::PolicyView view(image);
    for (rules::InterfaceIndex i = 0; i < view.interfaces(); ++i) {
      for (const auto direction : {rules::Direction::ingress, rules::Direction::egress}) {
        std::vector<rules::PortRange> ports;
        view.untracked_tcp_ports(i, direction, ports);
        std::vector<bool> expected(65536, false);
        for (const auto& range : ports) {
          for (std::size_t port = range.first; port <= range.last; ++port) expected[port] = true;
        }
        for (std::uint32_t port = 0; port < 65536; port += 1 + port / 2048) {
          const auto key = static_cast<std::uint16_t>(port);
          const rules::Query query{.remote = rules::Ipv4{0xC6120007}, .protocol = kTcp, .destination_port = key};
          const auto verdict = view.judge_groups(i, direction, query);
          ASSERT_EQ(verdict.untracked, expected[port]) << "round " << round << " interface " << i << " port " << port;
          untracked += verdict.untracked ? 1 : 0;
        }
      }
    }
  }
  EXPECT_GT(untracked, 1000);
}

// Random sets of ports, against one mark a port.
TEST(Lapses, HistoryAgainstAMarkForEachPort) {
  constexpr std::uint64_t kNever = ~std::uint64_t{0};
  constexpr std::size_t kPorts = 64;
  test::Random random(5);
  auto policy = usual_policy();
  std::vector<std::uint64_t> until(kPorts, kNever);
  std::vector<bool> open(kPorts, false);
  Binder binder(usual_ports());
  std::uint64_t now = 1000;
  for (std::uint32_t round = 1; round <= 200; ++round) {
    now += test::pick(random, 20) == 0 ? LapseHistory::kLongest : test::pick(random, 1000);
    std::vector<bool> next(kPorts, false);
    Policy rules = Policy::array();
    for (std::uint64_t n = test::pick(random, 5); n > 0; --n) {
      const auto first = test::pick(random, kPorts), last = first + test::pick(random, kPorts - first);
      for (auto port = first; port <= last; ++port) next[port] = true;
      rules.push_back({{"protocol", "tcp"}, {"from_port", first}, {"to_port", last}, {"cidr_blocks", {"0.0.0.0/0"}}});
    }
    for (std::size_t port = 0; port < kPorts; ++port) {
      if (open[port] && !next[port]) until[port] = now;
      if (next[port]) until[port] = kNever;
    }
    open = next;
    policy["security_groups"]["web"]["ingress"] = rules;
    const auto bound = binder.bind(compiled(policy.dump()), round, round, now).value();
    const auto uid = bound->uid_of(bound->view().interface_named("web-1"));
    for (std::size_t port = 0; port < kPorts; ++port) {
      const bool known = until[port] != kNever && now - until[port] < LapseHistory::kLongest;
      const auto expected = known ? std::optional(static_cast<std::uint32_t>(now - until[port])) : std::nullopt;
      ASSERT_EQ(bound->lapsed_for(uid, rules::Direction::ingress, static_cast<std::uint16_t>(port)), expected)
          << "round " << round << " port " << port;
    }
  }
}

}  // namespace
}  // namespace sallyport::dataplane::testing
