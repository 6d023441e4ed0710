// What forwarding needs to know of the next hop and may say to the sender.
//
// Owner: dataplane/stages.
#pragma once

#include <optional>

#include "dataplane/stages/context.h"

namespace sallyport::dataplane {

// The next hop's link address: written in the policy, made up under assume_neighbors, or learnt; nullopt: not known
// yet.
[[nodiscard]] std::optional<rules::MacAddress> link_address(World& world, const PacketContext& context);

// Tells the sender, unless RFC 1122 or the rate forbids it.
void send_icmp_error(World& world, const PacketContext& context, std::uint8_t type, std::uint8_t code,
                     std::uint16_t mtu);

}  // namespace sallyport::dataplane
