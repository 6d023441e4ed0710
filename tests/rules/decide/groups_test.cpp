// What security groups admit, which rule is named, and when a flow is untracked.
#include <gtest/gtest.h>

#include "tests/rules/compile/policy_builder.h"

namespace sallyport::rules {
namespace {

using namespace testing;

// One case: a packet as one end's groups see it, and the rule that admits it ("" for none).
struct Case {
  const char* why;
  const char* interface;
  Direction direction;
  Query query;
  const char* rule;
};

void expect(const CompiledView& c, const std::vector<Case>& cases) {
  for (const Case& test : cases) {
    const GroupVerdict verdict = c.view.judge_groups(c.interface(test.interface), test.direction, test.query);
    EXPECT_EQ(c.rule(verdict.rule), test.rule) << test.why;
    EXPECT_EQ(verdict.allow, *test.rule != '\0') << test.why;
  }
}

PolicyBuilder network() {
  PolicyBuilder b;
  b.list("office", {"198.51.100.0/25", "198.51.100.128/25", "192.0.2.7/32"});
  b.list("nothing", {});
  b.group("alb", {allow(tcp(443), {"0.0.0.0/0"})}, {allow(tcp(3000), {"group:app"})});
  b.group("app", {allow(tcp(3000), {"group:alb"}), allow(tcp(22), {"list:office", "10.0.9.9/32"})}, {});
  b.group("peers", {allow(icmp(8, -1), {"self"}), allow(tcp(7000, 7010), {"self", "list:nothing"})}, {});
  b.group("empty", {}, {});
  b.subnet("pub", "10.0.1.0/24").subnet("app", "10.0.3.0/24", {"app"}).subnet("db", "10.0.4.0/24");
  b.interface("alb-1", "pub", {"10.0.1.20", "10.0.1.21"}, {"alb"});
  b.interface("app-1", "app", {"10.0.3.11"}, {"app", "peers"});
  b.interface("peer-2", "app", {"10.0.3.12"}, {"peers"});
  b.interface("lonely", "db", {"10.0.4.9"}, {"empty"});
  b.nat("nat", "app", "10.0.3.13", {"203.0.113.5"});
  return b;
}

TEST(JudgeGroups, ReferencesMatchPrivateAddressesOfMembers) {
  const CompiledView c(network());
  constexpr auto in = Direction::ingress;
  constexpr auto out = Direction::egress;
  expect(
      c,
      {
          {"primary address of a member", "app-1", in, query_tcp("10.0.1.20", 3000), "app/ingress/0"},
          {"secondary address of a member", "app-1", in, query_tcp("10.0.1.21", 3000), "app/ingress/0"},
          {"below the members", "app-1", in, query_tcp("10.0.1.19", 3000), ""},
          {"above the members", "app-1", in, query_tcp("10.0.1.22", 3000), ""},
          {"another port", "app-1", in, query_tcp("10.0.1.20", 3001), ""},
          {"another protocol", "app-1", in, query("10.0.1.20", kProtocolUdp, 3000), ""},
          {"an interface", "alb-1", out, query_tcp("10.0.3.11", 3000), "alb/egress/0"},
          {"an unnamed host of a subnet with the group", "alb-1", out, query_tcp("10.0.3.200", 3000), "alb/egress/0"},
          {"a named address without the group in that subnet", "alb-1", out, query_tcp("10.0.3.12", 3000), ""},
          {"a NAT gateway in that subnet", "alb-1", out, query_tcp("10.0.3.13", 3000), ""},
          {"the router of that subnet", "alb-1", out, query_tcp("10.0.3.1", 3000), ""},
          {"a reserved address of that subnet", "alb-1", out, query_tcp("10.0.3.3", 3000), ""},
          {"first host behind the reserved ones", "alb-1", out, query_tcp("10.0.3.4", 3000), "alb/egress/0"},
          {"last host", "alb-1", out, query_tcp("10.0.3.254", 3000), "alb/egress/0"},
          {"the broadcast address", "alb-1", out, query_tcp("10.0.3.255", 3000), ""},
          {"the subnet's host is judged by its groups", "app/*", in, query_tcp("10.0.1.20", 3000), "app/ingress/0"},
          {"the subnet's host has no other groups", "app/*", in, query_tcp("10.0.3.12", 7000), ""},
          {"no rules admit nothing", "lonely", in, query_tcp("10.0.1.20", 443), ""},
          {"no egress rules", "lonely", out, query_tcp("10.0.1.20", 443), ""},
      });
}

TEST(JudgeGroups, SelfListsAndCidrs) {
  const CompiledView c(network());
  constexpr auto in = Direction::ingress;
  expect(c, {
                {"another member", "peer-2", in, query_tcp("10.0.3.11", 7005), "peers/ingress/1"},
                {"first port", "peer-2", in, query_tcp("10.0.3.11", 7000), "peers/ingress/1"},
                {"last port", "peer-2", in, query_tcp("10.0.3.11", 7010), "peers/ingress/1"},
                {"below", "peer-2", in, query_tcp("10.0.3.11", 6999), ""},
                {"above", "peer-2", in, query_tcp("10.0.3.11", 7011), ""},
                {"itself", "peer-2", in, query_tcp("10.0.3.12", 7005), "peers/ingress/1"},
                {"no member", "peer-2", in, query_tcp("10.0.3.14", 7005), ""},
                {"first entry of a list", "app-1", in, query_tcp("198.51.100.0", 22), "app/ingress/1"},
                {"second entry of a list", "app-1", in, query_tcp("198.51.100.255", 22), "app/ingress/1"},
                {"one address of a list", "app-1", in, query_tcp("192.0.2.7", 22), "app/ingress/1"},
                {"beside it", "app-1", in, query_tcp("192.0.2.8", 22), ""},
                {"the CIDR beside the list", "app-1", in, query_tcp("10.0.9.9", 22), "app/ingress/1"},
                {"anyone", "alb-1", in, query_tcp("8.8.8.8", 443), "alb/ingress/0"},
                {"lowest address", "alb-1", in, query_tcp("0.0.0.0", 443), "alb/ingress/0"},
                {"highest address", "alb-1", in, query_tcp("255.255.255.255", 443), "alb/ingress/0"},
            });
}

TEST(JudgeGroups, ProtocolsAndIcmp) {
  PolicyBuilder b;
  b.group("types",
          {allow(icmp(8, -1), {"10.1.0.0/16"}), allow(icmp(3, 4), {"0.0.0.0/0"}), allow(protocol(50), {"10.1.0.0/16"}),
           allow(protocol(0), {"10.2.0.0/16"}), allow(protocol(255), {"10.2.0.0/16"})},
          {allow(icmp(-1, -1), {"10.1.0.0/16"}), allow(udp(0, 65535), {"10.1.0.0/16"}), allow(all(), {"10.3.0.0/16"})});
  b.subnet("s", "10.0.1.0/24").interface("i", "s", {"10.0.1.9"}, {"types"});
  const CompiledView c(b);
  constexpr auto in = Direction::ingress;
  constexpr auto out = Direction::egress;
  expect(c, {
                {"type with any code", "i", in, query_icmp("10.1.0.1", 8, 0), "types/ingress/0"},
                {"type with any code, highest", "i", in, query_icmp("10.1.0.1", 8, 255), "types/ingress/0"},
                {"next type", "i", in, query_icmp("10.1.0.1", 9, 0), ""},
                {"previous type", "i", in, query_icmp("10.1.0.1", 7, 255), ""},
                {"type and code", "i", in, query_icmp("8.8.8.8", 3, 4), "types/ingress/1"},
                {"another code", "i", in, query_icmp("8.8.8.8", 3, 3), ""},
                {"a protocol by number", "i", in, query("10.1.0.1", 50, 0), "types/ingress/2"},
                {"its ports mean nothing", "i", in, query("10.1.0.1", 50, 77), "types/ingress/2"},
                {"another number", "i", in, query("10.1.0.1", 51, 0), ""},
                {"lowest number", "i", in, query("10.2.0.1", 0, 0), "types/ingress/3"},
                {"highest number", "i", in, query("10.2.0.1", 255, 0), "types/ingress/4"},
                {"any type", "i", out, query_icmp("10.1.0.1", 255, 255), "types/egress/0"},
                {"all ports", "i", out, query("10.1.0.1", kProtocolUdp, 65535), "types/egress/1"},
                {"tcp is not udp", "i", out, query_tcp("10.1.0.1", 5), ""},
                {"all: tcp", "i", out, query_tcp("10.3.0.1", 5), "types/egress/2"},
                {"all: icmp", "i", out, query_icmp("10.3.0.1", 13, 1), "types/egress/2"},
                {"all: other", "i", out, query("10.3.0.1", 132, 0), "types/egress/2"},
            });
}

TEST(JudgeGroups, TheFirstRuleInOrderOfGroupsIsNamed) {
  PolicyBuilder b;
  b.group("a", {allow(tcp(80), {"10.7.0.0/16"}), allow(tcp(0, 100), {"0.0.0.0/0"}), allow(tcp(80), {"10.0.0.0/8"})},
          {});
  b.group("b", {allow(tcp(80), {"0.0.0.0/0"}), allow(tcp(0, 65535), {"10.7.7.0/24"})}, {});
  b.subnet("s", "10.0.1.0/24");
  b.interface("ab", "s", {"10.0.1.5"}, {"a", "b"});
  b.interface("ba", "s", {"10.0.1.6"}, {"b", "a"});
  const CompiledView c(b);
  constexpr auto in = Direction::ingress;
  expect(c, {
                {"specific rule first in the file", "ab", in, query_tcp("10.7.0.1", 80), "a/ingress/0"},
                {"any rule before specific ones", "ab", in, query_tcp("10.8.0.1", 80), "a/ingress/1"},
                {"the other group alone matches", "ab", in, query_tcp("10.7.7.1", 101), "b/ingress/1"},
                {"groups the other way round", "ba", in, query_tcp("10.7.0.1", 80), "b/ingress/0"},
                {"specific rule of the first group", "ba", in, query_tcp("10.7.7.1", 79), "b/ingress/1"},
                {"only the second group", "ba", in, query_tcp("10.8.0.1", 79), "a/ingress/1"},
            });
  std::vector<RuleIndex> rules;
  c.view.matching_rules(c.interface("ba"), in, query_tcp("10.7.7.1", 80), rules);
  std::vector<std::string> names;
  for (const RuleIndex rule : rules) names.push_back(c.rule(rule));
  EXPECT_EQ(names,
            (std::vector<std::string>{"b/ingress/0", "b/ingress/1", "a/ingress/0", "a/ingress/1", "a/ingress/2"}));
  EXPECT_EQ(c.view.group_names(c.interface("ba")), (std::vector<std::string_view>{"b", "a"}));
}

// The documentation's example: 22 from one address, 80 from anywhere, all ICMP; out: everything.
TEST(Untracked, WorkedExample) {
  PolicyBuilder b;
  b.group("web",
          {allow(tcp(22), {"203.0.113.1/32"}), allow(tcp(80), {"0.0.0.0/0"}), allow(icmp(-1, -1), {"0.0.0.0/0"})},
          {allow(all(), {"0.0.0.0/0"})});
  b.subnet("s", "10.0.1.0/24").interface("i", "s", {"10.0.1.5"}, {"web"});
  const CompiledView c(b);
  const auto untracked = [&](Direction direction, const Query& q) {
    const GroupVerdict verdict = c.view.judge_groups(c.interface("i"), direction, q);
    EXPECT_TRUE(verdict.allow);
    return verdict.untracked;
  };
  EXPECT_FALSE(untracked(Direction::ingress, query_tcp("203.0.113.1", 22)));
  EXPECT_TRUE(untracked(Direction::ingress, query_tcp("203.0.113.1", 80)));
  EXPECT_FALSE(untracked(Direction::ingress, query_icmp("203.0.113.1", 8, 0)));
  // Out: the other direction does not admit all ports.
  EXPECT_FALSE(untracked(Direction::egress, query_tcp("203.0.113.1", 443)));
}

TEST(Untracked, DependsOnBothDirections) {
  struct Row {
    const char* why;
    std::vector<GroupRule> ingress;
    std::vector<GroupRule> egress;
    Query query;
    bool untracked;
  };
  const std::string any = "0.0.0.0/0";
  const std::vector<Row> rows{
      {"all ports of tcp back", {allow(tcp(80), {any})}, {allow(tcp(0, 65535), {any})}, query_tcp("8.8.8.8", 80), true},
      {"all but one port back",
       {allow(tcp(80), {any})},
       {allow(tcp(1, 65535), {any})},
       query_tcp("8.8.8.8", 80),
       false},
      {"two rules do not add up",
       {allow(tcp(80), {any})},
       {allow(tcp(0, 999), {any}), allow(tcp(1000, 65535), {any})},
       query_tcp("8.8.8.8", 80),
       false},
      {"only udp back", {allow(tcp(80), {any})}, {allow(udp(0, 65535), {any})}, query_tcp("8.8.8.8", 80), false},
      {"udp", {allow(udp(53, 53), {any})}, {allow(udp(0, 65535), {any})}, query("8.8.8.8", kProtocolUdp, 53), true},
      {"halves of the space are not 0.0.0.0/0",
       {allow(tcp(80), {"0.0.0.0/1", "128.0.0.0/1"})},
       {allow(all(), {any})},
       query_tcp("8.8.8.8", 80),
       false},
      {"halves back",
       {allow(tcp(80), {any})},
       {allow(all(), {"0.0.0.0/1", "128.0.0.0/1"})},
       query_tcp("8.8.8.8", 80),
       false},
      {"a list of halves is not 0.0.0.0/0 either",
       {allow(tcp(80), {"list:halves"})},
       {allow(all(), {any})},
       query_tcp("8.8.8.8", 80),
       false},
      {"an any rule of lower ports has ended",
       {allow(tcp(70, 75), {any}), allow(tcp(80), {"list:halves"})},
       {allow(all(), {any})},
       query_tcp("8.8.8.8", 80),
       false},
      {"0.0.0.0/0 in a list",
       {allow(tcp(80), {"list:world"})},
       {allow(all(), {"list:world"})},
       query_tcp("8.8.8.8", 80),
       true},
      {"another rule that matches qualifies",
       {allow(tcp(80), {"8.8.8.8/32"}), allow(tcp(1, 90), {any})},
       {allow(all(), {any})},
       query_tcp("8.8.8.8", 80),
       true},
      {"another rule that does not match",
       {allow(tcp(80), {"8.8.8.8/32"}), allow(tcp(81), {any})},
       {allow(all(), {any})},
       query_tcp("8.8.8.8", 80),
       false},
      {"icmp", {allow(all(), {any})}, {allow(all(), {any})}, query_icmp("8.8.8.8", 8, 0), false},
      {"another protocol", {allow(all(), {any})}, {allow(all(), {any})}, query("8.8.8.8", 50, 0), false},
      {"no rule admits it", {allow(tcp(80), {any})}, {allow(all(), {any})}, query_tcp("8.8.8.8", 81), false},
  };
  for (const Row& row : rows) {
    PolicyBuilder b;
    b.list("world", {"10.0.0.0/8", "0.0.0.0/0"}).list("halves", {"0.0.0.0/1", "128.0.0.0/1"});
    b.group("g", row.ingress, row.egress);
    b.subnet("s", "10.0.1.0/24").interface("i", "s", {"10.0.1.5"}, {"g"});
    const CompiledView c(b);
    EXPECT_EQ(c.view.judge_groups(c.interface("i"), Direction::ingress, row.query).untracked, row.untracked) << row.why;
  }
}

TEST(Untracked, TheOtherGroupsOfTheInterfaceCount) {
  PolicyBuilder b;
  b.group("in", {allow(tcp(80), {"0.0.0.0/0"})}, {}).group("out", {}, {allow(all(), {"0.0.0.0/0"})});
  b.subnet("s", "10.0.1.0/24");
  b.interface("both", "s", {"10.0.1.5"}, {"in", "out"});
  b.interface("one", "s", {"10.0.1.6"}, {"in"});
  const CompiledView c(b);
  EXPECT_TRUE(c.view.judge_groups(c.interface("both"), Direction::ingress, query_tcp("8.8.8.8", 80)).untracked);
  EXPECT_FALSE(c.view.judge_groups(c.interface("one"), Direction::ingress, query_tcp("8.8.8.8", 80)).untracked);
}

}  // namespace
}  // namespace sallyport::rules
