// Choosing public addresses. Owner: dataplane/nat.
#include "dataplane/nat/address_pool.h"

namespace sallyport::dataplane {

std::size_t first_address_for(rules::Ipv4 inside, std::size_t count) {
  std::uint64_t state = inside.value;
  return static_cast<std::size_t>(scaled(split_mix(state), count));
}

std::optional<Endpoint> lend_address(std::span<const rules::Ipv4> addresses, rules::Ipv4 inside, const FlowTable& table,
                                     FlowTuple reply, PortAllocator& ports) {
  if (addresses.empty()) return std::nullopt;
  std::size_t at = first_address_for(inside, addresses.size());
  for (std::size_t tried = 0; tried < addresses.size(); ++tried) {
    reply.destination = addresses[at].value;
    if (const auto port = ports.choose(table, reply)) return Endpoint{reply.destination, *port};
    at = at + 1 == addresses.size() ? 0 : at + 1;
  }
  return std::nullopt;
}

}  // namespace sallyport::dataplane
