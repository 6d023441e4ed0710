// The moment a packet's path is certain: its flow is opened or moved on, and its bytes are rewritten.
//
// Owner: dataplane/stages.
// Always: a packet that is refused has changed no flow.
#pragma once

#include "dataplane/stages/context.h"

namespace sallyport::dataplane {

// Opens the flow where the packet needs one. `opened` says so: undo_open() takes it back, count_opened() is the last
// word.
[[nodiscard]] StageResult open_flow(World& world, PacketContext& context, bool& opened);
void undo_open(World& world, const PacketContext& context);
void count_opened(World& world);
// Verifies what a change of state must rest on.
[[nodiscard]] StageResult check_transition(World& world, PacketContext& context);
// Moves the flow on: state, time, counts, and the way of this direction.
void move_on(World& world, PacketContext& context);
// Addresses, ports, quoted packet and time to live.
void rewrite(PacketContext& context);

}  // namespace sallyport::dataplane
