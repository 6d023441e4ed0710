// Arrival inside: network ACL in, destination check, groups in, publish, and the link it leaves by.
//
// Owner: dataplane/stages.
#include "dataplane/stages/stages.h"

namespace sallyport::dataplane {
namespace {

// A receiver whose address left the policy drains with its flow.
rules::InterfaceIndex draining_receiver(const World& world, const PacketContext& context) {
  if (!context.known) return rules::kNone;
  const auto& detail = world.flows.detail(context.session);
  return world.policy->interface_of(context.direction == Direction::out ? detail.interface_to : detail.interface_from);
}

void use_port(World& world, PacketContext& context, rules::SubnetIndex subnet, std::uint32_t address) {
  const auto ports = world.policy->ports_of(subnet);
  context.next_hop = address;
  context.next_hop_is_receiver = true;
  context.out_port = ports.front();
  for (const auto port : ports) {
    const auto* neighbor = world.neighbors[port].find(address);
    if (neighbor == nullptr || neighbor->state == NeighborState::unresolved) continue;
    context.out_port = port;
    return;
  }
}

StageResult find_link(World& world, PacketContext& context, rules::SubnetIndex subnet, std::uint32_t address) {
  if (context.probing()) return kPass;
  const auto& policy = *world.policy;
  if (!policy.ports_of(subnet).empty()) {
    use_port(world, context, subnet, address);
    return kPass;
  }
  context.out_port = policy.routed_port();
  if (context.out_port == kNoPort) return StageResult::NO_ROUTE_TO_DESTINATION;
  const auto& routed = *policy.ports()[context.out_port].routed;
  context.next_hop = routed.link.contains(ip(address)) ? address : routed.gateway.value;
  return kPass;
}

void publish_to(World& world, PacketContext& context, Endpoint target) {
  context.published = true;
  context.destination = target;
  context.far_hop = world.policy->uid_of(context.receiver.interface);
  record(world, context,
         {.stage = rules::Stage::publish,
          .note = StageNote::published,
          .place = PlaceKind::interface,
          .at = context.receiver.interface,
          .address = target.address,
          .port = target.port});
}

void publish(World& world, PacketContext& context) {
  if (context.reply()) return;
  if (context.known && !context.probing()) {
    const auto& session = session_of(world, context);
    const auto leaving = leaving_tuple(session, Direction::out);
    if ((session.flags & kPublished) != 0) publish_to(world, context, {leaving.destination, leaving.destination_port});
    return;
  }
  const auto* entry = world.policy->view().published(context.receiver.interface, ip(context.destination.address),
                                                     context.parsed.protocol, context.destination.port);
  if (entry == nullptr) return;
  const auto offset = static_cast<unsigned>(context.destination.port - entry->first_port);
  publish_to(world, context, {entry->target, static_cast<std::uint16_t>(entry->target_first_port + offset)});
}

StageResult dest_check(World& world, PacketContext& context, bool own) {
  const bool pass = own || !world.policy->view().interface(context.receiver.interface).source_dest_check;
  const auto code = pass ? kPass : StageResult::ENI_SOURCE_DEST_CHECK_RESTRICTION;
  record(world, context,
         {.stage = rules::Stage::dest_check,
          .verdict = pass ? StageVerdict::pass : StageVerdict::deny,
          .place = PlaceKind::interface,
          .at = context.receiver.interface,
          .code = code,
          .address = context.destination.address});
  return code;
}

// At the door of interface `receiver` in `subnet`, which has the link address of `address`.
StageResult enter(World& world, PacketContext& context, rules::SubnetIndex subnet, rules::InterfaceIndex receiver,
                  bool own, std::uint32_t address) {
  if (subnet != context.subnet) {
    const auto code = acl_stage(world, context, subnet, rules::Direction::ingress);
    if (code != kPass) return code;
  }
  context.receiver.interface = receiver;
  context.far_hop = own ? kOwnHop : world.policy->uid_of(receiver);
  if (const auto code = dest_check(world, context, own); code != kPass) return code;
  if (const auto code = groups_stage(world, context, rules::Direction::ingress); code != kPass) return code;
  if (own) publish(world, context);
  const auto code = find_link(world, context, subnet, address);
  if (code != kPass) {
    record(world, context,
           {.stage = rules::Stage::forward,
            .verdict = StageVerdict::deny,
            .place = PlaceKind::subnet,
            .at = subnet,
            .code = code});
  }
  return code;
}

}  // namespace

StageResult local_stage(World& world, PacketContext& context) {
  const auto& view = world.policy->view();
  const auto destination = context.destination.address;
  const auto owner = view.owner_of(ip(destination));
  if (owner.kind == rules::OwnerKind::nat_gateway) return nat_back_stage(world, context, owner.index);
  if (owner.kind == rules::OwnerKind::interface || owner.kind == rules::OwnerKind::host) {
    return enter(world, context, owner.subnet, owner.index, true, destination);
  }
  const auto drained = owner.kind == rules::OwnerKind::nobody ? draining_receiver(world, context) : rules::kNone;
  if (drained != rules::kNone) {
    return enter(world, context, view.interface(drained).subnet, drained, true, destination);
  }
  record(world, context,
         {.stage = rules::Stage::route,
          .verdict = StageVerdict::deny,
          .place = PlaceKind::subnet,
          .at = context.subnet,
          .code = StageResult::UNKNOWN_HOST,
          .address = destination});
  return StageResult::UNKNOWN_HOST;
}

StageResult appliance_stage(World& world, PacketContext& context, rules::InterfaceIndex interface) {
  const auto& view = world.policy->view();
  const auto info = view.interface(interface);
  const auto owner = view.owner_of(ip(context.destination.address));
  const bool own = owner.kind == rules::OwnerKind::interface && owner.index == interface;
  return enter(world, context, info.subnet, interface, own, own ? context.destination.address : info.primary.value);
}

}  // namespace sallyport::dataplane
