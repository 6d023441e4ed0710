// The internet gateway: 1:1 translation, reflection of the policy's own public addresses, and what may not cross it.
//
// Owner: dataplane/stages. No state of its own.
#include "dataplane/stages/stages.h"

namespace sallyport::dataplane {
namespace {

StageEvent event_of(const PacketContext& context, StageNote note, StageResult code) {
  return {.stage = rules::Stage::internet_gateway,
          .verdict = code == kPass ? StageVerdict::pass : StageVerdict::deny,
          .note = note,
          .place = PlaceKind::interface,
          .at = context.sender.interface,
          .code = code,
          .address = context.source.address};
}

StageResult private_destination(const World& world, rules::Ipv4 destination) {
  const auto& policy = *world.policy;
  if (policy.view().allow_private_internet() || policy.in_uplink_prefix(destination)) return kPass;
  if (rules::is_rfc1918(destination)) return StageResult::IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS;
  if (rules::is_rfc6598(destination)) return StageResult::IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS;
  return kPass;
}

// The source becomes public; a known flow keeps the address it has.
StageResult translate_source(World& world, PacketContext& context) {
  const auto& view = world.policy->view();
  std::uint32_t address = 0;
  if (context.known) {
    address = leaving_tuple(session_of(world, context), context.direction).source;
  } else if (const auto owner = view.owner_of(ip(context.source.address)); owner.kind == rules::OwnerKind::interface) {
    const auto info = view.interface(owner.index);
    if (info.primary.value == context.source.address) address = info.public_ip;
  }
  if (address == 0) return StageResult::IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS;
  context.source.address = address;
  context.outer_source = address;
  return kPass;
}

bool is_own_public(const World& world, const PacketContext& context) {
  const auto destination = ip(context.destination.address);
  if (world.policy->view().public_owner_of(destination).kind != rules::PublicKind::nobody) return true;
  return context.known && world.policy->draining(destination) != nullptr;
}

StageResult leave_by_uplink(World& world, PacketContext& context) {
  const auto& policy = *world.policy;
  const auto destination = ip(context.destination.address);
  context.out_port = policy.uplink_towards(destination);
  if (context.out_port == kNoPort) return StageResult::NO_ROUTE_TO_DESTINATION;
  const auto& uplink = *policy.ports()[context.out_port].uplink;
  context.next_hop = uplink.link.contains(destination) ? destination.value : uplink.gateway.value;
  context.far_hop = kInternetHop;
  return kPass;
}

StageResult judge_out(World& world, PacketContext& context, StageNote& note) {
  if (context.nat == rules::kNone) {
    note = StageNote::one_to_one_out;
    if (const auto code = translate_source(world, context); code != kPass) return code;
  }
  return private_destination(world, ip(context.destination.address));
}

}  // namespace

StageResult internet_out_stage(World& world, PacketContext& context) {
  auto note = StageNote::none;
  auto code = judge_out(world, context, note);
  const bool reflected = code == kPass && is_own_public(world, context);
  if (code == kPass && !reflected && !context.probing()) code = leave_by_uplink(world, context);
  if (context.probing()) context.far_hop = kInternetHop;
  record(world, context, event_of(context, note, code));
  if (code != kPass || !reflected) return code;
  record(world, context, event_of(context, StageNote::reflected, kPass));
  context.subnet = rules::kNone;
  return internet_in_stage(world, context);
}

StageResult internet_in_stage(World& world, PacketContext& context) {
  const auto& view = world.policy->view();
  const auto destination = ip(context.destination.address);
  const auto owner = view.public_owner_of(destination);
  if (owner.kind == rules::PublicKind::nat_gateway) return nat_back_stage(world, context, owner.index);
  const auto* draining = context.known ? world.policy->draining(destination) : nullptr;
  if (draining != nullptr && draining->nat) {
    const auto nat = world.policy->nat_of(draining->owner);
    if (nat != rules::kNone) return nat_back_stage(world, context, nat);
  }
  auto event = event_of(context, StageNote::one_to_one_in, kPass);
  if (owner.kind == rules::PublicKind::interface) {
    context.destination.address = view.interface(owner.index).primary.value;
    event.at = owner.index;
  } else if (draining != nullptr && !draining->nat) {
    context.destination.address = draining->private_ip.value;
    event.at = world.policy->interface_of(draining->owner);
  } else {
    event.note = StageNote::none;
    event.verdict = StageVerdict::deny;
    event.code = StageResult::IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS;
  }
  event.address = context.destination.address;
  record(world, context, event);
  if (event.code != kPass) return event.code;
  context.exempt = context.exempt || view.is_resolver(ip(context.destination.address));
  return local_stage(world, context);
}

}  // namespace sallyport::dataplane
