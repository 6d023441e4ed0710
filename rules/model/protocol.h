// The words for protocols in a policy: "tcp", "udp", "icmp", "icmpv6", "all", or a number.
//
// Owner: rules/model. Documents are read and written with these, and so are rules that a person types.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "rules/model/policy.h"

namespace sallyport::rules {

[[nodiscard]] std::span<const std::string_view> protocol_words();

// "tcp" and "6" are 6, "all" and "-1" are kAnyProtocol; nullopt for what is neither a word nor a number from -1 to 255
// as one writes it (no sign but in "-1", no leading zeros).
[[nodiscard]] std::optional<std::int16_t> protocol_number(std::string_view text);

// "tcp", "udp", "icmp", "icmpv6"; any other protocol as its number.
[[nodiscard]] std::string protocol_text(std::int16_t protocol);

[[nodiscard]] constexpr bool has_ports(std::int16_t protocol) {
  return protocol == kProtocolTcp || protocol == kProtocolUdp;
}
[[nodiscard]] constexpr bool has_icmp_type(std::int16_t protocol) {
  return protocol == kProtocolIcmp || protocol == kProtocolIcmpv6;
}
// Whether packets of the family can be of it, as far as rules go: ICMP is IPv4's, ICMPv6 is IPv6's.
[[nodiscard]] constexpr bool of_ipv4(std::int16_t protocol) { return protocol != kProtocolIcmpv6; }
[[nodiscard]] constexpr bool of_ipv6(std::int16_t protocol) { return protocol != kProtocolIcmp; }

}  // namespace sallyport::rules
