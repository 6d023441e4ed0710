// A packet as the engine sees it: bytes that somebody else owns, where it came from, and what became of it.
//
// Owner: dataplane/packet. Drivers (DPDK ports, replay, tests) fill the first half, the engine the second.
// Always: the bytes start at the Ethernet header and are rewritten in place; their number never grows, a trailer behind
// the IP packet is cut off.
#pragma once

#include <cstddef>
#include <cstdint>

#include "rules/model/drop_code.h"

namespace sallyport::dataplane {

// Nanoseconds on a clock of the driver's; only differences mean anything. Never goes back.
using Time = std::uint64_t;
inline constexpr Time kSecond = 1'000'000'000;

using PortIndex = std::uint16_t;
inline constexpr PortIndex kNoPort = 0xFFFF;

enum class Disposition : std::uint8_t {
  pending,  // not judged yet
  forward,  // rewritten; send at out_port
  drop,     // counted under `code`; free it
  consume,  // answered or absorbed by the gateway (ARP, echo); free it
  hold,     // the engine keeps it until its next hop is known; it comes back through Engine::released()
};

// What a driver knows about a packet.
enum PacketFlags : std::uint8_t {
  kIpChecksumGood = 1,  // the port verified the IPv4 header sum
  kL4ChecksumGood = 2,  // the port verified the TCP/UDP sum
  kCutShort = 4,        // a capture holds fewer bytes than were on the wire: L4 sums cannot be verified
  // A copy of a frame that another worker got from the port (steer.h, kEveryWorker). It is listened to and counted as
  // nothing; it is always consumed.
  kCountedElsewhere = 8,
  // Set by the engine: forwarded back as the gateway's own answer, so counted as consumed and originated.
  kAnswer = 16,
};

struct Packet {
  std::byte* data = nullptr;
  std::uint32_t length = 0;  // bytes from the Ethernet header on
  PortIndex in_port = kNoPort;
  std::uint8_t flags = 0;  // PacketFlags
  Disposition disposition = Disposition::pending;
  rules::DropCode code = rules::DropCode::none;
  PortIndex out_port = kNoPort;
  void* handle = nullptr;  // the driver's own (an mbuf, a record number)
};

}  // namespace sallyport::dataplane
