// Owner: dataplane/stages. See lifetime.h and docs/packet-path.md "When the policy's epoch changed".
#include "dataplane/stages/lifetime.h"

#include "dataplane/stages/stages.h"

namespace sallyport::dataplane {
namespace {

bool is_gone(const BoundPolicy& policy, Uid uid) { return uid != 0 && policy.interface_of(uid) == rules::kNone; }

// Somebody else than `uid` has the address now. An address that nobody has drains.
bool is_claimed(const BoundPolicy& policy, std::uint32_t address, Uid uid) {
  const auto& view = policy.view();
  const auto outside = view.public_owner_of(ip(address));
  if (outside.kind == rules::PublicKind::interface) return policy.uid_of(outside.index) != uid;
  if (outside.kind == rules::PublicKind::nat_gateway) return policy.nat_uid_of(outside.index) != uid;
  const auto inside = view.owner_of(ip(address));
  switch (inside.kind) {
    case rules::OwnerKind::interface:
    case rules::OwnerKind::host:
      return policy.uid_of(inside.index) != uid;
    case rules::OwnerKind::nat_gateway:
      return policy.nat_uid_of(inside.index) != uid;
    default:
      return false;
  }
}

bool lost_an_address(const BoundPolicy& policy, const Session& session, const SessionDetail& detail) {
  const auto& opening = session.opening;
  const auto leaving = leaving_tuple(session, Direction::out);
  const bool arrives = session.reply.hop() == kOwnHop;
  if (opening.hop() == kOwnHop && is_claimed(policy, opening.source, detail.interface_from)) return true;
  if (arrives && is_claimed(policy, leaving.destination, detail.interface_to)) return true;
  const bool named = arrives || (session.flags & kPublished) != 0;
  if (named && is_claimed(policy, opening.destination, detail.interface_to)) return true;
  if (leaving.source == opening.source) return false;
  return is_claimed(policy, leaving.source, detail.nat_gateway != 0 ? detail.nat_gateway : detail.interface_from);
}

PacketContext opening_walk(World& world, SessionId id) {
  const auto& session = world.flows.session(id);
  const auto& opening = session.opening;
  PacketContext walk;
  walk.parsed.protocol = opening.protocol();
  walk.parsed.tcp_flags = tcp::kSyn;
  walk.parsed.icmp_type = icmp::kEchoRequest;
  walk.parsed.is_echo = opening.protocol() == kIcmp;
  walk.source = {opening.source, opening.source_port};
  walk.destination = {opening.destination, opening.destination_port};
  walk.outer_source = opening.source;
  walk.hop = opening.hop();
  walk.key = opening;
  walk.known = true;
  walk.session = id;
  walk.revalidate = world.policy->view().on_policy_change() == rules::OnPolicyChange::revalidate;
  const auto uid = world.flows.detail(id).interface_from;
  if (uid != 0) {
    walk.sender.interface = world.policy->interface_of(uid);
    walk.subnet = world.policy->view().interface(walk.sender.interface).subnet;
  }
  return walk;
}

// The opening tuple still goes the same way under the same translation.
bool keeps_its_way(World& world, SessionId id) {
  auto walk = opening_walk(world, id);
  const auto result = walk_stage(world, walk);
  const auto& session = world.flows.session(id);
  const auto mapped_by = world.flows.detail(id).nat_gateway;
  const auto leaving = leaving_tuple(session, Direction::out);
  if (mapped_by == 0 && result != kPass) return result != StageResult::ENI_SG_RULES_MISMATCH;
  if (result != kPass || walk.far_hop != session.reply.hop()) return false;
  if (walk.destination != Endpoint{leaving.destination, leaving.destination_port} && mapped_by == 0) return false;
  if (mapped_by != 0) {
    return walk.nat != rules::kNone && world.policy->nat_uid_of(walk.nat) == mapped_by &&
           walk.destination.address == leaving.destination;
  }
  return walk.nat == rules::kNone && walk.source.address == leaving.source;
}

bool survives(World& world, SessionId id) {
  const auto& policy = *world.policy;
  const auto& session = world.flows.session(id);
  const auto& detail = world.flows.detail(id);
  if (policy.view().on_policy_change() == rules::OnPolicyChange::cut) return false;
  if (is_gone(policy, detail.interface_from) || is_gone(policy, detail.interface_to)) return false;
  if (detail.nat_gateway != 0 && policy.nat_of(detail.nat_gateway) == rules::kNone) return false;
  return !lost_an_address(policy, session, detail) && keeps_its_way(world, id);
}

Ticks life_of(const World& world, Uid uid, FlowState state, bool tracked) {
  const auto interface = world.policy->interface_of(uid);
  if (!tracked || interface == rules::kNone) return 0;
  return ticks_of(timeout_seconds(state, world.policy->view().interface(interface).timeouts));
}

}  // namespace

void end_flow(World& world, SessionId id, CounterCell& cell) {
  const auto& session = world.flows.session(id);
  world.nat_ports.ended(world.flows, session.opening);
  world.nat_ports.ended(world.flows, session.reply);
  world.flows.erase(id);
  cell.add();
  world.counters.flows.set(world.flows.size());
}

void refresh_lives(World& world, SessionId id) {
  auto& session = world.flows.session(id);
  auto& detail = world.flows.detail(id);
  const auto& view = world.policy->view();
  const auto from = life_of(world, detail.interface_from, session.state, (session.flags & kTrackedFrom) != 0);
  const auto to = life_of(world, detail.interface_to, session.state, (session.flags & kTrackedTo) != 0);
  Ticks mapping = 0;
  if (detail.nat_gateway != 0) {
    mapping = ticks_of(view.nat_timeout());
  } else if (from == 0 && to == 0) {
    mapping = ticks_of(timeout_seconds(session.state, view.timeouts()));
  }
  set_lives(session, detail, from, to, mapping);
}

bool is_live(World& world, SessionId id) {
  auto& session = world.flows.session(id);
  if (is_expired(session, world.flows.detail(id), ticks_at(world.now))) {
    if (world.flows.detail(id).nat_gateway != 0) world.counters.nat_idle_timeouts.add();
    end_flow(world, id, world.counters.flows_expired);
    return false;
  }
  if (world.policy == nullptr || session.epoch == world.policy->epoch()) return true;
  if (!survives(world, id)) {
    end_flow(world, id, world.counters.flows_cut);
    return false;
  }
  session.epoch = world.policy->epoch();
  session.flags &= static_cast<std::uint8_t>(~(kJudgedOut | kJudgedBack));
  refresh_lives(world, id);
  world.counters.flows_rejudged.add();
  return true;
}

}  // namespace sallyport::dataplane
