// Packets for tests, written as sentences: tcp("10.0.1.5:40000", "10.0.2.7:443", kSyn).ttl(64).frame().
//
// Owner: tests. Sums are computed here, by code of its own, so that the engine's can be held against them.
// Always: without further words a frame is one that passes parse().
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/model/address.h"

namespace sallyport::dataplane::testing {

using Frame = std::vector<std::byte>;

// "02:00:00:00:00:01"; aborts on what is none.
[[nodiscard]] rules::MacAddress mac(std::string_view text);
[[nodiscard]] std::uint32_t ip(std::string_view text);

// 02:00:00:00:00:fe, what the builder's frames are sent to unless told otherwise.
inline constexpr rules::MacAddress kGatewayMac{{2, 0, 0, 0, 0, 0xFE}};
inline constexpr rules::MacAddress kHostMac{{2, 0, 0, 0, 0, 1}};

class PacketBuilder {
 public:
  PacketBuilder(std::uint8_t protocol, std::string_view source, std::string_view destination);

  PacketBuilder& from(const rules::MacAddress& mac);
  PacketBuilder& to(const rules::MacAddress& mac);
  PacketBuilder& ttl(std::uint8_t value);
  PacketBuilder& type_of_service(std::uint8_t value);
  PacketBuilder& identification(std::uint16_t value);
  PacketBuilder& dont_fragment(bool value = true);
  PacketBuilder& fragment(std::uint16_t offset_in_eights, bool more);
  PacketBuilder& options(std::vector<std::uint8_t> bytes);  // padded to four
  PacketBuilder& payload(std::size_t bytes);                // 0, 1, 2, ...
  PacketBuilder& payload(std::span<const std::byte> bytes);
  PacketBuilder& flags(std::uint8_t tcp_flags);
  PacketBuilder& sequence(std::uint32_t sequence, std::uint32_t acknowledgement = 0);
  PacketBuilder& icmp(std::uint8_t type, std::uint8_t code, std::uint32_t rest = 0);
  PacketBuilder& no_udp_sum();
  PacketBuilder& unfinished_sum();            // TCP and UDP: over the pseudo-header alone
  PacketBuilder& trailer(std::size_t bytes);  // behind the packet
  PacketBuilder& pad();                       // to 60 bytes, as short frames are
  // After the sums: sets a byte at an offset of the frame.
  PacketBuilder& patch(std::size_t offset, std::uint8_t value);

  [[nodiscard]] Frame frame() const;
  [[nodiscard]] Frame packet() const;  // without the Ethernet header: what an ICMP error quotes

 private:
  [[nodiscard]] Frame transport() const;
  void finish_transport_sum(Frame& l4) const;

  std::uint8_t protocol_;
  std::uint32_t source_ = 0;
  std::uint32_t destination_ = 0;
  std::uint16_t source_port_ = 0;
  std::uint16_t destination_port_ = 0;
  rules::MacAddress from_ = kHostMac;
  rules::MacAddress to_ = kGatewayMac;
  std::uint8_t ttl_ = 64;
  std::uint8_t type_of_service_ = 0;
  std::uint16_t identification_ = 1;
  std::uint16_t fragment_ = 0;
  std::vector<std::uint8_t> options_;
  Frame payload_;
  std::uint8_t tcp_flags_ = 0;
  std::uint32_t sequence_ = 1000;
  std::uint32_t acknowledgement_ = 0;
  std::uint8_t icmp_type_ = 8;
  std::uint8_t icmp_code_ = 0;
  std::uint32_t icmp_rest_ = 0;
  bool no_udp_sum_ = false;
  bool unfinished_sum_ = false;
  std::size_t trailer_ = 0;
  std::size_t least_ = 0;
  std::vector<std::pair<std::size_t, std::uint8_t>> patches_;
};

// "10.0.1.5:40000" each; flags as in wire.h (namespace tcp).
[[nodiscard]] PacketBuilder tcp(std::string_view source, std::string_view destination, std::uint8_t flags);
[[nodiscard]] PacketBuilder udp(std::string_view source, std::string_view destination);
// Addresses alone.
[[nodiscard]] PacketBuilder echo_request(std::string_view source, std::string_view destination, std::uint16_t id);
[[nodiscard]] PacketBuilder echo_reply(std::string_view source, std::string_view destination, std::uint16_t id);
[[nodiscard]] PacketBuilder other(std::uint8_t protocol, std::string_view source, std::string_view destination);
// An ICMP error about `quoted` (an IPv4 packet), cut to `quoted_bytes`.
[[nodiscard]] PacketBuilder icmp_error(std::string_view source, std::string_view destination, std::uint8_t type,
                                       std::uint8_t code, const Frame& quoted, std::size_t quoted_bytes = 548,
                                       std::uint32_t rest = 0);

[[nodiscard]] Frame arp_request(const rules::MacAddress& sender_mac, std::string_view sender, std::string_view target);
[[nodiscard]] Frame arp_reply(const rules::MacAddress& sender_mac, std::string_view sender,
                              const rules::MacAddress& target_mac, std::string_view target);

// "" where header, transport and quoted sums are right (a UDP sum of 0 and quoted sums that are cut short count as
// such), else which one is wrong.
[[nodiscard]] std::string wrong_sum(std::span<const std::byte> frame);

// "tcp 10.0.1.5:40000 > 10.0.2.7:443 S ttl 64", for messages and expectations; of an ICMP error with the quote in
// brackets.
[[nodiscard]] std::string describe(std::span<const std::byte> frame);

}  // namespace sallyport::dataplane::testing
