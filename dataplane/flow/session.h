// A flow in both directions, in two cache lines: Session is what a packet of an established flow touches, SessionDetail
// what is needed when something changes or somebody asks.
//
// Owner: dataplane/flow; the engine fills in and reads, FlowTable keeps tuples and state consistent with its index.
// Always: both are 64 bytes of plain data; all zero means free.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "dataplane/flow/flow_state.h"
#include "dataplane/packet/packet.h"

namespace sallyport::dataplane {

// What a packet of a flow looks like as it arrives, and by whom (docs/packet-path.md "Flow").
struct FlowTuple {
  std::uint32_t source;
  std::uint32_t destination;
  std::uint16_t source_port;  // ICMP echo: the id, in both; protocols without ports: 0
  std::uint16_t destination_port;
  std::uint32_t hop_and_protocol;

  static constexpr std::uint32_t kMaxHop = 0xFFFFFF;
  [[nodiscard]] static constexpr std::uint32_t pack(std::uint32_t hop, std::uint8_t protocol) {
    return hop << 8U | protocol;
  }
  [[nodiscard]] constexpr std::uint32_t hop() const { return hop_and_protocol >> 8U; }
  [[nodiscard]] constexpr std::uint8_t protocol() const { return static_cast<std::uint8_t>(hop_and_protocol); }
  // The same conversation seen from the other end, which is reached by `far_hop`.
  [[nodiscard]] constexpr FlowTuple turned_round(std::uint32_t far_hop) const {
    return {destination, source, destination_port, source_port, pack(far_hop, protocol())};
  }
  friend constexpr bool operator==(const FlowTuple&, const FlowTuple&) = default;
};
static_assert(sizeof(FlowTuple) == 16);

// Sixteenths of a second since the engine's clock began; wraps after eight years.
using Ticks = std::uint32_t;
inline constexpr Ticks kTicksPerSecond = 16;
[[nodiscard]] constexpr Ticks ticks_at(Time now) { return static_cast<Ticks>(now / (kSecond / kTicksPerSecond)); }
// Timeouts beyond four years of ticks are held at that.
[[nodiscard]] constexpr Ticks ticks_of(std::uint32_t seconds) {
  return static_cast<Ticks>(std::min<std::uint64_t>(std::uint64_t{seconds} * kTicksPerSecond, 0x7FFFFFFFU));
}

enum SessionFlags : std::uint8_t {
  kTrackedFrom = 1,  // the opener's end is tracked
  kTrackedTo = 2,    // the other end is
  kMapping = 4,      // translated by a NAT gateway: the mapping's life is the session's
  kJudgedOut = 8,    // the ACLs admitted this direction under `epoch`
  kJudgedBack = 16,
  kPublished = 32,  // its destination is a published port: `reply` comes from the target
};

struct alignas(64) Session {
  FlowTuple opening;  // as the opener's packets arrive
  FlowTuple reply;    // as the answers arrive: the translated tuple turned round
  Ticks last_seen;
  Ticks review_after;        // idle so long, and the detail must be asked: an end's time is out, or the session's
  std::uint32_t epoch;       // of the policy that judged it last
  std::uint32_t bytes[2];    // by direction, since they were last moved to the detail
  std::uint16_t packets[2];  // the same
  std::uint8_t out_port[2];  // by direction; the engine's, valid under `epoch`
  FlowState state;
  std::uint8_t flags;  // SessionFlags
};
static_assert(sizeof(Session) == 64);

struct alignas(64) SessionDetail {
  std::uint64_t packets[2];  // by direction, without what still stands in the session
  std::uint64_t bytes[2];
  std::uint32_t interface_from;  // uid of the opener's interface; 0: the internet
  std::uint32_t interface_to;
  Ticks life_from;  // how long the tracked end lives idle in the present state; 0: not tracked
  Ticks life_to;
  Ticks life_mapping;       // of a NAT gateway's mapping; 0: none
  std::uint32_t rule_from;  // uids of the group rules that admitted the flow at each end
  std::uint32_t rule_to;
  std::uint32_t nat_gateway;  // which made the mapping, as the engine numbers them
};
static_assert(sizeof(SessionDetail) == 64);

[[nodiscard]] constexpr Ticks idle_time(const Session& session, Ticks now) { return now - session.last_seen; }

// The mapping's life where there is one, else the longer of the two ends'.
[[nodiscard]] constexpr Ticks session_life(const SessionDetail& detail) {
  return detail.life_mapping != 0 ? detail.life_mapping : std::max(detail.life_from, detail.life_to);
}

[[nodiscard]] constexpr bool is_expired(const Session& session, const SessionDetail& detail, Ticks now) {
  return idle_time(session, now) >= session.review_after && idle_time(session, now) >= session_life(detail);
}

// Whether a tracked end's own time ran out while the session lives: that end is judged as new.
[[nodiscard]] constexpr bool from_end_expired(const Session& session, const SessionDetail& detail, Ticks now) {
  return (session.flags & kTrackedFrom) != 0 && idle_time(session, now) >= detail.life_from;
}
[[nodiscard]] constexpr bool to_end_expired(const Session& session, const SessionDetail& detail, Ticks now) {
  return (session.flags & kTrackedTo) != 0 && idle_time(session, now) >= detail.life_to;
}

// Notes the lives of the present state and when they must be looked at again. 0 stands for an end that is not tracked
// and for no mapping.
void set_lives(Session& session, SessionDetail& detail, Ticks from, Ticks to, Ticks mapping);

// Counts a packet of `bytes` (less than 64 KiB); moves the counts to the detail when they have no more room.
inline void count_packet(Session& session, SessionDetail& detail, Direction direction, std::uint32_t bytes) {
  const auto d = static_cast<std::size_t>(direction);
  if (session.packets[d] == 0xFFFF) [[unlikely]] {
    detail.packets[d] += session.packets[d];
    detail.bytes[d] += session.bytes[d];
    session.packets[d] = 0;
    session.bytes[d] = 0;
  }
  ++session.packets[d];
  session.bytes[d] += bytes;
}

[[nodiscard]] inline std::uint64_t packets_of(const Session& session, const SessionDetail& detail,
                                              Direction direction) {
  const auto d = static_cast<std::size_t>(direction);
  return detail.packets[d] + session.packets[d];
}
[[nodiscard]] inline std::uint64_t bytes_of(const Session& session, const SessionDetail& detail, Direction direction) {
  const auto d = static_cast<std::size_t>(direction);
  return detail.bytes[d] + session.bytes[d];
}

}  // namespace sallyport::dataplane
