// The moment a packet's path is certain: its flow is opened or moved on, and its bytes are rewritten.
//
// Owner: dataplane/stages.
// Always: a packet that is refused has changed no flow.
#pragma once

#include <expected>
#include <optional>

#include "dataplane/stages/context.h"

namespace sallyport::dataplane {

// The flow that the packet opens, where it needs one and there is room for it: nothing is opened or ended yet.
using NewFlow = std::optional<FlowTable::Vacancy>;
[[nodiscard]] std::expected<NewFlow, StageResult> plan_flow(World& world, PacketContext& context);
// Once nothing can refuse the packet any more: ends the flow that gives way, opens the new one.
void open_flow(World& world, PacketContext& context, const NewFlow& planned);
// Verifies what a change of state must rest on.
[[nodiscard]] StageResult check_transition(World& world, PacketContext& context);
// Moves the flow on: state, time, counts, and the way of this direction.
void move_on(World& world, PacketContext& context);
// Addresses, ports, quoted packet and time to live.
void rewrite(PacketContext& context);

}  // namespace sallyport::dataplane
