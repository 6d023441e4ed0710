// The kinds of lint warnings, a line each: feeds messages, `check` and `explain`. Owner: rules/analyze.
#include <array>

#include "rules/analyze/lint.h"

namespace sallyport::rules {
namespace {

constexpr std::array kTexts{
    LintText{LintKind::acl_entry_never_decides, "acl-entry-never-decides",
             "entries with lower numbers match everything that this ACL entry matches, so it never decides",
             "remove the entry, or give it a lower number than the entries that are named"},
    LintText{LintKind::group_rule_covered, "group-rule-covered",
             "other rules of the same group admit everything that this rule admits", "remove the rule"},
    LintText{LintKind::unused_group, "unused-group",
             "no interface and no subnet has this group, and no rule of another group refers to it",
             "remove the group, or give it to the interfaces it was written for"},
    LintText{LintKind::unused_acl, "unused-acl", "no subnet uses this network ACL",
             "remove the ACL, or name it as network_acl of a subnet"},
    LintText{LintKind::unused_route_table, "unused-route-table", "no subnet uses this route table",
             "remove the table, or name it as route_table of a subnet"},
    LintText{LintKind::unused_prefix_list, "unused-prefix-list", "no rule and no route names this prefix list",
             "remove the list, or name it in a rule"},
    LintText{LintKind::unused_nat_gateway, "unused-nat-gateway",
             "no route of a table that a subnet uses leads to this NAT gateway",
             "remove the NAT gateway, or route to it from the subnets that need it"},
    LintText{LintKind::empty_group_reference, "empty-group-reference",
             "a rule names a group that no interface and no subnet has, so it admits nobody by it",
             "give the group to interfaces, or name another one"},
    LintText{LintKind::empty_prefix_list, "empty-prefix-list",
             "a rule or route names a prefix list without entries, so it matches nothing by it",
             "add CIDRs to the list (sallyport prefix add), or remove the reference"},
    LintText{LintKind::no_rules, "no-rules",
             "none of the groups of this interface or subnet has a rule: nothing comes in, nothing goes out",
             "add rules to one of its groups, or give it another group"},
    LintText{LintKind::acl_drops_replies, "acl-drops-replies",
             "a network ACL admits requests and drops the replies to them: ACLs keep no state, replies go to the "
             "asker's port, mostly one of 1024-65535",
             "allow those ports in the other direction of the ACL"},
    LintText{LintKind::nat_gateway_starved, "nat-gateway-starved",
             "the network ACL of a NAT gateway's subnet drops what the gateway needs: requests from the inside, "
             "requests to the outside, replies to its ports 1024-65535, or replies to the inside",
             "allow them in the ACL, or put the NAT gateway into a subnet of its own"},
    LintText{LintKind::open_admin_port, "open-admin-port",
             "everybody on the internet reaches a port for administration (ssh, rdp) of an interface",
             "admit the addresses you administer from, by CIDR or prefix list"},
    LintText{LintKind::open_database_port, "open-database-port",
             "everybody on the internet reaches a port that databases use by convention",
             "if a database listens there, admit its clients alone, by group or prefix list"},
    LintText{LintKind::route_never_taken, "route-never-taken",
             "longer routes, or those inside the VPC, match every destination of this route",
             "remove the route, or the longer ones that take its place"},
    LintText{LintKind::route_to_dead_nat_gateway, "route-to-dead-nat-gateway",
             "a route leads to a NAT gateway whose own subnet has no route on to those destinations",
             "add a route (to the internet, mostly) to the table of the NAT gateway's subnet"},
    LintText{LintKind::route_to_checked_interface, "route-to-checked-interface",
             "a route leads to an interface that takes no packets for others: its source/destination check is on",
             "set source_dest_check to false at the interface, if it is meant to forward"},
    LintText{LintKind::public_ip_without_route, "public-ip-without-route",
             "an interface has a public address, but its subnet has no route to the internet",
             "route 0.0.0.0/0 to the internet in its subnet's table, or remove the address"},
    LintText{LintKind::not_compared, "not-compared",
             "so many rules overlap here that check stopped comparing them: it may have missed some",
             "nothing needs to be done; fewer overlapping rules are compared completely"},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kTexts.size(); ++i) {
    if (static_cast<std::size_t>(kTexts[i].kind) != i) return false;
  }
  return kTexts.back().kind == LintKind::not_compared;
}
static_assert(in_order());

}  // namespace

std::span<const LintText> lint_texts() { return kTexts; }

const LintText& text_of(LintKind kind) { return kTexts[static_cast<std::size_t>(kind)]; }

}  // namespace sallyport::rules
