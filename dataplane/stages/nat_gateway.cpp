// The NAT gateway: its subnet's network ACL either way, a second route lookup, and the source that the route chooses.
//
// Owner: dataplane/stages. The mapping is the session; nothing is reserved before the packet is committed.
// Always: a mapping's reply tuple belongs to no other flow.
#include <algorithm>
#include <array>
#include <optional>

#include "dataplane/nat/address_pool.h"
#include "dataplane/packet/originate.h"
#include "dataplane/stages/stages.h"

namespace sallyport::dataplane {
namespace {

using rules::RouteTarget;

bool is_any_icmp_error(const ParsedPacket& parsed) {
  return parsed.protocol == kIcmp &&
         (parsed.is_icmp_error || parsed.icmp_type == icmp::kSourceQuench || parsed.icmp_type == icmp::kRedirect);
}

StageEvent event_of(rules::NatIndex nat, StageNote note, StageResult code) {
  return {.stage = rules::Stage::nat_gateway,
          .verdict = code == kPass ? StageVerdict::pass : StageVerdict::deny,
          .note = note,
          .place = PlaceKind::nat_gateway,
          .at = nat,
          .code = code};
}

void send_reset(World& world, PacketContext& context) {
  const auto& packet = *context.packet;
  if (!world.outbox.resets.take(world.now)) return;
  auto* frame = world.outbox.begin(packet.in_port);
  if (frame == nullptr) return;
  frame->length =
      static_cast<std::uint16_t>(build_tcp_reset(frame->bytes, {packet.data, packet.length}, context.parsed));
  if (world.outbox.commit()) world.counters.resets_sent.add();
}

StageResult admit_new(World& world, PacketContext& context) {
  const auto& parsed = context.parsed;
  if (parsed.is_echo) {
    return parsed.icmp_type == icmp::kEchoRequest && !context.stateless ? kPass : StageResult::NAT_NO_SESSION;
  }
  if (parsed.protocol == kUdp || is_bare_syn(parsed.tcp_flags)) return kPass;
  if (const auto code = check_sum(world, context); code != kPass) return code;
  send_reset(world, context);
  return StageResult::NAT_NO_SESSION;
}

StageResult admit(World& world, PacketContext& context, rules::NatIndex nat) {
  const auto& parsed = context.parsed;
  if (!context.related && is_any_icmp_error(parsed)) return StageResult::ICMP_ERROR_NO_FLOW;
  const bool carried = parsed.protocol == kTcp || parsed.protocol == kUdp || parsed.is_echo || context.related;
  if (!carried) return StageResult::PROTOCOL_RESTRICTION;
  if (!world.policy->view().in_vpc(ip(context.source.address))) return StageResult::NGW_REQUIRES_SOURCE_IN_VPC;
  if (context.probing()) return kPass;
  if (!context.known) return admit_new(world, context);
  const bool mapped = context.direction == Direction::out &&
                      world.flows.detail(context.session).nat_gateway == world.policy->nat_uid_of(nat);
  return mapped ? kPass : StageResult::NO_ROUTE_TO_DESTINATION;
}

struct FarSide {
  Endpoint endpoint;
  Uid hop = kOwnHop;
};

// Where the packet will arrive behind the NAT gateway, as answers to it will come.
FarSide far_side(const World& world, const PacketContext& context, const rules::RouteVerdict& route) {
  const auto& view = world.policy->view();
  auto to = context.destination;
  auto owner = view.owner_of(ip(to.address));
  if (route.target == RouteTarget::internet) {
    const auto own = view.public_owner_of(ip(to.address));
    if (own.kind != rules::PublicKind::interface) return {to, kInternetHop};
    to.address = view.interface(own.index).primary.value;
    owner = {rules::OwnerKind::interface, own.index, rules::kNone};
  }
  if (route.target == RouteTarget::interface && owner.index != route.index) {
    return {to, world.policy->uid_of(route.index)};
  }
  if (owner.kind != rules::OwnerKind::interface) return {to, kOwnHop};
  const auto* entry = view.published(owner.index, ip(to.address), context.parsed.protocol, to.port);
  if (entry == nullptr) return {to, kOwnHop};
  const auto offset = static_cast<unsigned>(to.port - entry->first_port);
  return {{entry->target, static_cast<std::uint16_t>(entry->target_first_port + offset)},
          world.policy->uid_of(owner.index)};
}

// Lends the flow an address and a port: a public one towards the internet, the private one anywhere else.
std::optional<Endpoint> lend(World& world, PacketContext& context, const rules::NatInfo& nat,
                             const rules::RouteVerdict& route) {
  std::array<rules::Ipv4, 8> addresses{nat.private_ip};
  std::size_t count = 1;
  if (route.target == RouteTarget::internet) {
    count = std::min(nat.public_ips.size(), addresses.size());
    std::ranges::transform(nat.public_ips.first(count), addresses.begin(), ip);
  }
  const std::span lent(addresses.data(), count);
  const auto far = far_side(world, context, route);
  FlowTuple reply{far.endpoint.address, 0, far.endpoint.port, 0, FlowTuple::pack(far.hop, context.parsed.protocol)};
  const auto inside = ip(context.source.address);
  if (world.forced_nat_port == 0) {
    return lend_address(lent, inside, world.flows, reply, world.nat_ports);
  }
  reply.destination = lent[first_address_for(inside, count)].value;
  if (!world.nat_ports.is_free(world.flows, reply, world.forced_nat_port)) return std::nullopt;
  return Endpoint{reply.destination, world.forced_nat_port};
}

StageResult translate_new(World& world, PacketContext& context, const rules::NatInfo& nat) {
  const auto& view = world.policy->view();
  const auto destination = ip(context.destination.address);
  rules::RouteVerdict route{.found = true, .target = RouteTarget::local};
  if (view.owner_of(destination).subnet != nat.subnet) route = view.route(view.subnet(nat.subnet).table, destination);
  if (!route.found) return StageResult::NO_ROUTE_TO_DESTINATION;
  if (route.target == RouteTarget::blackhole) return StageResult::BAD_STATE_ROUTE;
  context.sender.tracked = !context.exempt;
  if (context.probing()) return kPass;
  const auto lent = lend(world, context, nat, route);
  if (!lent) {
    world.counters.nat_port_errors.add();
    return StageResult::NAT_PORT_EXHAUSTED;
  }
  context.source = *lent;
  return kPass;
}

StageResult translate(World& world, PacketContext& context, const rules::NatInfo& nat) {
  if (context.known && !context.probing()) {
    const auto leaving = leaving_tuple(session_of(world, context), Direction::out);
    context.source = {leaving.source, leaving.source_port};
  } else if (const auto code = translate_new(world, context, nat); code != kPass) {
    return code;
  }
  if (context.parsed.is_echo || (context.related && context.key.protocol() == kIcmp)) {
    context.destination.port = context.source.port;
  }
  context.outer_source = context.source.address;
  return kPass;
}

// Out of the NAT gateway's subnet: straight to a neighbour in it, else by its ACL and table.
StageResult leave_nat(World& world, PacketContext& context, rules::NatIndex nat) {
  context.nat = nat;
  const auto subnet = world.policy->view().nat(nat).subnet;
  context.subnet = subnet;
  if (world.policy->view().owner_of(ip(context.destination.address)).subnet == subnet)
    return local_stage(world, context);
  const auto code = acl_stage(world, context, subnet, rules::Direction::egress);
  return code != kPass ? code : route_stage(world, context);
}

StageResult enter_nat(World& world, PacketContext& context, rules::SubnetIndex subnet) {
  return context.subnet == subnet ? kPass : acl_stage(world, context, subnet, rules::Direction::ingress);
}

}  // namespace

StageResult nat_out_stage(World& world, PacketContext& context, rules::NatIndex nat) {
  const auto info = world.policy->view().nat(nat);
  if (const auto code = enter_nat(world, context, info.subnet); code != kPass) return code;
  auto code = admit(world, context, nat);
  if (code == kPass) code = translate(world, context, info);
  auto event = event_of(nat, StageNote::nat_out, code);
  event.address = context.source.address;
  event.port = context.source.port;
  record(world, context, event);
  return code != kPass ? code : leave_nat(world, context, nat);
}

StageResult nat_back_stage(World& world, PacketContext& context, rules::NatIndex nat) {
  const auto info = world.policy->view().nat(nat);
  if (const auto code = enter_nat(world, context, info.subnet); code != kPass) return code;
  const bool mapped = context.reply() && !context.probing() && context.nat == rules::kNone &&
                      world.flows.detail(context.session).nat_gateway == world.policy->nat_uid_of(nat);
  auto event = event_of(nat, StageNote::nat_back, kPass);
  if (!mapped) {
    event = event_of(nat, StageNote::none,
                     is_any_icmp_error(context.parsed) ? StageResult::ICMP_ERROR_NO_FLOW : StageResult::NAT_NO_SESSION);
    event.address = context.destination.address;
    record(world, context, event);
    return event.code;
  }
  const auto leaving = leaving_tuple(session_of(world, context), Direction::back);
  context.destination = {leaving.destination, leaving.destination_port};
  if (context.key.protocol() == kIcmp) context.source.port = leaving.source_port;
  event.address = leaving.destination;
  event.port = leaving.destination_port;
  record(world, context, event);
  return leave_nat(world, context, nat);
}

}  // namespace sallyport::dataplane
