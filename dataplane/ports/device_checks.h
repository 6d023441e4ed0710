// What can be said about a port's device before a driver is asked: names, permissions, the state of the host.
//
// Owner: dataplane/ports. Looks, changes nothing.
#pragma once

#include <expected>
#include <string>

#include "rules/model/gateway.h"

namespace sallyport::dataplane {

// `port "inside" (af_packet:gw-in): `, the beginning of every sentence about a port.
[[nodiscard]] std::string port_prefix(const rules::Port& port);

// af_packet and af_xdp: an interface that has to be there already.
[[nodiscard]] constexpr bool lives_on_interface(rules::DeviceKind kind) {
  return kind == rules::DeviceKind::af_packet || kind == rules::DeviceKind::af_xdp;
}
// The same and tap: the kernel is at the other end.
[[nodiscard]] constexpr bool has_interface(rules::DeviceKind kind) {
  return lives_on_interface(kind) || kind == rules::DeviceKind::tap;
}

// The sentence that says why the device cannot be had, and what mends it.
[[nodiscard]] std::expected<void, std::string> check_device(const rules::Port& port);

}  // namespace sallyport::dataplane
