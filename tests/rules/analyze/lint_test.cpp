// What lint says about a network with one thing wrong at a time: kind, place and the other places, row by row.
#include "rules/analyze/lint.h"

#include <gtest/gtest.h>

#include "tests/rules/document/documents_support.h"
#include "tests/support/paths.h"

namespace sallyport::rules {
namespace {

// Nothing wrong with this one.
constexpr const char* kNetwork = R"({
  "version": 1,
  "vpc": { "cidr_blocks": ["10.0.0.0/16"], "internet_gateway": true },
  "prefix_lists": { "office": ["198.51.100.0/24"] },
  "security_groups": {
    "web": {
      "ingress": [ { "protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ["0.0.0.0/0"] },
                   { "protocol": "tcp", "from_port": 22, "to_port": 22, "prefix_lists": ["office"] } ],
      "egress": [ { "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"] } ]
    },
    "app": {
      "ingress": [ { "protocol": "tcp", "from_port": 8080, "to_port": 8080, "security_groups": ["web"] } ],
      "egress": [ { "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"] } ]
    }
  },
  "network_acls": {
    "public": {
      "ingress": [ { "rule_no": 100, "action": "allow", "protocol": "tcp", "cidr_block": "0.0.0.0/0", "from_port": 443, "to_port": 443 },
                   { "rule_no": 110, "action": "allow", "protocol": "tcp", "cidr_block": "198.51.100.0/24", "from_port": 22, "to_port": 22 },
                   { "rule_no": 120, "action": "allow", "protocol": "tcp", "cidr_block": "0.0.0.0/0", "from_port": 1024, "to_port": 65535 },
                   { "rule_no": 130, "action": "allow", "protocol": "udp", "cidr_block": "0.0.0.0/0", "from_port": 1024, "to_port": 65535 },
                   { "rule_no": 140, "action": "allow", "protocol": "-1", "cidr_block": "10.0.0.0/16" } ],
      "egress": [ { "rule_no": 100, "action": "allow", "protocol": "-1", "cidr_block": "0.0.0.0/0" } ]
    },
    "private": {
      "ingress": [ { "rule_no": 100, "action": "allow", "protocol": "tcp", "cidr_block": "10.0.1.0/24", "from_port": 8080, "to_port": 8080 },
                   { "rule_no": 110, "action": "allow", "protocol": "tcp", "cidr_block": "0.0.0.0/0", "from_port": 1024, "to_port": 65535 },
                   { "rule_no": 120, "action": "allow", "protocol": "udp", "cidr_block": "0.0.0.0/0", "from_port": 1024, "to_port": 65535 } ],
      "egress": [ { "rule_no": 100, "action": "allow", "protocol": "-1", "cidr_block": "0.0.0.0/0" } ]
    }
  },
  "route_tables": {
    "public": [ { "cidr_block": "0.0.0.0/0", "gateway": "internet" } ],
    "private": [ { "cidr_block": "0.0.0.0/0", "nat_gateway": "nat-a" } ]
  },
  "subnets": {
    "public-a": { "cidr_block": "10.0.1.0/24", "route_table": "public", "network_acl": "public" },
    "app-a": { "cidr_block": "10.0.2.0/24", "route_table": "private", "network_acl": "private" }
  },
  "interfaces": {
    "web-1": { "subnet": "public-a", "private_ips": ["10.0.1.10"], "public_ip": "203.0.113.10", "security_groups": ["web"] },
    "app-1": { "subnet": "app-a", "private_ips": ["10.0.2.10"], "security_groups": ["app"] }
  },
  "nat_gateways": { "nat-a": { "subnet": "public-a", "private_ip": "10.0.1.5", "public_ips": ["203.0.113.5"] } }
})";

Diagnostics lint_of(const std::string& text) {
  auto read = read_policy(text, "policy.json");
  if (!read) {
    ADD_FAILURE() << render(read.error(), "policy.json", text);
    return {};
  }
  lint(read->policy, read->warnings);
  return std::move(read->warnings);
}

// "kind pointer -> pointer, pointer", a line each, by position.
std::string places(const Diagnostics& diagnostics) {
  std::string text;
  for (const auto& each : diagnostics.sorted()) {
    text += (text.empty() ? "" : "\n") + each.kind + ' ' + each.pointer;
    for (const auto& place : each.also) text += (&place == each.also.data() ? " -> " : ", ") + place.pointer;
  }
  return text;
}

struct Edit {
  const char* pointer;
  const char* value;  // JSON; empty: the member or element is removed
};

std::string edited(const std::string& text, const Edit& edit) {
  if (*edit.value != '\0') return testing_support::changed(text, edit.pointer, edit.value);
  const auto removal = nlohmann::ordered_json{{{"op", "remove"}, {"path", edit.pointer}}};
  return nlohmann::ordered_json::parse(text).patch(removal).dump(1);
}

struct Row {
  const char* description;
  std::vector<Edit> edits;
  const char* expected;
};
void PrintTo(const Row& row, std::ostream* out) { *out << row.description; }

class LintRow : public testing::TestWithParam<Row> {};

TEST_P(LintRow, IsSaid) {
  std::string text = kNetwork;
  for (const auto& edit : GetParam().edits) text = edited(text, edit);
  const auto found = lint_of(text);
  EXPECT_EQ(places(found), GetParam().expected) << render(found, "policy.json", text);
}

constexpr const char* kWebRules = "/security_groups/web/ingress/-";
constexpr const char* kPublicIn = "/network_acls/public/ingress/-";
constexpr const char* kPublicOut = "/network_acls/public/egress";
constexpr const char* kAppAcl = "/network_acls/private";

INSTANTIATE_TEST_SUITE_P(
    Entries, LintRow,
    testing::Values(
        Row{"nothing is wrong", {}, ""},
        Row{"one entry matches all of another",
            {{kPublicIn, R"({"rule_no": 150, "action": "deny", "protocol": "tcp", "cidr_block": "198.51.100.7/32",
                             "from_port": 443, "to_port": 443})"}},
            "acl-entry-never-decides /network_acls/public/ingress/5 -> /network_acls/public/ingress/0"},
        Row{"the order is that of the numbers, not of the document",
            {{kPublicIn, R"({"rule_no": 90, "action": "allow", "protocol": "tcp", "cidr_block": "0.0.0.0/0",
                             "from_port": 0, "to_port": 600})"}},
            "acl-entry-never-decides /network_acls/public/ingress/0 -> /network_acls/public/ingress/5\n"
            "acl-entry-never-decides /network_acls/public/ingress/1 -> /network_acls/public/ingress/5"},
        Row{"several together: halves of the addresses",
            {{kPublicIn, R"({"rule_no": 10, "action": "deny", "protocol": "udp", "cidr_block": "192.0.2.0/25",
                             "from_port": 53, "to_port": 53})"},
             {kPublicIn, R"({"rule_no": 20, "action": "deny", "protocol": "udp", "cidr_block": "192.0.2.128/25",
                             "from_port": 53, "to_port": 53})"},
             {kPublicIn, R"({"rule_no": 30, "action": "allow", "protocol": "udp", "cidr_block": "192.0.2.0/24",
                             "from_port": 53, "to_port": 53})"}},
            "acl-entry-never-decides /network_acls/public/ingress/7 -> "
            "/network_acls/public/ingress/5, /network_acls/public/ingress/6"},
        Row{"several together: halves of the ports",
            {{kPublicIn, R"({"rule_no": 150, "action": "deny", "protocol": "tcp", "cidr_block": "8.0.0.0/8",
                             "from_port": 0, "to_port": 442})"},
             {kPublicIn, R"({"rule_no": 160, "action": "allow", "protocol": "tcp", "cidr_block": "8.8.0.0/16",
                             "from_port": 80, "to_port": 443})"}},
            "acl-entry-never-decides /network_acls/public/ingress/6 -> "
            "/network_acls/public/ingress/0, /network_acls/public/ingress/5"},
        Row{"a gap of one port keeps an entry alive",
            {{kPublicIn, R"({"rule_no": 150, "action": "deny", "protocol": "tcp", "cidr_block": "8.0.0.0/8",
                             "from_port": 0, "to_port": 441})"},
             {kPublicIn, R"({"rule_no": 160, "action": "allow", "protocol": "tcp", "cidr_block": "8.8.0.0/16",
                             "from_port": 80, "to_port": 443})"}},
            ""}));

INSTANTIATE_TEST_SUITE_P(
    Rules, LintRow,
    testing::Values(
        Row{"the same rule twice: the later is named",
            {{kWebRules, R"({"protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ["0.0.0.0/0"]})"}},
            "group-rule-covered /security_groups/web/ingress/2 -> /security_groups/web/ingress/0"},
        Row{"a wider rule after it",
            {{kWebRules, R"({"protocol": "tcp", "from_port": 22, "to_port": 23, "cidr_blocks": ["198.51.100.0/23"]})"}},
            "group-rule-covered /security_groups/web/ingress/1 -> /security_groups/web/ingress/2"},
        Row{"two that together admit the same",
            {{kWebRules, R"({"protocol": "tcp", "from_port": 5000, "to_port": 5004, "cidr_blocks": ["8.0.0.0/9"]})"},
             {kWebRules, R"({"protocol": "tcp", "from_port": 5000, "to_port": 5004, "cidr_blocks": ["8.128.0.0/9"]})"},
             {kWebRules, R"({"protocol": "tcp", "from_port": 5001, "to_port": 5001, "cidr_blocks": ["8.0.0.0/8"]})"}},
            "group-rule-covered /security_groups/web/ingress/4 -> "
            "/security_groups/web/ingress/2, /security_groups/web/ingress/3"},
        Row{"an address in a prefix list of another rule",
            {{kWebRules, R"({"protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": ["198.51.100.9/32"]})"}},
            "group-rule-covered /security_groups/web/ingress/2 -> /security_groups/web/ingress/1"},
        Row{"a group inside the VPC's addresses",
            {{"/security_groups/app/ingress/-",
              R"({"protocol": "tcp", "from_port": 8000, "to_port": 8100, "cidr_blocks": ["10.0.0.0/16"]})"}},
            "group-rule-covered /security_groups/app/ingress/0 -> /security_groups/app/ingress/1"},
        Row{"self is the group's own name",
            {{"/security_groups/app/ingress/-",
              R"({"protocol": "tcp", "from_port": 80, "to_port": 80, "security_groups": ["app"]})"},
             {"/security_groups/app/ingress/-",
              R"({"protocol": "tcp", "from_port": 80, "to_port": 80, "self": true})"}},
            "group-rule-covered /security_groups/app/ingress/2 -> /security_groups/app/ingress/1"},
        Row{"a rule to everywhere is not that by halves: it makes flows untracked",
            {{kWebRules, R"({"protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ["0.0.0.0/1"]})"},
             {kWebRules, R"({"protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ["128.0.0.0/1"]})"}},
            "group-rule-covered /security_groups/web/ingress/2 -> /security_groups/web/ingress/0\n"
            "group-rule-covered /security_groups/web/ingress/3 -> /security_groups/web/ingress/0"},
        Row{"another port, another peer, another direction are not covered",
            {{kWebRules, R"({"protocol": "tcp", "from_port": 444, "to_port": 444, "cidr_blocks": ["0.0.0.0/0"]})"},
             {kWebRules, R"({"protocol": "tcp", "from_port": 22, "to_port": 22, "security_groups": ["app"]})"},
             {kWebRules, R"({"protocol": "icmp", "cidr_blocks": ["0.0.0.0/0"]})"}},
            ""}));

INSTANTIATE_TEST_SUITE_P(
    Unused, LintRow,
    testing::Values(
        Row{"a group", {{"/security_groups/old", R"({"egress": []})"}}, "unused-group /security_groups/old"},
        Row{"a group that refers to itself alone",
            {{"/security_groups/old", R"({"ingress": [{"protocol": "-1", "self": true}]})"}},
            "unused-group /security_groups/old"},
        Row{"an empty default group is a lock", {{"/security_groups/default", "{}"}}, ""},
        Row{"an ACL, a route table, a prefix list",
            {{"/network_acls/old", "{}"}, {"/route_tables/old", "[]"}, {"/prefix_lists/old", R"(["8.0.0.0/8"])"}},
            "unused-prefix-list /prefix_lists/old\nunused-acl /network_acls/old\nunused-route-table /route_tables/old"},
        Row{"a NAT gateway",
            {{"/nat_gateways/nat-b",
              R"({"subnet": "public-a", "private_ip": "10.0.1.6", "public_ips": ["203.0.113.6"]})"}},
            "unused-nat-gateway /nat_gateways/nat-b"},
        Row{"a group without members in a rule",
            {{"/security_groups/staff", R"({"egress": [{"protocol": "-1", "cidr_blocks": ["0.0.0.0/0"]}]})"},
             {"/security_groups/app/ingress/0/security_groups/-", R"("staff")"}},
            "empty-group-reference /security_groups/app/ingress/0/security_groups/1 -> /security_groups/staff"},
        Row{"an empty prefix list in a rule",
            {{"/prefix_lists/office", "[]"}},
            "empty-prefix-list /security_groups/web/ingress/1/prefix_lists/0 -> /prefix_lists/office"},
        Row{"an empty prefix list in a route",
            {{"/prefix_lists/none", "[]"},
             {"/route_tables/private/-", R"({"prefix_list": "none", "blackhole": true})"}},
            "empty-prefix-list /route_tables/private/1/prefix_list -> /prefix_lists/none"},
        Row{"an interface whose groups have no rules",
            {{"/security_groups/closed", "{}"},
             {"/interfaces/app-2",
              R"({"subnet": "app-a", "private_ips": ["10.0.2.11"], "security_groups": ["closed"]})"}},
            "no-rules /interfaces/app-2 -> /security_groups/closed"},
        Row{"hosts of a subnet whose groups have no rules",
            {{"/security_groups/closed", "{}"}, {"/subnets/app-a/security_groups", R"(["closed"])"}},
            "no-rules /subnets/app-a -> /security_groups/closed"}));

INSTANTIATE_TEST_SUITE_P(
    Replies, LintRow,
    testing::Values(
        Row{"nothing comes back to the ports that ask; the NAT gateway starves too",
            {{"/network_acls/public/ingress/2/to_port", "1024"}},
            "acl-drops-replies /network_acls/public/egress/0 -> /network_acls/public/ingress/2\n"
            "nat-gateway-starved /nat_gateways/nat-a -> /network_acls/public/ingress/2"},
        Row{"Linux's ports suffice for hosts, not for a NAT gateway",
            {{"/network_acls/public/ingress/2/from_port", "32768"}},
            "nat-gateway-starved /nat_gateways/nat-a -> /network_acls/public/ingress/2"},
        Row{"a service is let in and its replies are not let out",
            {{kPublicOut, R"([{"rule_no": 100, "action": "allow", "protocol": "-1", "cidr_block": "10.0.0.0/16"},
                              {"rule_no": 110, "action": "allow", "protocol": "tcp", "cidr_block": "0.0.0.0/0",
                               "from_port": 443, "to_port": 443},
                              {"rule_no": 120, "action": "allow", "protocol": "udp", "cidr_block": "0.0.0.0/0",
                               "from_port": 123, "to_port": 123}])"}},
            "acl-drops-replies /network_acls/public/ingress/0 -> /network_acls/public"},
        Row{"clients behind address translation ask from low ports",
            {{kPublicOut, R"([{"rule_no": 100, "action": "allow", "protocol": "-1", "cidr_block": "10.0.0.0/16"},
                              {"rule_no": 110, "action": "allow", "protocol": "tcp", "cidr_block": "0.0.0.0/0",
                               "from_port": 443, "to_port": 443},
                              {"rule_no": 120, "action": "allow", "protocol": "tcp", "cidr_block": "0.0.0.0/0",
                               "from_port": 32768, "to_port": 65535}])"}},
            "acl-drops-replies /network_acls/public/ingress/0 -> /network_acls/public/egress/2"},
        Row{"an entry for replies is no service, and a tight pair is right",
            {{kAppAcl,
              R"({"ingress": [{"rule_no": 100, "action": "allow", "protocol": "tcp", "cidr_block": "10.0.1.0/24",
                                        "from_port": 8080, "to_port": 8080}],
                           "egress": [{"rule_no": 100, "action": "allow", "protocol": "tcp", "cidr_block": "10.0.1.0/24",
                                       "from_port": 1024, "to_port": 65535}]})"}},
            ""},
        Row{"a port that is denied first is meant; for a NAT gateway it is one of its ports",
            {{kPublicIn, R"({"rule_no": 50, "action": "deny", "protocol": "tcp", "cidr_block": "0.0.0.0/0",
                             "from_port": 3389, "to_port": 3389})"}},
            "nat-gateway-starved /nat_gateways/nat-a -> /network_acls/public/ingress/5"},
        Row{"addresses that are denied first are meant",
            {{kPublicIn, R"({"rule_no": 50, "action": "deny", "protocol": "-1", "cidr_block": "192.0.2.0/24"})"}},
            ""},
        Row{"all replies are denied by an entry",
            {{"/network_acls/private/ingress/-",
              R"({"rule_no": 50, "action": "deny", "protocol": "tcp", "cidr_block": "0.0.0.0/0", "from_port": 9000, "to_port": 65535})"}},
            "acl-drops-replies /network_acls/private/egress/0 -> /network_acls/private/ingress/3"},
        Row{"replies of the VPC's own hosts",
            {{kAppAcl,
              R"({"ingress": [{"rule_no": 100, "action": "allow", "protocol": "tcp", "cidr_block": "10.0.1.0/24",
                                        "from_port": 8080, "to_port": 8080}],
                           "egress": [{"rule_no": 100, "action": "allow", "protocol": "tcp", "cidr_block": "10.0.1.0/24",
                                       "from_port": 5000, "to_port": 6000}]})"}},
            "acl-drops-replies /network_acls/private/ingress/0 -> /network_acls/private/egress/0\n"
            "acl-drops-replies /network_acls/private/egress/0 -> /network_acls/private/ingress/0"},
        Row{"without hosts nobody asks",
            {{"/interfaces/web-1", ""},
             {"/network_acls/public/ingress/2/to_port", "1024"},
             {"/interfaces/app-1", ""},
             {"/security_groups", "{}"},
             {"/prefix_lists", "{}"}},
            ""}));

INSTANTIATE_TEST_SUITE_P(
    NatGateways, LintRow,
    testing::Values(
        Row{"the inside cannot ask",
            {{"/network_acls/public/ingress/4",
              R"({"rule_no": 90, "action": "deny", "protocol": "-1", "cidr_block": "10.0.2.0/24"})"}},
            "nat-gateway-starved /nat_gateways/nat-a -> /network_acls/public"},
        Row{"nothing leaves for the internet",
            {{kPublicOut, R"([{"rule_no": 100, "action": "allow", "protocol": "-1", "cidr_block": "10.0.0.0/16"}])"},
             {"/security_groups/web/ingress/0/cidr_blocks/0", R"("10.0.0.0/8")"},
             {"/network_acls/public/ingress/1", ""}},
            "nat-gateway-starved /nat_gateways/nat-a -> /network_acls/public"},
        Row{"replies do not get back inside",
            {{kPublicOut, R"([{"rule_no": 90, "action": "deny", "protocol": "-1", "cidr_block": "10.0.2.0/24"},
                              {"rule_no": 100, "action": "allow", "protocol": "-1", "cidr_block": "0.0.0.0/0"}])"}},
            "nat-gateway-starved /nat_gateways/nat-a -> /network_acls/public/egress/0"},
        Row{"to another subnet it needs no route on",
            {{"/subnets/nat-home", R"({"cidr_block": "10.0.9.0/24"})"},
             {"/nat_gateways/nat-a",
              R"({"subnet": "nat-home", "private_ip": "10.0.9.5", "public_ips": ["203.0.113.5"]})"},
             {"/route_tables/private/0/cidr_block", R"("10.0.1.0/24")"}},
            ""},
        Row{"its own subnet has no route on",
            {{"/subnets/nat-home", R"({"cidr_block": "10.0.9.0/24"})"},
             {"/nat_gateways/nat-a",
              R"({"subnet": "nat-home", "private_ip": "10.0.9.5", "public_ips": ["203.0.113.5"]})"}},
            "route-to-dead-nat-gateway /route_tables/private/0 -> /nat_gateways/nat-a, /route_tables/main"}));

INSTANTIATE_TEST_SUITE_P(
    OpenPorts, LintRow,
    testing::Values(
        Row{"ssh from everywhere",
            {{kPublicIn,
              R"({"rule_no": 105, "action": "allow", "protocol": "tcp", "cidr_block": "0.0.0.0/0", "from_port": 22, "to_port": 22})"},
             {"/network_acls/public/ingress/1", ""},
             {"/security_groups/web/ingress/1",
              R"({"protocol": "tcp", "from_port": 20, "to_port": 25, "cidr_blocks": ["0.0.0.0/0"]})"},
             {"/prefix_lists", "{}"}},
            "open-admin-port /security_groups/web/ingress/1 -> /interfaces/web-1"},
        Row{"rdp and a database in two halves",
            {{kWebRules,
              R"({"protocol": "tcp", "from_port": 3306, "to_port": 3389, "cidr_blocks": ["0.0.0.0/1", "128.0.0.0/1"]})"}},
            "open-admin-port /security_groups/web/ingress/2 -> /interfaces/web-1\n"
            "open-database-port /security_groups/web/ingress/2 -> /interfaces/web-1"},
        Row{"by a prefix list",
            {{"/prefix_lists/all", R"(["0.0.0.0/0"])"},
             {kWebRules, R"({"protocol": "tcp", "from_port": 5432, "to_port": 5432, "prefix_lists": ["all"]})"}},
            "open-database-port /security_groups/web/ingress/2 -> /interfaces/web-1"},
        Row{"the ACL keeps ssh out",
            {{kWebRules, R"({"protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": ["0.0.0.0/0"]})"}},
            "group-rule-covered /security_groups/web/ingress/1 -> /security_groups/web/ingress/2"},
        Row{"nobody with the group is reached from the internet",
            {{"/security_groups/app/ingress/-",
              R"({"protocol": "tcp", "from_port": 3389, "to_port": 3389, "cidr_blocks": ["0.0.0.0/0"]})"}},
            ""}));

INSTANTIATE_TEST_SUITE_P(
    Routes, LintRow,
    testing::Values(
        Row{"longer routes take everything",
            {{"/route_tables/private/-", R"({"cidr_block": "192.0.2.0/24", "nat_gateway": "nat-a"})"},
             {"/route_tables/private/-", R"({"cidr_block": "192.0.2.0/25", "blackhole": true})"},
             {"/route_tables/private/-", R"({"cidr_block": "192.0.2.128/25", "blackhole": true})"}},
            "route-never-taken /route_tables/private/1 -> /route_tables/private/2, /route_tables/private/3"},
        Row{"a CIDR goes before an equal one of a list",
            {{"/route_tables/private/-", R"({"cidr_block": "198.51.100.0/24", "blackhole": true})"},
             {"/route_tables/private/-", R"({"prefix_list": "office", "nat_gateway": "nat-a"})"}},
            "route-never-taken /route_tables/private/2 -> /route_tables/private/1"},
        Row{"half of it is left",
            {{"/route_tables/private/-", R"({"cidr_block": "192.0.2.0/24", "nat_gateway": "nat-a"})"},
             {"/route_tables/private/-", R"({"cidr_block": "192.0.2.128/25", "blackhole": true})"}},
            ""},
        Row{"an interface that takes no packets for others",
            {{"/route_tables/private/-", R"({"cidr_block": "10.200.0.0/16", "interface": "web-1"})"}},
            "route-to-checked-interface /route_tables/private/1 -> /interfaces/web-1"},
        Row{"a public address without a route",
            {{"/interfaces/app-1/public_ip", R"("203.0.113.20")"}},
            "public-ip-without-route /interfaces/app-1/public_ip -> /route_tables/private"}));

TEST(Lint, KnowsTheExampleNetworks) {
  struct Example {
    const char* file;
    const char* expected;
  };
  const Example examples[] = {
      {"/examples/appliance/policy.json", ""},
      {"/examples/docker-host/policy.json", "open-admin-port /security_groups/ec2/ingress/0 -> /interfaces/ec2"},
      {"/examples/ecs-behind-alb/policy.json", ""},
      {"/examples/fargate-microservices/policy.json", ""},
      {"/examples/networking-module/policy.json",
       "acl-drops-replies /network_acls/pubnacl/egress/0 -> /network_acls/pubnacl\n"
       "nat-gateway-starved /nat_gateways/nat1 -> /network_acls/pubnacl"},
      {"/examples/three-tier/policy.json", ""},
      {"/tests/rules/document/data/format-example.json", ""},
      {"/tests/rules/analyze/data/format-example-without-120.json",
       "acl-drops-replies /network_acls/public/egress/0 -> /network_acls/public\n"
       "nat-gateway-starved /nat_gateways/nat-a -> /network_acls/public"},
  };
  for (const auto& example : examples) {
    const auto text = testing_support::read_file(source_folder() + example.file);
    EXPECT_EQ(places(lint_of(text)), example.expected) << example.file;
  }
}

// Letter by letter what a person sees.
TEST(Lint, IsSaidLetterByLetter) {
  const auto folder = source_folder() + "/tests/rules/analyze/data/";
  for (const std::string name : {"format-example-without-120", "covered"}) {
    const auto text = testing_support::read_file(folder + name + ".json");
    EXPECT_EQ(render(lint_of(text), name + ".json", text), testing_support::read_file(folder + name + ".expected"));
  }
}

TEST(Lint, HasAMeaningAndARemedyForEveryKind) {
  for (const auto& text : lint_texts()) {
    EXPECT_FALSE(text.name.empty() || text.meaning.empty() || text.remedy.empty());
    EXPECT_EQ(&text_of(text.kind), &text);
  }
}

TEST(Lint, SaysWhereItStoppedComparing) {
  std::string text =
      R"({"version": 1, "vpc": {"cidr_blocks": ["10.0.0.0/16"]}, "security_groups": {"g": {"ingress": [)";
  for (int port = 0; port < 20000; ++port) {
    const auto number = std::to_string(port * 2);
    text += (port > 0 ? "," : "") + std::string(R"({"protocol":"tcp","from_port":)") + number + R"(,"to_port":)" +
            number + R"(,"cidr_blocks":["0.0.0.0/0"]})";
  }
  text += R"(]}}, "subnets": {"a": {"cidr_block": "10.0.1.0/24", "security_groups": ["g"]}}})";
  EXPECT_EQ(places(lint_of(text)), "not-compared /security_groups/g/ingress/0");
}

}  // namespace
}  // namespace sallyport::rules
