// What can be said about a port's device before a driver is asked: names, permissions, the state of the host.
//
// Owner: dataplane/ports. Looks, changes nothing.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "dataplane/ports/linux_interface.h"
#include "rules/model/gateway.h"

namespace sallyport::dataplane {

// `port "inside" (af_packet:gw-in): `, the beginning of every sentence about a port.
[[nodiscard]] std::string port_prefix(const rules::Port& port);

// The Linux interface below the device, where it has one; or the sentence that says why it cannot be had and what mends
// it.
[[nodiscard]] std::expected<std::optional<LinuxInterface>, std::string> check_device(const rules::Port& port);

}  // namespace sallyport::dataplane
