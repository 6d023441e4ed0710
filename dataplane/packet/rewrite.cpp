// Rewriting in place. Owner: dataplane/packet.
#include "dataplane/packet/rewrite.h"

#include "dataplane/packet/checksum.h"

namespace sallyport::dataplane {
namespace {

// A sum field on the wire that follows changes of what it covers: of the IPv4 header, or of a transport protocol.
class SumField {
 public:
  explicit SumField(std::byte* at, std::uint8_t protocol = 0) : at_(at), protocol_(protocol), sum_(load_be16(at)) {}

  template <typename Word>
  void replace(Word before, Word after) {
    if (protocol_ == kUdp && sum_ == 0) return;
    sum_ = updated_sum(sum_, before, after);
    if (protocol_ == kUdp || protocol_ == kIcmp) sum_ = nonzero_field(sum_);
  }
  void write() { store_be16(at_, sum_); }

 private:
  std::byte* at_;
  std::uint8_t protocol_;
  std::uint16_t sum_;
};

enum class Side : std::uint8_t { source, destination };

std::size_t address_offset(Side side) { return side == Side::source ? ipv4::kSource : ipv4::kDestination; }

std::size_t port_offset(std::uint8_t protocol, Side side) {
  if (protocol == kIcmp) return icmp::kEchoId;
  return side == Side::source ? tcp::kSourcePort : tcp::kDestinationPort;
}

void note(ParsedPacket& packet, Side side, Endpoint to) {
  (side == Side::source ? packet.source : packet.destination) = to.address;
  if (!packet.has_ports) return;
  if (side == Side::source || packet.is_echo) packet.source_port = to.port;
  if (side == Side::destination || packet.is_echo) packet.destination_port = to.port;
}

void rewrite(std::byte* frame, ParsedPacket& packet, Side side, Endpoint to) {
  const std::uint32_t address = side == Side::source ? packet.source : packet.destination;
  const std::uint16_t port = side == Side::source ? packet.source_port : packet.destination_port;
  std::byte* header = frame + kIpv4Offset;
  std::byte* l4 = frame + packet.l4_offset;
  SumField header_sum(header + ipv4::kSum);
  header_sum.replace(address, to.address);
  header_sum.write();
  store_be32(header + address_offset(side), to.address);
  if (packet.protocol == kTcp || packet.protocol == kUdp || packet.is_echo) {
    SumField sum(l4 + l4_sum_offset(packet.protocol), packet.protocol);
    if (!packet.is_echo) sum.replace(address, to.address);
    sum.replace(port, to.port);
    sum.write();
    store_be16(l4 + port_offset(packet.protocol, side), to.port);
  }
  note(packet, side, to);
}

// Changes a word of the quote; the outer ICMP sum covers it.
void replace_quoted(std::byte* at, std::uint16_t after, SumField& outer) {
  outer.replace(load_be16(at), after);
  store_be16(at, after);
}

void replace_quoted(std::byte* at, std::uint32_t after, SumField& outer) {
  outer.replace(load_be32(at), after);
  store_be32(at, after);
}

// The sum of the quoted transport header, where so much of it is quoted that it is there.
void update_quoted_sum(std::byte* l4, const QuotedPacket& quoted, std::uint32_t address, std::uint16_t port,
                       Endpoint to, SumField& outer) {
  const std::size_t offset = l4_sum_offset(quoted.protocol);
  if (quoted.l4_bytes < offset + 2) return;
  std::uint16_t sum = load_be16(l4 + offset);
  if (quoted.protocol == kUdp && sum == 0) return;
  if (quoted.protocol != kIcmp) sum = updated_sum(sum, address, to.address);
  sum = updated_sum(sum, port, to.port);
  replace_quoted(l4 + offset, quoted.protocol == kTcp ? sum : nonzero_field(sum), outer);
}

void note(QuotedPacket& quoted, Side side, Endpoint to) {
  (side == Side::source ? quoted.source : quoted.destination) = to.address;
  if (!quoted.has_ports) return;
  if (side == Side::source || quoted.protocol == kIcmp) quoted.source_port = to.port;
  if (side == Side::destination || quoted.protocol == kIcmp) quoted.destination_port = to.port;
}

void rewrite_quoted(std::byte* frame, ParsedPacket& packet, Side side, Endpoint to) {
  QuotedPacket& quoted = packet.quoted;
  const std::uint32_t address = side == Side::source ? quoted.source : quoted.destination;
  const std::uint16_t port = side == Side::source ? quoted.source_port : quoted.destination_port;
  std::byte* header = frame + quoted.l3_offset;
  std::byte* l4 = frame + quoted.l4_offset;
  SumField outer(frame + packet.l4_offset + icmp::kSum, kIcmp);
  replace_quoted(header + ipv4::kSum, updated_sum(load_be16(header + ipv4::kSum), address, to.address), outer);
  replace_quoted(header + address_offset(side), to.address, outer);
  if (quoted.has_ports) {
    update_quoted_sum(l4, quoted, address, port, to, outer);
    replace_quoted(l4 + port_offset(quoted.protocol, side), to.port, outer);
  }
  outer.write();
  note(quoted, side, to);
}

}  // namespace

void rewrite_source(std::byte* frame, ParsedPacket& packet, Endpoint to) { rewrite(frame, packet, Side::source, to); }

void rewrite_destination(std::byte* frame, ParsedPacket& packet, Endpoint to) {
  rewrite(frame, packet, Side::destination, to);
}

void rewrite_quoted_source(std::byte* frame, ParsedPacket& packet, Endpoint to) {
  rewrite_quoted(frame, packet, Side::source, to);
}

void rewrite_quoted_destination(std::byte* frame, ParsedPacket& packet, Endpoint to) {
  rewrite_quoted(frame, packet, Side::destination, to);
}

void decrement_ttl(std::byte* frame, ParsedPacket& packet) {
  std::byte* header = frame + kIpv4Offset;
  const std::uint16_t before = load_be16(header + ipv4::kTtl);
  const auto after = static_cast<std::uint16_t>(before - 0x100U);
  store_be16(header + ipv4::kTtl, after);
  store_be16(header + ipv4::kSum, updated_sum(load_be16(header + ipv4::kSum), before, after));
  --packet.ttl;
}

}  // namespace sallyport::dataplane
