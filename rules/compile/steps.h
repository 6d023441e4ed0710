// The steps of the compiler, in the order in which they run. Each reads the policy and fills tables of its own.
//
// Owner: rules/compile. Always: deterministic; no step changes what an earlier one wrote; a step that goes over the
// budget ends early, and the meter says so.
#pragma once

#include <cstddef>

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

// Address classes, descriptors, rows and predicates. Needs owners and rules. Returns the number of rows.
[[nodiscard]] std::size_t compile_decisions(CompileContext& context);

}  // namespace sallyport::rules
