// Building frames of our own. Owner: dataplane/packet.
#include "dataplane/packet/originate.h"

#include <algorithm>
#include <cstring>

#include "dataplane/packet/checksum.h"

namespace sallyport::dataplane {
namespace {

constexpr std::size_t kLongestError = 576;  // bytes of IP
constexpr std::uint8_t kOwnTtl = 64;

void write_ethernet(std::byte* frame, const rules::MacAddress& source, const rules::MacAddress& destination,
                    std::uint16_t type) {
  store_mac(frame + ethernet::kSource, source);
  store_mac(frame + ethernet::kDestination, destination);
  store_be16(frame + ethernet::kType, type);
}

std::size_t write_arp(std::span<std::byte> out, std::uint16_t operation, const ArpParty& sender, const ArpParty& target,
                      const rules::MacAddress& frame_destination) {
  constexpr std::size_t kFrameBytes = ethernet::kHeaderBytes + arp::kBytes;
  if (out.size() < kFrameBytes) return 0;
  write_ethernet(out.data(), sender.mac, frame_destination, kEtherTypeArp);
  std::byte* body = out.data() + ethernet::kHeaderBytes;
  store_be16(body + arp::kHardwareType, arp::kEthernet);
  store_be16(body + arp::kProtocolType, kEtherTypeIpv4);
  store8(body + arp::kHardwareLength, 6);
  store8(body + arp::kProtocolLength, 4);
  store_be16(body + arp::kOperation, operation);
  store_mac(body + arp::kSenderMac, sender.mac);
  store_be32(body + arp::kSenderAddress, sender.address);
  store_mac(body + arp::kTargetMac, target.mac);
  store_be32(body + arp::kTargetAddress, target.address);
  return kFrameBytes;
}

struct Ipv4Fields {
  std::uint16_t total_length = 0;
  std::uint8_t type_of_service = 0;
  std::uint8_t protocol = 0;
  std::uint32_t source = 0;
  std::uint32_t destination = 0;
};

// Without options, with DF: identification 0 is then unambiguous (RFC 6864 4.1).
void write_ipv4(std::byte* header, const Ipv4Fields& fields) {
  store8(header + ipv4::kVersionLength, 0x45);
  store8(header + ipv4::kTypeOfService, fields.type_of_service);
  store_be16(header + ipv4::kTotalLength, fields.total_length);
  store_be16(header + ipv4::kIdentification, 0);
  store_be16(header + ipv4::kFragment, ipv4::kDontFragment);
  store8(header + ipv4::kTtl, kOwnTtl);
  store8(header + ipv4::kProtocol, fields.protocol);
  store_be16(header + ipv4::kSum, 0);
  store_be32(header + ipv4::kSource, fields.source);
  store_be32(header + ipv4::kDestination, fields.destination);
  store_be16(header + ipv4::kSum, complement(sum_of({header, ipv4::kHeaderBytes})));
}

}  // namespace

std::size_t build_arp_request(std::span<std::byte> out, const ArpParty& sender, std::uint32_t target,
                              const rules::MacAddress& target_mac) {
  const bool is_unicast = target_mac != kBroadcastMac;
  return write_arp(out, arp::kRequest, sender, {is_unicast ? target_mac : rules::MacAddress{}, target}, target_mac);
}

std::size_t build_arp_reply(std::span<std::byte> out, const ArpParty& sender, const ArpParty& asker) {
  return write_arp(out, arp::kReply, sender, asker, asker.mac);
}

std::size_t build_gratuitous_arp(std::span<std::byte> out, const ArpParty& sender) {
  return write_arp(out, arp::kRequest, sender, {{}, sender.address}, kBroadcastMac);
}

std::size_t build_icmp_error(std::span<std::byte> out, std::span<const std::byte> frame, const ParsedPacket& packet,
                             const IcmpError& error) {
  if (forbids_icmp_error(packet)) return 0;
  const std::size_t quoted =
      std::min<std::size_t>(packet.frame_length - kIpv4Offset, kLongestError - ipv4::kHeaderBytes - icmp::kHeaderBytes);
  const std::size_t l4_length = icmp::kHeaderBytes + quoted;
  const std::size_t length = kIpv4Offset + ipv4::kHeaderBytes + l4_length;
  if (out.size() < length) return 0;
  write_ethernet(out.data(), error.source_mac, error.destination_mac, kEtherTypeIpv4);
  // Precedence of internetwork control (RFC 1812 4.3.2.5).
  write_ipv4(out.data() + kIpv4Offset, {.total_length = static_cast<std::uint16_t>(ipv4::kHeaderBytes + l4_length),
                                        .type_of_service = 0xC0,
                                        .protocol = kIcmp,
                                        .source = error.source,
                                        .destination = packet.source});
  std::byte* l4 = out.data() + kIpv4Offset + ipv4::kHeaderBytes;
  std::memset(l4, 0, icmp::kHeaderBytes);
  store8(l4 + icmp::kType, error.type);
  store8(l4 + icmp::kCode, error.code);
  store_be16(l4 + icmp::kNextHopMtu, error.mtu);
  std::memcpy(l4 + icmp::kHeaderBytes, frame.data() + kIpv4Offset, quoted);
  store_be16(l4 + icmp::kSum, complement(sum_of({l4, l4_length})));
  return length;
}

std::size_t build_tcp_reset(std::span<std::byte> out, std::span<const std::byte> frame, const ParsedPacket& packet) {
  constexpr std::size_t kFrameBytes = kIpv4Offset + ipv4::kHeaderBytes + tcp::kHeaderBytes;
  if ((packet.tcp_flags & tcp::kRst) != 0 || out.size() < kFrameBytes) return 0;
  const std::byte* segment = frame.data() + packet.l4_offset;
  const std::size_t header_bytes = (load8(segment + tcp::kDataOffset) >> 4U) * std::size_t{4};
  const auto segment_length = static_cast<std::uint32_t>(packet.l4_length - header_bytes) +
                              ((packet.tcp_flags & tcp::kSyn) != 0 ? 1U : 0U) +
                              ((packet.tcp_flags & tcp::kFin) != 0 ? 1U : 0U);
  const bool has_ack = (packet.tcp_flags & tcp::kAck) != 0;
  write_ethernet(out.data(), load_mac(frame.data() + ethernet::kDestination),
                 load_mac(frame.data() + ethernet::kSource), kEtherTypeIpv4);
  write_ipv4(out.data() + kIpv4Offset, {.total_length = ipv4::kHeaderBytes + tcp::kHeaderBytes,
                                        .protocol = kTcp,
                                        .source = packet.destination,
                                        .destination = packet.source});
  std::byte* l4 = out.data() + kIpv4Offset + ipv4::kHeaderBytes;
  std::memset(l4, 0, tcp::kHeaderBytes);
  store_be16(l4 + tcp::kSourcePort, packet.destination_port);
  store_be16(l4 + tcp::kDestinationPort, packet.source_port);
  store_be32(l4 + tcp::kSequence, has_ack ? load_be32(segment + tcp::kAcknowledgement) : 0);
  store_be32(l4 + tcp::kAcknowledgement, has_ack ? 0 : load_be32(segment + tcp::kSequence) + segment_length);
  store8(l4 + tcp::kDataOffset, 5U << 4U);
  store8(l4 + tcp::kFlags, has_ack ? tcp::kRst : tcp::kRst | tcp::kAck);
  const std::uint64_t pseudo = pseudo_header_sum(packet.destination, packet.source, kTcp, tcp::kHeaderBytes);
  store_be16(l4 + tcp::kSum, complement(sum_of({l4, tcp::kHeaderBytes}) + pseudo));
  return kFrameBytes;
}

void turn_into_echo_reply(std::span<std::byte> frame, ParsedPacket& packet) {
  const auto asker = load_mac(frame.data() + ethernet::kSource);
  store_mac(frame.data() + ethernet::kSource, load_mac(frame.data() + ethernet::kDestination));
  store_mac(frame.data() + ethernet::kDestination, asker);
  std::byte* header = frame.data() + kIpv4Offset;
  std::swap(packet.source, packet.destination);
  store_be32(header + ipv4::kSource, packet.source);
  store_be32(header + ipv4::kDestination, packet.destination);
  packet.ttl = kOwnTtl;
  store8(header + ipv4::kTtl, kOwnTtl);
  store_be16(header + ipv4::kSum, 0);
  store_be16(header + ipv4::kSum, complement(sum_of({header, packet.header_length})));
  std::byte* l4 = frame.data() + packet.l4_offset;
  const std::uint16_t before = load_be16(l4 + icmp::kType);
  packet.icmp_type = icmp::kEchoReply;
  store8(l4 + icmp::kType, icmp::kEchoReply);
  const std::uint16_t sum = updated_sum(load_be16(l4 + icmp::kSum), before, load_be16(l4 + icmp::kType));
  store_be16(l4 + icmp::kSum, nonzero_field(sum));
}

}  // namespace sallyport::dataplane
