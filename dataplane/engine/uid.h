// Stable identities of interfaces and NAT gateways, over generations of the policy.
//
// Owner: dataplane/engine; given out by the Binder. A uid is the hop of a flow's key (FlowTuple).
#pragma once

#include <cstdint>

namespace sallyport::dataplane {

// kOwnHop marks a sender that owns the source address, kInternetHop the far side of an uplink.
using Uid = std::uint32_t;
inline constexpr Uid kOwnHop = 0;
inline constexpr Uid kInternetHop = 1;
inline constexpr Uid kFirstInterfaceUid = 16;

}  // namespace sallyport::dataplane
