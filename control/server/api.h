// What the endpoints of the control server share: the state they look at and the checks before them.
//
// Owner: control/server. docs/control-api.md describes the answers.
#pragma once

#include <httplib.h>

#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/metrics/own_counts.h"
#include "control/server/answers.h"
#include "control/server/peer.h"
#include "control/server/self_check.h"
#include "control/store/clock.h"
#include "control/store/policy_store.h"
#include "dataplane/runtime/runtime.h"
#include "rules/model/gateway.h"

namespace sallyport::control {

// Shared by all requests; outlives the listeners.
struct Api {
  const rules::GatewayConfig& gateway;
  dataplane::Runtime& runtime;  // for any thread
  PolicyStore& store;
  const SelfCheck& self_check;
  Clock clock;
  Permissions permissions;
  WallTime started;
  std::atomic<bool> stopping{false};   // streams end
  std::atomic<int> streams{0};         // of those who may change things
  std::atomic<int> reader_streams{0};  // of those who may only look
  std::function<RefusedConnections()> refused_connections = [] { return RefusedConnections{}; };
  std::map<std::string, std::vector<std::string>> methods = {};  // that each path of the socket takes
};

// Queries that are not among the known ones are errors, never ignored, as is one given twice, but for `repeated`.
[[nodiscard]] std::optional<ApiError> refuse_queries(const httplib::Request& request,
                                                     const std::vector<std::string_view>& known,
                                                     std::string_view repeated = {});

// GET and HEAD take no body.
[[nodiscard]] std::optional<ApiError> refuse_body_of_reading(const httplib::Request& request);

// Adds an endpoint of the socket. `method`: GET, POST, PATCH or DELETE.
void add_endpoint(httplib::Server& server, Api& api, const std::string& method, const std::string& path,
                  httplib::Server::Handler handler);

// Unknown paths, requests that the library refuses, and exceptions.
void answer_what_has_no_handler(httplib::Server& server);
// That, and before it permissions, methods and bodies.
void guard(httplib::Server& server, Api& api);

void add_state_endpoints(httplib::Server& server, Api& api);  // status, ports, counters, health, metrics
// /health and /metrics; the TCP listener serves these alone.
void add_health_and_metrics(httplib::Server& server, Api& api);
void add_policy_endpoints(httplib::Server& server, Api& api);  // policy, history, confirm, rollback
void add_flow_endpoints(httplib::Server& server, Api& api);    // flows
void add_trace_endpoint(httplib::Server& server, Api& api);    // trace

}  // namespace sallyport::control
