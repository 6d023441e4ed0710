// Changing a packet in place with every sum kept right: addresses, ports, time to live, and the packet an ICMP error
// quotes.
//
// Owner: dataplane/packet. Sums are updated incrementally (RFC 1624): one that was wrong stays wrong, a UDP sum of 0
// stays 0. Always: the ParsedPacket is what parse() said of these bytes and is kept up with them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/packet/parse.h"

namespace sallyport::dataplane {

// An address and, where the packet has ports, a port (the id of an ICMP echo).
struct Endpoint {
  std::uint32_t address = 0;
  std::uint16_t port = 0;
  friend constexpr bool operator==(const Endpoint&, const Endpoint&) = default;
};

// Ports are left alone where packet.has_ports is false; an echo's id is one field: the port given last stands.
void rewrite_source(std::byte* frame, ParsedPacket& packet, Endpoint to);
void rewrite_destination(std::byte* frame, ParsedPacket& packet, Endpoint to);

// The packet quoted by an ICMP error: inner header sum, inner transport sum as far as it is quoted, outer ICMP sum.
void rewrite_quoted_source(std::byte* frame, ParsedPacket& packet, Endpoint to);
void rewrite_quoted_destination(std::byte* frame, ParsedPacket& packet, Endpoint to);

// Precondition: ttl > 0.
void decrement_ttl(std::byte* frame, ParsedPacket& packet);

inline void set_link_addresses(std::byte* frame, const rules::MacAddress& source,
                               const rules::MacAddress& destination) {
  store_mac(frame + ethernet::kSource, source);
  store_mac(frame + ethernet::kDestination, destination);
}

}  // namespace sallyport::dataplane
