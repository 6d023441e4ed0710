// How long a flow lives: its timeouts, its end, and whether it outlives a change of policy.
//
// Owner: dataplane/stages. Called for a flow that a packet found and by the engine's sweep.
#pragma once

#include "dataplane/stages/context.h"

namespace sallyport::dataplane {

// False: the flow's time was out or the policy ended it, and it is gone. Judges a flow of an older epoch.
[[nodiscard]] bool is_live(World& world, SessionId id);
// Ends a flow and counts it in `cell`.
void end_flow(World& world, SessionId id, CounterCell& cell);
// Takes the timeouts of the present state and policy.
void refresh_lives(World& world, SessionId id);

}  // namespace sallyport::dataplane
