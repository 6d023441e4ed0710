// What the stages of a packet's path share: the worker they run on, and the packet's own account as it goes along.
//
// Owner: dataplane/stages; the engine makes one World, and a PacketContext for each packet of a burst.
// Always: a stage answers kPass or the drop code; nothing outside the context changes before the packet is committed
// (commit.cpp), counters of rules and the trace aside.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/engine/bound_policy.h"
#include "dataplane/engine/counters.h"
#include "dataplane/engine/engine.h"
#include "dataplane/engine/trace_sink.h"
#include "dataplane/flow/flow_table.h"
#include "dataplane/nat/port_allocator.h"
#include "dataplane/neighbor/neighbor_table.h"
#include "dataplane/packet/parse.h"
#include "dataplane/packet/rewrite.h"
#include "dataplane/stages/outbox.h"

namespace sallyport::dataplane {

using StageResult = rules::DropCode;
inline constexpr StageResult kPass = StageResult::none;

// The way of a session's packets, by direction: the network ACL entries that admitted them (rule uids plus one, 0
// behind the last) and the next hop. Beside the flow table's session; valid where it says so (kJudgedOut, kJudgedBack).
struct FlowWay {
  static constexpr std::size_t kMost = 4;  // out of a subnet, into and out of the NAT gateway's, into a subnet
  using Row = std::array<std::uint32_t, kMost>;
  std::array<Row, 2> rules{};
  std::array<std::uint32_t, 2> next_hop{};
};

// The worker: references to what the engine owns.
struct World {
  const EngineSettings& settings;
  FlowTable& flows;
  std::span<FlowWay> ways;                // beside the flow table's sessions
  std::vector<NeighborTable>& neighbors;  // one a port
  PortAllocator& nat_ports;
  Counters& counters;
  Outbox& outbox;
  std::vector<Packet>& released;  // once held; room for all that can be
  SampleRing& samples;
  Sampler sampler;
  std::span<CounterCell> rule_cells{};
  const BoundPolicy* policy = nullptr;
  TraceSink* trace = nullptr;
  Time now = 0;
  Time adopted = 0;  // when the policy was
  std::uint16_t forced_nat_port = 0;
};

// One end of the flow as this packet finds it.
struct End {
  rules::InterfaceIndex interface = rules::kNone;  // kNone: the internet
  std::uint32_t rule_uid = rules::kNone;           // the group rule that admitted it
  bool tracked = false;
};

struct PacketContext {
  Packet* packet = nullptr;  // nullptr: a flow's opening tuple walked again after a change of policy
  ParsedPacket parsed;
  std::uint64_t hash = 0;
  bool sum_checked = false;

  // The tuple as it stands, translated so far. For an ICMP error about a flow it is the quoted packet's turned round;
  // `outer_source` then is the error's own, else the same as source.address.
  Endpoint source, destination;
  std::uint32_t outer_source = 0;
  Uid hop = kOwnHop;
  rules::SubnetIndex subnet = rules::kNone;  // where the packet stands; kNone: outside
  bool publishing_host = false;              // sent by a publish target: only as a reply
  bool exempt = false;                       // resolver traffic

  // The flow it belongs to. `stateless`: whatever becomes of it, it makes and changes no flow.
  bool known = false;
  bool related = false;
  bool stateless = false;
  bool revalidate = false;  // of a walk without a packet: ask the groups where the flow is tracked
  SessionId session = 0;
  Direction direction = Direction::out;
  FlowTuple key{};        // as it arrived
  bool replaces = false;  // a closed flow with the same tuples gives way: `session`

  End sender, receiver;
  rules::NatIndex nat = rules::kNone;  // whose mapping this packet makes or uses
  bool published = false;
  Uid far_hop = kOwnHop;
  FlowWay::Row trail{};
  std::size_t trail_length = 0;

  PortIndex out_port = kNoPort;
  std::uint32_t next_hop = 0;
  bool next_hop_is_receiver = false;  // the link address of the receiving interface

  [[nodiscard]] bool probing() const { return packet == nullptr; }
  [[nodiscard]] bool reply() const { return known && direction == Direction::back; }
};

[[nodiscard]] constexpr rules::Ipv4 ip(std::uint32_t value) { return rules::Ipv4{value}; }

// Trace: nothing happens without a sink or for a walk without a packet.
void record(World& world, const PacketContext& context, const StageEvent& event);
// Counts a verdict the rule gave.
void count_rule(World& world, std::uint32_t rule_uid);

// Hands a decision to whoever decides it again from the rules: once in a while, when the sampler says so.
void hand_sample(World& world, DecisionSample sample);

// What groups and ACLs are asked about the packet as it stands.
[[nodiscard]] rules::Query query_of(const PacketContext& context, std::uint32_t remote);
// The tuple a known flow's packet has when it leaves.
[[nodiscard]] FlowTuple leaving_tuple(const Session& session, Direction direction);
[[nodiscard]] inline Session& session_of(World& world, const PacketContext& context) {
  return world.flows.session(context.session);
}

}  // namespace sallyport::dataplane
