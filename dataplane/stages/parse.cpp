// First stage: bytes to facts, and the sums.
//
// Owner: dataplane/stages. The checks that need no policy are dataplane/packet's.
#include "dataplane/stages/stages.h"

namespace sallyport::dataplane {
namespace {

// The last address of a subnet, unless somebody has it as a public one, or an uplink's network or broadcast address.
bool is_broadcast(const BoundPolicy& policy, rules::Ipv4 address) {
  if (policy.is_uplink_broadcast(address)) return true;
  return policy.view().owner_of(address).kind == rules::OwnerKind::broadcast &&
         policy.view().public_owner_of(address).kind == rules::PublicKind::nobody;
}

StageResult judge_bytes(World& world, PacketContext& context) {
  auto& packet = *context.packet;
  const auto& port = world.settings.ports[packet.in_port];
  context.parsed = parse(
      {packet.data, packet.length},
      {.own_mac = port.mac, .any_destination_mac = world.settings.any_destination_mac, .packet_flags = packet.flags});
  const auto& parsed = context.parsed;
  if (parsed.drop != StageResult::none || parsed.is_arp) return parsed.drop;
  packet.length = parsed.frame_length;
  if (parsed.total_length > port.mtu) world.counters.ports[packet.in_port].oversize_frames.add();
  if (world.policy != nullptr) {
    if (world.policy->is_uplink_broadcast(ip(parsed.source))) return StageResult::MARTIAN_ADDRESS;
    if (is_broadcast(*world.policy, ip(parsed.destination))) return StageResult::MULTICAST_OR_BROADCAST;
  }
  context.source = {parsed.source, parsed.source_port};
  context.destination = {parsed.destination, parsed.destination_port};
  context.outer_source = parsed.source;
  return port.unfinished_checksums ? check_sum(world, context) : kPass;
}

}  // namespace

StageResult parse_stage(World& world, PacketContext& context) {
  const auto result = judge_bytes(world, context);
  record(world, context,
         {.stage = rules::Stage::parse,
          .verdict = result == kPass ? StageVerdict::pass : StageVerdict::deny,
          .place = PlaceKind::port,
          .at = context.packet->in_port,
          .code = result});
  return result;
}

StageResult check_sum(World& world, PacketContext& context) {
  if (context.sum_checked) return kPass;
  context.sum_checked = true;
  auto& packet = *context.packet;
  switch (check_l4_sum({packet.data, packet.length}, context.parsed, packet.flags)) {
    case L4Sum::good:
    case L4Sum::none:
      return kPass;
    case L4Sum::unfinished:
      if (!world.settings.ports[packet.in_port].unfinished_checksums) return StageResult::BAD_CHECKSUM;
      world.counters.ports[packet.in_port].unfinished_checksums.add();
      finish_l4_sum({packet.data, packet.length}, context.parsed);
      return kPass;
    case L4Sum::bad:
      break;
  }
  return StageResult::BAD_CHECKSUM;
}

}  // namespace sallyport::dataplane
