// How far a flow has got, as a table: protocol, direction and segment give the next state; the state gives the timeout.
//
// Owner: dataplane/flow. docs/packet-path.md "Flow" is the meaning; windows and sequence numbers are not looked at.
// Always: a pure function of its arguments.
#pragma once

#include <cstdint>

#include "rules/model/policy.h"

namespace sallyport::dataplane {

// From the side that opened the flow, or back to it.
enum class Direction : std::uint8_t { out = 0, back = 1 };

[[nodiscard]] constexpr Direction opposite(Direction d) {
  return d == Direction::out ? Direction::back : Direction::out;
}

enum class FlowState : std::uint8_t {
  free,           // no flow: a session of zeroed memory
  tcp_syn,        // the opener's SYN, unanswered
  tcp_syn_ack,    // answered, not acknowledged yet
  tcp_picked_up,  // began in the middle; the other side has not been heard yet
  tcp_established,
  tcp_fin_out,    // the opener closed its side
  tcp_fin_back,   // the other did
  tcp_time_wait,  // both did, or one reset it
  udp_request,    // only the opener was heard
  udp_reply,      // answered
  udp_stream,     // a second request after an answer
  other,
};

// Which of rules::Timeouts a state runs under.
enum class TimeoutKind : std::uint8_t { tcp_syn, tcp_established, tcp_closing, tcp_time_wait, udp, udp_stream, other };

struct Transition {
  FlowState next = FlowState::free;
  // A bare SYN on a closed connection: the old flow is over, the packet is judged as new.
  bool reopens = false;
  // A bare SYN of the side that answered, on a connection that stands: no reply, and a new connection that nobody
  // judged.
  bool backwards = false;
};

// Segments no stack sends: no flag at all, SYN with FIN or RST.
[[nodiscard]] bool is_invalid_segment(std::uint8_t tcp_flags);
[[nodiscard]] bool is_bare_syn(std::uint8_t tcp_flags);  // SYN without ACK, FIN and RST

// The state of a flow that this packet opens.
[[nodiscard]] FlowState opening_state(std::uint8_t protocol, std::uint8_t tcp_flags);

// The state after a packet of the flow. `tcp_flags` is read in TCP states alone.
[[nodiscard]] Transition next_state(FlowState state, Direction direction, std::uint8_t tcp_flags);

[[nodiscard]] TimeoutKind timeout_kind(FlowState state);
[[nodiscard]] std::uint32_t timeout_seconds(FlowState state, const rules::Timeouts& timeouts);

}  // namespace sallyport::dataplane
