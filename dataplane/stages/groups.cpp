// Security groups at one end: tracked flows pass, everything else needs a rule.
//
// Owner: dataplane/stages. Whether an end becomes tracked is decided here (vpc-semantics: tracked and untracked flows).
#include "dataplane/stages/stages.h"

namespace sallyport::dataplane {
namespace {

// The same end of the session: the opener's when its own packet leaves it or an answer comes back to it.
bool is_from_end(const PacketContext& context, rules::Direction direction) {
  return (direction == rules::Direction::egress) == (context.direction == Direction::out);
}

bool is_tracked(World& world, const PacketContext& context, bool from_end) {
  return (session_of(world, context).flags & (from_end ? kTrackedFrom : kTrackedTo)) != 0;
}

bool has_expired(World& world, const PacketContext& context, bool from_end) {
  const auto& session = session_of(world, context);
  const auto& detail = world.flows.detail(context.session);
  const auto now = ticks_at(world.now);
  return from_end ? from_end_expired(session, detail, now) : to_end_expired(session, detail, now);
}

// Connections to this port went through untracked until their rule was taken away, not longer ago than one may idle.
bool has_lapsed(const World& world, rules::InterfaceIndex interface, rules::Direction direction, std::uint16_t port) {
  const auto& policy = *world.policy;
  const auto age = policy.lapsed_for(policy.uid_of(interface), direction, port);
  if (!age) return false;
  const auto seconds = *age + (world.now - world.adopted) / kSecond;
  return seconds < policy.view().interface(interface).timeouts.tcp_established;
}

enum class Tracking : std::uint8_t {
  tracked,
  untracked,  // as far as this end goes, the flow that the packet opens has no state; nor has one that it answers
  lapsed,     // the packet goes on with a connection that was untracked and is not admitted any more
};

Tracking tracking_of(const World& world, const PacketContext& context, rules::InterfaceIndex interface,
                     rules::Direction direction, const rules::Query& query, const rules::GroupVerdict& verdict) {
  if (verdict.untracked) return Tracking::untracked;
  if (query.protocol != kTcp && query.protocol != kUdp) return Tracking::tracked;
  if (query.protocol == kTcp && is_bare_syn(context.parsed.tcp_flags)) return Tracking::tracked;
  auto turned = query;
  turned.destination_port = context.source.port;
  const auto opposite = direction == rules::Direction::egress ? rules::Direction::ingress : rules::Direction::egress;
  const auto other = world.policy->view().judge_groups(interface, opposite, turned);
  if (other.allow) return other.untracked ? Tracking::untracked : Tracking::tracked;
  const bool lapsed = query.protocol == kTcp && has_lapsed(world, interface, opposite, turned.destination_port);
  return lapsed ? Tracking::lapsed : Tracking::tracked;
}

StageEvent event_of(const PacketContext& context, rules::Direction direction, rules::InterfaceIndex interface) {
  const auto remote = direction == rules::Direction::egress ? context.destination.address : context.outer_source;
  return {.stage = direction == rules::Direction::egress ? rules::Stage::security_group_egress
                                                         : rules::Stage::security_group_ingress,
          .verdict = StageVerdict::pass,
          .place = PlaceKind::interface,
          .at = interface,
          .query = query_of(context, remote)};
}

StageResult ask(World& world, PacketContext& context, rules::Direction direction, End& end, StageEvent event) {
  const auto& view = world.policy->view();
  const auto verdict = view.judge_groups(end.interface, direction, event.query);
  if (world.sampler.due()) {
    hand_sample(world, {.place = end.interface,
                        .rule = verdict.rule,
                        .query = event.query,
                        .direction = direction,
                        .allow = verdict.allow,
                        .untracked = verdict.untracked});
  }
  if (world.trace != nullptr && !context.probing()) {
    view.matching_rules(end.interface, direction, event.query, world.trace->matched);
  }
  auto tracking = Tracking::tracked;
  if (verdict.allow && !context.known) {
    tracking = tracking_of(world, context, end.interface, direction, event.query, verdict);
  }
  if (!verdict.allow) event.code = StageResult::ENI_SG_RULES_MISMATCH;
  if (tracking == Tracking::lapsed) event.code = StageResult::CONNTRACK_INVALID_STATE;
  event.verdict = event.code == kPass ? StageVerdict::allow : StageVerdict::deny;
  if (event.code == kPass) event.rule = verdict.rule;
  record(world, context, event);
  if (event.code != kPass) return event.code;
  end.rule_uid = world.policy->rule_uid(verdict.rule);
  if (!context.probing()) count_rule(world, end.rule_uid);
  if (!context.known) end.tracked = tracking == Tracking::tracked;
  return kPass;
}

}  // namespace

StageResult groups_stage(World& world, PacketContext& context, rules::Direction direction) {
  auto& end = direction == rules::Direction::egress ? context.sender : context.receiver;
  auto event = event_of(context, direction, end.interface);
  if (context.exempt) {
    event.note = StageNote::exempt;
    record(world, context, event);
    return kPass;
  }
  if (!context.known) return ask(world, context, direction, end, event);
  const bool from_end = is_from_end(context, direction);
  end.tracked = is_tracked(world, context, from_end);
  if (context.probing()) {
    return end.tracked && context.revalidate ? ask(world, context, direction, end, event) : kPass;
  }
  if (!end.tracked) return ask(world, context, direction, end, event);
  if (has_expired(world, context, from_end)) {
    const bool mid_stream = context.parsed.protocol == kTcp && !is_bare_syn(context.parsed.tcp_flags);
    if (mid_stream && !world.policy->view().tcp_pickup()) {
      event.verdict = StageVerdict::deny;
      event.code = StageResult::CONNTRACK_INVALID_STATE;
      record(world, context, event);
      return event.code;
    }
    return ask(world, context, direction, end, event);
  }
  const auto& detail = world.flows.detail(context.session);
  end.rule_uid = from_end ? detail.rule_from : detail.rule_to;
  count_rule(world, end.rule_uid);
  event.note = StageNote::tracked_reply;
  record(world, context, event);
  return kPass;
}

}  // namespace sallyport::dataplane
