// The steps of the compiler, in the order in which they run. Each reads the policy and fills tables of its own.
//
// Owner: rules/compile. Always: deterministic; no step changes what an earlier one wrote; a step that goes over the
// budget ends early, and the meter says so.
#pragma once

#include <string>
#include <vector>

#include "rules/compile/context.h"

namespace sallyport::rules {

// Options, VPC CIDRs, subnets, interfaces (named, then host interfaces), NAT gateways, publish; names of groups and
// ACLs.
void compile_places(CompileContext& context);
// Whose each private and public address is. Needs the places.
void compile_owners(CompileContext& context);
// Route tables, routes, and the longest prefix for every destination.
void compile_routes(CompileContext& context);
// Group rules and ACL entries with their provenance.
void compile_rules(CompileContext& context);

// The rules of one group or ACL in one direction behind all others.
RuleRange add_group_rules(CompileContext& context, const std::string& name, const std::vector<GroupRule>& rules,
                          Direction direction);
RuleRange add_acl_entries(CompileContext& context, const std::string& name, const std::vector<AclEntry>& entries,
                          Direction direction);

}  // namespace sallyport::rules
