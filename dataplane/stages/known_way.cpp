// The short way: a flow whose ends are tracked and whose ACLs admitted this direction under the policy in force.
//
// Owner: dataplane/stages. Counts and leaves what the walk would have; a traced packet always takes the walk.
#include "dataplane/stages/forward.h"
#include "dataplane/stages/stages.h"

namespace sallyport::dataplane {

bool known_way(World& world, PacketContext& context) {
  if (!context.known || context.related || world.trace != nullptr) return false;
  const auto& session = session_of(world, context);
  const bool out = context.direction == Direction::out;
  if ((session.flags & (out ? kJudgedOut : kJudgedBack)) == 0) return false;
  if (idle_time(session, ticks_at(world.now)) >= session.review_after) return false;
  const auto d = static_cast<std::size_t>(context.direction);
  const auto& detail = world.flows.detail(context.session);
  context.out_port = session.out_port[d];
  context.next_hop = world.ways[context.session].next_hop[d];
  context.receiver.interface = world.policy->interface_of(out ? detail.interface_to : detail.interface_from);
  context.next_hop_is_receiver =
      !world.policy->ports()[context.out_port].subnets.empty() && context.receiver.interface != rules::kNone &&
      world.policy->on_link(world.policy->view().interface(context.receiver.interface).subnet, context.out_port);
  if (!link_address(world, context)) return false;
  const auto leaving = leaving_tuple(session, context.direction);
  context.source = {leaving.source, leaving.source_port};
  context.destination = {leaving.destination, leaving.destination_port};
  context.outer_source = leaving.source;
  context.far_hop = out ? session.reply.hop() : session.opening.hop();
  context.sender.rule_uid = out ? detail.rule_from : detail.rule_to;
  context.receiver.rule_uid = out ? detail.rule_to : detail.rule_from;
  if (session.flags & (kTrackedFrom | kTrackedTo)) {
    count_rule(world, context.sender.rule_uid);
    count_rule(world, context.receiver.rule_uid);
  }
  context.trail = world.ways[context.session].rules[d];
  for (const auto uid : context.trail) {
    if (uid != 0) count_rule(world, uid - 1);
  }
  return true;
}

}  // namespace sallyport::dataplane
