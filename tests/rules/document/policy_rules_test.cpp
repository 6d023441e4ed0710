// Every rule and refusal of the policy format, from version to network ACLs: one change to its own example, and what is
// said about it.
#include "tests/rules/document/documents_support.h"

namespace sallyport::rules {
namespace {

using testing_support::Change;
using RulesChange = testing_support::PolicyChange;

TEST_P(RulesChange, IsSaidPlainly) { expect_said(); }

const Change kWhole[] = {
    {"the version is required", "/version", "", "missing key \"version\""},
    {"another version", "/version", "2", "found the number 2, expected the version 1 in /version"},
    {"the version is no string", "/version", "\"1\"", "found the string \"1\", expected the version 1 in /version"},
    {"the vpc is required", "/vpc", "", "missing key \"vpc\""},
    {"a misspelt key that is required is one error", "", R"({"versoin":1,"vpc":{"cidr_blocks":["10.0.0.0/16"]}})",
     "unknown key \"versoin\" in /versoin; did you mean \"version\"?"},
    {"an unknown section", "/subnet", "{}", "unknown key \"subnet\" in /subnet; did you mean \"subnets\"?"},
    {"an empty section", "/prefix_lists", "{}",
     "unknown prefix list \"office\" in /security_groups/app/ingress/1/prefix_lists/0"},
    {"a section is an object", "/interfaces", "[]",
     "unknown interface \"vpn-appliance\" in /route_tables/private/2/interface\n"
     "found an empty array, expected an object of names in /interfaces"},
    {"no options", "/options", "", ""},
    {"a name with a blank", "/prefix_lists/a b", "[]",
     "invalid name \"a b\", expected characters of A-Z a-z 0-9 . _ - : / in /prefix_lists/a b"},
    {"an AWS id is a name", "/prefix_lists/pl-0a1b.c_d:e~1f", "[]", ""},
    {"an empty name", "/prefix_lists/", "[]", "a name has 1 to 255 characters, found 0 in /prefix_lists/"},
};

const Change kVpc[] = {
    {"host bits", "/vpc/cidr_blocks/0", "\"10.0.0.1/16\"",
     "\"10.0.0.1/16\" has host bits set, expected \"10.0.0.0/16\" in /vpc/cidr_blocks/0"},
    {"no CIDR", "/vpc/cidr_blocks", "[]", "found an empty array, expected at least one CIDR in /vpc/cidr_blocks"},
    {"the key is required", "/vpc/cidr_blocks", "", "missing key \"cidr_blocks\" in /vpc"},
    {"a string", "/vpc/cidr_blocks", "\"10.0.0.0/16\"",
     "found the string \"10.0.0.0/16\", expected an array of CIDRs in /vpc/cidr_blocks"},
    {"no prefix", "/vpc/cidr_blocks/0", "\"10.0.0.0\"",
     "found \"10.0.0.0\", expected an IPv4 CIDR like \"10.0.1.0/24\" in /vpc/cidr_blocks/0"},
    {"IPv6", "/vpc/ipv6_cidr_blocks", "[\"2001:db8::/56\"]",
     "IPv6 is not enforced by this version: found the key \"ipv6_cidr_blocks\" in /vpc/ipv6_cidr_blocks"},
    {"an empty IPv6 list says nothing", "/vpc/ipv6_cidr_blocks", "[]", ""},
    {"a second CIDR", "/vpc/cidr_blocks/1", "\"10.1.0.0/16\"", ""},
    {"a flag is a boolean", "/vpc/internet_gateway", "\"yes\"",
     "found the string \"yes\", expected true or false in /vpc/internet_gateway"},
    {"public addresses and routes need the internet gateway", "/vpc/internet_gateway", "false",
     "a route to the internet needs \"internet_gateway\": true in /vpc in /route_tables/public/0/gateway\n"
     "a public address needs \"internet_gateway\": true in /vpc in /interfaces/alb-1/public_ip\n"
     "a public address needs \"internet_gateway\": true in /vpc in /interfaces/docker-host/public_ip\n"
     "a public address needs \"internet_gateway\": true in /vpc in /nat_gateways/nat-a/public_ips/0\n"
     "a public address needs \"internet_gateway\": true in /vpc in /nat_gateways/nat-a/public_ips/1"},
};

const Change kGroups[] = {
    {"IPv6 in a prefix list", "/prefix_lists/office/1", "\"2001:db8:ffff::/48\"",
     "IPv6 is not enforced by this version: found the CIDR \"2001:db8:ffff::/48\" in /prefix_lists/office/1"},
    {"host bits in a prefix list", "/prefix_lists/office/0", "\"198.51.100.7/24\"",
     "\"198.51.100.7/24\" has host bits set, expected \"198.51.100.0/24\" in /prefix_lists/office/0"},
    {"a misspelt group", "/security_groups/app/ingress/0/security_groups/0", "\"abl\"",
     "unknown group \"abl\" in /security_groups/app/ingress/0/security_groups/0; did you mean \"alb\"?"},
    {"the default group needs not be written", "/security_groups/app/ingress/0/security_groups/0", "\"default\"", ""},
    {"a written default group", "/security_groups/default", "{}", ""},
    {"descriptions", "/security_groups/app/ingress/0/description", "\"\\u00e4\"", ""},
    {"a description is a string", "/security_groups/app/description", "null",
     "found null, expected a string in /security_groups/app/description"},
    {"a misspelt key", "/security_groups/app/ingres", "[]",
     "unknown key \"ingres\" in /security_groups/app/ingres; did you mean \"ingress\"?"},
    {"a misspelt prefix list", "/security_groups/app/ingress/1/prefix_lists/0", "\"offices\"",
     "unknown prefix list \"offices\" in /security_groups/app/ingress/1/prefix_lists/0; did you mean \"office\"?"},
    {"a misspelt peer", "/security_groups/app/ingress/0",
     R"({"protocol":"tcp","from_port":1,"to_port":1,"security_group":["alb"]})",
     "unknown key \"security_group\" in /security_groups/app/ingress/0/security_group; did you mean "
     "\"security_groups\"?"},
    {"no peer", "/security_groups/app/ingress/0/security_groups", "",
     "a rule without a peer, expected one of cidr_blocks, security_groups, prefix_lists, self: true in "
     "/security_groups/app/ingress/0"},
    {"empty peers", "/security_groups/app/ingress/0/security_groups", "[]",
     "a rule without a peer, expected one of cidr_blocks, security_groups, prefix_lists, self: true in "
     "/security_groups/app/ingress/0"},
    {"self: false is no peer", "/security_groups/app/ingress/2/self", "false",
     "a rule without a peer, expected one of cidr_blocks, security_groups, prefix_lists, self: true in "
     "/security_groups/app/ingress/2"},
    {"IPv6 peers", "/security_groups/app/ingress/0/ipv6_cidr_blocks", "[\"::/0\"]",
     "IPv6 is not enforced by this version: found the key \"ipv6_cidr_blocks\" in "
     "/security_groups/app/ingress/0/ipv6_cidr_blocks"},
    {"no IPv6 peers", "/security_groups/app/ingress/0/ipv6_cidr_blocks", "[]", ""},
    {"an IPv6 CIDR among the others", "/security_groups/app/egress/0/cidr_blocks/1", "\"::/0\"",
     "IPv6 is not enforced by this version: found the CIDR \"::/0\" in /security_groups/app/egress/0/cidr_blocks/1"},
};

constexpr const char* kProtocol = "/security_groups/app/egress/0/protocol";
const Change kProtocols[] = {
    {"required", kProtocol, "", "missing key \"protocol\" in /security_groups/app/egress/0"},
    {"a misspelt key", "/security_groups/app/egress/0", R"({"protcol":"-1","cidr_blocks":["0.0.0.0/0"]})",
     "unknown key \"protcol\" in /security_groups/app/egress/0/protcol; did you mean \"protocol\"?"},
    {"all", kProtocol, "\"all\"", ""},
    {"a number", kProtocol, "-1", ""},
    {"the number of another", kProtocol, "50", ""},
    {"the same as a string", kProtocol, "\"50\"", ""},
    {"0 is a protocol", kProtocol, "0", ""},
    {"255 is the last", kProtocol, "\"255\"", ""},
    {"256 is none", kProtocol, "256",
     "unknown protocol: found the number 256, expected \"tcp\", \"udp\", \"icmp\", \"all\", or a number from 0 to 255 "
     "or -1 in "
     "/security_groups/app/egress/0/protocol"},
    {"-2 is none", kProtocol, "\"-2\"",
     "unknown protocol: found the string \"-2\", expected \"tcp\", \"udp\", \"icmp\", \"all\", or a number from 0 to "
     "255 or -1 in "
     "/security_groups/app/egress/0/protocol"},
    {"leading zeros", kProtocol, "\"006\"",
     "unknown protocol: found the string \"006\", expected \"tcp\", \"udp\", \"icmp\", \"all\", or a number from 0 to "
     "255 or -1 in "
     "/security_groups/app/egress/0/protocol"},
    {"misspelt", kProtocol, "\"tpc\"",
     "unknown protocol: found the string \"tpc\", expected \"tcp\", \"udp\", \"icmp\", \"all\", or a number from 0 to "
     "255 or -1 in "
     "/security_groups/app/egress/0/protocol; did you mean \"tcp\"?"},
    {"no integer", kProtocol, "6.5",
     "unknown protocol: found the number 6.5, expected \"tcp\", \"udp\", \"icmp\", \"all\", or a number from 0 to 255 "
     "or -1 in "
     "/security_groups/app/egress/0/protocol"},
    {"icmpv6", kProtocol, "\"icmpv6\"",
     "IPv6 is not enforced by this version: found the protocol icmpv6 in /security_groups/app/egress/0/protocol"},
    {"58", kProtocol, "58",
     "IPv6 is not enforced by this version: found the protocol icmpv6 in /security_groups/app/egress/0/protocol"},
    {"\"6\" is tcp and 0-0 are ports then", kProtocol, "\"6\"", ""},
    {"icmp type 0, code 0", kProtocol, "\"icmp\"", ""},
};

constexpr const char* kRulePlace = "/security_groups/app/egress/0";
const Change kPorts[] = {
    {"tcp needs from_port", kRulePlace, R"({"protocol":"tcp","to_port":2,"cidr_blocks":["0.0.0.0/0"]})",
     "missing key \"from_port\" in /security_groups/app/egress/0"},
    {"udp needs to_port", kRulePlace, R"({"protocol":17,"from_port":2,"cidr_blocks":["0.0.0.0/0"]})",
     "missing key \"to_port\" in /security_groups/app/egress/0"},
    {"from above to", kRulePlace, R"({"protocol":"tcp","from_port":3,"to_port":2,"cidr_blocks":["0.0.0.0/0"]})",
     "from_port 3 is larger than to_port 2 in /security_groups/app/egress/0/from_port"},
    {"all ports", kRulePlace, R"({"protocol":"tcp","from_port":0,"to_port":65535,"cidr_blocks":["0.0.0.0/0"]})", ""},
    {"no such port", kRulePlace, R"({"protocol":"tcp","from_port":0,"to_port":65536,"cidr_blocks":["0.0.0.0/0"]})",
     "found the number 65536, expected a port from 0 to 65535 in /security_groups/app/egress/0/to_port"},
    {"-1 is no port", kRulePlace, R"({"protocol":"tcp","from_port":-1,"to_port":5,"cidr_blocks":["0.0.0.0/0"]})",
     "found the number -1, expected a port from 0 to 65535 in /security_groups/app/egress/0/from_port"},
    {"a port as a string", kRulePlace, R"({"protocol":"tcp","from_port":"1","to_port":5,"cidr_blocks":["0.0.0.0/0"]})",
     "found the string \"1\", expected a port from 0 to 65535 in /security_groups/app/egress/0/from_port"},
    {"far too large", kRulePlace,
     R"({"protocol":"tcp","from_port":1,"to_port":99999999999999999999,"cidr_blocks":["0.0.0.0/0"]})",
     "found the number 1e+20, expected a port from 0 to 65535 in /security_groups/app/egress/0/to_port"},
    {"all without ports", kRulePlace, R"({"protocol":"-1","cidr_blocks":["0.0.0.0/0"]})", ""},
    {"all with -1 and -1", kRulePlace, R"({"protocol":"-1","from_port":-1,"to_port":-1,"cidr_blocks":["0.0.0.0/0"]})",
     ""},
    {"all with ports", kRulePlace, R"({"protocol":"-1","from_port":0,"to_port":65535,"cidr_blocks":["0.0.0.0/0"]})",
     "ports mean nothing for protocol \"all\", expected none, or 0 and 0, or -1 and -1 in "
     "/security_groups/app/egress/0/from_port"},
    {"all with one port", kRulePlace, R"({"protocol":"-1","to_port":0,"cidr_blocks":["0.0.0.0/0"]})",
     "ports mean nothing for protocol \"all\", expected none, or 0 and 0, or -1 and -1 in "
     "/security_groups/app/egress/0/to_port"},
    {"esp with ports", kRulePlace, R"({"protocol":50,"from_port":0,"to_port":-1,"cidr_blocks":["0.0.0.0/0"]})",
     "ports mean nothing for protocol \"50\", expected none, or 0 and 0, or -1 and -1 in "
     "/security_groups/app/egress/0/from_port"},
    {"icmp without type", kRulePlace, R"({"protocol":"icmp","cidr_blocks":["0.0.0.0/0"]})", ""},
    {"icmp of a type, any code", kRulePlace, R"({"protocol":1,"from_port":3,"cidr_blocks":["0.0.0.0/0"]})", ""},
    {"a code of any type", kRulePlace, R"({"protocol":"icmp","from_port":-1,"to_port":4,"cidr_blocks":["0.0.0.0/0"]})",
     "found the ICMP code 4 of any type, expected -1: an any type needs an any code in "
     "/security_groups/app/egress/0/to_port"},
    {"a code without a type", kRulePlace, R"({"protocol":"icmp","to_port":4,"cidr_blocks":["0.0.0.0/0"]})",
     "found the ICMP code 4 of any type, expected -1: an any type needs an any code in "
     "/security_groups/app/egress/0/to_port"},
    {"no such type", kRulePlace, R"({"protocol":"icmp","from_port":256,"to_port":0,"cidr_blocks":["0.0.0.0/0"]})",
     "found the number 256, expected an ICMP type from -1 to 255 in /security_groups/app/egress/0/from_port"},
};

const Change kAcls[] = {
    {"a number twice", "/network_acls/public/ingress/1/rule_no", "50",
     "duplicate rule number 50, first (line) in /network_acls/public/ingress/1/rule_no"},
    {"the same number in the other direction", "/network_acls/public/egress/0/rule_no", "50", ""},
    {"0", "/network_acls/public/ingress/0/rule_no", "0",
     "found the number 0, expected a rule number from 1 to 32766 in /network_acls/public/ingress/0/rule_no"},
    {"32766 is the last", "/network_acls/public/ingress/0/rule_no", "32766", ""},
    {"32767", "/network_acls/public/ingress/0/rule_no", "32767",
     "found the number 32767, expected a rule number from 1 to 32766 in /network_acls/public/ingress/0/rule_no"},
    {"no number", "/network_acls/public/ingress/0/rule_no", "",
     "missing key \"rule_no\" in /network_acls/public/ingress/0"},
    {"no action", "/network_acls/public/ingress/0/action", "",
     "missing key \"action\" in /network_acls/public/ingress/0"},
    {"another action", "/network_acls/public/ingress/0/action", "\"denny\"",
     "unknown action \"denny\", expected \"deny\" or \"allow\" in /network_acls/public/ingress/0/action; did you mean "
     "\"deny\"?"},
    {"a description", "/network_acls/public/ingress/0/description", "\"scanners\"", ""},
    {"no CIDR", "/network_acls/public/ingress/0/cidr_block", "",
     "expected exactly one of cidr_block and ipv6_cidr_block in /network_acls/public/ingress/0"},
    {"both CIDRs", "/network_acls/public/ingress/0/ipv6_cidr_block", "\"::/0\"",
     "expected exactly one of cidr_block and ipv6_cidr_block in /network_acls/public/ingress/0\n"
     "IPv6 is not enforced by this version: found the key \"ipv6_cidr_block\" in "
     "/network_acls/public/ingress/0/ipv6_cidr_block"},
    {"tcp needs ports", "/network_acls/public/ingress/1/from_port", "",
     "missing key \"from_port\" in /network_acls/public/ingress/1"},
    {"all takes none", "/network_acls/public/ingress/0/from_port", "80",
     "ports mean nothing for protocol \"all\", expected none, or 0 and 0, or -1 and -1 in "
     "/network_acls/public/ingress/0/from_port"},
    {"icmp takes none", "/network_acls/public/ingress/2/from_port", "8",
     "ports mean nothing for protocol \"icmp\", expected none, or 0 and 0, or -1 and -1 in "
     "/network_acls/public/ingress/2/from_port"},
    {"a code of any type", "/network_acls/public/ingress/2/icmp_type", "-1",
     "found the ICMP code 4 of any type, expected -1: an any type needs an any code in "
     "/network_acls/public/ingress/2/icmp_code"},
    {"a type of tcp", "/network_acls/public/ingress/1/icmp_type", "8",
     "icmp_type is for protocol icmp only in /network_acls/public/ingress/1/icmp_type"},
    {"a list of CIDRs", "/network_acls/public/ingress/0/cidr_blocks", "[\"0.0.0.0/0\"]",
     "unknown key \"cidr_blocks\" in /network_acls/public/ingress/0/cidr_blocks; did you mean \"cidr_block\"?"},
    {"a written default ACL", "/network_acls/default", "{\"ingress\": [], \"egress\": []}", ""},
    {"IPv6 by protocol", "/network_acls/public/ingress/0/protocol", "\"58\"",
     "IPv6 is not enforced by this version: found the protocol icmpv6 in /network_acls/public/ingress/0/protocol"},
};

INSTANTIATE_TEST_SUITE_P(Whole, RulesChange, testing::ValuesIn(kWhole));
INSTANTIATE_TEST_SUITE_P(Vpc, RulesChange, testing::ValuesIn(kVpc));
INSTANTIATE_TEST_SUITE_P(Groups, RulesChange, testing::ValuesIn(kGroups));
INSTANTIATE_TEST_SUITE_P(Protocols, RulesChange, testing::ValuesIn(kProtocols));
INSTANTIATE_TEST_SUITE_P(Ports, RulesChange, testing::ValuesIn(kPorts));
INSTANTIATE_TEST_SUITE_P(Acls, RulesChange, testing::ValuesIn(kAcls));

}  // namespace
}  // namespace sallyport::rules
