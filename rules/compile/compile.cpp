// From a policy to an image: ceilings, then each table. Owner: rules/compile.
#include "rules/compile/compile.h"

#include <algorithm>
#include <array>
#include <ranges>
#include <span>
#include <string>

#include "rules/compile/compile_state.h"
#include "rules/compile/steps.h"
#include "rules/image/image_writer.h"
#include "rules/image/step_map_walk.h"
#include "rules/image/wide_map.h"

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

std::size_t most_groups(const Policy& policy) {
  std::size_t most = 0;
  for (const auto& [name, interface] : policy.interfaces) most = std::max(most, interface.security_groups.size());
  for (const auto& [name, subnet] : policy.subnets) most = std::max(most, subnet.security_groups.size());
  return most;
}

std::size_t lines_of(step_map::Ref ref) {
  if (step_map::is_leaf(ref) || ref == layout::kOwn) return 0;
  return step_map::lines_touched(step_map::form_of(ref));
}

std::size_t lines_of_class(const ImageTables& tables) {
  std::size_t low = 0;
  const auto root = tables.options.class_of;
  step_map::walk(tables.lines.data(), root, [&](auto, auto, step_map::Ref ref) { low = std::max(low, lines_of(ref)); });
  return lines_of(root) + low;
}

std::size_t lines_of_ipv6_class(const ImageTables& tables, step_map::Ref ref) {
  if (step_map::is_leaf(ref)) return 0;
  const Line* lines = tables.lines.data();
  const step_map::Form form = step_map::form_of(ref);
  if (form == wide_map::kFew) return 1;
  if (form == wide_map::kSkip) {
    return 1 + lines_of_ipv6_class(tables, lines[step_map::line_of(ref)].words[wide_map::kSkipInside]);
  }
  std::size_t below = 0;
  step_map::walk(lines, ref, [&](auto, auto, auto at) { below = std::max(below, lines_of_ipv6_class(tables, at)); });
  return lines_of(ref) + below;
}

// Interface, descriptor, map of any address; class, row (two buckets), predicate, its map.
std::size_t lines_of_decision(const ImageTables& tables, std::span<const layout::DescriptorRecord> descriptors,
                              std::size_t address_class, auto maps_of) {
  const auto most = [](const layout::Maps& maps) { return std::ranges::max(maps | std::views::transform(lines_of)); };
  std::size_t any = 0;
  std::size_t peer = 0;
  std::size_t rows = 0;
  for (const auto& descriptor : descriptors) {
    any = std::max(any, most(descriptor.any));
    rows = std::max<std::size_t>(rows, descriptor.mask == 0 ? 1 : 2);
  }
  for (const auto& predicate : tables.predicates) peer = std::max(peer, most(maps_of(predicate)));
  return 2 + any + address_class + rows + 1 + peer;
}

CompileReport report_of(const ImageTables& tables, std::size_t rows, std::size_t bytes, std::size_t memory) {
  return {
      .group_sets = tables.group_lists.size(),
      .classes = tables.options.classes,
      .rows = rows,
      .predicates = tables.predicates.size(),
      .image_bytes = bytes,
      .memory_bytes = memory,
      .lines = lines_of_decision(tables, tables.descriptors, lines_of_class(tables),
                                 [](const auto& predicate) { return predicate.maps; }),
      .ipv6_lines = lines_of_decision(tables, tables.ipv6_descriptors,
                                      lines_of_ipv6_class(tables, tables.options.class_of_ipv6), layout::ipv6_maps)};
}

}  // namespace

std::expected<Compiled, Diagnostics> compile(const Policy& policy, const Budget& budget, const Elapsed& elapsed,
                                             const ImageCeilings& ceilings) {
  CompileState state(policy, budget, elapsed);
  return compile(state, ceilings);
}

std::expected<Compiled, Diagnostics> compile(CompileState& state, const ImageCeilings& ceilings) {
  const Policy& policy = state.policy;
  CompileContext& context = state.context;
  Diagnostics problems;
  at_most(count_rules(policy), ceilings.rules, "rules in all groups and ACLs", "rules", problems);
  at_most(count_routes(policy), ceilings.routes, "routes with every entry of their prefix lists", "routes", problems);
  at_most(most_groups(policy), ceilings.groups_per_interface, "groups of one interface or subnet",
          "groups_per_interface", problems);
  if (problems.has_errors()) return std::unexpected(std::move(problems));
  context.tables.source = policy.source.view();
  context.tables.file_name = policy.file;
  std::size_t rows = 0;
  for (const auto step : {compile_places, compile_owners, compile_routes, compile_rules}) {
    step(context);
    context.meter.weigh(context.tables);
    if (!context.meter.fits()) break;
  }
  if (context.meter.fits()) rows = state.decisions.emplace(context).compile();
  if (const auto problem = context.meter.problem()) {
    problems.error({}, "", *problem);
    return std::unexpected(std::move(problems));
  }
  auto image = Image::load(write_image(context.tables));
  if (!image) {
    problems.error({}, "", "the compiled image does not pass its own checks: " + image.error());
    return std::unexpected(std::move(problems));
  }
  CompileReport report = report_of(context.tables, rows, image->bytes().size(), context.meter.peak());
  return Compiled{.image = std::move(*image), .report = report};
}

}  // namespace sallyport::rules
