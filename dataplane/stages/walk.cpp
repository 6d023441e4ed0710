// From the sender to the receiver: the stages in the order of docs/packet-path.md, once for a new flow, once a
// direction for a known one, and once without a packet when the policy changed.
//
// Owner: dataplane/stages.
// Always: a known flow's packet ends where its session says or not at all.
#include "dataplane/stages/stages.h"

namespace sallyport::dataplane {
namespace {

// A publishing host answers as its target: give the answer the published address back.
void undo_publish(World& world, PacketContext& context) {
  if (!context.reply() || (session_of(world, context).flags & kPublished) == 0) return;
  const auto& policy = *world.policy;
  const auto& opening = session_of(world, context).opening;
  auto address = opening.destination;
  const auto owner = policy.view().public_owner_of(ip(address));
  if (owner.kind == rules::PublicKind::interface) {
    address = policy.view().interface(owner.index).primary.value;
  } else if (const auto* draining = policy.draining(ip(address)); draining != nullptr && !draining->nat) {
    address = draining->private_ip.value;
  }
  context.source = {address, opening.destination_port};
  context.outer_source = address;
  record(world, context,
         {.stage = rules::Stage::publish,
          .note = StageNote::published_back,
          .place = PlaceKind::interface,
          .at = context.sender.interface,
          .address = address,
          .port = opening.destination_port});
}

bool touches_resolver(const World& world, const PacketContext& context) {
  const auto& view = world.policy->view();
  return view.is_resolver(ip(context.source.address)) || view.is_resolver(ip(context.destination.address));
}

StageResult from_internet(World& world, PacketContext& context) {
  const auto& view = world.policy->view();
  const auto source = ip(context.outer_source);
  auto result = kPass;
  if (!view.allow_private_internet() && !world.policy->in_uplink_prefix(source)) {
    if (rules::is_rfc1918(source)) result = StageResult::IGW_SOURCE_ADDRESS_NOT_IN_RFC1918_INGRESS;
    if (rules::is_rfc6598(source)) result = StageResult::IGW_SOURCE_ADDRESS_NOT_IN_RFC6598_INGRESS;
  }
  if (result == kPass) return internet_in_stage(world, context);
  record(world, context,
         {.stage = rules::Stage::internet_gateway,
          .verdict = StageVerdict::deny,
          .place = PlaceKind::port,
          .at = context.packet != nullptr ? context.packet->in_port : rules::kNone,
          .code = result,
          .address = source.value});
  return result;
}

StageResult from_inside(World& world, PacketContext& context) {
  if (const auto result = groups_stage(world, context, rules::Direction::egress); result != kPass) return result;
  const auto owner = world.policy->view().owner_of(ip(context.destination.address));
  if (owner.subnet == context.subnet) {
    record(world, context,
           {.stage = rules::Stage::route,
            .note = StageNote::same_subnet,
            .place = PlaceKind::subnet,
            .at = context.subnet});
    return local_stage(world, context);
  }
  const auto result = acl_stage(world, context, context.subnet, rules::Direction::egress);
  return result != kPass ? result : route_stage(world, context);
}

// A known flow leaves by the hop its session names; anything else has been led astray by a route.
StageResult stays_on_course(World& world, const PacketContext& context) {
  if (!context.known || context.probing()) return kPass;
  const auto& session = session_of(world, context);
  const auto expected = context.direction == Direction::out ? session.reply.hop() : session.opening.hop();
  if (context.far_hop == expected) return kPass;
  record(world, context,
         {.stage = rules::Stage::route,
          .verdict = StageVerdict::deny,
          .place = PlaceKind::subnet,
          .at = context.subnet,
          .code = StageResult::NO_ROUTE_TO_DESTINATION,
          .address = context.destination.address});
  return StageResult::NO_ROUTE_TO_DESTINATION;
}

}  // namespace

StageResult walk_stage(World& world, PacketContext& context) {
  context.exempt = touches_resolver(world, context);
  undo_publish(world, context);
  const auto result = context.hop == kInternetHop ? from_internet(world, context) : from_inside(world, context);
  return result != kPass ? result : stays_on_course(world, context);
}

}  // namespace sallyport::dataplane
