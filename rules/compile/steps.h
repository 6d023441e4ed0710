// The steps of the compiler, in the order in which they run. Each reads the policy and fills tables of its own.
//
// Owner: rules/compile. Always: deterministic; no step changes what an earlier one wrote.
#pragma once

#include <cstddef>
#include <expected>
#include <string>

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

// Address classes, descriptors, rows and predicates. Needs owners and rules. The number of rows; the error says
// what causes more than `max_rows`.
[[nodiscard]] std::expected<std::size_t, std::string> compile_decisions(CompileContext& context, std::size_t max_rows);

}  // namespace sallyport::rules
