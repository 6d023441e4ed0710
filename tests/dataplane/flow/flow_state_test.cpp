// The table of docs/packet-path.md "Flow": conversations and the states they lead to.
#include "dataplane/flow/flow_state.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dataplane/packet/wire.h"

namespace sallyport::dataplane {
namespace {

using enum FlowState;

// ">SA" is a segment of the opener with these flags, "<" one of the other side; "." is ACK alone.
std::uint8_t flags_of(std::string_view letters) {
  std::uint8_t flags = 0;
  for (const char letter : letters) {
    switch (letter) {
      case 'S':
        flags |= tcp::kSyn;
        break;
      case 'F':
        flags |= tcp::kFin;
        break;
      case 'R':
        flags |= tcp::kRst;
        break;
      case 'A':
      case '.':
        flags |= tcp::kAck;
        break;
      case 'P':
        flags |= tcp::kPsh;
        break;
      default:
        break;
    }
  }
  return flags;
}

struct Conversation {
  const char* what;
  std::vector<std::string> segments;
  FlowState expected;
};

TEST(FlowState, TcpConversations) {
  const Conversation conversations[] = {
      {"SYN", {">S"}, tcp_syn},
      {"SYN again", {">S", ">S"}, tcp_syn},
      {"acknowledged without an answer", {">S", ">."}, tcp_syn},
      {"challenge ACK", {">S", "<."}, tcp_syn},
      {"answered", {">S", "<SA"}, tcp_syn_ack},
      {"answered twice", {">S", "<SA", "<SA"}, tcp_syn_ack},
      {"the other side goes on alone", {">S", "<SA", "<."}, tcp_syn_ack},
      {"acknowledged", {">S", "<SA", ">."}, tcp_established},
      {"acknowledged with data", {">S", "<SA", ">PA"}, tcp_established},
      {"simultaneous open", {">S", "<S", ">SA"}, tcp_established},
      {"refused", {">S", "<RA"}, tcp_time_wait},
      {"picked up", {">."}, tcp_picked_up},
      {"picked up, more", {">.", ">PA"}, tcp_picked_up},
      {"picked up and answered", {">.", "<."}, tcp_established},
      {"picked up at a SYN-ACK", {">SA"}, tcp_picked_up},
      {"picked up at a FIN", {">FA"}, tcp_fin_out},
      {"picked up at a RST", {">R"}, tcp_time_wait},
      {"established goes on", {">S", "<SA", ">.", "<.", ">PA", "<PA"}, tcp_established},
      {"a SYN into it", {">S", "<SA", ">.", ">S"}, tcp_established},
      {"opener closes", {">S", "<SA", ">.", ">FA"}, tcp_fin_out},
      {"opener closes twice", {">S", "<SA", ">.", ">FA", ">FA"}, tcp_fin_out},
      {"acknowledged close", {">S", "<SA", ">.", ">FA", "<."}, tcp_fin_out},
      {"half open: data comes back", {">S", "<SA", ">.", ">FA", "<PA", ">."}, tcp_fin_out},
      {"other side closes", {">S", "<SA", ">.", "<FA"}, tcp_fin_back},
      {"both, opener first", {">S", "<SA", ">.", ">FA", "<FA"}, tcp_time_wait},
      {"both, other first", {">S", "<SA", ">.", "<FA", ">FA"}, tcp_time_wait},
      {"last acknowledgement", {">S", "<SA", ">.", "<FA", ">FA", "<."}, tcp_time_wait},
      {"reset by the opener", {">S", "<SA", ">.", ">R"}, tcp_time_wait},
      {"reset by the other", {">S", "<SA", ">.", "<R"}, tcp_time_wait},
      {"reset while closing", {">S", "<SA", ">.", "<FA", ">R"}, tcp_time_wait},
      {"closing without an acknowledged answer", {">S", "<SA", "<FA"}, tcp_fin_back},
  };
  for (const auto& c : conversations) {
    FlowState state = opening_state(kTcp, flags_of(c.segments.front().substr(1)));
    for (std::size_t i = 1; i < c.segments.size(); ++i) {
      const auto direction = c.segments[i][0] == '>' ? Direction::out : Direction::back;
      const auto transition = next_state(state, direction, flags_of(c.segments[i].substr(1)));
      EXPECT_FALSE(transition.reopens) << c.what;
      state = transition.next;
    }
    EXPECT_EQ(state, c.expected) << c.what;
  }
}

TEST(FlowState, OnlyABareSynReopensAndOnlyWhatIsClosed) {
  for (const auto direction : {Direction::out, Direction::back}) {
    EXPECT_TRUE(next_state(tcp_time_wait, direction, tcp::kSyn).reopens);
    EXPECT_FALSE(next_state(tcp_time_wait, direction, tcp::kSyn | tcp::kAck).reopens);
    EXPECT_FALSE(next_state(tcp_time_wait, direction, tcp::kAck).reopens);
    for (const auto state : {tcp_syn, tcp_syn_ack, tcp_picked_up, tcp_established, tcp_fin_out, tcp_fin_back}) {
      EXPECT_FALSE(next_state(state, direction, tcp::kSyn).reopens);
    }
  }
}

TEST(FlowState, Udp) {
  EXPECT_EQ(opening_state(kUdp, 0), udp_request);
  EXPECT_EQ(next_state(udp_request, Direction::out, 0).next, udp_request);
  EXPECT_EQ(next_state(udp_request, Direction::back, 0).next, udp_reply);
  EXPECT_EQ(next_state(udp_reply, Direction::back, 0).next, udp_reply);
  EXPECT_EQ(next_state(udp_reply, Direction::out, 0).next, udp_stream);
  EXPECT_EQ(next_state(udp_stream, Direction::back, 0).next, udp_stream);
}

TEST(FlowState, OtherProtocols) {
  EXPECT_EQ(opening_state(kIcmp, 0), other);
  EXPECT_EQ(opening_state(47, tcp::kSyn), other);
  EXPECT_EQ(next_state(other, Direction::back, tcp::kRst).next, other);
}

TEST(FlowState, SegmentsNoStackSends) {
  for (unsigned flags = 0; flags < 64; ++flags) {
    const bool syn = (flags & tcp::kSyn) != 0;
    const bool expected = flags == 0 || (syn && (flags & (tcp::kFin | tcp::kRst)) != 0);
    EXPECT_EQ(is_invalid_segment(static_cast<std::uint8_t>(flags)), expected) << flags;
    const bool bare = syn && (flags & (tcp::kFin | tcp::kRst | tcp::kAck)) == 0;
    EXPECT_EQ(is_bare_syn(static_cast<std::uint8_t>(flags)), bare) << flags;
  }
  EXPECT_TRUE(is_invalid_segment(0xC0));  // congestion flags alone
}

TEST(FlowState, Timeouts) {
  const rules::Timeouts timeouts{
      .tcp_established = 1, .tcp_syn = 2, .tcp_closing = 3, .tcp_time_wait = 4, .udp = 5, .udp_stream = 6, .other = 7};
  const std::pair<FlowState, std::uint32_t> expected[] = {{tcp_syn, 2},         {tcp_syn_ack, 2}, {tcp_picked_up, 2},
                                                          {tcp_established, 1}, {tcp_fin_out, 3}, {tcp_fin_back, 3},
                                                          {tcp_time_wait, 4},   {udp_request, 5}, {udp_reply, 5},
                                                          {udp_stream, 6},      {other, 7}};
  for (const auto& [state, seconds] : expected) EXPECT_EQ(timeout_seconds(state, timeouts), seconds);
}

}  // namespace
}  // namespace sallyport::dataplane
