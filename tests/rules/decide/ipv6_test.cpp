// Groups and ACLs that speak of both families: each packet meets what is said of its own.
#include <gtest/gtest.h>

#include <variant>

#include "rules/prove/prove.h"
#include "tests/rules/compile/policy_builder.h"

namespace sallyport::rules {
namespace {

using namespace testing;

constexpr auto in = Direction::ingress;
constexpr auto out = Direction::egress;

using AnyQuery = std::variant<Query, Ipv6Query>;

// A packet of either family; icmp_type and code stand in for ports where the protocol has none.
AnyQuery packet(std::string_view remote, std::int16_t protocol, std::uint16_t port_or_type, std::uint8_t code = 0) {
  const auto fill = [&](auto query) {
    query.protocol = static_cast<std::uint8_t>(protocol);
    query.destination_port = port_or_type;
    query.icmp_type = static_cast<std::uint8_t>(port_or_type);
    query.icmp_code = code;
    return query;
  };
  if (remote.find(':') == std::string_view::npos) return fill(Query{.remote = ip(remote)});
  return fill(Ipv6Query{.remote = ip6(remote)});
}
AnyQuery tcp_from(std::string_view remote, std::uint16_t port) { return packet(remote, kProtocolTcp, port); }

struct Case {
  const char* why;
  const char* interface;
  Direction direction;
  AnyQuery query;
  const char* rule;  // "" for none
  bool untracked = false;
};

void expect(const PolicyBuilder& policy, const std::vector<Case>& cases) {
  PolicyBuilder copy = policy;
  const CompiledView c(policy);
  const auto proof = prove(copy.policy(), c.image);
  EXPECT_TRUE(proof) << proof.error();
  for (const Case& test : cases) {
    std::visit(
        [&](const auto& query) {
          const auto verdict = c.view.judge_groups(c.interface(test.interface), test.direction, query);
          EXPECT_EQ(c.rule(verdict.rule), test.rule) << test.why;
          EXPECT_EQ(verdict.allow, *test.rule != '\0') << test.why;
          EXPECT_EQ(verdict.untracked, test.untracked) << test.why;
        },
        test.query);
  }
}

PolicyBuilder network() {
  PolicyBuilder b;
  b.policy().vpc.ipv6_cidr_blocks = {net6("2001:db8:10::/56")};
  b.list("office", {"198.51.100.0/24", "2001:db8:ffff::/48"});
  b.list("world", {"2001:db8:aaaa::/48", "0.0.0.0/0"});
  b.subnet("a", "10.0.1.0/24").subnet("b", "10.0.2.0/24");
  b.policy().subnets.at("a").ipv6_cidr_block = net6("2001:db8:10:1::/64");
  b.policy().subnets.at("b").ipv6_cidr_block = net6("2001:db8:10:2::/64");
  b.policy().subnets.at("b").security_groups = {"app"};
  b.group("web", {}, {}).group("app", {}, {});
  b.interface("web-1", "a", {"10.0.1.10", "2001:db8:10:1::10", "2001:db8:10:1::11"}, {"web"});
  b.interface("app-1", "b", {"10.0.2.10", "2001:db8:10:2::10"}, {"app"});
  b.interface("other", "b", {"10.0.2.11", "2001:db8:10:2::11"}, {"default"});
  return b;
}

TEST(Ipv6Groups, MembersAreMetByTheirAddressesOfBothFamilies) {
  PolicyBuilder b = network();
  b.group("app", {allow(tcp(3000), {"group:web"}), allow(tcp(7000), {"self"}), allow(tcp(22), {"list:office"})}, {});
  expect(b, {{"an address of a member", "app-1", in, tcp_from("2001:db8:10:1::10", 3000), "app/ingress/0"},
             {"its second", "app-1", in, tcp_from("2001:db8:10:1::11", 3000), "app/ingress/0"},
             {"its IPv4 address", "app-1", in, tcp_from("10.0.1.10", 3000), "app/ingress/0"},
             {"beside it", "app-1", in, tcp_from("2001:db8:10:1::12", 3000), ""},
             {"another port", "app-1", in, tcp_from("2001:db8:10:1::10", 3001), ""},
             {"itself", "app-1", in, tcp_from("2001:db8:10:2::10", 7000), "app/ingress/1"},
             {"an unnamed host of the group's subnet", "app-1", in, tcp_from("2001:db8:10:2::1234", 7000),
              "app/ingress/1"},
             {"the last but one", "app-1", in, tcp_from("2001:db8:10:2:ffff:ffff:ffff:fffe", 7000), "app/ingress/1"},
             {"the last is reserved", "app-1", in, tcp_from("2001:db8:10:2:ffff:ffff:ffff:ffff", 7000), ""},
             {"the first four are reserved", "app-1", in, tcp_from("2001:db8:10:2::3", 7000), ""},
             {"the fifth is not", "app-1", in, tcp_from("2001:db8:10:2::4", 7000), "app/ingress/1"},
             {"a host that is in another group", "app-1", in, tcp_from("2001:db8:10:2::11", 7000), ""},
             {"the list's IPv6 entry", "app-1", in, tcp_from("2001:db8:ffff:1::5", 22), "app/ingress/2"},
             {"the list's IPv4 entry", "app-1", in, tcp_from("198.51.100.9", 22), "app/ingress/2"},
             {"behind the list's IPv6 entry", "app-1", in, tcp_from("2001:db9::", 22), ""}});
}

TEST(Ipv6Groups, AnyPeerOfOneFamilySaysNothingOfTheOther) {
  PolicyBuilder b = network();
  b.group("web", {allow(tcp(80), {"0.0.0.0/0"}), allow(tcp(443), {"::/0"}), allow(tcp(8080), {"0.0.0.0/0", "::/0"})},
          {allow(all(), {"::/0"})});
  expect(b,
         {{"IPv4 by 0.0.0.0/0", "web-1", in, tcp_from("192.0.2.1", 80), "web/ingress/0"},
          {"IPv6 not by 0.0.0.0/0", "web-1", in, tcp_from("2001:db8::1", 80), ""},
          {"nor its mapped form", "web-1", in, tcp_from("::ffff:192.0.2.1", 80), ""},
          {"IPv6 by ::/0, untracked", "web-1", in, tcp_from("2001:db8::1", 443), "web/ingress/1", true},
          {"the first of all", "web-1", in, tcp_from("::", 443), "web/ingress/1", true},
          {"the last of all", "web-1", in, tcp_from("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 443), "web/ingress/1",
           true},
          {"IPv4 not by ::/0", "web-1", in, tcp_from("192.0.2.1", 443), ""},
          {"IPv4 by both, tracked: the way back is IPv6's", "web-1", in, tcp_from("192.0.2.1", 8080), "web/ingress/2"},
          {"IPv6 by both", "web-1", in, tcp_from("2001:db8::1", 8080), "web/ingress/2", true},
          {"out of IPv6", "web-1", out, tcp_from("2001:db8::1", 25), "web/egress/0"},
          {"nothing out of IPv4", "web-1", out, tcp_from("192.0.2.1", 25), ""}});
}

TEST(Ipv6Groups, ARuleMayMeetEverythingOfOneFamilyAndALittleOfTheOther) {
  PolicyBuilder b = network();
  b.group("app",
          {allow(tcp(80), {"group:web", "0.0.0.0/0"}), allow(tcp(80, 90), {"group:web", "::/0"}),
           allow(tcp(100), {"list:world"}), allow(tcp(0, 65535), {"10.0.1.10/32", "2001:db8:10:1::10/128"})},
          {allow(all(), {"0.0.0.0/0"})});
  expect(b, {{"first by everything", "app-1", in, tcp_from("10.0.1.10", 80), "app/ingress/0", true},
             {"first by membership", "app-1", in, tcp_from("2001:db8:10:1::10", 80), "app/ingress/0"},
             {"a stranger of IPv6 by the second", "app-1", in, tcp_from("2001:db8::9", 80), "app/ingress/1"},
             {"a stranger of IPv4 by the first", "app-1", in, tcp_from("192.0.2.9", 80), "app/ingress/0", true},
             {"a stranger of IPv4 not by the second", "app-1", in, tcp_from("192.0.2.9", 81), ""},
             {"a member by the second, IPv4", "app-1", in, tcp_from("10.0.1.10", 81), "app/ingress/1"},
             {"a member by the second, IPv6", "app-1", in, tcp_from("2001:db8:10:1::11", 81), "app/ingress/1"},
             {"a list with 0.0.0.0/0", "app-1", in, tcp_from("192.0.2.9", 100), "app/ingress/2", true},
             {"its IPv6 entry", "app-1", in, tcp_from("2001:db8:aaaa::1", 100), "app/ingress/2"},
             {"no more of IPv6", "app-1", in, tcp_from("2001:db8:aaab::1", 100), ""},
             {"the CIDR of one host", "app-1", in, tcp_from("2001:db8:10:1::10", 200), "app/ingress/3"}});
}

TEST(Ipv6Groups, MatchingRulesNameEachOnce) {
  PolicyBuilder b = network();
  b.group("app", {allow(tcp(80), {"group:web", "0.0.0.0/0"}), allow(tcp(80), {"group:web"})}, {});
  const CompiledView c(b);
  for (const auto* remote : {"10.0.1.10", "2001:db8:10:1::10"}) {
    std::vector<RuleIndex> rules;
    std::visit([&](const auto& query) { c.view.matching_rules(c.interface("app-1"), in, query, rules); },
               tcp_from(remote, 80));
    ASSERT_EQ(rules.size(), 2U) << remote;
    EXPECT_EQ(c.rule(rules[0]), "app/ingress/0");
    EXPECT_EQ(c.rule(rules[1]), "app/ingress/1");
  }
}

TEST(Ipv6Groups, IcmpIsOfIpv4AndIcmpv6OfIpv6) {
  PolicyBuilder b = network();
  b.group("web",
          {allow(icmp(8, -1), {"group:app", "list:office"}), allow(icmpv6(128, 0), {"group:app"}),
           allow(icmpv6(2, -1), {"::/0"}), allow(protocol(50), {"group:app"})},
          {allow(all(), {"group:app"})});
  const char* const host4 = "10.0.2.10";
  const char* const host6 = "2001:db8:10:2::10";
  expect(b, {{"echo of IPv4", "web-1", in, packet(host4, 1, 8), "web/ingress/0"},
             {"echo of IPv6", "web-1", in, packet(host6, 58, 128), "web/ingress/1"},
             {"another code of it", "web-1", in, packet(host6, 58, 128, 1), ""},
             {"the IPv4 type in ICMPv6", "web-1", in, packet(host6, 58, 8), ""},
             {"the IPv6 type in ICMP", "web-1", in, packet(host4, 1, 128), ""},
             {"protocol 1 in IPv6", "web-1", in, packet(host6, 1, 8), ""},
             {"protocol 58 in IPv4", "web-1", in, packet(host4, 58, 128), ""},
             {"packet too big from anyone, tracked", "web-1", in, packet("2001:db8::1", 58, 2, 7), "web/ingress/2"},
             {"nothing of it from IPv4", "web-1", in, packet("192.0.2.1", 58, 2), ""},
             {"a protocol of both", "web-1", in, packet(host6, 50, 0), "web/ingress/3"},
             {"and in IPv4", "web-1", in, packet(host4, 50, 0), "web/ingress/3"},
             {"all is all of both: protocol 1 in IPv6", "web-1", out, packet(host6, 1, 0), "web/egress/0"},
             {"protocol 58 in IPv4", "web-1", out, packet(host4, 58, 0), "web/egress/0"},
             {"ICMPv6", "web-1", out, packet(host6, 58, 133), "web/egress/0"}});
}

TEST(Ipv6Groups, PrefixesOfEveryLengthHoldWhatTheySay) {
  for (const unsigned length : {0U, 1U, 15U, 16U, 17U, 31U, 32U, 33U, 63U, 64U, 65U, 127U, 128U}) {
    PolicyBuilder b = network();
    const Ipv6 address = ip6("2001:db8:10:8001:8001:8001::");
    const Ipv6 host = host_bits(length);
    const Ipv6Prefix prefix{{address.high & ~host.high, address.low & ~host.low}, static_cast<std::uint8_t>(length)};
    GroupRule rule = allow(tcp(80), {"group:app"});
    rule.ipv6_cidr_blocks = {prefix};
    b.group("web", {rule}, {});
    std::vector<Case> cases{{"first", "web-1", in, tcp_from(to_string(prefix.first()), 80), "web/ingress/0"},
                            {"last", "web-1", in, tcp_from(to_string(prefix.last()), 80), "web/ingress/0"},
                            {"a member", "web-1", in, tcp_from("2001:db8:10:2::10", 80), "web/ingress/0"},
                            {"a member of IPv4", "web-1", in, tcp_from("10.0.2.10", 80), "web/ingress/0"},
                            {"a stranger of IPv4", "web-1", in, tcp_from("32.1.13.184", 80), ""}};
    if (length > 0) {
      cases.push_back({"below", "web-1", in, tcp_from(to_string(previous(prefix.first())), 80), ""});
      cases.push_back({"above", "web-1", in, tcp_from(to_string(next(prefix.last())), 80), ""});
    }
    SCOPED_TRACE(length);
    expect(b, cases);
  }
}

TEST(Ipv6Acls, EntriesOfTheFamilyDecideInTheirOrder) {
  PolicyBuilder b = network();
  b.acl("edge",
        {entry(10, false, tcp(22), "0.0.0.0/0"), entry(20, true, tcp(22), "2001:db8:ffff::/48"),
         entry(30, false, all(), "2001:db8::/32"), entry(40, true, all(), "0.0.0.0/0"),
         entry(50, true, icmpv6(128, -1), "::/0"), entry(60, true, tcp(0, 65535), "::/0")},
        {});
  b.policy().subnets.at("a").network_acl = "edge";
  const CompiledView c(b);
  const auto proof = prove(b.policy(), c.image);
  EXPECT_TRUE(proof) << proof.error();
  const AclIndex acl = c.view.subnet(c.view.subnet_named("a")).acl;
  const auto decided = [&](const AnyQuery& query) {
    return std::visit(
        [&](const auto& of_family) {
          const AclVerdict verdict = c.view.judge_acl(acl, in, of_family);
          return (verdict.allow ? 1 : -1) * (verdict.rule == kNone ? 0 : int{c.view.rule(verdict.rule).rule_no});
        },
        query);
  };
  EXPECT_EQ(decided(tcp_from("192.0.2.1", 22)), -10);
  EXPECT_EQ(decided(tcp_from("192.0.2.1", 80)), 40);
  EXPECT_EQ(decided(tcp_from("2001:db8:ffff::1", 22)), 20);
  EXPECT_EQ(decided(tcp_from("2001:db8:ffff::1", 23)), -30);
  EXPECT_EQ(decided(tcp_from("2001:db8:1::1", 22)), -30);
  EXPECT_EQ(decided(tcp_from("2001:db9::1", 22)), 60);
  EXPECT_EQ(decided(packet("2001:db9::1", 58, 128, 3)), 50);
  EXPECT_EQ(decided(packet("2001:db9::1", 58, 129)), 0);
  EXPECT_EQ(decided(packet("2001:db9::1", kProtocolUdp, 53)), 0);
}

TEST(Ipv6Classes, BothFamiliesShareClassesAndRows) {
  PolicyBuilder b = network();
  b.group("app", {allow(tcp(3000), {"group:web"})}, {});
  const auto both = compile(b.policy());
  b.policy().interfaces.change_each([](auto& interface) { interface.ipv6_addresses.clear(); });
  b.policy().subnets.change_each([](auto& subnet) { subnet.ipv6_cidr_block.reset(); });
  const auto alone = compile(b.policy());
  ASSERT_TRUE(both && alone);
  EXPECT_EQ(both->report.classes, alone->report.classes);
  EXPECT_EQ(both->report.rows, alone->report.rows);
  EXPECT_EQ(both->report.predicates, alone->report.predicates);
  EXPECT_EQ(both->report.lines, alone->report.lines);
  EXPECT_GT(both->report.ipv6_lines, alone->report.ipv6_lines);
}

}  // namespace
}  // namespace sallyport::rules
