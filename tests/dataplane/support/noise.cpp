// Owner: tests. See noise.h.
#include "tests/dataplane/support/noise.h"

#include <algorithm>

#include "dataplane/packet/wire.h"

namespace sallyport::dataplane::testing {
namespace {

constexpr std::array kPorts = {"inside", "dmz", "outside"};
constexpr std::array kAddresses = {
    "10.0.1.1",    "10.0.1.5",     "10.0.1.9",      "10.0.1.20",   "10.0.1.30",    "10.0.1.100",   "10.0.1.255",
    "10.0.3.1",    "10.0.3.11",    "10.0.3.12",     "10.0.3.77",   "10.0.4.5",     "10.0.9.9",     "10.0.0.2",
    "203.0.113.5", "203.0.113.20", "203.0.113.100", "203.0.113.9", "198.51.100.1", "198.51.100.2", "198.18.0.7",
    "198.19.66.1", "192.0.2.9",    "192.0.2.200",   "172.17.0.2",  "127.0.0.1",    "224.0.0.1",    "255.255.255.255"};
constexpr std::array kTransportPorts = {"0", "22", "25", "53", "80", "443", "3000", "5000", "5432", "8080", "40000"};
constexpr std::array kMacs = {"02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:01:09", "02:00:00:00:01:64",
                              "02:00:00:00:00:fe", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00", "01:00:5e:00:00:01"};

std::uint16_t ones_sum(std::span<const std::byte> bytes, std::uint64_t sum = 0) {
  for (std::size_t i = 0; i < bytes.size(); ++i) sum += std::uint64_t{load8(&bytes[i])} << (i % 2 == 0 ? 8U : 0U);
  while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum);
}

bool is_ipv4(const Frame& frame) {
  return frame.size() >= ethernet::kHeaderBytes + ipv4::kHeaderBytes &&
         load_be16(&frame[ethernet::kType]) == kEtherTypeIpv4;
}

// The header's sum and the transport's, over whatever lengths the packet claims, where those lie inside the frame.
void mend_sums(Frame& frame) {
  const std::span packet = std::span(frame).subspan(ethernet::kHeaderBytes);
  const std::size_t header = (load8(packet.data()) & 0xFU) * std::size_t{4};
  const std::size_t total = load_be16(packet.data() + ipv4::kTotalLength);
  if (header < ipv4::kHeaderBytes || header > packet.size()) return;
  store_be16(packet.data() + ipv4::kSum, 0);
  store_be16(packet.data() + ipv4::kSum, ones_sum(packet.first(header)));
  if (total < header || total > packet.size()) return;
  const auto l4 = packet.subspan(header, total - header);
  const std::uint8_t protocol = load8(packet.data() + ipv4::kProtocol);
  const std::size_t at = l4_sum_offset(protocol);
  if ((protocol != kTcp && protocol != kUdp && protocol != kIcmp) || l4.size() < at + 2) return;
  std::uint64_t pseudo = 0;
  if (protocol != kIcmp) {
    for (std::size_t i = ipv4::kSource; i < ipv4::kHeaderBytes; i += 2) pseudo += load_be16(packet.data() + i);
    pseudo += protocol + l4.size();
  }
  store_be16(l4.data() + at, 0);
  const std::uint16_t sum = ones_sum(l4, pseudo);
  store_be16(l4.data() + at, protocol == kUdp && sum == 0 ? std::uint16_t{0xFFFF} : sum);
}

void swap_bytes(Frame& frame, std::size_t a, std::size_t b, std::size_t length) {
  std::swap_ranges(frame.begin() + static_cast<std::ptrdiff_t>(a),
                   frame.begin() + static_cast<std::ptrdiff_t>(a + length),
                   frame.begin() + static_cast<std::ptrdiff_t>(b));
}

}  // namespace

std::string Noise::address() { return kAddresses[below(kAddresses.size())]; }
std::string Noise::endpoint() { return address() + ':' + kTransportPorts[below(kTransportPorts.size())]; }

Frame Noise::fresh() {
  PacketBuilder packet = [&] {
    switch (below(6)) {
      case 0:
        return echo_request(address(), address(), static_cast<std::uint16_t>(below(4)));
      case 1:
        return other(static_cast<std::uint8_t>(below(256)), address(), address());
      case 2:
        return udp(endpoint(), endpoint());
      default:
        return tcp(endpoint(), endpoint(), one_in(3) ? static_cast<std::uint8_t>(below(64)) : tcp::kSyn);
    }
  }();
  packet.payload(below(one_in(8) ? 1500 : 64)).from(mac(kMacs[one_in(4) ? below(kMacs.size()) : below(4)]));
  if (one_in(8)) packet.ttl(static_cast<std::uint8_t>(below(3)));
  if (one_in(8)) packet.dont_fragment();
  if (one_in(16)) packet.fragment(static_cast<std::uint16_t>(below(0x2000)), one_in(2));
  if (one_in(8)) packet.trailer(below(80));
  if (one_in(16)) {
    std::vector<std::uint8_t> options(1 + below(40));
    for (auto& byte : options) byte = static_cast<std::uint8_t>(one_in(2) ? below(10) : below(256));
    packet.options(std::move(options));
  }
  return packet.frame();
}

Frame Noise::arp() {
  const auto sender = mac(kMacs[below(kMacs.size())]);
  return one_in(2) ? arp_request(sender, address(), address())
                   : arp_reply(sender, address(), mac(kMacs[below(kMacs.size())]), address());
}

// What left, turned round, back in by the port it left by: sums stay right.
Sent Noise::answer(const Sent& left) {
  Sent back = left;
  Frame& frame = back.frame;
  store_mac(frame.data() + ethernet::kSource, load_mac(frame.data() + ethernet::kDestination));
  store_mac(frame.data() + ethernet::kDestination, kGatewayMac);
  constexpr std::size_t kIp = ethernet::kHeaderBytes;
  const std::size_t l4 = kIp + (load8(&frame[kIp]) & 0xFU) * std::size_t{4};
  const std::uint8_t protocol = load8(&frame[kIp + ipv4::kProtocol]);
  swap_bytes(frame, kIp + ipv4::kSource, kIp + ipv4::kDestination, 4);
  if (protocol == kTcp || protocol == kUdp) swap_bytes(frame, l4, l4 + 2, 2);
  if (protocol == kTcp) store8(&frame[l4 + tcp::kFlags], static_cast<std::uint8_t>(one_in(4) ? below(64) : 0x12));
  if (protocol == kIcmp) store8(&frame[l4], icmp::kEchoReply);
  mend_sums(frame);
  return back;
}

Sent Noise::quote(const Sent& left) {
  constexpr std::array<std::uint8_t, 6> kTypes = {3, 11, 12, 4, 5, 9};
  const Frame quoted(left.frame.begin() + ethernet::kHeaderBytes, left.frame.end());
  const std::string source = rules::to_string(rules::Ipv4{load_be32(&quoted[ipv4::kDestination])});
  const std::string destination = rules::to_string(rules::Ipv4{load_be32(&quoted[ipv4::kSource])});
  return {left.port, icmp_error(one_in(3) ? address() : source, destination, kTypes[below(kTypes.size())],
                                static_cast<std::uint8_t>(below(6)), quoted, below(quoted.size() + 1))
                         .frame()};
}

// Lengths and counts that lie.
void Noise::damage_header(Frame& frame) {
  std::byte* packet = frame.data() + ethernet::kHeaderBytes;
  const auto number = [&](std::uint64_t limit) { return static_cast<std::uint16_t>(below(limit)); };
  switch (below(4)) {
    case 0:
      return store8(packet, static_cast<std::uint8_t>(below(256)));
    case 1:
      return store_be16(packet + ipv4::kTotalLength, number(one_in(2) ? 65536 : frame.size() + 8));
    case 2:
      return store_be16(packet + ipv4::kFragment, number(65536));
    default:
      if (frame.size() >= ethernet::kHeaderBytes + 40) store_be16(packet + 20 + below(19), number(65536));
  }
}

void Noise::damage(Frame& frame) {
  if (is_ipv4(frame) && one_in(2)) damage_header(frame);
  for (auto flips = below(4); flips > 0 && !frame.empty(); --flips) {
    frame[below(frame.size())] = static_cast<std::byte>(below(256));
  }
  if (one_in(4)) frame.resize(below(frame.size() + 1));
  if (is_ipv4(frame) && !one_in(3)) mend_sums(frame);
}

Sent Noise::next() {
  Sent sent{kPorts[below(kPorts.size())], {}};
  const auto kind = below(10);
  if (kind == 0) {
    sent.frame = arp();
  } else if (kind < 5 && !left_.empty()) {
    const Sent& left = left_[below(left_.size())];
    sent = kind == 4 ? quote(left) : answer(left);
  } else {
    sent.frame = fresh();
  }
  if (one_in(3)) damage(sent.frame);
  return sent;
}

void Noise::has_left(const Sent& sent) {
  if (!is_ipv4(sent.frame)) return;
  if (left_.size() < kRemembered) {
    left_.push_back(sent);
  } else {
    left_[oldest_++ % kRemembered] = sent;
  }
}

}  // namespace sallyport::dataplane::testing
