// The packets that trace sends: made from a request, or answering what came out at the far side.
//
// Owner: control/trace. Always: frames have right sums and pass the parser unless the request asks for nonsense.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/model/address.h"
#include "rules/model/protocol.h"

namespace sallyport::control {

using Frame = std::vector<std::byte>;

struct Probe {
  rules::MacAddress from_mac, to_mac;
  std::uint8_t protocol = 6;
  rules::Ipv4 from, to;
  std::uint16_t from_port = 0, to_port = 0;  // TCP and UDP
  std::uint8_t icmp_type = 0, icmp_code = 0;
  std::uint16_t icmp_id = 0;   // of a query
  std::uint8_t tcp_flags = 0;  // as on the wire
};

[[nodiscard]] Frame build(const Probe& probe);

// What the receiver of `frame` answers: SYN with SYN-ACK, a query with its reply; nullopt where no answer is due (RST,
// ICMP errors and replies).
[[nodiscard]] std::optional<Probe> answer_to(std::span<const std::byte> frame);

// "SA" to bits; nullopt for letters that are none of SAFRPUEW.
[[nodiscard]] std::optional<std::uint8_t> parse_tcp_flags(std::string_view letters);

using rules::has_ports;
// "10.0.4.9:41000", the port only with TCP and UDP.
[[nodiscard]] std::string endpoint_text(rules::Ipv4 address, std::uint16_t port, std::uint8_t protocol);

// Protocols by number: "tcp", "udp", "icmp" and the names of /etc/protocols; without a name the number.
[[nodiscard]] std::string protocol_name(std::uint8_t protocol);
// A name of /etc/protocols in either case, or 0-255.
[[nodiscard]] std::optional<std::uint8_t> protocol_named(std::string_view name);

}  // namespace sallyport::control
