// Choosing public addresses. Owner: dataplane/nat.
#include "dataplane/nat/address_pool.h"

namespace sallyport::dataplane {

std::size_t AddressPool::first_choice(rules::Ipv4 inside, std::size_t count) const {
  std::uint64_t state = seed_ ^ inside.value;
  return static_cast<std::size_t>(scaled(split_mix(state), count));
}

std::optional<Endpoint> AddressPool::choose(std::span<const rules::Ipv4> addresses, rules::Ipv4 inside,
                                            const FlowTable& table, FlowTuple reply, PortAllocator& ports) const {
  if (addresses.empty()) return std::nullopt;
  std::size_t at = first_choice(inside, addresses.size());
  for (std::size_t tried = 0; tried < addresses.size(); ++tried) {
    reply.destination = addresses[at].value;
    if (const auto port = ports.choose(table, reply)) return Endpoint{reply.destination, *port};
    at = at + 1 == addresses.size() ? 0 : at + 1;
  }
  return std::nullopt;
}

}  // namespace sallyport::dataplane
