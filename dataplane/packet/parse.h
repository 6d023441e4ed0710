// Bytes to facts: every check of docs/packet-path.md "Parse" that needs no policy.
//
// Owner: dataplane/packet. Input comes from strangers: nothing outside the span is read, whatever it holds.
// Always: when `drop` is none and the packet is IPv4, all offsets lie inside `frame_length` and the headers are whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/packet/packet.h"
#include "dataplane/packet/wire.h"
#include "rules/model/address.h"
#include "rules/model/drop_code.h"

namespace sallyport::dataplane {

// The packet inside an ICMP error. Ports stand only where `has_ports`; an echo's id stands in both.
struct QuotedPacket {
  bool present = false;  // a whole IPv4 header with a right sum; no later fragment
  bool has_ports = false;
  std::uint8_t protocol = 0;
  std::uint32_t source = 0;
  std::uint32_t destination = 0;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint16_t l3_offset = 0;  // in the frame
  std::uint16_t l4_offset = 0;
  std::uint16_t l4_bytes = 0;  // how many bytes behind the inner header are quoted
};

struct ParsedPacket {
  rules::DropCode drop = rules::DropCode::none;
  bool is_arp = false;  // nothing below is set
  bool dont_fragment = false;
  bool is_icmp_error = false;  // types 3, 11 and 12
  bool is_echo = false;        // request or reply: the id stands in both ports
  bool has_ports = false;      // TCP, UDP or echo
  std::uint8_t protocol = 0;
  std::uint8_t ttl = 0;
  std::uint8_t tcp_flags = 0;
  std::uint8_t icmp_type = 0;
  std::uint8_t icmp_code = 0;
  std::uint32_t source = 0;
  std::uint32_t destination = 0;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint16_t header_length = 0;  // of IPv4
  std::uint16_t total_length = 0;   // of the IPv4 packet as its header says
  std::uint16_t l4_offset = 0;      // in the frame
  std::uint16_t l4_length = 0;      // bytes behind the IPv4 header, for UDP what its own length says
  std::uint32_t frame_length = 0;   // Ethernet header and packet without a trailer: what is forwarded
  QuotedPacket quoted;
};

inline constexpr std::size_t kIpv4Offset = ethernet::kHeaderBytes;

struct ParseOptions {
  rules::MacAddress own_mac;         // of the port it came by
  bool any_destination_mac = false;  // link addresses say nothing of the port: neither whom it is for nor who sent it
  std::uint8_t packet_flags = 0;     // PacketFlags of the packet
};

// TCP, UDP and ICMP sums are left to check_l4_sum; ICMP errors aside, whose sum and inner header sum are checked here.
[[nodiscard]] ParsedPacket parse(std::span<const std::byte> frame, const ParseOptions& options);

enum class L4Sum : std::uint8_t {
  good,
  none,        // a protocol or packet without a sum, or one that cannot be verified (kCutShort)
  unfinished,  // over the pseudo-header alone: the sender left the rest to hardware (finish_l4_sum)
  bad,
};

// Looks at the TCP, UDP or ICMP sum of a parsed packet; kL4ChecksumGood spares the work for TCP and UDP.
[[nodiscard]] L4Sum check_l4_sum(std::span<const std::byte> frame, const ParsedPacket& packet,
                                 std::uint8_t packet_flags);

// Computes the TCP, UDP or ICMP sum of a parsed packet anew.
void finish_l4_sum(std::span<std::byte> frame, const ParsedPacket& packet);

// RFC 1122 3.2.2: no ICMP error about an ICMP error (redirects and quenches included).
[[nodiscard]] bool forbids_icmp_error(const ParsedPacket& packet);

// What an ARP packet says. `drop` is MALFORMED_ARP where it cannot be true.
struct ParsedArp {
  rules::DropCode drop = rules::DropCode::none;
  bool is_request = false;
  bool is_probe = false;       // sender address 0.0.0.0 (RFC 5227)
  bool is_gratuitous = false;  // sender and target address are the same
  rules::MacAddress sender_mac;
  std::uint32_t sender = 0;
  std::uint32_t target = 0;
};

// For a frame that parse() called ARP.
[[nodiscard]] ParsedArp parse_arp(std::span<const std::byte> frame);

}  // namespace sallyport::dataplane
