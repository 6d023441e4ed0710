// Link addresses made up for next hops that nobody was asked for (EngineSettings::assume_neighbors): 02:53 and the
// address.
//
// Owner: dataplane/neighbor. Used by the engine, and by trace and replay, which send from such stations.
#pragma once

#include <optional>

#include "rules/model/address.h"

namespace sallyport::dataplane {

[[nodiscard]] constexpr rules::MacAddress assumed_mac(rules::Ipv4 address) {
  rules::MacAddress mac{{0x02, 0x53}};
  for (std::size_t i = 0; i < 4; ++i) mac.bytes[2 + i] = static_cast<std::uint8_t>(address.value >> (24U - 8U * i));
  return mac;
}

// The address such a link address was made from; nullopt for any other.
[[nodiscard]] constexpr std::optional<rules::Ipv4> assumed_address(const rules::MacAddress& mac) {
  rules::Ipv4 address;
  for (std::size_t i = 2; i < mac.bytes.size(); ++i) address.value = address.value << 8U | mac.bytes[i];
  return assumed_mac(address) == mac ? std::optional(address) : std::nullopt;
}

}  // namespace sallyport::dataplane
