// From a policy to an image: ceilings, then each table. Owner: rules/compile.
#include "rules/compile/compile.h"

#include <algorithm>
#include <bit>
#include <string>

#include "rules/compile/steps.h"
#include "rules/image/image_writer.h"

namespace sallyport::rules {
namespace {

std::size_t count_rules(const Policy& policy) {
  std::size_t rules = 0;
  for (const auto& [name, group] : policy.security_groups) rules += group.ingress.size() + group.egress.size();
  for (const auto& [name, acl] : policy.network_acls) rules += acl.ingress.size() + acl.egress.size();
  return rules;
}

std::size_t count_routes(const Policy& policy) {
  std::size_t routes = 0;
  for (const auto& [name, table] : policy.route_tables) {
    for (const Route& route : table.routes) {
      const auto* list = std::get_if<std::string>(&route.destination);
      routes += list == nullptr ? 1 : policy.prefix_lists.find(*list)->second.entries.size();
    }
  }
  return routes;
}

void at_most(std::size_t count, std::size_t ceiling, const std::string& what, const std::string& name,
             Diagnostics& problems) {
  if (count <= ceiling) return;
  problems.error({}, "",
                 std::to_string(count) + " " + what + ", the ceiling " + name + " is " + std::to_string(ceiling));
}

// Class of the address, row of the class, then the segment in two predicates (rules/decide/judge.cpp).
std::size_t search_steps(const ImageTables& tables) {
  std::size_t rows = 0;
  for (const auto& descriptor : tables.descriptors) rows = std::max<std::size_t>(rows, descriptor.row_count);
  std::size_t segments = 0;
  for (const auto& predicate : tables.predicates) {
    for (std::size_t kind = 0; kind + 1 < predicate.segments.size(); ++kind) {
      segments = std::max<std::size_t>(segments, predicate.segments[kind + 1] - predicate.segments[kind]);
    }
  }
  const auto steps = [](std::size_t records) { return static_cast<std::size_t>(std::bit_width(records)); };
  return steps(tables.classes.size()) + steps(rows) + 2 * steps(segments);
}

CompileReport report_of(const ImageTables& tables, std::size_t bytes) {
  return {.interfaces = tables.options.named_interfaces,
          .group_sets = tables.group_lists.size(),
          .rules = tables.rules.size(),
          .classes = tables.options.classes,
          .rows = tables.rows.size(),
          .predicates = tables.predicates.size(),
          .image_bytes = bytes,
          .search_steps = search_steps(tables)};
}

}  // namespace

std::expected<Compiled, Diagnostics> compile(const Policy& policy, const ImageCeilings& ceilings) {
  Diagnostics problems;
  at_most(count_rules(policy), ceilings.rules, "rules in all groups and ACLs", "rules", problems);
  at_most(count_routes(policy), ceilings.routes, "routes with every entry of their prefix lists", "routes", problems);
  if (problems.has_errors()) return std::unexpected(std::move(problems));
  CompileContext context(policy);
  context.tables.source = policy.source;
  context.tables.file_name = policy.file;
  compile_places(context);
  compile_owners(context);
  compile_routes(context);
  compile_rules(context);
  if (!compile_decisions(context, ceilings.rows)) {
    problems.error({}, "",
                   "groups and ACLs tell too many kinds of remote addresses apart, the ceiling rows is " +
                       std::to_string(ceilings.rows));
    return std::unexpected(std::move(problems));
  }
  auto image = Image::load(write_image(context.tables));
  if (!image) {
    problems.error({}, "", "the compiled image does not pass its own checks: " + image.error());
    return std::unexpected(std::move(problems));
  }
  CompileReport report = report_of(context.tables, image->bytes().size());
  return Compiled{.image = std::move(*image), .report = report};
}

}  // namespace sallyport::rules
