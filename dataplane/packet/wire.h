// Where the fields of Ethernet, ARP, IPv4, TCP, UDP and ICMP stand, and how to read and write them.
//
// Owner: dataplane/packet. Offsets count from the start of their own header; values are in host byte order.
// Always: bytes are copied, never seen through a struct, so alignment and aliasing do not matter.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "rules/model/address.h"

namespace sallyport::dataplane {

[[nodiscard]] inline std::uint8_t load8(const std::byte* at) { return std::to_integer<std::uint8_t>(*at); }

[[nodiscard]] inline std::uint16_t load_be16(const std::byte* at) {
  std::uint16_t value;
  std::memcpy(&value, at, sizeof value);
  return std::endian::native == std::endian::little ? __builtin_bswap16(value) : value;
}

[[nodiscard]] inline std::uint32_t load_be32(const std::byte* at) {
  std::uint32_t value;
  std::memcpy(&value, at, sizeof value);
  return std::endian::native == std::endian::little ? __builtin_bswap32(value) : value;
}

inline void store8(std::byte* at, std::uint8_t value) { *at = std::byte{value}; }

inline void store_be16(std::byte* at, std::uint16_t value) {
  const std::uint16_t wire = std::endian::native == std::endian::little ? __builtin_bswap16(value) : value;
  std::memcpy(at, &wire, sizeof wire);
}

inline void store_be32(std::byte* at, std::uint32_t value) {
  const std::uint32_t wire = std::endian::native == std::endian::little ? __builtin_bswap32(value) : value;
  std::memcpy(at, &wire, sizeof wire);
}

[[nodiscard]] inline rules::MacAddress load_mac(const std::byte* at) {
  rules::MacAddress mac;
  std::memcpy(mac.bytes.data(), at, mac.bytes.size());
  return mac;
}

inline void store_mac(std::byte* at, const rules::MacAddress& mac) {
  std::memcpy(at, mac.bytes.data(), mac.bytes.size());
}

inline constexpr rules::MacAddress kBroadcastMac{{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}};
[[nodiscard]] constexpr bool is_group(const rules::MacAddress& mac) { return (mac.bytes[0] & 1U) != 0; }

inline constexpr std::uint16_t kEtherTypeIpv4 = 0x0800;
inline constexpr std::uint16_t kEtherTypeArp = 0x0806;

inline constexpr std::uint8_t kIcmp = 1;
inline constexpr std::uint8_t kTcp = 6;
inline constexpr std::uint8_t kUdp = 17;

namespace ethernet {
inline constexpr std::size_t kDestination = 0, kSource = 6, kType = 12, kHeaderBytes = 14;
}

// RFC 826, Ethernet and IPv4.
namespace arp {
inline constexpr std::size_t kHardwareType = 0, kProtocolType = 2, kHardwareLength = 4, kProtocolLength = 5,
                             kOperation = 6;
inline constexpr std::size_t kSenderMac = 8, kSenderAddress = 14, kTargetMac = 18, kTargetAddress = 24, kBytes = 28;
inline constexpr std::uint16_t kEthernet = 1, kRequest = 1, kReply = 2;
}  // namespace arp

// RFC 791.
namespace ipv4 {
inline constexpr std::size_t kVersionLength = 0, kTypeOfService = 1, kTotalLength = 2, kIdentification = 4,
                             kFragment = 6;
inline constexpr std::size_t kTtl = 8, kProtocol = 9, kSum = 10, kSource = 12, kDestination = 16, kHeaderBytes = 20;
inline constexpr std::uint16_t kDontFragment = 0x4000, kMoreFragments = 0x2000, kOffsetMask = 0x1FFF;
inline constexpr std::uint8_t kOptionEnd = 0, kOptionNop = 1, kLooseSourceRoute = 131, kStrictSourceRoute = 137;
}  // namespace ipv4

// RFC 9293.
namespace tcp {
inline constexpr std::size_t kSourcePort = 0, kDestinationPort = 2, kSequence = 4, kAcknowledgement = 8,
                             kDataOffset = 12;
inline constexpr std::size_t kFlags = 13, kWindow = 14, kSum = 16, kHeaderBytes = 20;
inline constexpr std::uint8_t kFin = 1, kSyn = 2, kRst = 4, kPsh = 8, kAck = 16, kUrg = 32;
}  // namespace tcp

// RFC 768.
namespace udp {
inline constexpr std::size_t kSourcePort = 0, kDestinationPort = 2, kLength = 4, kSum = 6, kHeaderBytes = 8;
}

// RFC 792.
namespace icmp {
inline constexpr std::size_t kType = 0, kCode = 1, kSum = 2, kEchoId = 4, kNextHopMtu = 6, kHeaderBytes = 8;
inline constexpr std::uint8_t kEchoReply = 0, kUnreachable = 3, kSourceQuench = 4, kRedirect = 5, kEchoRequest = 8;
inline constexpr std::uint8_t kTimeExceeded = 11, kParameterProblem = 12;
inline constexpr std::uint8_t kFragmentationNeeded = 4;  // code of kUnreachable, RFC 1191
}  // namespace icmp

// Where the sum stands in a TCP, UDP or ICMP header.
[[nodiscard]] constexpr std::size_t l4_sum_offset(std::uint8_t protocol) {
  if (protocol == kTcp) return tcp::kSum;
  return protocol == kUdp ? udp::kSum : icmp::kSum;
}

}  // namespace sallyport::dataplane
