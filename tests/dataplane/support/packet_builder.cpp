// Building and judging frames with code that shares nothing with dataplane/packet but the offsets. Owner: tests.
#include "tests/dataplane/support/packet_builder.h"

#include <algorithm>
#include <cstdlib>

#include "dataplane/packet/wire.h"

namespace sallyport::dataplane::testing {
namespace {

// RFC 1071, byte by byte.
std::uint16_t plain_sum(std::span<const std::byte> bytes, std::uint32_t sum = 0) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto value = std::to_integer<std::uint32_t>(bytes[i]);
    sum += i % 2 == 0 ? value * 256 : value;
    if (sum > 0xFFFF) sum -= 0xFFFF;
  }
  return static_cast<std::uint16_t>(sum);
}

std::uint16_t pseudo(std::uint32_t source, std::uint32_t destination, std::uint8_t protocol, std::size_t length) {
  Frame header(12);
  store_be32(&header[0], source);
  store_be32(&header[4], destination);
  store8(&header[9], protocol);
  store_be16(&header[10], static_cast<std::uint16_t>(length));
  return plain_sum(header);
}

struct Named {
  std::uint32_t address = 0;
  std::uint16_t port = 0;
};

Named named(std::string_view text) {
  const auto colon = text.find(':');
  Named result{ip(text.substr(0, colon)), 0};
  if (colon != std::string_view::npos) {
    result.port = static_cast<std::uint16_t>(std::strtoul(std::string(text.substr(colon + 1)).c_str(), nullptr, 10));
  }
  return result;
}

void append(Frame& to, std::span<const std::byte> bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

Frame arp_frame(std::uint16_t operation, const rules::MacAddress& sender_mac, std::string_view sender,
                const rules::MacAddress& target_mac, const rules::MacAddress& destination, std::string_view target) {
  Frame frame(ethernet::kHeaderBytes + arp::kBytes);
  store_mac(&frame[ethernet::kDestination], destination);
  store_mac(&frame[ethernet::kSource], sender_mac);
  store_be16(&frame[ethernet::kType], kEtherTypeArp);
  std::byte* body = &frame[ethernet::kHeaderBytes];
  store_be16(body + arp::kHardwareType, 1);
  store_be16(body + arp::kProtocolType, kEtherTypeIpv4);
  store8(body + arp::kHardwareLength, 6);
  store8(body + arp::kProtocolLength, 4);
  store_be16(body + arp::kOperation, operation);
  store_mac(body + arp::kSenderMac, sender_mac);
  store_be32(body + arp::kSenderAddress, ip(sender));
  store_mac(body + arp::kTargetMac, target_mac);
  store_be32(body + arp::kTargetAddress, ip(target));
  return frame;
}

}  // namespace

rules::MacAddress mac(std::string_view text) {
  const auto parsed = rules::parse_mac(text);
  if (!parsed) std::abort();
  return *parsed;
}

std::uint32_t ip(std::string_view text) {
  const auto parsed = rules::parse_ipv4(text);
  if (!parsed) std::abort();
  return parsed->value;
}

PacketBuilder::PacketBuilder(std::uint8_t protocol, std::string_view source, std::string_view destination)
    : protocol_(protocol),
      source_(named(source).address),
      destination_(named(destination).address),
      source_port_(named(source).port),
      destination_port_(named(destination).port) {}

PacketBuilder& PacketBuilder::from(const rules::MacAddress& mac) { return from_ = mac, *this; }
PacketBuilder& PacketBuilder::to(const rules::MacAddress& mac) { return to_ = mac, *this; }
PacketBuilder& PacketBuilder::ttl(std::uint8_t value) { return ttl_ = value, *this; }
PacketBuilder& PacketBuilder::type_of_service(std::uint8_t value) { return type_of_service_ = value, *this; }
PacketBuilder& PacketBuilder::identification(std::uint16_t value) { return identification_ = value, *this; }
PacketBuilder& PacketBuilder::flags(std::uint8_t tcp_flags) { return tcp_flags_ = tcp_flags, *this; }
PacketBuilder& PacketBuilder::no_udp_sum() { return no_udp_sum_ = true, *this; }
PacketBuilder& PacketBuilder::unfinished_sum() { return unfinished_sum_ = true, *this; }
PacketBuilder& PacketBuilder::trailer(std::size_t bytes) { return trailer_ = bytes, *this; }
PacketBuilder& PacketBuilder::pad() { return least_ = 60, *this; }

PacketBuilder& PacketBuilder::dont_fragment(bool value) {
  fragment_ = static_cast<std::uint16_t>(value ? fragment_ | ipv4::kDontFragment : fragment_ & ~ipv4::kDontFragment);
  return *this;
}

PacketBuilder& PacketBuilder::fragment(std::uint16_t offset_in_eights, bool more) {
  fragment_ = static_cast<std::uint16_t>(offset_in_eights | (more ? ipv4::kMoreFragments : 0));
  return *this;
}

PacketBuilder& PacketBuilder::options(std::vector<std::uint8_t> bytes) {
  options_ = std::move(bytes);
  options_.resize((options_.size() + 3) / 4 * 4);
  return *this;
}

PacketBuilder& PacketBuilder::payload(std::size_t bytes) {
  payload_.resize(bytes);
  for (std::size_t i = 0; i < bytes; ++i) payload_[i] = static_cast<std::byte>(i);
  return *this;
}

PacketBuilder& PacketBuilder::payload(std::span<const std::byte> bytes) {
  payload_.assign(bytes.begin(), bytes.end());
  return *this;
}

PacketBuilder& PacketBuilder::sequence(std::uint32_t sequence, std::uint32_t acknowledgement) {
  sequence_ = sequence;
  acknowledgement_ = acknowledgement;
  return *this;
}

PacketBuilder& PacketBuilder::icmp(std::uint8_t type, std::uint8_t code, std::uint32_t rest) {
  icmp_type_ = type;
  icmp_code_ = code;
  icmp_rest_ = rest;
  return *this;
}

PacketBuilder& PacketBuilder::patch(std::size_t offset, std::uint8_t value) {
  patches_.emplace_back(offset, value);
  return *this;
}

Frame PacketBuilder::transport() const {
  Frame l4;
  if (protocol_ == kTcp) {
    l4.resize(tcp::kHeaderBytes);
    store_be16(&l4[tcp::kSourcePort], source_port_);
    store_be16(&l4[tcp::kDestinationPort], destination_port_);
    store_be32(&l4[tcp::kSequence], sequence_);
    store_be32(&l4[tcp::kAcknowledgement], acknowledgement_);
    store8(&l4[tcp::kDataOffset], 5U << 4U);
    store8(&l4[tcp::kFlags], tcp_flags_);
    store_be16(&l4[tcp::kWindow], 0xFFFF);
  } else if (protocol_ == kUdp) {
    l4.resize(udp::kHeaderBytes);
    store_be16(&l4[udp::kSourcePort], source_port_);
    store_be16(&l4[udp::kDestinationPort], destination_port_);
    store_be16(&l4[udp::kLength], static_cast<std::uint16_t>(udp::kHeaderBytes + payload_.size()));
  } else if (protocol_ == kIcmp) {
    l4.resize(icmp::kHeaderBytes);
    store8(&l4[icmp::kType], icmp_type_);
    store8(&l4[icmp::kCode], icmp_code_);
    store_be32(&l4[icmp::kEchoId], icmp_rest_);
  }
  append(l4, payload_);
  finish_transport_sum(l4);
  return l4;
}

void PacketBuilder::finish_transport_sum(Frame& l4) const {
  if (protocol_ != kTcp && protocol_ != kUdp && protocol_ != kIcmp) return;
  const std::uint16_t head =
      protocol_ == kIcmp ? std::uint16_t{0} : pseudo(source_, destination_, protocol_, l4.size());
  auto sum = static_cast<std::uint16_t>(~plain_sum(l4, head));
  if (protocol_ == kUdp && sum == 0) sum = 0xFFFF;
  if (unfinished_sum_) sum = head;
  if (protocol_ == kUdp && no_udp_sum_) sum = 0;
  store_be16(&l4[l4_sum_offset(protocol_)], sum);
}

Frame PacketBuilder::packet() const {
  const Frame l4 = transport();
  Frame packet(ipv4::kHeaderBytes + options_.size());
  store8(&packet[ipv4::kVersionLength], static_cast<std::uint8_t>(0x40U | packet.size() / 4));
  store8(&packet[ipv4::kTypeOfService], type_of_service_);
  store_be16(&packet[ipv4::kTotalLength], static_cast<std::uint16_t>(packet.size() + l4.size()));
  store_be16(&packet[ipv4::kIdentification], identification_);
  store_be16(&packet[ipv4::kFragment], fragment_);
  store8(&packet[ipv4::kTtl], ttl_);
  store8(&packet[ipv4::kProtocol], protocol_);
  store_be32(&packet[ipv4::kSource], source_);
  store_be32(&packet[ipv4::kDestination], destination_);
  std::transform(options_.begin(), options_.end(), packet.begin() + ipv4::kHeaderBytes,
                 [](std::uint8_t b) { return std::byte{b}; });
  store_be16(&packet[ipv4::kSum], static_cast<std::uint16_t>(~plain_sum(packet)));
  append(packet, l4);
  return packet;
}

Frame PacketBuilder::frame() const {
  Frame frame(ethernet::kHeaderBytes);
  store_mac(&frame[ethernet::kDestination], to_);
  store_mac(&frame[ethernet::kSource], from_);
  store_be16(&frame[ethernet::kType], kEtherTypeIpv4);
  append(frame, packet());
  frame.resize(std::max(frame.size() + trailer_, least_), std::byte{0});
  for (const auto& [offset, value] : patches_) frame.at(offset) = std::byte{value};
  return frame;
}

PacketBuilder tcp(std::string_view source, std::string_view destination, std::uint8_t flags) {
  return PacketBuilder(kTcp, source, destination).flags(flags);
}

PacketBuilder udp(std::string_view source, std::string_view destination) { return {kUdp, source, destination}; }

PacketBuilder echo_request(std::string_view source, std::string_view destination, std::uint16_t id) {
  return PacketBuilder(kIcmp, source, destination)
      .icmp(icmp::kEchoRequest, 0, std::uint32_t{id} << 16U | 1U)
      .payload(8);
}

PacketBuilder echo_reply(std::string_view source, std::string_view destination, std::uint16_t id) {
  return PacketBuilder(kIcmp, source, destination).icmp(icmp::kEchoReply, 0, std::uint32_t{id} << 16U | 1U).payload(8);
}

PacketBuilder other(std::uint8_t protocol, std::string_view source, std::string_view destination) {
  return PacketBuilder(protocol, source, destination).payload(16);
}

PacketBuilder icmp_error(std::string_view source, std::string_view destination, std::uint8_t type, std::uint8_t code,
                         const Frame& quoted, std::size_t quoted_bytes, std::uint32_t rest) {
  const std::span<const std::byte> quote(quoted.data(), std::min(quoted.size(), quoted_bytes));
  return PacketBuilder(kIcmp, source, destination).icmp(type, code, rest).payload(quote);
}

Frame arp_request(const rules::MacAddress& sender_mac, std::string_view sender, std::string_view target) {
  return arp_frame(arp::kRequest, sender_mac, sender, {}, kBroadcastMac, target);
}

Frame arp_reply(const rules::MacAddress& sender_mac, std::string_view sender, const rules::MacAddress& target_mac,
                std::string_view target) {
  return arp_frame(arp::kReply, sender_mac, sender, target_mac, target_mac, target);
}

namespace {

// A packet from its IPv4 header on; `is_quote` may be cut anywhere behind the header.
std::string wrong_packet_sum(std::span<const std::byte> packet, bool is_quote) {
  const std::string where = is_quote ? "quoted " : "";
  const std::size_t header = (load8(&packet[0]) & 0xFU) * std::size_t{4};
  if (header > packet.size()) return is_quote ? "" : "header length";
  if (plain_sum(packet.first(header)) != 0xFFFF) return where + "header sum";
  const std::size_t total = load_be16(&packet[ipv4::kTotalLength]);
  const std::uint8_t protocol = load8(&packet[ipv4::kProtocol]);
  if (packet.size() < total || (protocol != kTcp && protocol != kUdp && protocol != kIcmp)) return "";
  if (total < header + udp::kHeaderBytes) return is_quote ? "" : where + "total length";
  const auto l4 = packet.subspan(header, total - header);
  if (protocol == kUdp && load_be16(&l4[udp::kSum]) == 0) return "";
  const std::uint16_t head = protocol == kIcmp ? std::uint16_t{0}
                                               : pseudo(load_be32(&packet[ipv4::kSource]),
                                                        load_be32(&packet[ipv4::kDestination]), protocol, l4.size());
  if (plain_sum(l4, head) != 0xFFFF) return where + "transport sum";
  if (is_quote || protocol != kIcmp) return "";
  const std::uint8_t type = load8(&l4[icmp::kType]);
  const bool is_error = type == icmp::kUnreachable || type == icmp::kTimeExceeded || type == icmp::kParameterProblem;
  return is_error && l4.size() >= icmp::kHeaderBytes + ipv4::kHeaderBytes
             ? wrong_packet_sum(l4.subspan(icmp::kHeaderBytes), true)
             : "";
}

std::string flag_letters(std::uint8_t flags) {
  std::string text;
  for (const auto& [flag, letter] : {std::pair{tcp::kSyn, 'S'}, {tcp::kFin, 'F'}, {tcp::kRst, 'R'}, {tcp::kAck, 'A'}}) {
    if ((flags & flag) != 0) text += letter;
  }
  return text.empty() ? "-" : text;
}

std::string describe_packet(std::span<const std::byte> packet) {
  const auto l4 = packet.subspan((load8(&packet[0]) & 0xFU) * std::size_t{4});
  const std::uint8_t protocol = load8(&packet[ipv4::kProtocol]);
  std::string from = rules::to_string(rules::Ipv4{load_be32(&packet[ipv4::kSource])});
  std::string to = rules::to_string(rules::Ipv4{load_be32(&packet[ipv4::kDestination])});
  std::string name = "protocol " + std::to_string(protocol);
  std::string detail;
  if ((protocol == kTcp || protocol == kUdp) && l4.size() >= 4) {
    name = protocol == kTcp ? "tcp" : "udp";
    from += ":" + std::to_string(load_be16(&l4[tcp::kSourcePort]));
    to += ":" + std::to_string(load_be16(&l4[tcp::kDestinationPort]));
    if (protocol == kTcp && l4.size() > tcp::kFlags) detail = " " + flag_letters(load8(&l4[tcp::kFlags]));
  } else if (protocol == kIcmp && l4.size() >= icmp::kHeaderBytes) {
    const std::uint8_t type = load8(&l4[icmp::kType]);
    const bool is_echo = type == icmp::kEchoRequest || type == icmp::kEchoReply;
    name = "icmp " + std::to_string(type) + "/" + std::to_string(load8(&l4[icmp::kCode]));
    if (is_echo) detail = " id " + std::to_string(load_be16(&l4[icmp::kEchoId]));
    if (!is_echo && l4.size() >= icmp::kHeaderBytes + ipv4::kHeaderBytes) {
      detail = " [" + describe_packet(l4.subspan(icmp::kHeaderBytes)) + "]";
    }
  }
  return name + " " + from + " > " + to + detail + " ttl " + std::to_string(load8(&packet[ipv4::kTtl]));
}

}  // namespace

std::string wrong_sum(std::span<const std::byte> frame) {
  return wrong_packet_sum(frame.subspan(ethernet::kHeaderBytes), false);
}

std::string describe(std::span<const std::byte> frame) {
  if (load_be16(&frame[ethernet::kType]) == kEtherTypeArp) {
    const std::byte* body = &frame[ethernet::kHeaderBytes];
    const std::string sender = rules::to_string(rules::Ipv4{load_be32(body + arp::kSenderAddress)});
    const std::string target = rules::to_string(rules::Ipv4{load_be32(body + arp::kTargetAddress)});
    return load_be16(body + arp::kOperation) == arp::kRequest
               ? "arp who-has " + target + " tell " + sender
               : "arp " + sender + " is-at " + rules::to_string(load_mac(body + arp::kSenderMac));
  }
  return describe_packet(frame.subspan(ethernet::kHeaderBytes));
}

}  // namespace sallyport::dataplane::testing
