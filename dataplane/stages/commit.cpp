// Owner: dataplane/stages. See commit.h.
#include "dataplane/stages/commit.h"

#include "dataplane/stages/lifetime.h"
#include "dataplane/stages/stages.h"

namespace sallyport::dataplane {
namespace {

bool needs_flow(const PacketContext& context) {
  if (context.known || context.stateless) return false;
  return context.sender.tracked || context.receiver.tracked || context.nat != rules::kNone || context.published;
}

StageResult may_open(World& world, PacketContext& context) {
  const bool tracked = context.sender.tracked || context.receiver.tracked;
  const auto flags = context.parsed.tcp_flags;
  if (context.parsed.protocol == kTcp && tracked) {
    if (is_invalid_segment(flags)) return StageResult::CONNTRACK_INVALID_STATE;
    if (!world.policy->view().tcp_pickup() && !is_bare_syn(flags)) return StageResult::CONNTRACK_INVALID_STATE;
  }
  return check_sum(world, context);
}

// A flow that stands in the way only because nobody looked since its time was out ends here.
std::expected<FlowTable::Vacancy, InsertError> find_room(World& world, const PacketContext& context,
                                                         const FlowTuple& reply) {
  const auto gives_way = context.replaces ? std::optional(context.session) : std::nullopt;
  const auto room = world.flows.vacancy(context.key, reply, gives_way);
  if (room || room.error() != InsertError::taken) return room;
  const auto in_the_way = world.flows.find(reply);
  if (!in_the_way || in_the_way->id == gives_way || is_live(world, in_the_way->id)) return room;
  return world.flows.vacancy(context.key, reply, gives_way);
}

std::uint8_t flags_of(const PacketContext& context) {
  unsigned flags = 0;
  if (context.sender.tracked) flags |= kTrackedFrom;
  if (context.receiver.tracked) flags |= kTrackedTo;
  if (context.nat != rules::kNone) flags |= kMapping;
  if (context.published) flags |= kPublished;
  return static_cast<std::uint8_t>(flags);
}

Uid uid_of(const World& world, const End& end) {
  return end.interface == rules::kNone ? 0 : world.policy->uid_of(end.interface);
}

void fill(World& world, PacketContext& context) {
  auto& session = session_of(world, context);
  auto& detail = world.flows.detail(context.session);
  session.flags = flags_of(context);
  session.epoch = world.policy->epoch();
  detail.interface_from = uid_of(world, context.sender);
  detail.interface_to = uid_of(world, context.receiver);
  detail.rule_from = context.sender.rule_uid;
  detail.rule_to = context.receiver.rule_uid;
  detail.nat_gateway = context.nat == rules::kNone ? 0 : world.policy->nat_uid_of(context.nat);
  world.ways[context.session] = {};
  refresh_lives(world, context.session);
}

// An end that is not tracked is asked for every packet, and so is ICMP that is no echo: its type may differ.
bool way_may_be_kept(const PacketContext& context, const Session& session, const SessionDetail& detail) {
  if (context.parsed.protocol == kIcmp && !context.parsed.is_echo) return false;
  return (detail.interface_from == 0 || (session.flags & kTrackedFrom) != 0) &&
         (detail.interface_to == 0 || (session.flags & kTrackedTo) != 0);
}

void keep_way(World& world, PacketContext& context) {
  auto& session = session_of(world, context);
  const auto d = static_cast<std::size_t>(context.direction);
  session.flags |= static_cast<std::uint8_t>(context.direction == Direction::out ? kJudgedOut : kJudgedBack);
  world.ways[context.session].next_hop[d] = context.next_hop;
  session.out_port[d] = static_cast<std::uint8_t>(context.out_port);
  world.ways[context.session].rules[d] = context.trail;
}

void rewrite_error(PacketContext& context) {
  auto* frame = context.packet->data;
  auto& parsed = context.parsed;
  const auto quoted = parsed.quoted;
  const auto received_from = parsed.source;
  const auto received_for = parsed.destination;
  if (context.related) {
    rewrite_quoted_source(frame, parsed, context.destination);
    rewrite_quoted_destination(frame, parsed, context.source);
  } else if (quoted.present) {
    if (quoted.source == received_for) {
      rewrite_quoted_source(frame, parsed, {context.destination.address, quoted.source_port});
    }
    if (quoted.destination == received_from) {
      rewrite_quoted_destination(frame, parsed, {context.outer_source, quoted.destination_port});
    }
  }
  rewrite_source(frame, parsed, {context.outer_source, 0});
  rewrite_destination(frame, parsed, {context.destination.address, 0});
}

}  // namespace

std::expected<NewFlow, StageResult> plan_flow(World& world, PacketContext& context) {
  if (!needs_flow(context)) return NewFlow{};
  if (const auto code = may_open(world, context); code != kPass) return std::unexpected(code);
  const FlowTuple reply{context.destination.address, context.source.address, context.destination.port,
                        context.source.port, FlowTuple::pack(context.far_hop, context.parsed.protocol)};
  const auto room = find_room(world, context, reply);
  if (room) return NewFlow{*room};
  return std::unexpected(room.error() == InsertError::full ? StageResult::CONNTRACK_FULL
                                                           : StageResult::CONNTRACK_INVALID_STATE);
}

void open_flow(World& world, PacketContext& context, const NewFlow& planned) {
  if (context.replaces) end_flow(world, context.session, world.counters.flows_closed);
  if (!planned) return;
  context.session = world.flows.insert(*planned, opening_state(context.parsed.protocol, context.parsed.tcp_flags));
  if (context.nat != rules::kNone) world.nat_ports.began(world.flows, planned->reply);
  fill(world, context);
  world.counters.flows_created.add();
  world.counters.flows.set(world.flows.size());
}

StageResult check_transition(World& world, PacketContext& context) {
  if (!context.known || context.related) return kPass;
  const auto& session = session_of(world, context);
  const auto next = next_state(session.state, context.direction, context.parsed.tcp_flags).next;
  return next == session.state ? kPass : check_sum(world, context);
}

void move_on(World& world, PacketContext& context) {
  auto& session = session_of(world, context);
  auto& detail = world.flows.detail(context.session);
  if (context.known) {
    const auto next = next_state(session.state, context.direction, context.parsed.tcp_flags).next;
    const bool out = context.direction == Direction::out;
    detail.rule_from = out ? context.sender.rule_uid : context.receiver.rule_uid;
    detail.rule_to = out ? context.receiver.rule_uid : context.sender.rule_uid;
    if (next != session.state) {
      session.state = next;
      refresh_lives(world, context.session);
    }
  }
  session.last_seen = ticks_at(world.now);
  count_packet(session, detail, context.direction, context.parsed.total_length);
  if (way_may_be_kept(context, session, detail)) keep_way(world, context);
}

void rewrite(PacketContext& context) {
  auto* frame = context.packet->data;
  auto& parsed = context.parsed;
  if (parsed.is_icmp_error) {
    rewrite_error(context);
  } else {
    if (context.source != Endpoint{parsed.source, parsed.source_port}) rewrite_source(frame, parsed, context.source);
    if (context.destination != Endpoint{parsed.destination, parsed.destination_port}) {
      rewrite_destination(frame, parsed, context.destination);
    }
  }
  decrement_ttl(frame, parsed);
}

}  // namespace sallyport::dataplane
