// IPv6 keys of a policy, for callers that compile only; everyone else's reader refuses them.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/rules/document/documents_support.h"

namespace sallyport::rules {
namespace {

std::expected<ReadPolicy, Diagnostics> read_both(std::string_view text) {
  return read_policy(text, "policy.json", {}, Families::ipv4_and_ipv6);
}

constexpr std::string_view kNetwork = R"({
  "version": 1,
  "vpc": { "cidr_blocks": ["10.0.0.0/16"], "ipv6_cidr_blocks": ["2001:db8:10::/56"] },
  "prefix_lists": { "office": ["198.51.100.0/24", "2001:DB8:ffff::/48"] },
  "security_groups": { "web": { "ingress": [
    { "protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ["0.0.0.0/0"], "ipv6_cidr_blocks": ["::/0"] },
    { "protocol": "icmpv6", "from_port": 128, "to_port": -1, "prefix_lists": ["office"] },
    { "protocol": "58", "self": true } ] } },
  "network_acls": { "edge": { "ingress": [
    { "rule_no": 10, "action": "deny", "protocol": "-1", "ipv6_cidr_block": "2001:db8:bad::/48" },
    { "rule_no": 20, "action": "allow", "protocol": "icmpv6", "ipv6_cidr_block": "::/0", "icmp_type": 2, "icmp_code": 0 }
  ] } },
  "subnets": { "a": { "cidr_block": "10.0.1.0/24", "ipv6_cidr_block": "2001:db8:10:3::/64", "network_acl": "edge" } },
  "interfaces": { "web-1": { "subnet": "a", "private_ips": ["10.0.1.20"], "ipv6_addresses": ["2001:db8:10:3::11"],
                             "security_groups": ["web"] } } })";

TEST(Ipv6Document, SaysWhatItSays) {
  const auto read = read_both(kNetwork);
  ASSERT_TRUE(read) << render(read.error(), "policy.json", kNetwork);
  const Policy& policy = read->policy;
  const auto prefix = [](std::string_view text) { return parse_ipv6_prefix(text)->prefix; };
  EXPECT_EQ(policy.vpc.ipv6_cidr_blocks, std::vector{prefix("2001:db8:10::/56")});
  EXPECT_EQ(policy.prefix_lists.at("office").entries.size(), 1U);
  EXPECT_EQ(policy.prefix_lists.at("office").ipv6_entries, std::vector{prefix("2001:db8:ffff::/48")});
  const auto& rules = policy.security_groups.at("web").ingress;
  EXPECT_EQ(rules[0].ipv6_cidr_blocks, std::vector{Ipv6Prefix{}});
  EXPECT_EQ(rules[1].traffic, (Traffic{.protocol = kProtocolIcmpv6, .icmp_type = 128, .icmp_code = -1}));
  EXPECT_EQ(rules[2].traffic, Traffic{.protocol = kProtocolIcmpv6});
  const auto& entries = policy.network_acls.at("edge").ingress;
  EXPECT_EQ(entries[0].ipv6_cidr_block, prefix("2001:db8:bad::/48"));
  EXPECT_EQ(entries[1].traffic, (Traffic{.protocol = kProtocolIcmpv6, .icmp_type = 2, .icmp_code = 0}));
  EXPECT_EQ(policy.subnets.at("a").ipv6_cidr_block, prefix("2001:db8:10:3::/64"));
  EXPECT_EQ(policy.interfaces.at("web-1").ipv6_addresses, std::vector{*parse_ipv6("2001:db8:10:3::11")});
}

TEST(Ipv6Document, WhatExistsUnwrittenIsOfBothFamilies) {
  const auto read = read_both(kNetwork);
  ASSERT_TRUE(read);
  const auto& egress = read->policy.security_groups.at("default").egress;
  ASSERT_EQ(egress.size(), 1U);
  EXPECT_EQ(egress[0].cidr_blocks, std::vector{Prefix{}});
  EXPECT_EQ(egress[0].ipv6_cidr_blocks, std::vector{Ipv6Prefix{}});
  const auto& entries = read->policy.network_acls.at("default").ingress;
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_FALSE(entries[0].ipv6_cidr_block);
  EXPECT_EQ(entries[1].ipv6_cidr_block, Ipv6Prefix{});
}

TEST(Ipv6Document, IsRefusedWhereNobodyAskedForIt) {
  const auto read = read_policy(kNetwork, "policy.json");
  ASSERT_FALSE(read);
  for (const auto& problem : read.error().sorted()) {
    EXPECT_TRUE(problem.message.starts_with("IPv6 is not enforced by this version: ")) << problem.message;
  }
  EXPECT_EQ(read.error().sorted().size(), 10U);
}

TEST(Ipv6Document, WhatIsWrittenIsReadAgain) {
  const auto read = read_both(kNetwork);
  ASSERT_TRUE(read);
  const std::string text = write_policy(read->policy);
  const auto again = read_both(text);
  ASSERT_TRUE(again) << render(again.error(), "policy.json", text);
  EXPECT_TRUE(same_meaning(read->policy, again->policy));
  EXPECT_EQ(write_policy(again->policy), text);
}

TEST(Ipv6Document, ADifferenceInIpv6IsOne) {
  const auto read = read_both(kNetwork);
  ASSERT_TRUE(read);
  const Policy& before = read->policy;
  const auto changed = [&](auto change, Section section) {
    Policy after = before;
    change(after);
    const auto found = differences(before, after);
    return found.size() == 1 && found.front().section == section;
  };
  EXPECT_TRUE(changed([](Policy& p) { p.vpc.ipv6_cidr_blocks.clear(); }, Section::vpc));
  EXPECT_TRUE(changed([](Policy& p) { p.prefix_lists.at("office").ipv6_entries.clear(); }, Section::prefix_lists));
  EXPECT_TRUE(changed([](Policy& p) { p.security_groups.at("web").ingress[0].ipv6_cidr_blocks.clear(); },
                      Section::security_groups));
  EXPECT_TRUE(changed([](Policy& p) { p.network_acls.at("edge").ingress[0].ipv6_cidr_block = Ipv6Prefix{}; },
                      Section::network_acls));
  EXPECT_TRUE(changed([](Policy& p) { p.subnets.at("a").ipv6_cidr_block.reset(); }, Section::subnets));
  EXPECT_TRUE(changed([](Policy& p) { p.interfaces.at("web-1").ipv6_addresses.clear(); }, Section::interfaces));
}

struct Wrong {
  const char* what;
  const char* found;    // in kNetwork
  const char* instead;  // of it
  const char* message;
};

TEST(Ipv6Document, Errors) {
  constexpr Wrong kWrong[]{
      {"an IPv4 CIDR among IPv6's", "[\"::/0\"]", "[\"0.0.0.0/0\"]",
       "found \"0.0.0.0/0\", expected an IPv6 CIDR like \"2001:db8:10::/56\""},
      {"an IPv6 CIDR among IPv4's", "[\"0.0.0.0/0\"]", "[\"::/0\"]",
       "found \"::/0\", expected an IPv4 CIDR like \"10.0.1.0/24\""},
      {"host bits", "2001:DB8:ffff::/48", "2001:db8:ffff::1/48",
       "\"2001:db8:ffff::1/48\" has host bits set, expected \"2001:db8:ffff::/48\""},
      {"a length too long", "2001:DB8:ffff::/48", "2001:db8:ffff::/129",
       "found \"2001:db8:ffff::/129\", expected an IPv6 CIDR like \"2001:db8:10::/56\""},
      {"icmp to an IPv6 peer", "\"protocol\": \"icmpv6\", \"ipv6_cidr_block\"",
       "\"protocol\": \"icmp\", \"ipv6_cidr_block\"",
       "found an IPv6 peer of the protocol icmp, expected the protocol \"icmpv6\" or an IPv4 peer"},
      {"icmpv6 to an IPv4 peer", "\"ipv6_cidr_block\": \"::/0\", \"icmp_type\"",
       "\"cidr_block\": \"0.0.0.0/0\", \"icmp_type\"",
       "found an IPv4 peer of the protocol icmpv6, expected the protocol \"icmp\" or an IPv6 peer"},
      {"the same in a group", "\"protocol\": \"58\", \"self\": true",
       "\"protocol\": \"58\", \"cidr_blocks\": [\"10.0.0.0/8\"]",
       "found an IPv4 peer of the protocol icmpv6, expected the protocol \"icmp\" or an IPv6 peer"},
      {"a code of any type", "\"icmp_type\": 2,", "\"icmp_type\": -1,",
       "found the ICMP code 0 of any type, expected -1: an any type needs an any code"},
      {"both families in an entry", "\"ipv6_cidr_block\": \"2001:db8:bad::/48\"",
       "\"ipv6_cidr_block\": \"2001:db8:bad::/48\", \"cidr_block\": \"10.0.0.0/8\"",
       "expected exactly one of cidr_block and ipv6_cidr_block"},
      {"a subnet outside the VPC", "2001:db8:10:3::/64", "2001:db8:11:3::/64",
       "2001:db8:11:3::/64 lies in no IPv6 CIDR block of the VPC"},
      {"a subnet without hosts", "2001:db8:10:3::/64", "2001:db8:10:3::/126",
       "2001:db8:10:3::/126 has no address that is not reserved, expected a /125 or larger"},
      {"an address outside its subnet", "2001:db8:10:3::11", "2001:db8:10:4::11",
       "2001:db8:10:4::11 is outside its subnet, expected an address of 2001:db8:10:3::/64"},
      {"a reserved address", "2001:db8:10:3::11", "2001:db8:10:3::3",
       "2001:db8:10:3::3 is reserved: the first four addresses and the last of 2001:db8:10:3::/64 belong to the VPC"},
      {"a subnet without IPv6", "\"ipv6_cidr_block\": \"2001:db8:10:3::/64\", ", "",
       "2001:db8:10:3::11 is outside its subnet, expected a subnet with an ipv6_cidr_block"},
      {"no address", "2001:db8:10:3::11", "2001:db8:10:3:11",
       "found \"2001:db8:10:3:11\", expected an IPv6 address like \"2001:db8:10:3::11\""},
      {"an address twice", "[\"2001:db8:10:3::11\"]", "[\"2001:db8:10:3::11\", \"2001:db8:10:3::11\"]",
       "2001:db8:10:3::11 belongs to interface \"web-1\" (line 14) already"},
      {"subnets that overlap", "\"network_acl\": \"edge\" } }",
       "\"network_acl\": \"edge\" }, \"b\": { \"cidr_block\": \"10.0.2.0/24\", \"ipv6_cidr_block\": "
       "\"2001:db8:10::/60\" } }",
       "2001:db8:10:3::/64 overlaps the subnet 2001:db8:10::/60 (line 13)"},
      {"a route of IPv6", "\"subnets\"",
       "\"route_tables\": { \"t\": [ { \"ipv6_cidr_block\": \"::/0\", \"blackhole\": true } ] }, \"subnets\"",
       "IPv6 is not enforced by this version: found the key \"ipv6_cidr_block\""},
      {"a route by a list of IPv6", "\"prefix_lists\": {",
       "\"route_tables\": { \"t\": [ { \"prefix_list\": \"six\", \"blackhole\": true } ] }, "
       "\"prefix_lists\": { \"six\": [\"2001:db8:66::/48\"],",
       "IPv6 is not enforced by this version: found a list of IPv6 prefixes"},
      {"a route by a list of both", "\"subnets\"",
       "\"route_tables\": { \"t\": [ { \"prefix_list\": \"office\", \"blackhole\": true } ] }, \"subnets\"",
       "found a prefix list of both families, expected one of IPv4 or of IPv6 alone"},
  };
  for (const auto& [what, found, instead, message] : kWrong) {
    std::string text(kNetwork);
    const std::size_t at = text.find(found);
    ASSERT_NE(at, std::string::npos) << what;
    text.replace(at, std::string_view(found).size(), instead);
    const auto read = read_both(text);
    ASSERT_FALSE(read) << what;
    const auto problems = read.error().sorted();
    EXPECT_TRUE(std::ranges::any_of(problems, [&](const auto& p) { return p.message == message; }))
        << what << '\n'
        << render(read.error(), "policy.json", text);
  }
}

}  // namespace
}  // namespace sallyport::rules
