// Last stage: time to live, MTU, flow, next hop. Afterwards the packet is on its way or waits for a neighbour.
//
// Owner: dataplane/stages.
#include "dataplane/stages/forward.h"

#include "dataplane/neighbor/assumed_neighbor.h"
#include "dataplane/packet/originate.h"
#include "dataplane/stages/commit.h"
#include "dataplane/stages/link.h"
#include "dataplane/stages/stages.h"

namespace sallyport::dataplane {
namespace {

// The gateway's own address as the sender knows it.
std::uint32_t address_towards_sender(const World& world, const PacketContext& context) {
  const auto& port = world.settings.ports[context.packet->in_port];
  if (context.hop == kInternetHop) return port.uplink->address.value;
  const auto& policy = *world.policy;
  const auto subnet = policy.view().interface(context.sender.interface).subnet;
  if (!policy.on_link(subnet, context.packet->in_port) && port.routed) return port.routed->address.value;
  return policy.view().subnet(subnet).router.value;
}

StageResult judge_size(World& world, const PacketContext& context) {
  if (context.parsed.ttl <= 1) {
    send_icmp_error(world, context, icmp::kTimeExceeded, 0, 0);
    return StageResult::TTL_EXPIRED;
  }
  const auto mtu = world.settings.ports[context.out_port].mtu;
  if (context.parsed.total_length <= mtu) return kPass;
  if (context.parsed.dont_fragment) {
    send_icmp_error(world, context, icmp::kUnreachable, icmp::kFragmentationNeeded, mtu);
  }
  return StageResult::MTU_EXCEEDED;
}

// The receiver's subnet may be on other ports too: ask there as well.
void ask_elsewhere(World& world, const PacketContext& context) {
  if (!context.next_hop_is_receiver || world.neighbors[context.out_port].find(context.next_hop) != nullptr) return;
  const auto subnet = world.policy->view().interface(context.receiver.interface).subnet;
  for (const auto port : world.policy->ports_of(subnet)) {
    if (port != context.out_port) Link(world, port).request(context.next_hop, nullptr);
  }
}

StageResult send_or_hold(World& world, PacketContext& context) {
  auto& packet = *context.packet;
  packet.out_port = context.out_port;
  if (const auto mac = link_address(world, context)) {
    packet.disposition = Disposition::forward;
    set_link_addresses(packet.data, world.settings.ports[packet.out_port].mac, *mac);
    return kPass;
  }
  packet.disposition = Disposition::hold;
  ask_elsewhere(world, context);
  Link link(world, context.out_port);
  if (world.neighbors[context.out_port].hold(context.next_hop, packet, world.now, link)) return kPass;
  packet.disposition = Disposition::pending;
  packet.out_port = kNoPort;
  return StageResult::QUEUE_FULL;
}

StageResult commit(World& world, PacketContext& context) {
  if (const auto code = judge_size(world, context); code != kPass) return code;
  if (const auto code = check_transition(world, context); code != kPass) return code;
  const auto planned = plan_flow(world, context);
  if (!planned) return planned.error();
  if (const auto code = send_or_hold(world, context); code != kPass) return code;
  open_flow(world, context, *planned);
  if (*planned || (context.known && !context.related)) move_on(world, context);
  rewrite(context);
  return kPass;
}

}  // namespace

std::optional<rules::MacAddress> link_address(World& world, const PacketContext& context) {
  if (context.next_hop_is_receiver) {
    const auto info = world.policy->view().interface(context.receiver.interface);
    if (info.has_mac) return info.mac;
  }
  if (world.settings.assume_neighbors) return assumed_mac(ip(context.next_hop));
  const auto* mac = world.neighbors[context.out_port].resolve(context.next_hop, world.now);
  return mac == nullptr ? std::nullopt : std::optional(*mac);
}

void send_icmp_error(World& world, const PacketContext& context, std::uint8_t type, std::uint8_t code,
                     std::uint16_t mtu) {
  if (forbids_icmp_error(context.parsed)) return;
  const auto& packet = *context.packet;
  if (!world.outbox.icmp_errors.take(world.now)) {
    world.counters.icmp_errors_limited.add();
    return;
  }
  auto* frame = world.outbox.begin(packet.in_port);
  if (frame == nullptr) return;
  const IcmpError error{.type = type,
                        .code = code,
                        .mtu = mtu,
                        .source = address_towards_sender(world, context),
                        .source_mac = world.settings.ports[packet.in_port].mac,
                        .destination_mac = load_mac(packet.data + ethernet::kSource)};
  const auto length = build_icmp_error(frame->bytes, {packet.data, packet.length}, context.parsed, error);
  frame->length = static_cast<std::uint16_t>(length);
  if (world.outbox.commit()) world.counters.icmp_errors_sent.add();
}

StageResult forward_stage(World& world, PacketContext& context) {
  const auto code = commit(world, context);
  record(world, context,
         {.stage = rules::Stage::forward,
          .verdict = code == kPass ? StageVerdict::pass : StageVerdict::deny,
          .place = PlaceKind::port,
          .at = context.out_port,
          .code = code,
          .address = context.next_hop});
  return code;
}

}  // namespace sallyport::dataplane
