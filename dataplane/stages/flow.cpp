// Which flow a packet belongs to: the tuple as it arrived, or for an ICMP error the quoted one turned round.
//
// Owner: dataplane/stages. Looks flows of an older policy over before anything else relies on them (lifetime.cpp).
#include "dataplane/stages/lifetime.h"
#include "dataplane/stages/stages.h"

namespace sallyport::dataplane {
namespace {

FlowTuple tuple_of(const PacketContext& context, Uid hop) {
  const auto& parsed = context.parsed;
  const auto& quoted = parsed.quoted;
  if (parsed.is_icmp_error && quoted.present) {
    return {quoted.destination, quoted.source, quoted.destination_port, quoted.source_port,
            FlowTuple::pack(hop, quoted.protocol)};
  }
  return {parsed.source, parsed.destination, parsed.source_port, parsed.destination_port,
          FlowTuple::pack(hop, parsed.protocol)};
}

std::optional<FoundFlow> find_live(World& world, const FlowTuple& tuple, std::uint64_t hash) {
  const auto found = world.flows.find(tuple, hash);
  return found && is_live(world, found->id) ? found : std::nullopt;
}

// An error comes from the far end, or from the interface that the packet was handed to.
void relate_error(World& world, PacketContext& context) {
  context.stateless = true;
  const auto& quoted = context.parsed.quoted;
  if (!quoted.present || quoted.source != context.parsed.destination) return;
  auto found = find_live(world, context.key, context.hash);
  if (!found && context.hop == kOwnHop && context.sender.interface != rules::kNone) {
    context.key = tuple_of(context, world.policy->uid_of(context.sender.interface));
    found = find_live(world, context.key, world.flows.hash(context.key));
  }
  if (!found) return;
  context.known = context.related = true;
  context.session = found->id;
  context.direction = found->direction;
  context.source = {context.key.source, context.key.source_port};
  context.destination = {context.key.destination, context.key.destination_port};
}

// An echo request opens and a reply answers; the other way round is another conversation with the same id.
bool echo_runs_against(const ParsedPacket& parsed, Direction direction) {
  return parsed.is_echo && (parsed.icmp_type == icmp::kEchoRequest) != (direction == Direction::out);
}

StageResult join(World& world, PacketContext& context) {
  const auto& parsed = context.parsed;
  const auto found = find_live(world, context.key, context.hash);
  context.stateless = parsed.is_echo && parsed.icmp_type == icmp::kEchoReply;
  if (!found) return kPass;
  if (echo_runs_against(parsed, found->direction)) {
    context.stateless = true;
    return kPass;
  }
  const auto& session = world.flows.session(found->id);
  context.session = found->id;
  context.direction = found->direction;
  const bool watched = (session.flags & (kTrackedFrom | kTrackedTo | kMapping)) != 0;
  if (parsed.protocol == kTcp && watched) {
    if (is_invalid_segment(parsed.tcp_flags)) return StageResult::CONNTRACK_INVALID_STATE;
    const Transition transition = next_state(session.state, found->direction, parsed.tcp_flags);
    if (transition.backwards) return StageResult::CONNTRACK_INVALID_STATE;
    context.replaces = transition.reopens;
  }
  context.known = !context.replaces;
  if (context.replaces) context.direction = Direction::out;
  return kPass;
}

StageResult judge_flow(World& world, PacketContext& context) {
  if (context.parsed.is_icmp_error) {
    relate_error(world, context);
  } else if (const auto code = join(world, context); code != kPass) {
    return code;
  }
  if (context.publishing_host && !context.reply()) return StageResult::ENI_SOURCE_DEST_CHECK_RESTRICTION;
  return kPass;
}

}  // namespace

void prepare_flow(World& world, PacketContext& context) {
  context.key = tuple_of(context, context.hop);
  context.hash = world.flows.hash(context.key);
  world.flows.prefetch_bucket(context.hash);
}

StageResult flow_stage(World& world, PacketContext& context) {
  const auto code = judge_flow(world, context);
  const auto known = context.related ? StageNote::related_error : StageNote::known_flow;
  record(world, context,
         {.stage =
              code == StageResult::ENI_SOURCE_DEST_CHECK_RESTRICTION ? rules::Stage::source_check : rules::Stage::flow,
          .verdict = code == kPass ? StageVerdict::pass : StageVerdict::deny,
          .note = context.known ? known : StageNote::new_flow,
          .place = context.sender.interface == rules::kNone ? PlaceKind::port : PlaceKind::interface,
          .at = context.sender.interface == rules::kNone ? context.packet->in_port : context.sender.interface,
          .code = code});
  return code;
}

}  // namespace sallyport::dataplane
