// Reading strangers' bytes. Owner: dataplane/packet.
#include "dataplane/packet/parse.h"

#include <algorithm>

#include "dataplane/packet/checksum.h"

namespace sallyport::dataplane {
namespace {

using rules::DropCode;

DropCode check_ethernet(std::span<const std::byte> frame, const ParseOptions& options) {
  if (frame.size() < ethernet::kHeaderBytes) return DropCode::MALFORMED_ETHERNET;
  const auto source = load_mac(frame.data() + ethernet::kSource);
  const bool is_own = source == options.own_mac && !options.any_destination_mac;
  if (is_group(source) || source == rules::MacAddress{} || is_own) return DropCode::MALFORMED_ETHERNET;
  const auto destination = load_mac(frame.data() + ethernet::kDestination);
  if (!is_group(destination) && destination != options.own_mac && !options.any_destination_mac) {
    return DropCode::NOT_FOR_GATEWAY;
  }
  return DropCode::none;
}

// The options behind the fixed header: lengths that add up, no source route.
bool has_sound_options(std::span<const std::byte> options) {
  std::size_t at = 0;
  while (at < options.size()) {
    const std::uint8_t kind = load8(&options[at]);
    if (kind == ipv4::kOptionEnd) return true;
    if (kind == ipv4::kOptionNop) {
      ++at;
      continue;
    }
    if (kind == ipv4::kLooseSourceRoute || kind == ipv4::kStrictSourceRoute) return false;
    if (at + 1 >= options.size()) return false;
    const std::size_t length = load8(&options[at + 1]);
    if (length < 2 || at + length > options.size()) return false;
    at += length;
  }
  return true;
}

DropCode check_addresses(std::uint32_t source, std::uint32_t destination, bool is_group_frame) {
  const bool to_many = (destination >> 28U) == 0xEU || destination == 0xFFFFFFFFU;
  if (source == 0 && destination == 0xFFFFFFFFU) return DropCode::MULTICAST_OR_BROADCAST;  // asks for an address
  if (!rules::may_be_a_hosts({source})) return DropCode::MARTIAN_ADDRESS;
  if (to_many) return DropCode::MULTICAST_OR_BROADCAST;
  if (!rules::may_be_a_hosts({destination})) return DropCode::MARTIAN_ADDRESS;
  return is_group_frame ? DropCode::MULTICAST_OR_BROADCAST : DropCode::none;
}

DropCode parse_ipv4(std::span<const std::byte> frame, const ParseOptions& options, ParsedPacket& packet) {
  const std::size_t available = frame.size() - kIpv4Offset;
  if (available < ipv4::kHeaderBytes) return DropCode::MALFORMED_IPV4;
  const std::byte* header = frame.data() + kIpv4Offset;
  const std::uint8_t version_length = load8(header + ipv4::kVersionLength);
  packet.header_length = static_cast<std::uint16_t>((version_length & 0xFU) * 4U);
  packet.total_length = load_be16(header + ipv4::kTotalLength);
  if ((version_length >> 4U) != 4 || packet.header_length < ipv4::kHeaderBytes || packet.header_length > available) {
    return DropCode::MALFORMED_IPV4;
  }
  const bool cut_short = (options.packet_flags & kCutShort) != 0;
  if (packet.total_length < packet.header_length || (packet.total_length > available && !cut_short)) {
    return DropCode::MALFORMED_IPV4;
  }
  if (packet.header_length > ipv4::kHeaderBytes &&
      !has_sound_options({header + ipv4::kHeaderBytes, packet.header_length - ipv4::kHeaderBytes})) {
    return DropCode::MALFORMED_IPV4;
  }
  if ((options.packet_flags & kIpChecksumGood) == 0 && fold(sum_of({header, packet.header_length})) != 0xFFFFU) {
    return DropCode::BAD_CHECKSUM;
  }
  packet.protocol = load8(header + ipv4::kProtocol);
  packet.ttl = load8(header + ipv4::kTtl);
  packet.source = load_be32(header + ipv4::kSource);
  packet.destination = load_be32(header + ipv4::kDestination);
  packet.l4_offset = static_cast<std::uint16_t>(kIpv4Offset + packet.header_length);
  packet.l4_length = static_cast<std::uint16_t>(packet.total_length - packet.header_length);
  packet.frame_length = static_cast<std::uint32_t>(kIpv4Offset + std::min<std::size_t>(packet.total_length, available));
  const bool is_group_frame = is_group(load_mac(frame.data() + ethernet::kDestination));
  const DropCode address_code = check_addresses(packet.source, packet.destination, is_group_frame);
  if (address_code != DropCode::none) return address_code;
  const std::uint16_t fragment = load_be16(header + ipv4::kFragment);
  packet.dont_fragment = (fragment & ipv4::kDontFragment) != 0;
  return (fragment & (ipv4::kMoreFragments | ipv4::kOffsetMask)) != 0 ? DropCode::FRAGMENT_LIMIT : DropCode::none;
}

// Ports of TCP and UDP, or the id of an echo, as far as `l4` goes.
struct Ports {
  bool known = false;
  std::uint16_t source = 0;
  std::uint16_t destination = 0;
};

bool is_echo_type(std::uint8_t type) { return type == icmp::kEchoRequest || type == icmp::kEchoReply; }

Ports ports_of(std::uint8_t protocol, std::span<const std::byte> l4) {
  if ((protocol == kTcp || protocol == kUdp) && l4.size() >= 4) {
    return {true, load_be16(l4.data()), load_be16(l4.data() + 2)};
  }
  if (protocol == kIcmp && l4.size() >= icmp::kEchoId + 2 && is_echo_type(load8(l4.data() + icmp::kType))) {
    const std::uint16_t id = load_be16(l4.data() + icmp::kEchoId);
    return {true, id, id};
  }
  return {};
}

// An IPv4 header inside an ICMP error. False: its sum is wrong. A quote that is too short or no IPv4 is merely not
// there.
bool parse_quoted(std::span<const std::byte> frame, std::size_t offset, QuotedPacket& quoted) {
  if (frame.size() < offset + ipv4::kHeaderBytes) return true;
  const std::byte* header = frame.data() + offset;
  const std::uint8_t version_length = load8(header + ipv4::kVersionLength);
  const std::size_t header_length = (version_length & 0xFU) * 4U;
  if ((version_length >> 4U) != 4 || header_length < ipv4::kHeaderBytes || frame.size() < offset + header_length)
    return true;
  if (fold(sum_of({header, header_length})) != 0xFFFFU) return false;
  if ((load_be16(header + ipv4::kFragment) & ipv4::kOffsetMask) != 0) return true;
  quoted.present = true;
  quoted.protocol = load8(header + ipv4::kProtocol);
  quoted.source = load_be32(header + ipv4::kSource);
  quoted.destination = load_be32(header + ipv4::kDestination);
  quoted.l3_offset = static_cast<std::uint16_t>(offset);
  quoted.l4_offset = static_cast<std::uint16_t>(offset + header_length);
  quoted.l4_bytes = static_cast<std::uint16_t>(frame.size() - quoted.l4_offset);
  const Ports ports = ports_of(quoted.protocol, frame.subspan(quoted.l4_offset));
  quoted.has_ports = ports.known;
  quoted.source_port = ports.source;
  quoted.destination_port = ports.destination;
  return true;
}

DropCode parse_icmp(std::span<const std::byte> frame, const ParseOptions& options, ParsedPacket& packet) {
  const std::byte* l4 = frame.data() + packet.l4_offset;
  packet.icmp_type = load8(l4 + icmp::kType);
  packet.icmp_code = load8(l4 + icmp::kCode);
  packet.is_echo = is_echo_type(packet.icmp_type);
  packet.is_icmp_error = packet.icmp_type == icmp::kUnreachable || packet.icmp_type == icmp::kTimeExceeded ||
                         packet.icmp_type == icmp::kParameterProblem;
  if (!packet.is_icmp_error) return DropCode::none;
  if (check_l4_sum(frame, packet, options.packet_flags) == L4Sum::bad) return DropCode::BAD_CHECKSUM;
  const bool sum_is_right = parse_quoted(frame, packet.l4_offset + icmp::kHeaderBytes, packet.quoted);
  return sum_is_right ? DropCode::none : DropCode::BAD_CHECKSUM;
}

// `frame` ends with the packet.
DropCode parse_l4(std::span<const std::byte> frame, const ParseOptions& options, ParsedPacket& packet) {
  const std::size_t available = frame.size() - packet.l4_offset;
  const std::byte* l4 = frame.data() + packet.l4_offset;
  DropCode code = DropCode::none;
  if (packet.protocol == kTcp) {
    if (available < tcp::kHeaderBytes) return DropCode::MALFORMED_L4;
    const std::size_t header = (load8(l4 + tcp::kDataOffset) >> 4U) * std::size_t{4};
    if (header < tcp::kHeaderBytes || header > packet.l4_length) return DropCode::MALFORMED_L4;
    packet.tcp_flags = load8(l4 + tcp::kFlags) & 0x3FU;
  } else if (packet.protocol == kUdp) {
    if (available < udp::kHeaderBytes) return DropCode::MALFORMED_L4;
    const std::uint16_t length = load_be16(l4 + udp::kLength);
    if (length < udp::kHeaderBytes || length > packet.l4_length) return DropCode::MALFORMED_L4;
    packet.l4_length = length;
  } else if (packet.protocol == kIcmp) {
    if (available < icmp::kHeaderBytes) return DropCode::MALFORMED_L4;
    code = parse_icmp(frame, options, packet);
  }
  const Ports ports = ports_of(packet.protocol, {l4, available});
  packet.has_ports = ports.known;
  packet.source_port = ports.source;
  packet.destination_port = ports.destination;
  return code;
}

std::uint64_t pseudo_sum(const ParsedPacket& packet) {
  if (packet.protocol == kIcmp) return 0;
  return pseudo_header_sum(packet.source, packet.destination, packet.protocol, packet.l4_length);
}

bool has_sum(std::uint8_t protocol) { return protocol == kTcp || protocol == kUdp || protocol == kIcmp; }

}  // namespace

ParsedPacket parse(std::span<const std::byte> frame, const ParseOptions& options) {
  ParsedPacket packet;
  packet.drop = check_ethernet(frame, options);
  if (packet.drop != DropCode::none) return packet;
  const std::uint16_t type = load_be16(frame.data() + ethernet::kType);
  if (type == kEtherTypeArp) {
    packet.is_arp = true;
    return packet;
  }
  packet.drop = type == kEtherTypeIpv4 ? parse_ipv4(frame, options, packet) : DropCode::UNSUPPORTED_ETHERTYPE;
  if (packet.drop == DropCode::none) packet.drop = parse_l4(frame.first(packet.frame_length), options, packet);
  return packet;
}

L4Sum check_l4_sum(std::span<const std::byte> frame, const ParsedPacket& packet, std::uint8_t packet_flags) {
  if (!has_sum(packet.protocol) || (packet_flags & kCutShort) != 0) return L4Sum::none;
  if ((packet_flags & kL4ChecksumGood) != 0 && packet.protocol != kIcmp) return L4Sum::good;
  const std::byte* l4 = frame.data() + packet.l4_offset;
  const std::uint16_t field = load_be16(l4 + l4_sum_offset(packet.protocol));
  if (packet.protocol == kUdp && field == 0) return L4Sum::none;
  const std::uint64_t pseudo = pseudo_sum(packet);
  if (fold(sum_of({l4, packet.l4_length}) + pseudo) == 0xFFFFU) return L4Sum::good;
  return packet.protocol != kIcmp && field == fold(pseudo) ? L4Sum::unfinished : L4Sum::bad;
}

void finish_l4_sum(std::span<std::byte> frame, const ParsedPacket& packet) {
  std::byte* l4 = frame.data() + packet.l4_offset;
  std::byte* field = l4 + l4_sum_offset(packet.protocol);
  store_be16(field, 0);
  const std::uint16_t sum = complement(sum_of({l4, packet.l4_length}) + pseudo_sum(packet));
  store_be16(field, packet.protocol == kUdp ? nonzero_field(sum) : sum);
}

bool forbids_icmp_error(const ParsedPacket& packet) {
  return packet.protocol == kIcmp &&
         (packet.is_icmp_error || packet.icmp_type == icmp::kRedirect || packet.icmp_type == icmp::kSourceQuench);
}

ParsedArp parse_arp(std::span<const std::byte> frame) {
  ParsedArp packet;
  packet.drop = DropCode::MALFORMED_ARP;
  if (frame.size() < ethernet::kHeaderBytes + arp::kBytes) return packet;
  const std::byte* body = frame.data() + ethernet::kHeaderBytes;
  const std::uint16_t operation = load_be16(body + arp::kOperation);
  if (load_be16(body + arp::kHardwareType) != arp::kEthernet ||
      load_be16(body + arp::kProtocolType) != kEtherTypeIpv4 || load8(body + arp::kHardwareLength) != 6 ||
      load8(body + arp::kProtocolLength) != 4 || (operation != arp::kRequest && operation != arp::kReply)) {
    return packet;
  }
  packet.is_request = operation == arp::kRequest;
  packet.sender_mac = load_mac(body + arp::kSenderMac);
  packet.sender = load_be32(body + arp::kSenderAddress);
  packet.target = load_be32(body + arp::kTargetAddress);
  packet.is_probe = packet.sender == 0;
  packet.is_gratuitous = packet.sender == packet.target;
  const bool is_impossible = is_group(packet.sender_mac) || packet.sender_mac == rules::MacAddress{} ||
                             (packet.sender >> 28U) >= 0xEU || (packet.sender >> 24U) == 127;
  if (!is_impossible) packet.drop = DropCode::none;
  return packet;
}

}  // namespace sallyport::dataplane
