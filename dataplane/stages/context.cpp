// Owner: dataplane/stages. See context.h.
#include "dataplane/stages/context.h"

namespace sallyport::dataplane {

void record(World& world, const PacketContext& context, const StageEvent& event) {
  if (world.trace != nullptr && !context.probing()) world.trace->events.push_back(event);
}

void count_rule(World& world, std::uint32_t rule_uid) {
  if (rule_uid < world.rule_cells.size()) world.rule_cells[rule_uid].add();
}

void hand_sample(World& world, DecisionSample sample) {
  sample.generation = world.policy->generation();
  sample.edition = world.policy->edition();
  if (!world.samples.push(sample)) world.counters.samples_skipped.add();
}

rules::Query query_of(const PacketContext& context, std::uint32_t remote) {
  const auto& parsed = context.parsed;
  rules::Query query{.remote = ip(remote), .protocol = parsed.protocol};
  if (parsed.protocol == kIcmp) {
    query.icmp_type = parsed.icmp_type;
    query.icmp_code = parsed.icmp_code;
  } else {
    query.destination_port = context.destination.port;
  }
  return query;
}

FlowTuple leaving_tuple(const Session& session, Direction direction) {
  const auto& arriving = direction == Direction::out ? session.reply : session.opening;
  return arriving.turned_round(kOwnHop);
}

}  // namespace sallyport::dataplane
