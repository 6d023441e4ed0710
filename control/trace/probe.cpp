// Building probes and their answers, byte by byte.
//
// Owner: control/trace.
#include "control/trace/probe.h"

#include <netdb.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "dataplane/packet/checksum.h"
#include "dataplane/packet/parse.h"
#include "dataplane/packet/wire.h"

namespace sallyport::control {

namespace dp = dataplane;

namespace {

constexpr std::string_view kFlagLetters = "FSRPAUEW";  // from the lowest bit on
constexpr std::size_t kPayload = 8;

// Beside the words of a policy: known without /etc/protocols, which a bare system does not have. IANA's numbers,
// Debian's names.
struct ProtocolName {
  std::uint8_t number;
  std::string_view name;
};
constexpr auto kProtocols = std::to_array<ProtocolName>({
    {2, "igmp"},
    {4, "ipencap"},
    {33, "dccp"},
    {41, "ipv6"},
    {47, "gre"},
    {50, "esp"},
    {51, "ah"},
    {88, "eigrp"},
    {89, "ospf"},
    {94, "ipip"},
    {103, "pim"},
    {108, "ipcomp"},
    {112, "vrrp"},
    {115, "l2tp"},
    {132, "sctp"},
    {136, "udplite"},
});
// A row of /etc/protocols; traces are made on many threads.
struct ProtocolEntry {
  protoent value{};
  protoent* found = nullptr;
  std::array<char, 4096> text{};
};

constexpr std::uint8_t kTtl = 64;

bool is_icmp_error(std::uint8_t type) {
  return type == dp::icmp::kUnreachable || type == dp::icmp::kTimeExceeded || type == dp::icmp::kParameterProblem ||
         type == dp::icmp::kSourceQuench || type == dp::icmp::kRedirect;
}

void write_ipv4(std::byte* at, const Probe& probe, std::uint8_t protocol, std::size_t l4_bytes, bool turned) {
  dp::store8(at + dp::ipv4::kVersionLength, 0x45);
  dp::store_be16(at + dp::ipv4::kTotalLength, static_cast<std::uint16_t>(dp::ipv4::kHeaderBytes + l4_bytes));
  dp::store8(at + dp::ipv4::kTtl, kTtl);
  dp::store8(at + dp::ipv4::kProtocol, protocol);
  dp::store_be32(at + dp::ipv4::kSource, turned ? probe.to.value : probe.from.value);
  dp::store_be32(at + dp::ipv4::kDestination, turned ? probe.from.value : probe.to.value);
  const auto sum = dp::sum_of({at, dp::ipv4::kHeaderBytes});
  dp::store_be16(at + dp::ipv4::kSum, dp::complement(sum));
}

std::size_t l4_header_bytes(const Probe& probe) {
  if (probe.protocol == dp::kTcp) return dp::tcp::kHeaderBytes;
  if (probe.protocol == dp::kUdp) return dp::udp::kHeaderBytes;
  if (probe.protocol != dp::kIcmp) return 0;
  // An error quotes a UDP packet that its receiver sent to its sender.
  return dp::icmp::kHeaderBytes + (is_icmp_error(probe.icmp_type) ? dp::ipv4::kHeaderBytes : 0);
}

void write_icmp(std::byte* at, const Probe& probe) {
  dp::store8(at + dp::icmp::kType, probe.icmp_type);
  dp::store8(at + dp::icmp::kCode, probe.icmp_code);
  if (!is_icmp_error(probe.icmp_type)) {
    dp::store_be16(at + dp::icmp::kEchoId, probe.icmp_id);
    return;
  }
  auto* quoted = at + dp::icmp::kHeaderBytes;
  write_ipv4(quoted, probe, dp::kUdp, dp::udp::kHeaderBytes, true);
  quoted += dp::ipv4::kHeaderBytes;
  dp::store_be16(quoted + dp::udp::kSourcePort, 49152);
  dp::store_be16(quoted + dp::udp::kDestinationPort, 33434);
  dp::store_be16(quoted + dp::udp::kLength, dp::udp::kHeaderBytes);
}

void write_l4(std::byte* at, const Probe& probe) {
  if (probe.protocol == dp::kTcp) {
    dp::store_be16(at + dp::tcp::kSourcePort, probe.from_port);
    dp::store_be16(at + dp::tcp::kDestinationPort, probe.to_port);
    dp::store_be32(at + dp::tcp::kSequence, 1000);
    if ((probe.tcp_flags & dp::tcp::kAck) != 0) dp::store_be32(at + dp::tcp::kAcknowledgement, 1001);
    dp::store8(at + dp::tcp::kDataOffset, 0x50);
    dp::store8(at + dp::tcp::kFlags, probe.tcp_flags);
    dp::store_be16(at + dp::tcp::kWindow, 65535);
  } else if (probe.protocol == dp::kUdp) {
    dp::store_be16(at + dp::udp::kSourcePort, probe.from_port);
    dp::store_be16(at + dp::udp::kDestinationPort, probe.to_port);
    dp::store_be16(at + dp::udp::kLength, dp::udp::kHeaderBytes + kPayload);
  } else if (probe.protocol == dp::kIcmp) {
    write_icmp(at, probe);
  }
}

std::uint8_t answering_flags(std::uint8_t flags) {
  using namespace dp::tcp;
  return (flags & (kSyn | kAck)) == kSyn ? kSyn | kAck : kAck;
}

}  // namespace

Frame build(const Probe& probe) {
  const bool payload = probe.protocol != dp::kTcp;
  const auto l4_bytes = l4_header_bytes(probe) + (payload ? kPayload : 0);
  Frame frame(dp::kIpv4Offset + dp::ipv4::kHeaderBytes + l4_bytes);
  dp::store_mac(frame.data() + dp::ethernet::kDestination, probe.to_mac);
  dp::store_mac(frame.data() + dp::ethernet::kSource, probe.from_mac);
  dp::store_be16(frame.data() + dp::ethernet::kType, dp::kEtherTypeIpv4);
  write_ipv4(frame.data() + dp::kIpv4Offset, probe, probe.protocol, l4_bytes, false);
  auto* l4 = frame.data() + dp::kIpv4Offset + dp::ipv4::kHeaderBytes;
  write_l4(l4, probe);
  if (probe.protocol == dp::kIcmp) {
    dp::store_be16(l4 + dp::icmp::kSum, dp::complement(dp::sum_of({l4, l4_bytes})));
  } else if (has_ports(probe.protocol)) {
    const auto pseudo =
        dp::pseudo_header_sum(probe.from.value, probe.to.value, probe.protocol, static_cast<std::uint16_t>(l4_bytes));
    const auto sum = dp::complement(pseudo + dp::sum_of({l4, l4_bytes}));
    const bool udp = probe.protocol == dp::kUdp;
    dp::store_be16(l4 + (udp ? dp::udp::kSum : dp::tcp::kSum), udp ? dp::nonzero_field(sum) : sum);
  }
  return frame;
}

std::optional<Probe> answer_to(std::span<const std::byte> frame) {
  dp::ParseOptions options;
  options.any_destination_mac = true;
  const auto packet = dp::parse(frame, options);
  if (packet.drop != rules::DropCode::none || packet.is_arp) return std::nullopt;
  Probe answer;
  answer.from_mac = dp::load_mac(frame.data() + dp::ethernet::kDestination);
  answer.to_mac = dp::load_mac(frame.data() + dp::ethernet::kSource);
  answer.protocol = packet.protocol;
  answer.from = {packet.destination};
  answer.to = {packet.source};
  answer.from_port = packet.destination_port;
  answer.to_port = packet.source_port;
  if (packet.protocol == dp::kTcp) {
    if ((packet.tcp_flags & dp::tcp::kRst) != 0) return std::nullopt;
    answer.tcp_flags = answering_flags(packet.tcp_flags);
  } else if (packet.protocol == dp::kIcmp) {
    switch (packet.icmp_type) {
      case dp::icmp::kEchoRequest:
        answer.icmp_type = dp::icmp::kEchoReply;
        break;
      case 13:  // timestamp, information and address mask requests: RFC 792, RFC 950
      case 15:
      case 17:
        answer.icmp_type = static_cast<std::uint8_t>(packet.icmp_type + 1);
        break;
      default:
        return std::nullopt;
    }
    answer.icmp_id = dp::load_be16(frame.data() + packet.l4_offset + dp::icmp::kEchoId);
  }
  return answer;
}

std::optional<std::uint8_t> parse_tcp_flags(std::string_view letters) {
  unsigned flags = 0;
  for (const char letter : letters) {
    const auto bit = kFlagLetters.find(letter);
    if (bit == std::string_view::npos) return std::nullopt;
    flags |= 1U << bit;
  }
  return static_cast<std::uint8_t>(flags);
}

std::string endpoint_text(rules::Ipv4 address, std::uint16_t port, std::uint8_t protocol) {
  return rules::to_string(address) + (has_ports(protocol) ? ':' + std::to_string(port) : "");
}

std::string protocol_name(std::uint8_t protocol) {
  if (has_ports(protocol) || protocol == rules::kProtocolIcmp) return rules::protocol_text(protocol);
  const auto known = std::ranges::find(kProtocols, protocol, &ProtocolName::number);
  if (known != kProtocols.end()) return std::string(known->name);
  ProtocolEntry entry;
  getprotobynumber_r(protocol, &entry.value, entry.text.data(), entry.text.size(), &entry.found);
  return entry.found == nullptr ? std::to_string(protocol) : entry.found->p_name;
}

std::optional<std::uint8_t> protocol_named(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto known = std::ranges::find(kProtocols, lower, &ProtocolName::name);
  if (known != kProtocols.end()) return known->number;
  if (const auto number = rules::protocol_number(lower)) {
    return number == rules::kAnyProtocol ? std::nullopt : std::optional(static_cast<std::uint8_t>(*number));
  }
  ProtocolEntry entry;
  getprotobyname_r(lower.c_str(), &entry.value, entry.text.data(), entry.text.size(), &entry.found);
  if (entry.found == nullptr) return std::nullopt;
  return static_cast<std::uint8_t>(entry.found->p_proto);
}

}  // namespace sallyport::control
