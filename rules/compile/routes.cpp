// Route tables: one route an entry of a prefix list, and for every destination the route with the longest prefix.
//
// Owner: rules/compile. Among equal prefixes a written CIDR beats an entry of a list, a list the implicit local route,
// and what was written first whatever comes later.
#include <algorithm>
#include <tuple>

#include "rules/compile/step_map_writer.h"
#include "rules/compile/steps.h"

namespace sallyport::rules {
namespace {

using layout::kLocalRoute;

// While its map is made: the candidate, two steps, and lines for both, which count twice.
constexpr std::size_t kBytesARoute = 320;

enum class Origin : std::uint8_t { written, list, local };

struct Candidate {
  Prefix prefix;
  Origin origin = Origin::local;
  std::uint32_t route = kLocalRoute;
};

std::uint32_t target_index(const CompileContext& context, const Route& route) {
  switch (route.target) {
    case RouteTarget::interface:
      return context.interfaces.at(route.target_name);
    case RouteTarget::nat_gateway:
      return context.nats.at(route.target_name);
    case RouteTarget::local:
    case RouteTarget::internet:
    case RouteTarget::blackhole:
      break;
  }
  return kNone;
}

Candidate add_route(CompileContext& context, const Route& route, const Prefix& prefix, Origin origin) {
  auto& routes = context.tables.routes;
  routes.push_back({.destination = {.base = prefix.base.value, .length = prefix.length},
                    .target = static_cast<std::uint32_t>(route.target),
                    .index = target_index(context, route),
                    .line = route.where.line});
  return {.prefix = prefix, .origin = origin, .route = static_cast<std::uint32_t>(routes.size() - 1)};
}

std::vector<Candidate> candidates(CompileContext& context, const RouteTable& table) {
  std::vector<Candidate> found;
  for (const Prefix& block : context.policy.vpc.cidr_blocks) found.push_back({.prefix = block});
  for (const Route& route : table.routes) {
    if (const auto* prefix = std::get_if<Prefix>(&route.destination)) {
      found.push_back(add_route(context, route, *prefix, Origin::written));
      continue;
    }
    const auto list = context.policy.prefix_lists.find(std::get<std::string>(route.destination));
    if (!context.meter.fits((found.size() + list->second.entries.size()) * kBytesARoute)) break;
    for (const Prefix& prefix : list->second.entries) {
      found.push_back(add_route(context, route, prefix, Origin::list));
    }
  }
  std::ranges::stable_sort(found, {}, [](const Candidate& c) { return std::tuple(c.prefix, c.origin); });
  const auto repeated = std::ranges::unique(found, {}, &Candidate::prefix);
  found.erase(repeated.begin(), repeated.end());
  return found;
}

// Walks the prefixes in order of address, outer before inner; a stack holds those that contain the current address.
class RouteSteps {
 public:
  RouteSteps() { start(0, layout::kNothing); }
  void add(const Candidate& candidate) {
    leave_before(candidate.prefix.first().value);
    open_.push_back(candidate);
    start(candidate.prefix.first().value, candidate.route);
  }
  const std::vector<AddressStep>& finish() {
    leave_before(std::uint64_t{1} << 32U);
    return steps_;
  }

 private:
  void leave_before(std::uint64_t address) {
    while (!open_.empty() && open_.back().prefix.last().value < address) {
      const std::uint64_t next = std::uint64_t{open_.back().prefix.last().value} + 1;
      open_.pop_back();
      if (next <= 0xFFFF'FFFFU) {
        start(static_cast<std::uint32_t>(next), open_.empty() ? layout::kNothing : open_.back().route);
      }
    }
  }
  void start(std::uint32_t first, std::uint32_t route) {
    if (!steps_.empty() && steps_.back().first == first) steps_.pop_back();
    steps_.push_back({.first = first, .value = route});
  }

  std::vector<AddressStep> steps_;
  std::vector<Candidate> open_;
};

}  // namespace

void compile_routes(CompileContext& context) {
  for (const auto& [name, table] : context.policy.route_tables) {
    RouteSteps steps;
    const auto found = candidates(context, table);
    context.meter.weigh(context.tables);
    if (!context.meter.fits(found.size() * kBytesARoute)) {
      context.meter.blame("route table " + name + " has " + std::to_string(found.size()) + " destinations");
      return;
    }
    for (const Candidate& candidate : found) steps.add(candidate);
    context.tables.route_tables.push_back(
        {.name = context.text(name), .route_of = StepMapWriter(context.tables.lines).addresses(steps.finish())});
  }
}

}  // namespace sallyport::rules
