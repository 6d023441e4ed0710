// The image as a whole: provenance of every rule, the same bytes every time, the report, ceilings.
#include "rules/compile/compile.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/rules/compile/policy_builder.h"

namespace sallyport::rules {
namespace {

using namespace testing;

PolicyBuilder network() {
  PolicyBuilder b;
  b.list("office", {"198.51.100.0/24"});
  GroupRule ssh = allow(tcp(22), {"list:office", "192.0.2.0/24", "192.0.3.0/24"}, 44);
  ssh.description = "administrators";
  b.group("app",
          {ssh, allow(tcp(8000, 8010), {"group:web"}, 45), allow(icmp(8, -1), {"self"}, 46),
           allow(icmp(3, 4), {"10.0.0.0/8"}, 47), allow(protocol(50), {"10.0.0.0/8"}, 48),
           allow(all(), {"10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16", "10.4.0.0/16", "10.5.0.0/16", "self"}, 49)},
          {allow(all(), {"0.0.0.0/0"}, 51)});
  b.group("web", {}, {allow(udp(53, 53), {"group:app"}, 61)});
  b.acl("public", {entry(50, false, all(), "192.0.2.0/24", 71), entry(100, true, tcp(443), "0.0.0.0/0", 72)},
        {entry(100, true, icmp(8, 0), "10.0.0.0/8", 73)});
  b.subnet("s", "10.0.1.0/24", {}, "main", "public");
  b.interface("app-1", "s", {"10.0.1.5"}, {"app"});
  b.interface("app-2", "s", {"10.0.1.6"}, {"app"});
  b.interface("web-1", "s", {"10.0.1.7"}, {"web"});
  return b;
}

TEST(Provenance, EveryRuleKnowsItsNameLineAndText) {
  const CompiledView c(network());
  struct Row {
    std::string name;
    std::uint32_t line;
    std::string text;
  };
  const std::vector<Row> expected{
      {"app/ingress/0", 44, "tcp 22 from 192.0.2.0/24, 192.0.3.0/24, prefix list office"},
      {"app/ingress/1", 45, "tcp 8000-8010 from group web"},
      {"app/ingress/2", 46, "icmp 8 from the group itself"},
      {"app/ingress/3", 47, "icmp 3/4 from 10.0.0.0/8"},
      {"app/ingress/4", 48, "protocol 50 from 10.0.0.0/8"},
      {"app/ingress/5", 49, "all from 10.1.0.0/16, 10.2.0.0/16, 10.3.0.0/16, 10.4.0.0/16 and 2 more"},
      {"app/egress/0", 51, "all to 0.0.0.0/0"},
      {"default/ingress/0", 0, "all from the group itself"},
      {"default/egress/0", 0, "all to 0.0.0.0/0"},
      {"web/egress/0", 61, "udp 53 to group app"},
      {"default/ingress/100", 0, "rule 100 allow all from 0.0.0.0/0"},
      {"default/egress/100", 0, "rule 100 allow all to 0.0.0.0/0"},
      {"public/ingress/50", 71, "rule 50 deny all from 192.0.2.0/24"},
      {"public/ingress/100", 72, "rule 100 allow tcp 443 from 0.0.0.0/0"},
      {"public/egress/100", 73, "rule 100 allow icmp 8/0 to 10.0.0.0/8"},
  };
  ASSERT_EQ(c.view.rules(), expected.size());
  for (RuleIndex i = 0; i < expected.size(); ++i) {
    const RuleInfo info = c.view.rule(i);
    EXPECT_EQ(info.name, expected[i].name);
    EXPECT_EQ(info.line, expected[i].line) << info.name;
    EXPECT_EQ(info.text, expected[i].text) << info.name;
    EXPECT_EQ(info.owner, info.name.substr(0, info.name.find('/')));
    EXPECT_EQ(info.is_acl, i >= 10) << info.name;
    EXPECT_EQ(info.direction == Direction::egress, info.name.find("/egress/") != std::string_view::npos);
  }
  EXPECT_EQ(c.view.rule(0).description, "administrators");
  EXPECT_EQ(c.view.rule(1).description, "");
  EXPECT_EQ(c.view.rule(12).rule_no, 50);
}

TEST(Compile, TheSamePolicyGivesTheSameBytes) {
  const Image a = network().build();
  const Image b = network().build();
  EXPECT_TRUE(std::ranges::equal(a.bytes(), b.bytes()));
  EXPECT_EQ(a.hash(), b.hash());
}

TEST(Compile, EveryPartOfThePolicyReachesTheBytes) {
  const std::string hash = network().build().hash();
  const auto changed = [&](const char* what, auto change) {
    PolicyBuilder b = network();
    change(b.policy());
    EXPECT_NE(b.build().hash(), hash) << what;
  };
  changed("the file's name", [](Policy& p) { p.file = "other.json"; });
  changed("the document's text", [](Policy& p) { p.source = std::string(p.source) + " "; });
  changed("a line", [](Policy& p) { p.security_groups["app"].ingress[0].where.line = 7; });
  changed("a description", [](Policy& p) { p.security_groups["app"].ingress[0].description = "x"; });
  changed("a mac", [](Policy& p) { p.interfaces["app-1"].mac = parse_mac("02:00:00:00:00:01"); });
  changed("a timeout", [](Policy& p) { p.interfaces["app-1"].timeouts.tcp_syn = 61; });
  changed("the internet gateway", [](Policy& p) { p.vpc.internet_gateway = false; });
  changed("an option", [](Policy& p) { p.options.nat_timeout = 1; });
}

TEST(Compile, ReportsWhatItMade) {
  const auto compiled = compile(network().policy());
  ASSERT_TRUE(compiled);
  const CompileReport& report = compiled->report;
  EXPECT_EQ(report.group_sets, 2U);  // {app} is shared
  EXPECT_EQ(report.image_bytes, compiled->image.bytes().size());
  EXPECT_GT(report.classes, 5U);
  EXPECT_GT(report.rows, 5U);
  EXPECT_GT(report.predicates, 5U);
}

TEST(Compile, CeilingsAreNamed) {
  const auto refused = [](const ImageCeilings& ceilings) {
    PolicyBuilder b = network();
    b.table("main", {route("list:office", RouteTarget::internet), route("0.0.0.0/0", RouteTarget::internet)});
    const auto compiled = compile(b.policy(), {}, {}, ceilings);
    return compiled ? "" : compiled.error().sorted().front().message;
  };
  EXPECT_EQ(refused({}), "");
  EXPECT_EQ(refused({.rules = 14}), "15 rules in all groups and ACLs, the ceiling rules is 14");
  EXPECT_EQ(refused({.rules = 15}), "");
  EXPECT_EQ(refused({.routes = 1}), "2 routes with every entry of their prefix lists, the ceiling routes is 1");
  EXPECT_EQ(refused({.groups_per_interface = 0}),
            "1 groups of one interface or subnet, the ceiling groups_per_interface is 0");
}

// The order in which a document names things that have no order changes nothing that is decided.
TEST(Compile, OrderOfPeersAndEntriesMeansNothing) {
  PolicyBuilder turned = network();
  auto& ssh = turned.policy().security_groups["app"].ingress[0];
  std::ranges::reverse(ssh.cidr_blocks);
  const CompiledView a(network());
  const CompiledView b(turned);
  for (std::uint32_t value = 0xC0000100U; value < 0xC0000500U; ++value) {
    const Query query{.remote = Ipv4{value}, .protocol = 6, .destination_port = 22};
    EXPECT_EQ(a.view.judge_groups(a.interface("app-1"), Direction::ingress, query).rule,
              b.view.judge_groups(b.interface("app-1"), Direction::ingress, query).rule);
  }
}

}  // namespace
}  // namespace sallyport::rules
