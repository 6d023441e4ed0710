// One packet through an engine, with its account; see the header. Owner: control/trace.
#include "control/trace/judge.h"

#include "dataplane/packet/parse.h"
#include "dataplane/packet/wire.h"

namespace sallyport::control {
namespace {

namespace dp = dataplane;

bool reaches(const Judged& reply, const Probe& opening) {
  dp::ParseOptions options;
  options.any_destination_mac = true;
  const auto packet = dp::parse(reply.frame, options);
  return packet.source == opening.to.value && packet.destination == opening.from.value &&
         dp::load_mac(reply.frame.data() + dp::ethernet::kDestination) == opening.from_mac;
}

}  // namespace

void lose_if_astray(Judged& reply, const Probe& opening) {
  auto& events = reply.account.events;
  const auto is_route = [](const dp::StageEvent& event) { return event.stage == rules::Stage::route; };
  auto astray = std::ranges::find(events, dp::StageNote::nat_route, &dp::StageEvent::note);
  if (astray == events.end() && reply.disposition == dp::Disposition::forward && !reaches(reply, opening)) {
    astray = std::ranges::find_if(events, is_route);
  }
  if (astray == events.end()) return;
  astray->verdict = dp::StageVerdict::deny;
  astray->code = rules::DropCode::NO_ROUTE_TO_DESTINATION;
  events.erase(astray + 1, events.end());
  reply.disposition = dp::Disposition::drop;
  reply.code = rules::DropCode::NO_ROUTE_TO_DESTINATION;
}

}  // namespace sallyport::control
