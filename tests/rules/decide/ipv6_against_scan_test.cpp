// Random policies of both families: the compiled tables decide every packet as a plain scan over the written rules
// does, and the proof holds.
#include <gtest/gtest.h>

#include "rules/prove/prove.h"
#include "tests/rules/decide/random_scan.h"

namespace sallyport::rules {
namespace {

using namespace testing;

const Choices kBoth{
    Families::ipv4_and_ipv6,
    {"0.0.0.0/0", "0.0.0.0/1", "10.0.1.0/28", "10.0.1.20/32", "192.0.2.0/24", "::/0", "::/0", "8000::/1",
     "2001:db8::/32", "2001:db8:10::/56", "2001:db8:10:1::/64", "2001:db8:10:1::/65", "2001:db8:10:1::20/128",
     "2001:db8:10:1::20/127", "2001:db8:10:2::/63", "2001:db8:ffff::/48", "::/128"}};

const std::vector<std::string> kIpv4Bases{"10.0.1.0", "10.0.1.20", "10.0.2.5", "192.0.2.6", "8.8.8.8", "0.0.0.0"};

PolicyBuilder some_policy_of_both() {
  PolicyBuilder b = some_policy(kBoth);
  b.subnet("one", "10.0.1.0/26", some_groups(0), "main", "x").subnet("two", "10.0.2.0/28", some_groups(0), "main", "x");
  b.policy().subnets.at("one").ipv6_cidr_block = net6("2001:db8:10:1::/64");
  if (pick(2) == 0) b.policy().subnets.at("two").ipv6_cidr_block = net6("2001:db8:10:2::/125");
  b.interface("i", "one", {"10.0.1.20", "2001:db8:10:1::20", "2001:db8:10:1::22"}, some_groups(1));
  b.interface("j", "two", {"10.0.2.5"}, some_groups(1));
  if (b.policy().subnets.at("two").ipv6_cidr_block) {
    b.policy().interfaces.at("j").ipv6_addresses = {ip6("2001:db8:10:2::5")};
  }
  return b;
}

Ipv6Query some_ipv6_query() {
  static const std::vector<std::string> kBases{"::",
                                               "2001:db8:10:1::",
                                               "2001:db8:10:1::1e",
                                               "2001:db8:10:1::21",
                                               "2001:db8:10:1:7fff:ffff:ffff:fffe",
                                               "2001:db8:10:1:ffff:ffff:ffff:fffd",
                                               "2001:db8:10:2::3",
                                               "2001:db8:10:2::6",
                                               "2001:db8:10:3::",
                                               "2001:db8:ffff::1",
                                               "2001:db9::",
                                               "7fff:ffff:ffff:ffff:ffff:ffff:ffff:fffe",
                                               "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffc"};
  Ipv6 address = ip6(any_of(kBases));
  for (int i = pick(4); i > 0; --i) address = next(address);
  return with_traffic(Ipv6Query{.remote = address});
}

RC_GTEST_PROP(CompiledTablesOfBothFamilies, DecideAsAScanOverTheRules, ()) {
  PolicyBuilder b = some_policy_of_both();
  const CompiledView c(b);
  for (int i = 0; i < 40; ++i) {
    const Query q = some_query(kIpv4Bases);
    compare_groups(c, b.policy(), q);
    compare_acl(c, b.policy(), q);
    const Ipv6Query ipv6 = some_ipv6_query();
    compare_groups(c, b.policy(), ipv6);
    compare_acl(c, b.policy(), ipv6);
  }
  const auto proof = prove(b.policy(), c.image);
  if (!proof) RC_FAIL(proof.error());
}

}  // namespace
}  // namespace sallyport::rules
