// Network ACLs: every packet, either way, without memory.
//
// Owner: dataplane/stages. The entries that admitted a packet are noted so that a known flow's packets count for them.
#include "dataplane/stages/stages.h"

namespace sallyport::dataplane {

StageResult acl_stage(World& world, PacketContext& context, rules::SubnetIndex subnet, rules::Direction direction) {
  if (context.probing()) return kPass;
  const bool out = direction == rules::Direction::egress;
  const auto& view = world.policy->view();
  StageEvent event{.stage = out ? rules::Stage::network_acl_egress : rules::Stage::network_acl_ingress,
                   .verdict = StageVerdict::pass,
                   .place = PlaceKind::subnet,
                   .at = subnet,
                   .query = query_of(context, out ? context.destination.address : context.outer_source)};
  if (context.exempt) {
    event.note = StageNote::exempt;
    record(world, context, event);
    return kPass;
  }
  const auto acl = view.subnet(subnet).acl;
  const auto verdict = view.judge_acl(acl, direction, event.query);
  if (world.sampler.due()) {
    hand_sample(world, {.place = acl,
                        .rule = verdict.rule,
                        .query = event.query,
                        .direction = direction,
                        .acl = true,
                        .allow = verdict.allow});
  }
  event.verdict = verdict.allow ? StageVerdict::allow : StageVerdict::deny;
  event.rule = verdict.rule;
  event.code = verdict.allow ? kPass : StageResult::SUBNET_ACL_RESTRICTION;
  record(world, context, event);
  if (verdict.rule == rules::kNone) return event.code;
  const auto uid = world.policy->rule_uid(verdict.rule);
  count_rule(world, uid);
  if (verdict.allow && context.trail_length < FlowWay::kMost) context.trail[context.trail_length++] = uid + 1;
  return event.code;
}

}  // namespace sallyport::dataplane
