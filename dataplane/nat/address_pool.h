// Which public address a NAT gateway lends to an inside address: always the same while it has ports, else the next one.
//
// Owner: dataplane/nat (RFC 4787 REQ-2, "paired" pooling).
// Always: the choice depends on the inside address and the number of addresses alone, so that it outlives a restart and
// `trace` names the address that the daemon lends; the list's order is the policy's.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/nat/port_allocator.h"
#include "dataplane/packet/rewrite.h"
#include "rules/model/address.h"

namespace sallyport::dataplane {

// Where in a list of `count` (> 0) addresses the search for `inside` begins.
[[nodiscard]] std::size_t first_address_for(rules::Ipv4 inside, std::size_t count);

// Address and port for a new mapping; `reply` as for PortAllocator::choose, its destination address is filled in.
// nullopt: no address has a port left towards this destination (NAT_PORT_EXHAUSTED).
[[nodiscard]] std::optional<Endpoint> lend_address(std::span<const rules::Ipv4> addresses, rules::Ipv4 inside,
                                                   const FlowTable& table, FlowTuple reply, PortAllocator& ports);

}  // namespace sallyport::dataplane
