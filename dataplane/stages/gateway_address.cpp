// Packets for the gateway itself: echo requests are answered, everything else is not for it.
//
// Owner: dataplane/stages. Judged after source-check and before the groups; with no policy there is only this.
// Always: the answer goes back the way it came; at most Outbox::kEchoRepliesPerSecond of them.
#include <algorithm>

#include "dataplane/packet/originate.h"
#include "dataplane/stages/stages.h"

namespace sallyport::dataplane {
namespace {

bool is_for_gateway(const World& world, rules::Ipv4 address) {
  if (world.policy != nullptr) return world.policy->is_gateway_address(address);
  return std::ranges::any_of(world.settings.ports, [&](const PortSettings& port) {
    return (port.uplink && port.uplink->address == address) || (port.routed && port.routed->address == address);
  });
}

StageResult answer(World& world, PacketContext& context) {
  auto& packet = *context.packet;
  auto& parsed = context.parsed;
  if (parsed.protocol != kIcmp || parsed.icmp_type != icmp::kEchoRequest) return StageResult::NOT_FOR_GATEWAY;
  if (const auto result = check_sum(world, context); result != kPass) return result;
  world.counters.consumed.add();
  packet.disposition = Disposition::consume;
  if (!world.outbox.echo_replies.take(world.now)) return kPass;
  turn_into_echo_reply({packet.data, packet.length}, parsed);
  packet.disposition = Disposition::forward;
  packet.out_port = packet.in_port;
  packet.flags |= kAnswer;
  world.counters.originated.add();
  count_out(world.counters, packet.out_port, packet.length);
  return kPass;
}

}  // namespace

StageResult gateway_address_stage(World& world, PacketContext& context) {
  const bool for_gateway = is_for_gateway(world, ip(context.parsed.destination));
  if (!for_gateway) return world.policy == nullptr ? StageResult::NO_POLICY : kPass;
  const auto result = answer(world, context);
  record(world, context,
         {.stage = rules::Stage::forward,
          .verdict = result == kPass ? StageVerdict::pass : StageVerdict::deny,
          .place = PlaceKind::port,
          .at = context.packet->in_port,
          .code = result,
          .address = context.parsed.destination});
  return result;
}

}  // namespace sallyport::dataplane
