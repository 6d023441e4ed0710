// What diff() says was opened and closed is exactly what the reference evaluator decides differently.
#include "rules/analyze/diff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "rules/analyze/reference.h"
#include "rules/document/documents.h"
#include "tests/support/policy_world.h"

namespace sallyport::rules {
namespace {

using literal::Side;
using test::policy_of;
using test::Random;

bool admits(const Policy& policy, const std::string& interface, Side side, const reference::Question& question) {
  if (!policy.interfaces.contains(interface)) return false;
  const auto host = reference::host_of(policy, interface);
  const auto to = side == Side::ingress ? reference::Side::ingress : reference::Side::egress;
  return ask_groups(policy, host, to, question).allow &&
         ask_acl(policy, policy.subnets.at(host.subnet).network_acl, to, question).allow;
}

bool holds(const TrafficChange& change, const std::string& interface, Side side, const reference::Question& question) {
  if (change.side != side) return false;
  if (std::ranges::find(change.interfaces, interface) == change.interfaces.end()) return false;
  const bool remote = std::ranges::any_of(change.remotes, [&](const literal::Range& range) {
    return range.first <= question.remote.value && question.remote.value <= range.last;
  });
  if (!remote) return false;
  const auto has = [&](literal::Kind kind, std::uint32_t key) {
    return std::ranges::any_of(change.traffic[static_cast<std::size_t>(kind)],
                               [&](const literal::Keys& keys) { return keys.first <= key && key <= keys.last; });
  };
  if (question.protocol == kProtocolTcp) return has(literal::Kind::tcp, question.destination_port);
  if (question.protocol == kProtocolUdp) return has(literal::Kind::udp, question.destination_port);
  if (question.protocol == kProtocolIcmp)
    return has(literal::Kind::icmp, question.icmp_type * 256U + question.icmp_code);
  return has(literal::Kind::other, question.protocol);
}

TEST(Diff, SaysWhatTheReferenceDecidesDifferently) {
  Random random(21);
  std::size_t opened = 0;
  std::size_t closed = 0;
  for (int i = 0; i < 60; ++i) {
    const Policy before = policy_of(test::random_policy(random));
    const Policy after = policy_of(test::random_policy(random));
    const PolicyDiff found = diff(before, after);
    std::set<std::string> interfaces;
    for (const auto& [name, interface] : before.interfaces) interfaces.insert(name);
    for (const auto& [name, interface] : after.interfaces) interfaces.insert(name);
    for (int ask = 0; ask < 40; ++ask) {
      const auto packet = test::random_packet(random);
      const reference::Question question{packet.to, packet.protocol, packet.to_port, packet.icmp_type,
                                         packet.icmp_code};
      for (const auto& interface : interfaces) {
        for (const Side side : {Side::ingress, Side::egress}) {
          const bool was = admits(before, interface, side, question);
          const bool is = admits(after, interface, side, question);
          const auto told = [&](bool as_opened) {
            return std::ranges::any_of(found.traffic, [&](const TrafficChange& change) {
              return change.opened == as_opened && holds(change, interface, side, question);
            });
          };
          ASSERT_EQ(told(true), !was && is) << interface << ' ' << test::describe(packet);
          ASSERT_EQ(told(false), was && !is) << interface << ' ' << test::describe(packet);
          opened += !was && is ? 1 : 0;
          closed += was && !is ? 1 : 0;
        }
      }
    }
    EXPECT_TRUE(diff(before, before).empty());
  }
  EXPECT_GT(opened, 100U);
  EXPECT_GT(closed, 100U);
}

std::string with(const std::string& rules, const std::string& rest = "") {
  return R"({ "version": 1, "vpc": { "cidr_blocks": ["10.0.0.0/16"], "internet_gateway": true },
    "security_groups": { "web": { "ingress": [)" +
         rules + R"(] } },
    "route_tables": { "t": [ { "cidr_block": "0.0.0.0/0", "gateway": "internet" } ] },
    "subnets": { "a": { "cidr_block": "10.0.1.0/24", "route_table": ")" +
         (rest.empty() ? "t" : rest) + R"(" } },
    "interfaces": { "web-1": { "subnet": "a", "private_ips": ["10.0.1.10"], "security_groups": ["web"] } } })";
}
std::string tcp(int first, int last, const std::string& cidr) {
  return R"({ "protocol": "tcp", "from_port": )" + std::to_string(first) + R"(, "to_port": )" + std::to_string(last) +
         R"(, "cidr_blocks": [")" + cidr + "\"] }";
}

TEST(Diff, JoinsWhatIsAlikeAndSplitsWhatIsNot) {
  const auto found = diff(policy_of(with(tcp(443, 443, "0.0.0.0/0"))), policy_of(with(tcp(440, 450, "10.0.0.0/8"))));
  ASSERT_EQ(found.traffic.size(), 2U);
  const TrafficChange& closed = found.traffic[0];
  EXPECT_FALSE(closed.opened);
  EXPECT_EQ(in_words(closed.traffic), std::vector<std::string>{"tcp 443"});
  ASSERT_EQ(closed.remotes.size(), 2U);  // everything but 10.0.0.0/8
  const TrafficChange& opened = found.traffic[1];
  EXPECT_TRUE(opened.opened);
  EXPECT_EQ(in_words(opened.traffic), (std::vector<std::string>{"tcp 440-442", "tcp 444-450"}));
  EXPECT_EQ(to_string(prefixes_of(opened.remotes).at(0)), "10.0.0.0/8");
  EXPECT_EQ(opened.interfaces, std::vector<std::string>{"web-1"});
}

TEST(Diff, TheSameInOtherWordsIsNoDifference) {
  const auto one = with(tcp(80, 90, "10.0.0.0/8"));
  const auto two =
      with(tcp(80, 85, "10.0.0.0/8") + "," + tcp(84, 90, "10.0.0.0/9") + "," + tcp(84, 90, "10.128.0.0/9"));
  EXPECT_TRUE(diff(policy_of(one), policy_of(two)).empty());
}

TEST(Diff, TellsRoutesAndWhatCameAndWent) {
  auto after = policy_of(with(tcp(443, 443, "0.0.0.0/0"), "main"));
  after.interfaces.at("web-1").public_ip = Ipv4{0xC0000209};
  const auto found = diff(policy_of(with(tcp(443, 443, "0.0.0.0/0"))), after);
  ASSERT_EQ(found.routes.size(), 1U);
  EXPECT_EQ(found.routes[0].before, "internet");
  EXPECT_EQ(found.routes[0].after, "nothing");
  EXPECT_EQ(found.others, std::vector<std::string>{"interface web-1, public address: none → 192.0.2.9"});
}

TEST(Diff, WhatIsOpenedBeyondALimitIsNamed) {
  const auto found = diff(policy_of(with(tcp(443, 443, "10.0.0.0/8"))), policy_of(with(tcp(443, 443, "0.0.0.0/0"))));
  EXPECT_EQ(opened_beyond(found, {Prefix{}}), std::nullopt);
  EXPECT_EQ(opened_beyond(found, {}), "tcp 443 from 0.0.0.0/5 at web-1");
  EXPECT_EQ(opened_beyond(
                diff(policy_of(with(tcp(443, 443, "0.0.0.0/0"))), policy_of(with(tcp(443, 443, "10.0.0.0/8")))), {}),
            std::nullopt);
}

// Rules stay as they are: what they admit reaches further.
TEST(Diff, RoutesAndDoorsOpenToo) {
  const Prefix own{.base = Ipv4{0x0A000000}, .length = 8};
  const Policy closed = policy_of(with(tcp(443, 443, "0.0.0.0/0"), "main"));
  const Policy routed = policy_of(with(tcp(443, 443, "0.0.0.0/0")));
  EXPECT_EQ(opened_beyond(diff(closed, routed), {own}), "a route to 0.0.0.0/5 by internet in a");
  EXPECT_EQ(opened_beyond(diff(closed, routed), {Prefix{}}), std::nullopt);
  EXPECT_EQ(opened_beyond(diff(routed, closed), {own}), std::nullopt);
  const auto beyond = [&](auto change) {
    Policy after = closed;
    change(after);
    const bool silent = opened_beyond(diff(after, closed), {own}) == std::nullopt;  // the way back opens nothing
    EXPECT_EQ(opened_beyond(diff(closed, after), {Prefix{}}), std::nullopt);
    return opened_beyond(diff(closed, after), {own}).value_or("nothing") + (silent ? "" : ", and back");
  };
  EXPECT_EQ(beyond([](Policy& p) { p.interfaces.at("web-1").public_ip = Ipv4{0xC0000209}; }),
            "interface web-1, public address: none → 192.0.2.9");
  EXPECT_EQ(beyond([](Policy& p) { p.interfaces.at("web-1").source_dest_check = false; }),
            "interface web-1, source/dest check: on → off");
  EXPECT_EQ(beyond([](Policy& p) { p.interfaces.at("web-1").publish.push_back({.text = "80:10.0.0.9:80"}); }),
            "interface web-1, publishes: nothing → 80:10.0.0.9:80");
  EXPECT_EQ(beyond([](Policy& p) { p.options.allow_private_internet = true; }), "options, allow_private_internet: on");
  EXPECT_EQ(beyond([](Policy& p) { p.options.nat_timeout = 9; }), "nothing");
}

// What is new is compared with nothing, and what moved with where it was.
TEST(Diff, RoutesOfNewSubnetsOpenToo) {
  const Prefix own{.base = Ipv4{0x0A000000}, .length = 8};
  const Policy before = policy_of(with(tcp(443, 443, "0.0.0.0/0"), "main"));
  const struct {
    const char* what;
    std::string table;
    std::vector<std::string> targets;
    std::optional<std::string> beyond;
  } rows[] = {
      {"local routes alone", "main", {}, std::nullopt},
      {"the internet", "t", {"internet"}, "a route to 0.0.0.0/5 by internet in b"},
      {"what is thrown away", "drop", {"blackhole"}, std::nullopt},
      {"inside the limits", "near", {"internet"}, std::nullopt},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.what);
    Policy after = before;
    after.route_tables["drop"].routes = {{.destination = Prefix{}, .target = RouteTarget::blackhole}};
    after.route_tables["near"].routes = {
        {.destination = Prefix{.base = Ipv4{0x0A010000}, .length = 16}, .target = RouteTarget::internet}};
    after.subnets["b"] = {.cidr_block = {.base = Ipv4{0x0A000200}, .length = 24}, .route_table = row.table};
    const auto found = diff(before, after);
    std::vector<std::string> targets;
    for (const auto& route : found.routes) {
      EXPECT_EQ(route.subnets, std::vector<std::string>{"b"});
      EXPECT_EQ(route.before, "nothing");
      targets.push_back(route.after);
    }
    EXPECT_EQ(targets, row.targets);
    EXPECT_EQ(opened_beyond(found, {own}), row.beyond);
    EXPECT_EQ(opened_beyond(found, {Prefix{}}), std::nullopt);
    EXPECT_EQ(opened_beyond(diff(after, before), {own}), std::nullopt) << "and back";
    Policy moved = after;
    moved.interfaces.at("web-1").subnet = "b";
    const auto opened = opened_beyond(diff(after, moved), {own});
    EXPECT_EQ(opened.value_or("nothing"), row.beyond ? "interface web-1, subnet: a → b" : "nothing");
    EXPECT_EQ(opened_beyond(diff(moved, after), {own}), std::nullopt) << "and back";
  }
}

TEST(Diff, StopsWhenItIsToldTo) {
  Random random(22);
  const Policy before = policy_of(test::random_policy(random));
  const Policy after = policy_of(test::random_policy(random));
  std::size_t asked = 0;
  EXPECT_TRUE(diff(before, after, [&](double done) { return ++asked > 0 && done >= 0 && done <= 1; }));
  ASSERT_GT(asked, 1U);
  for (std::size_t at = 0; at < asked; ++at) {
    std::size_t again = 0;
    EXPECT_FALSE(diff(before, after, [&](double) { return again++ < at; })) << at;
  }
}

TEST(Diff, RangesBecomeTheFewestPrefixes) {
  const auto words = [](std::vector<literal::Range> ranges) {
    std::string text;
    for (const Prefix& prefix : prefixes_of(ranges)) text += to_string(prefix) + " ";
    return text;
  };
  EXPECT_EQ(words({{0, 0xFFFF'FFFFU}}), "0.0.0.0/0 ");
  EXPECT_EQ(words({{1, 1}}), "0.0.0.1/32 ");
  EXPECT_EQ(words({{0x0A00'0001U, 0x0A00'0004U}}), "10.0.0.1/32 10.0.0.2/31 10.0.0.4/32 ");
  EXPECT_EQ(words({{0xFFFF'FFFEU, 0xFFFF'FFFFU}}), "255.255.255.254/31 ");
}

}  // namespace
}  // namespace sallyport::rules
