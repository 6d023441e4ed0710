// What network ACLs say: the lowest rule number that matches, and the catch-all.
#include <gtest/gtest.h>

#include "tests/rules/compile/policy_builder.h"

namespace sallyport::rules {
namespace {

using namespace testing;

CompiledView acl_network() {
  PolicyBuilder b;
  b.acl("public",
        {entry(50, false, all(), "192.0.2.0/24"), entry(100, true, tcp(443), "0.0.0.0/0"),
         entry(110, true, icmp(3, 4), "0.0.0.0/0"), entry(115, false, tcp(1024, 2048), "0.0.0.0/0"),
         entry(120, true, tcp(1024, 65535), "0.0.0.0/0"), entry(130, true, all(), "10.0.0.0/16"),
         entry(140, false, tcp(443), "203.0.113.0/24")},
        {entry(10, true, protocol(50), "203.0.113.0/24"), entry(20, false, all(), "203.0.113.0/25"),
         entry(30, true, udp(53, 53), "203.0.113.0/24")});
  b.acl("closed", {}, {});
  b.subnet("pub", "10.0.1.0/24", {}, "main", "public").subnet("shut", "10.0.2.0/24", {}, "main", "closed");
  b.subnet("open", "10.0.3.0/24");
  return CompiledView(b);
}

TEST(JudgeAcl, TheLowestNumberThatMatchesDecides) {
  const CompiledView c = acl_network();
  constexpr auto in = Direction::ingress;
  constexpr auto out = Direction::egress;
  struct Case {
    const char* why;
    const char* subnet;
    Direction direction;
    Query query;
    bool allow;
    const char* rule;  // "": the catch-all
  };
  const std::vector<Case> cases{
      {"deny before allow", "pub", in, query_tcp("192.0.2.9", 443), false, "public/ingress/50"},
      {"allow", "pub", in, query_tcp("8.8.8.8", 443), true, "public/ingress/100"},
      {"a later deny is not reached", "pub", in, query_tcp("203.0.113.9", 443), true, "public/ingress/100"},
      {"icmp type and code", "pub", in, query_icmp("8.8.8.8", 3, 4), true, "public/ingress/110"},
      {"icmp of another code", "pub", in, query_icmp("8.8.8.8", 3, 1), false, ""},
      {"part of a range denied first", "pub", in, query_tcp("8.8.8.8", 2048), false, "public/ingress/115"},
      {"the rest of the range", "pub", in, query_tcp("8.8.8.8", 2049), true, "public/ingress/120"},
      {"that deny comes before the VPC's allow", "pub", in, query_tcp("10.0.3.4", 1024), false, "public/ingress/115"},
      {"the VPC's allow", "pub", in, query_tcp("10.0.3.4", 80), true, "public/ingress/130"},
      {"nothing matches", "pub", in, query_tcp("8.8.8.8", 80), false, ""},
      {"udp is not tcp", "pub", in, query("8.8.8.8", kProtocolUdp, 2049), false, ""},
      {"a protocol by number", "pub", out, query("203.0.113.9", 50, 0), true, "public/egress/10"},
      {"narrower deny", "pub", out, query("203.0.113.9", kProtocolUdp, 53), false, "public/egress/20"},
      {"outside of it", "pub", out, query("203.0.113.200", kProtocolUdp, 53), true, "public/egress/30"},
      {"directions are apart", "pub", out, query_tcp("8.8.8.8", 443), false, ""},
      {"an empty ACL denies", "shut", in, query_tcp("8.8.8.8", 443), false, ""},
      {"the default ACL allows", "open", in, query_tcp("8.8.8.8", 443), true, "default/ingress/100"},
      {"the default ACL allows every protocol", "open", out, query("8.8.8.8", 132, 0), true, "default/egress/100"},
  };
  for (const Case& test : cases) {
    const AclIndex acl = c.view.subnet(c.view.subnet_named(test.subnet)).acl;
    const AclVerdict verdict = c.view.judge_acl(acl, test.direction, test.query);
    EXPECT_EQ(verdict.allow, test.allow) << test.why;
    EXPECT_EQ(c.rule(verdict.rule), test.rule) << test.why;
  }
}

TEST(JudgeAcl, NamesOfAclsAndTables) {
  const CompiledView c = acl_network();
  const SubnetInfo shut = c.view.subnet(c.view.subnet_named("shut"));
  EXPECT_EQ(c.view.acl_name(shut.acl), "closed");
  EXPECT_EQ(c.view.table_name(shut.table), "main");
  EXPECT_EQ(shut.prefix, net("10.0.2.0/24"));
  EXPECT_EQ(shut.router, ip("10.0.2.1"));
  EXPECT_EQ(shut.host_interface, kNone);
}

}  // namespace
}  // namespace sallyport::rules
