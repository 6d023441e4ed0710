// Frames the gateway makes itself: ARP, ICMP errors, TCP resets, and echo replies made of their requests.
//
// Owner: dataplane/packet. Each builder writes from the start of `out` and returns the frame's length, or 0 where `out`
// is too small or such a frame must not be sent. Always: what is built has right sums and passes parse().
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/packet/parse.h"
#include "rules/model/address.h"

namespace sallyport::dataplane {

// Enough for each of these builders.
inline constexpr std::size_t kLongestOriginated = ethernet::kHeaderBytes + 576;

struct ArpParty {
  rules::MacAddress mac;
  std::uint32_t address = 0;
};

// Who has `target`? Broadcast, or to `target_mac` alone (a probe of a known neighbour).
std::size_t build_arp_request(std::span<std::byte> out, const ArpParty& sender, std::uint32_t target,
                              const rules::MacAddress& target_mac = kBroadcastMac);
std::size_t build_arp_reply(std::span<std::byte> out, const ArpParty& sender, const ArpParty& asker);
// Announces the sender's address to everybody (RFC 5227 section 3).
std::size_t build_gratuitous_arp(std::span<std::byte> out, const ArpParty& sender);

struct IcmpError {
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  std::uint16_t mtu = 0;              // of the next hop, for fragmentation needed (RFC 1191)
  std::uint32_t source = 0;           // the gateway's address towards the sender
  rules::MacAddress source_mac;       // of the port it leaves by
  rules::MacAddress destination_mac;  // usually the sender's
};

// Answers `frame`, not rewritten yet, quoting as much as 576 bytes of IP leave room for (RFC 1812 4.3.2.3).
std::size_t build_icmp_error(std::span<std::byte> out, std::span<const std::byte> frame, const ParsedPacket& packet,
                             const IcmpError& error);

// RST for a segment of no connection (RFC 9293 3.10.7.1); 0 for a segment that is an RST itself. Sent back to the
// frame's source.
std::size_t build_tcp_reset(std::span<std::byte> out, std::span<const std::byte> frame, const ParsedPacket& packet);

// Turns an echo request for the gateway round, in place; the frame goes back to its sender with a TTL of 64.
void turn_into_echo_reply(std::span<std::byte> frame, ParsedPacket& packet);

}  // namespace sallyport::dataplane
