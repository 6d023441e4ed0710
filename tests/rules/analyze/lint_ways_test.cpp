// What lint says of ways that lead nowhere, back or too far: kind, place and the other places, row by row.
#include "tests/rules/analyze/lint_rows.h"

namespace sallyport::rules {
namespace {

using testing_support::LintRow;

class LintOfWays : public testing::TestWithParam<LintRow> {};

TEST_P(LintOfWays, IsSaid) { testing_support::expect_said(GetParam()); }

constexpr const char* kWebRules = "/security_groups/web/ingress/-";
constexpr const char* kPublicIn = "/network_acls/public/ingress/-";
constexpr const char* kPublicOut = "/network_acls/public/egress";
constexpr const char* kAppAcl = "/network_acls/private";

INSTANTIATE_TEST_SUITE_P(
    Replies, LintOfWays,
    testing::Values(
        LintRow{"nothing comes back to the ports that ask; the NAT gateway starves too",
                {{"/network_acls/public/ingress/2/to_port", "1024"}},
                "acl-drops-replies /network_acls/public/egress/0 -> /network_acls/public/ingress/2\n"
                "nat-gateway-starved /nat_gateways/nat-a -> /network_acls/public/ingress/2"},
        LintRow{"Linux's ports suffice for hosts, not for a NAT gateway",
                {{"/network_acls/public/ingress/2/from_port", "32768"}},
                "nat-gateway-starved /nat_gateways/nat-a -> /network_acls/public/ingress/2"},
        LintRow{"a service is let in and its replies are not let out",
                {{kPublicOut, R"([{"rule_no": 100, "action": "allow", "protocol": "-1", "cidr_block": "10.0.0.0/16"},
                              {"rule_no": 110, "action": "allow", "protocol": "tcp", "cidr_block": "0.0.0.0/0",
                               "from_port": 443, "to_port": 443},
                              {"rule_no": 120, "action": "allow", "protocol": "udp", "cidr_block": "0.0.0.0/0",
                               "from_port": 123, "to_port": 123}])"}},
                "acl-drops-replies /network_acls/public/ingress/0 -> /network_acls/public"},
        LintRow{"clients behind address translation ask from low ports",
                {{kPublicOut, R"([{"rule_no": 100, "action": "allow", "protocol": "-1", "cidr_block": "10.0.0.0/16"},
                              {"rule_no": 110, "action": "allow", "protocol": "tcp", "cidr_block": "0.0.0.0/0",
                               "from_port": 443, "to_port": 443},
                              {"rule_no": 120, "action": "allow", "protocol": "tcp", "cidr_block": "0.0.0.0/0",
                               "from_port": 32768, "to_port": 65535}])"}},
                "acl-drops-replies /network_acls/public/ingress/0 -> /network_acls/public/egress/2"},
        LintRow{"an entry for replies is no service, and a tight pair is right",
                {{kAppAcl,
                  R"({"ingress": [{"rule_no": 100, "action": "allow", "protocol": "tcp", "cidr_block": "10.0.1.0/24",
                                        "from_port": 8080, "to_port": 8080}],
                           "egress": [{"rule_no": 100, "action": "allow", "protocol": "tcp", "cidr_block": "10.0.1.0/24",
                                       "from_port": 1024, "to_port": 65535}]})"}},
                ""},
        LintRow{"a port that is denied first is meant; for a NAT gateway it is one of its ports",
                {{kPublicIn, R"({"rule_no": 50, "action": "deny", "protocol": "tcp", "cidr_block": "0.0.0.0/0",
                             "from_port": 3389, "to_port": 3389})"}},
                "nat-gateway-starved /nat_gateways/nat-a -> /network_acls/public/ingress/5"},
        LintRow{"addresses that are denied first are meant",
                {{kPublicIn, R"({"rule_no": 50, "action": "deny", "protocol": "-1", "cidr_block": "192.0.2.0/24"})"}},
                ""},
        LintRow{
            "all replies are denied by an entry",
            {{"/network_acls/private/ingress/-",
              R"({"rule_no": 50, "action": "deny", "protocol": "tcp", "cidr_block": "0.0.0.0/0", "from_port": 9000, "to_port": 65535})"}},
            "acl-drops-replies /network_acls/private/egress/0 -> /network_acls/private/ingress/3"},
        LintRow{"replies of the VPC's own hosts",
                {{kAppAcl,
                  R"({"ingress": [{"rule_no": 100, "action": "allow", "protocol": "tcp", "cidr_block": "10.0.1.0/24",
                                        "from_port": 8080, "to_port": 8080}],
                           "egress": [{"rule_no": 100, "action": "allow", "protocol": "tcp", "cidr_block": "10.0.1.0/24",
                                       "from_port": 5000, "to_port": 6000}]})"}},
                "acl-drops-replies /network_acls/private/ingress/0 -> /network_acls/private/egress/0\n"
                "acl-drops-replies /network_acls/private/egress/0 -> /network_acls/private/ingress/0"},
        LintRow{"without hosts nobody asks",
                {{"/interfaces/web-1", ""},
                 {"/network_acls/public/ingress/2/to_port", "1024"},
                 {"/interfaces/app-1", ""},
                 {"/security_groups", "{}"},
                 {"/prefix_lists", "{}"}},
                ""}));

INSTANTIATE_TEST_SUITE_P(
    NatGateways, LintOfWays,
    testing::Values(
        LintRow{"the inside cannot ask",
                {{"/network_acls/public/ingress/4",
                  R"({"rule_no": 90, "action": "deny", "protocol": "-1", "cidr_block": "10.0.2.0/24"})"}},
                "nat-gateway-starved /nat_gateways/nat-a -> /network_acls/public"},
        LintRow{
            "nothing leaves for the internet",
            {{kPublicOut, R"([{"rule_no": 100, "action": "allow", "protocol": "-1", "cidr_block": "10.0.0.0/16"}])"},
             {"/security_groups/web/ingress/0/cidr_blocks/0", R"("10.0.0.0/8")"},
             {"/network_acls/public/ingress/1", ""}},
            "nat-gateway-starved /nat_gateways/nat-a -> /network_acls/public"},
        LintRow{"replies do not get back inside",
                {{kPublicOut, R"([{"rule_no": 90, "action": "deny", "protocol": "-1", "cidr_block": "10.0.2.0/24"},
                              {"rule_no": 100, "action": "allow", "protocol": "-1", "cidr_block": "0.0.0.0/0"}])"}},
                "nat-gateway-starved /nat_gateways/nat-a -> /network_acls/public/egress/0"},
        LintRow{"to another subnet it needs no route on",
                {{"/subnets/nat-home", R"({"cidr_block": "10.0.9.0/24"})"},
                 {"/nat_gateways/nat-a",
                  R"({"subnet": "nat-home", "private_ip": "10.0.9.5", "public_ips": ["203.0.113.5"]})"},
                 {"/route_tables/private/0/cidr_block", R"("10.0.1.0/24")"}},
                ""},
        LintRow{"its own subnet has no route on",
                {{"/subnets/nat-home", R"({"cidr_block": "10.0.9.0/24"})"},
                 {"/nat_gateways/nat-a",
                  R"({"subnet": "nat-home", "private_ip": "10.0.9.5", "public_ips": ["203.0.113.5"]})"}},
                "route-to-dead-nat-gateway /route_tables/private/0 -> /nat_gateways/nat-a, /route_tables/main"}));

INSTANTIATE_TEST_SUITE_P(
    OpenPorts, LintOfWays,
    testing::Values(
        LintRow{
            "ssh from everywhere",
            {{kPublicIn,
              R"({"rule_no": 105, "action": "allow", "protocol": "tcp", "cidr_block": "0.0.0.0/0", "from_port": 22, "to_port": 22})"},
             {"/network_acls/public/ingress/1", ""},
             {"/security_groups/web/ingress/1",
              R"({"protocol": "tcp", "from_port": 20, "to_port": 25, "cidr_blocks": ["0.0.0.0/0"]})"},
             {"/prefix_lists", "{}"}},
            "open-admin-port /security_groups/web/ingress/1 -> /interfaces/web-1"},
        LintRow{
            "rdp and a database in two halves",
            {{kWebRules,
              R"({"protocol": "tcp", "from_port": 3306, "to_port": 3389, "cidr_blocks": ["0.0.0.0/1", "128.0.0.0/1"]})"}},
            "open-admin-port /security_groups/web/ingress/2 -> /interfaces/web-1\n"
            "open-database-port /security_groups/web/ingress/2 -> /interfaces/web-1"},
        LintRow{"by a prefix list",
                {{"/prefix_lists/all", R"(["0.0.0.0/0"])"},
                 {kWebRules, R"({"protocol": "tcp", "from_port": 5432, "to_port": 5432, "prefix_lists": ["all"]})"}},
                "open-database-port /security_groups/web/ingress/2 -> /interfaces/web-1"},
        LintRow{"the ACL keeps ssh out",
                {{kWebRules, R"({"protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": ["0.0.0.0/0"]})"}},
                "group-rule-covered /security_groups/web/ingress/1 -> /security_groups/web/ingress/2"},
        LintRow{"nobody with the group is reached from the internet",
                {{"/security_groups/app/ingress/-",
                  R"({"protocol": "tcp", "from_port": 3389, "to_port": 3389, "cidr_blocks": ["0.0.0.0/0"]})"}},
                ""}));

INSTANTIATE_TEST_SUITE_P(
    Routes, LintOfWays,
    testing::Values(
        LintRow{"longer routes take everything",
                {{"/route_tables/private/-", R"({"cidr_block": "192.0.2.0/24", "nat_gateway": "nat-a"})"},
                 {"/route_tables/private/-", R"({"cidr_block": "192.0.2.0/25", "blackhole": true})"},
                 {"/route_tables/private/-", R"({"cidr_block": "192.0.2.128/25", "blackhole": true})"}},
                "route-never-taken /route_tables/private/1 -> /route_tables/private/2, /route_tables/private/3"},
        LintRow{"a CIDR goes before an equal one of a list",
                {{"/route_tables/private/-", R"({"cidr_block": "198.51.100.0/24", "blackhole": true})"},
                 {"/route_tables/private/-", R"({"prefix_list": "office", "nat_gateway": "nat-a"})"}},
                "route-never-taken /route_tables/private/2 -> /route_tables/private/1"},
        LintRow{"half of it is left",
                {{"/route_tables/private/-", R"({"cidr_block": "192.0.2.0/24", "nat_gateway": "nat-a"})"},
                 {"/route_tables/private/-", R"({"cidr_block": "192.0.2.128/25", "blackhole": true})"}},
                ""},
        LintRow{"an interface that takes no packets for others",
                {{"/route_tables/private/-", R"({"cidr_block": "10.200.0.0/16", "interface": "web-1"})"}},
                "route-to-checked-interface /route_tables/private/1 -> /interfaces/web-1"},
        LintRow{"a public address without a route",
                {{"/interfaces/app-1/public_ip", R"("203.0.113.20")"}},
                "public-ip-without-route /interfaces/app-1/public_ip -> /route_tables/private"}));

}  // namespace
}  // namespace sallyport::rules
