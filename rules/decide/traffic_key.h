// How a packet's protocol, ports and ICMP type become a kind of traffic and a key of its maps (layout::TrafficKind).
//
// Owner: rules/decide. Without a branch, since which kind comes next is not to be foreseen.
#pragma once

#include <array>
#include <cstdint>

#include "rules/decide/policy_view.h"
#include "rules/image/layout.h"
#include "rules/model/protocol.h"

namespace sallyport::rules {

// By protocol number; `icmp`: the family's. ICMPv6 has ICMP's place in the maps of IPv6.
[[nodiscard]] constexpr std::array<layout::TrafficKind, 256> kinds_with(std::size_t icmp) {
  std::array<layout::TrafficKind, 256> kinds{};
  kinds.fill(layout::TrafficKind::other);
  kinds[kProtocolTcp] = layout::TrafficKind::tcp;
  kinds[kProtocolUdp] = layout::TrafficKind::udp;
  kinds[icmp] = layout::TrafficKind::icmp;
  return kinds;
}
inline constexpr auto kIpv4Kinds = kinds_with(kProtocolIcmp);
inline constexpr auto kIpv6Kinds = kinds_with(kProtocolIcmpv6);

[[nodiscard]] inline layout::TrafficKind kind_of(const Query& query) { return kIpv4Kinds[query.protocol]; }
[[nodiscard]] inline layout::TrafficKind kind_of(const Ipv6Query& query) { return kIpv6Kinds[query.protocol]; }

template <typename AnyQuery>
[[nodiscard]] inline step_map::Key key_of(const AnyQuery& query, layout::TrafficKind kind) {
  const auto icmp = static_cast<step_map::Key>(std::uint32_t{query.icmp_type} << 8U | query.icmp_code);
  const std::array<step_map::Key, layout::kTrafficKinds> keys{query.destination_port, query.destination_port, icmp,
                                                              query.protocol};
  return keys[static_cast<std::size_t>(kind)];
}

}  // namespace sallyport::rules
