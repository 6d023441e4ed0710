// The control server: HTTP and JSON on the Unix socket, and the keeper of the policy in force.
//
// Owner: control/server; one a daemon, created after the runtime and stopped before it.
// Always: one change at a time; a change that is refused leaves everything as it was.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "dataplane/runtime/runtime.h"
#include "rules/model/gateway.h"

namespace sallyport::control {

class Server {
 public:
  // Loads the gateway document's policy (document or image), publishes it, opens the socket (and the metrics listener)
  // and serves on threads of its own. Errors are ready to print: the compiler's diagnostics, or why the socket cannot
  // be had (another daemon on it, a path longer than the system's 107 bytes, no permission).
  [[nodiscard]] static std::expected<std::unique_ptr<Server>, std::string> start(const rules::GatewayConfig& gateway,
                                                                                 dataplane::Runtime& runtime);
  virtual ~Server() = default;
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Stops serving, ends the threads, removes the socket. Idempotent.
  virtual void stop() = 0;

 protected:
  Server() = default;
};

}  // namespace sallyport::control
