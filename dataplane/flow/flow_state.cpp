// The table of TCP and UDP states. Owner: dataplane/flow.
#include "dataplane/flow/flow_state.h"

#include <array>
#include <cstddef>

#include "dataplane/packet/wire.h"

namespace sallyport::dataplane {
namespace {

// What a segment means to the table, the strongest flag first.
enum class Segment : std::uint8_t { syn, syn_ack, data, fin, rst };
constexpr std::size_t kSegments = 5;

Segment segment_of(std::uint8_t flags) {
  if ((flags & tcp::kRst) != 0) return Segment::rst;
  if ((flags & tcp::kSyn) != 0) return (flags & tcp::kAck) != 0 ? Segment::syn_ack : Segment::syn;
  return (flags & tcp::kFin) != 0 ? Segment::fin : Segment::data;
}

struct Row {
  FlowState state;
  Direction direction;
  std::array<FlowState, kSegments> next;  // syn, syn_ack, data, fin, rst
};

using enum FlowState;
constexpr Direction kOut = Direction::out;
constexpr Direction kBack = Direction::back;

// tcp_time_wait answers a bare SYN by reopening: next_state sees to that.
constexpr std::array kTcpRows{
    Row{tcp_syn, kOut, {tcp_syn, tcp_syn, tcp_syn, tcp_fin_out, tcp_time_wait}},
    Row{tcp_syn, kBack, {tcp_syn_ack, tcp_syn_ack, tcp_syn, tcp_syn, tcp_time_wait}},
    Row{tcp_syn_ack, kOut, {tcp_syn_ack, tcp_established, tcp_established, tcp_fin_out, tcp_time_wait}},
    Row{tcp_syn_ack, kBack, {tcp_syn_ack, tcp_syn_ack, tcp_syn_ack, tcp_fin_back, tcp_time_wait}},
    Row{tcp_picked_up, kOut, {tcp_picked_up, tcp_picked_up, tcp_picked_up, tcp_fin_out, tcp_time_wait}},
    Row{tcp_picked_up, kBack, {tcp_picked_up, tcp_established, tcp_established, tcp_fin_back, tcp_time_wait}},
    Row{tcp_established, kOut, {tcp_established, tcp_established, tcp_established, tcp_fin_out, tcp_time_wait}},
    Row{tcp_established, kBack, {tcp_established, tcp_established, tcp_established, tcp_fin_back, tcp_time_wait}},
    Row{tcp_fin_out, kOut, {tcp_fin_out, tcp_fin_out, tcp_fin_out, tcp_fin_out, tcp_time_wait}},
    Row{tcp_fin_out, kBack, {tcp_fin_out, tcp_fin_out, tcp_fin_out, tcp_time_wait, tcp_time_wait}},
    Row{tcp_fin_back, kOut, {tcp_fin_back, tcp_fin_back, tcp_fin_back, tcp_time_wait, tcp_time_wait}},
    Row{tcp_fin_back, kBack, {tcp_fin_back, tcp_fin_back, tcp_fin_back, tcp_fin_back, tcp_time_wait}},
    Row{tcp_time_wait, kOut, {tcp_time_wait, tcp_time_wait, tcp_time_wait, tcp_time_wait, tcp_time_wait}},
    Row{tcp_time_wait, kBack, {tcp_time_wait, tcp_time_wait, tcp_time_wait, tcp_time_wait, tcp_time_wait}},
};

constexpr std::size_t row_of(FlowState state, Direction direction) {
  return (static_cast<std::size_t>(state) - static_cast<std::size_t>(tcp_syn)) * 2 +
         static_cast<std::size_t>(direction);
}

constexpr bool rows_stand_in_order() {
  for (std::size_t i = 0; i < kTcpRows.size(); ++i) {
    if (row_of(kTcpRows[i].state, kTcpRows[i].direction) != i) return false;
  }
  return true;
}
static_assert(rows_stand_in_order());

FlowState next_udp_state(FlowState state, Direction direction) {
  if (state == udp_request && direction == Direction::back) return udp_reply;
  if (state == udp_reply && direction == Direction::out) return udp_stream;
  return state;
}

}  // namespace

bool is_invalid_segment(std::uint8_t tcp_flags) {
  constexpr std::uint8_t kKnown = tcp::kFin | tcp::kSyn | tcp::kRst | tcp::kPsh | tcp::kAck | tcp::kUrg;
  return (tcp_flags & kKnown) == 0 || ((tcp_flags & tcp::kSyn) != 0 && (tcp_flags & (tcp::kFin | tcp::kRst)) != 0);
}

bool is_bare_syn(std::uint8_t tcp_flags) {
  return (tcp_flags & (tcp::kSyn | tcp::kAck | tcp::kFin | tcp::kRst)) == tcp::kSyn;
}

FlowState opening_state(std::uint8_t protocol, std::uint8_t tcp_flags) {
  if (protocol == kUdp) return udp_request;
  if (protocol != kTcp) return other;
  if (is_bare_syn(tcp_flags)) return tcp_syn;
  return next_state(tcp_picked_up, Direction::out, tcp_flags).next;
}

Transition next_state(FlowState state, Direction direction, std::uint8_t tcp_flags) {
  if (state >= udp_request) return {next_udp_state(state, direction)};
  if (is_bare_syn(tcp_flags)) {
    if (state == tcp_time_wait) return {.next = state, .reopens = true};
    const bool both_open = state == tcp_syn || state == tcp_syn_ack;
    if (direction == Direction::back && !both_open) return {.next = state, .backwards = true};
  }
  return {kTcpRows[row_of(state, direction)].next[static_cast<std::size_t>(segment_of(tcp_flags))]};
}

TimeoutKind timeout_kind(FlowState state) {
  switch (state) {
    case tcp_syn:
    case tcp_syn_ack:
    case tcp_picked_up:
      return TimeoutKind::tcp_syn;
    case tcp_established:
      return TimeoutKind::tcp_established;
    case tcp_fin_out:
    case tcp_fin_back:
      return TimeoutKind::tcp_closing;
    case tcp_time_wait:
      return TimeoutKind::tcp_time_wait;
    case udp_request:
    case udp_reply:
      return TimeoutKind::udp;
    case udp_stream:
      return TimeoutKind::udp_stream;
    case free:
    case other:
      break;
  }
  return TimeoutKind::other;
}

std::uint32_t timeout_seconds(FlowState state, const rules::Timeouts& timeouts) {
  switch (timeout_kind(state)) {
    case TimeoutKind::tcp_syn:
      return timeouts.tcp_syn;
    case TimeoutKind::tcp_established:
      return timeouts.tcp_established;
    case TimeoutKind::tcp_closing:
      return timeouts.tcp_closing;
    case TimeoutKind::tcp_time_wait:
      return timeouts.tcp_time_wait;
    case TimeoutKind::udp:
      return timeouts.udp;
    case TimeoutKind::udp_stream:
      return timeouts.udp_stream;
    case TimeoutKind::other:
      break;
  }
  return timeouts.other;
}

}  // namespace sallyport::dataplane
