// What lint says of rules, entries and names without effect: kind, place and the other places, row by row.
#include "tests/rules/analyze/lint_rows.h"

namespace sallyport::rules {
namespace {

using testing_support::LintRow;

class LintOfRules : public testing::TestWithParam<LintRow> {};

TEST_P(LintOfRules, IsSaid) { testing_support::expect_said(GetParam()); }

constexpr const char* kWebRules = "/security_groups/web/ingress/-";
constexpr const char* kPublicIn = "/network_acls/public/ingress/-";

INSTANTIATE_TEST_SUITE_P(
    Entries, LintOfRules,
    testing::Values(
        LintRow{"nothing is wrong", {}, ""},
        LintRow{"one entry matches all of another",
                {{kPublicIn, R"({"rule_no": 150, "action": "deny", "protocol": "tcp", "cidr_block": "198.51.100.7/32",
                             "from_port": 443, "to_port": 443})"}},
                "acl-entry-never-decides /network_acls/public/ingress/5 -> /network_acls/public/ingress/0"},
        LintRow{"the order is that of the numbers, not of the document",
                {{kPublicIn, R"({"rule_no": 90, "action": "allow", "protocol": "tcp", "cidr_block": "0.0.0.0/0",
                             "from_port": 0, "to_port": 600})"}},
                "acl-entry-never-decides /network_acls/public/ingress/0 -> /network_acls/public/ingress/5\n"
                "acl-entry-never-decides /network_acls/public/ingress/1 -> /network_acls/public/ingress/5"},
        LintRow{"several together: halves of the addresses",
                {{kPublicIn, R"({"rule_no": 10, "action": "deny", "protocol": "udp", "cidr_block": "192.0.2.0/25",
                             "from_port": 53, "to_port": 53})"},
                 {kPublicIn, R"({"rule_no": 20, "action": "deny", "protocol": "udp", "cidr_block": "192.0.2.128/25",
                             "from_port": 53, "to_port": 53})"},
                 {kPublicIn, R"({"rule_no": 30, "action": "allow", "protocol": "udp", "cidr_block": "192.0.2.0/24",
                             "from_port": 53, "to_port": 53})"}},
                "acl-entry-never-decides /network_acls/public/ingress/7 -> "
                "/network_acls/public/ingress/5, /network_acls/public/ingress/6"},
        LintRow{"several together: halves of the ports",
                {{kPublicIn, R"({"rule_no": 150, "action": "deny", "protocol": "tcp", "cidr_block": "8.0.0.0/8",
                             "from_port": 0, "to_port": 442})"},
                 {kPublicIn, R"({"rule_no": 160, "action": "allow", "protocol": "tcp", "cidr_block": "8.8.0.0/16",
                             "from_port": 80, "to_port": 443})"}},
                "acl-entry-never-decides /network_acls/public/ingress/6 -> "
                "/network_acls/public/ingress/0, /network_acls/public/ingress/5"},
        LintRow{"a gap of one port keeps an entry alive",
                {{kPublicIn, R"({"rule_no": 150, "action": "deny", "protocol": "tcp", "cidr_block": "8.0.0.0/8",
                             "from_port": 0, "to_port": 441})"},
                 {kPublicIn, R"({"rule_no": 160, "action": "allow", "protocol": "tcp", "cidr_block": "8.8.0.0/16",
                             "from_port": 80, "to_port": 443})"}},
                ""}));

INSTANTIATE_TEST_SUITE_P(
    Rules, LintOfRules,
    testing::Values(
        LintRow{"the same rule twice: the later is named",
                {{kWebRules, R"({"protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ["0.0.0.0/0"]})"}},
                "group-rule-covered /security_groups/web/ingress/2 -> /security_groups/web/ingress/0"},
        LintRow{
            "a wider rule after it",
            {{kWebRules, R"({"protocol": "tcp", "from_port": 22, "to_port": 23, "cidr_blocks": ["198.51.100.0/23"]})"}},
            "group-rule-covered /security_groups/web/ingress/1 -> /security_groups/web/ingress/2"},
        LintRow{
            "two that together admit the same",
            {{kWebRules, R"({"protocol": "tcp", "from_port": 5000, "to_port": 5004, "cidr_blocks": ["8.0.0.0/9"]})"},
             {kWebRules, R"({"protocol": "tcp", "from_port": 5000, "to_port": 5004, "cidr_blocks": ["8.128.0.0/9"]})"},
             {kWebRules, R"({"protocol": "tcp", "from_port": 5001, "to_port": 5001, "cidr_blocks": ["8.0.0.0/8"]})"}},
            "group-rule-covered /security_groups/web/ingress/4 -> "
            "/security_groups/web/ingress/2, /security_groups/web/ingress/3"},
        LintRow{
            "an address in a prefix list of another rule",
            {{kWebRules, R"({"protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": ["198.51.100.9/32"]})"}},
            "group-rule-covered /security_groups/web/ingress/2 -> /security_groups/web/ingress/1"},
        LintRow{"a group inside the VPC's addresses",
                {{"/security_groups/app/ingress/-",
                  R"({"protocol": "tcp", "from_port": 8000, "to_port": 8100, "cidr_blocks": ["10.0.0.0/16"]})"}},
                "group-rule-covered /security_groups/app/ingress/0 -> /security_groups/app/ingress/1"},
        LintRow{"self is the group's own name",
                {{"/security_groups/app/ingress/-",
                  R"({"protocol": "tcp", "from_port": 80, "to_port": 80, "security_groups": ["app"]})"},
                 {"/security_groups/app/ingress/-",
                  R"({"protocol": "tcp", "from_port": 80, "to_port": 80, "self": true})"}},
                "group-rule-covered /security_groups/app/ingress/2 -> /security_groups/app/ingress/1"},
        LintRow{
            "a rule to everywhere is not that by halves: it makes flows untracked",
            {{kWebRules, R"({"protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ["0.0.0.0/1"]})"},
             {kWebRules, R"({"protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ["128.0.0.0/1"]})"}},
            "group-rule-covered /security_groups/web/ingress/2 -> /security_groups/web/ingress/0\n"
            "group-rule-covered /security_groups/web/ingress/3 -> /security_groups/web/ingress/0"},
        LintRow{"another port, another peer, another direction are not covered",
                {{kWebRules, R"({"protocol": "tcp", "from_port": 444, "to_port": 444, "cidr_blocks": ["0.0.0.0/0"]})"},
                 {kWebRules, R"({"protocol": "tcp", "from_port": 22, "to_port": 22, "security_groups": ["app"]})"},
                 {kWebRules, R"({"protocol": "icmp", "cidr_blocks": ["0.0.0.0/0"]})"}},
                ""}));

INSTANTIATE_TEST_SUITE_P(
    Unused, LintOfRules,
    testing::Values(
        LintRow{"a group", {{"/security_groups/old", R"({"egress": []})"}}, "unused-group /security_groups/old"},
        LintRow{"a group that refers to itself alone",
                {{"/security_groups/old", R"({"ingress": [{"protocol": "-1", "self": true}]})"}},
                "unused-group /security_groups/old"},
        LintRow{"an empty default group is a lock", {{"/security_groups/default", "{}"}}, ""},
        LintRow{
            "an ACL, a route table, a prefix list",
            {{"/network_acls/old", "{}"}, {"/route_tables/old", "[]"}, {"/prefix_lists/old", R"(["8.0.0.0/8"])"}},
            "unused-prefix-list /prefix_lists/old\nunused-acl /network_acls/old\nunused-route-table /route_tables/old"},
        LintRow{"a NAT gateway",
                {{"/nat_gateways/nat-b",
                  R"({"subnet": "public-a", "private_ip": "10.0.1.6", "public_ips": ["203.0.113.6"]})"}},
                "unused-nat-gateway /nat_gateways/nat-b"},
        LintRow{"a group without members in a rule",
                {{"/security_groups/staff", R"({"egress": [{"protocol": "-1", "cidr_blocks": ["0.0.0.0/0"]}]})"},
                 {"/security_groups/app/ingress/0/security_groups/-", R"("staff")"}},
                "empty-group-reference /security_groups/app/ingress/0/security_groups/1 -> /security_groups/staff"},
        LintRow{"an empty prefix list in a rule",
                {{"/prefix_lists/office", "[]"}},
                "empty-prefix-list /security_groups/web/ingress/1/prefix_lists/0 -> /prefix_lists/office"},
        LintRow{"an empty prefix list in a route",
                {{"/prefix_lists/none", "[]"},
                 {"/route_tables/private/-", R"({"prefix_list": "none", "blackhole": true})"}},
                "empty-prefix-list /route_tables/private/1/prefix_list -> /prefix_lists/none"},
        LintRow{"an interface whose groups have no rules",
                {{"/security_groups/closed", "{}"},
                 {"/interfaces/app-2",
                  R"({"subnet": "app-a", "private_ips": ["10.0.2.11"], "security_groups": ["closed"]})"}},
                "no-rules /interfaces/app-2 -> /security_groups/closed"},
        LintRow{"hosts of a subnet whose groups have no rules",
                {{"/security_groups/closed", "{}"}, {"/subnets/app-a/security_groups", R"(["closed"])"}},
                "no-rules /subnets/app-a -> /security_groups/closed"}));

}  // namespace
}  // namespace sallyport::rules
