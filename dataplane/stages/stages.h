// The stages of a packet's path in their order; docs/packet-path.md says what each does.
//
// Owner: dataplane/stages, a file a stage. Each judges the context and moves it on; kPass goes on, a code ends the
// path.
#pragma once

#include "dataplane/stages/context.h"

namespace sallyport::dataplane {

// Bytes to facts.
[[nodiscard]] StageResult parse_stage(World& world, PacketContext& context);
// The TCP, UDP or ICMP sum, once; finishes one that the sender left to hardware.
[[nodiscard]] StageResult check_sum(World& world, PacketContext& context);
// ARP: learns, answers.
[[nodiscard]] StageResult neighbor_stage(World& world, PacketContext& context);
// Who sent it: fills sender, hop, subnet.
[[nodiscard]] StageResult source_check_stage(World& world, PacketContext& context);
// For an address of the gateway's own: an echo request gets its disposition here and goes back.
[[nodiscard]] StageResult gateway_address_stage(World& world, PacketContext& context);
// Before it: the tuple and its hash, so that the memory is on its way.
void prepare_flow(World& world, PacketContext& context);
// The flow it belongs to, judged again when the policy changed.
[[nodiscard]] StageResult flow_stage(World& world, PacketContext& context);

// The groups of one end. `end` is context.sender (egress) or context.receiver (ingress), its interface already set.
[[nodiscard]] StageResult groups_stage(World& world, PacketContext& context, rules::Direction direction);
// The network ACL of a subnet.
[[nodiscard]] StageResult acl_stage(World& world, PacketContext& context, rules::SubnetIndex subnet,
                                    rules::Direction direction);
// From the sender to the receiver: everything between flow and forward.
[[nodiscard]] StageResult walk_stage(World& world, PacketContext& context);
// The route table of the subnet where the packet stands, and where it leads.
[[nodiscard]] StageResult route_stage(World& world, PacketContext& context);
// Into a NAT gateway from inside by a route.
[[nodiscard]] StageResult nat_out_stage(World& world, PacketContext& context, rules::NatIndex nat);
// To a NAT gateway's own address.
[[nodiscard]] StageResult nat_back_stage(World& world, PacketContext& context, rules::NatIndex nat);
// Out of the VPC, or back in by reflection.
[[nodiscard]] StageResult internet_out_stage(World& world, PacketContext& context);
// In from the internet, or reflected.
[[nodiscard]] StageResult internet_in_stage(World& world, PacketContext& context);
// To the owner of the destination, inside.
[[nodiscard]] StageResult local_stage(World& world, PacketContext& context);
// To an interface that a route names.
[[nodiscard]] StageResult appliance_stage(World& world, PacketContext& context, rules::InterfaceIndex interface);
// A packet of a flow whose way is known: fills in what the walk would. False: it must be walked.
[[nodiscard]] bool known_way(World& world, PacketContext& context);
// Time to live, MTU, flow, next hop: afterwards the packet's disposition is forward or hold.
[[nodiscard]] StageResult forward_stage(World& world, PacketContext& context);

}  // namespace sallyport::dataplane
