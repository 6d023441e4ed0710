// The route table of the subnet where the packet stands: longest prefix, then where its target leads.
//
// Owner: dataplane/stages.
#include "dataplane/stages/stages.h"

namespace sallyport::dataplane {
namespace {

using rules::RouteTarget;

StageNote note_of(RouteTarget target) {
  switch (target) {
    case RouteTarget::local:
      return StageNote::local_route;
    case RouteTarget::internet:
      return StageNote::internet_route;
    case RouteTarget::nat_gateway:
      return StageNote::nat_route;
    case RouteTarget::interface:
      return StageNote::interface_route;
    case RouteTarget::blackhole:
      break;
  }
  return StageNote::blackhole_route;
}

bool is_address_of(const BoundPolicy& policy, rules::Ipv4 address, rules::InterfaceIndex interface) {
  const auto owner = policy.view().owner_of(address);
  return owner.kind == rules::OwnerKind::interface && owner.index == interface;
}

// An answer goes back the way its session came: not into a NAT gateway, to another hop or to an internet it is not
// from.
bool leads_back(const World& world, const PacketContext& context, const rules::RouteVerdict& verdict) {
  if (!context.reply()) return true;
  const auto& policy = *world.policy;
  const auto expected = world.flows.session(context.session).opening.hop();
  const auto destination = ip(context.destination.address);
  switch (verdict.target) {
    case RouteTarget::nat_gateway:
      return false;
    case RouteTarget::interface:
      return expected == policy.uid_of(verdict.index) || is_address_of(policy, destination, verdict.index);
    case RouteTarget::internet:
      return expected == kInternetHop || policy.view().public_owner_of(destination).kind != rules::PublicKind::nobody ||
             policy.draining(destination) != nullptr;
    case RouteTarget::local:
    case RouteTarget::blackhole:
      break;
  }
  return true;
}

StageResult code_of(const World& world, const PacketContext& context, const rules::RouteVerdict& verdict) {
  if (!verdict.found) return StageResult::NO_ROUTE_TO_DESTINATION;
  if (verdict.target == RouteTarget::blackhole) return StageResult::BAD_STATE_ROUTE;
  return leads_back(world, context, verdict) ? kPass : StageResult::NO_ROUTE_TO_DESTINATION;
}

}  // namespace

StageResult route_stage(World& world, PacketContext& context) {
  const auto& view = world.policy->view();
  const auto table = view.subnet(context.subnet).table;
  const auto verdict = view.route(table, ip(context.destination.address));
  const auto code = code_of(world, context, verdict);
  record(world, context,
         {.stage = rules::Stage::route,
          .verdict = code == kPass ? StageVerdict::pass : StageVerdict::deny,
          .note = verdict.found ? note_of(verdict.target) : StageNote::none,
          .place = PlaceKind::subnet,
          .at = context.subnet,
          .route = verdict.route,
          .table = table,
          .code = code,
          .address = context.destination.address});
  if (code != kPass) return code;
  switch (verdict.target) {
    case RouteTarget::local:
      return local_stage(world, context);
    case RouteTarget::internet:
      return internet_out_stage(world, context);
    case RouteTarget::nat_gateway:
      return nat_out_stage(world, context, verdict.index);
    case RouteTarget::interface:
      return appliance_stage(world, context, verdict.index);
    case RouteTarget::blackhole:
      break;
  }
  return StageResult::BAD_STATE_ROUTE;
}

}  // namespace sallyport::dataplane
