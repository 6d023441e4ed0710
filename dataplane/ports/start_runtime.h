// The way into the ports room: from a gateway document to running workers.
//
// Owner: dataplane/ports. At most one runtime a process in its whole life: EAL cannot be started twice.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "dataplane/ports/log.h"
#include "dataplane/runtime/runtime.h"
#include "rules/model/gateway.h"

namespace sallyport::dataplane {

// Opens every port and starts the workers; packets are NO_POLICY until one is published. The error is one sentence in
// plain words with the remedy, ready to print. Destroying the runtime stops the workers and leaves nothing on the host.
[[nodiscard]] std::expected<std::unique_ptr<Runtime>, std::string> start_runtime(const rules::GatewayConfig& gateway,
                                                                                 const LogFunction& log);

}  // namespace sallyport::dataplane
