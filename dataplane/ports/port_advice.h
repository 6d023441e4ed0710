// What a person should mend at a port, in plain words with the command.
//
// Owner: dataplane/ports. From the interface's settings where they can be seen, else from what arrives.
#pragma once

#include <string>
#include <vector>

#include "dataplane/runtime/runtime.h"
#include "rules/model/gateway.h"

namespace sallyport::dataplane {

// `interface_name` is empty for ports without one below them; counters are taken from `status`.
[[nodiscard]] std::vector<std::string> port_advice(const PortStatus& status, rules::DeviceKind kind,
                                                   const std::string& interface_name);

// The same from counters alone; `name` is what the port is called on this host.
[[nodiscard]] std::vector<std::string> arrival_advice(const PortStatus& status, const std::string& name);

}  // namespace sallyport::dataplane
