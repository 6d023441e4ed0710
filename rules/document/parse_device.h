// The one-line syntaxes of the gateway document: devices, listeners, link addresses.
//
// Owner: rules/document. Each returns what is wrong as a message.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "rules/model/gateway.h"

namespace sallyport::rules {

// "pci:BDF", "af_packet:IFACE", "af_xdp:IFACE", "tap:IFACE", "dpdk:VDEV-ARGS" or "pcap:IN,OUT". Paths stay as written.
[[nodiscard]] std::expected<Device, std::string> parse_device(std::string_view text);

// "HOST:PORT" with a name, an IPv4 address or a bracketed IPv6 address; nothing where it is right.
[[nodiscard]] std::expected<void, std::string> check_listen(std::string_view text);

}  // namespace sallyport::rules
