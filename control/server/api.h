// What the endpoints of the control server share: the state they look at and how they answer.
//
// Owner: control/server. docs/control-api.md describes the answers.
// Always: an error is {"error": {code, message, details}} with the matching HTTP status; `code` is one of the names
// below and is what programs look at.
#pragma once

#include <httplib.h>

#include <atomic>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
  std::atomic<bool> stopping{false};  // streams end
  std::atomic<int> streams{0};
  std::map<std::string, std::vector<std::string>> methods = {};  // that each path of the socket takes
};

struct ApiError {
  int status = 400;
  std::string code;
  std::string message;
  nlohmann::json details = nlohmann::json::array();
  std::string rendered = {};  // diagnostics as a person reads them; may be empty
};

void answer(httplib::Response& response, const nlohmann::json& body);
void answer(httplib::Response& response, const ApiError& error);

// Queries that are not among the known ones are errors, never ignored, as is one given twice, but for `repeated`.
[[nodiscard]] std::optional<ApiError> refuse_queries(const httplib::Request& request,
                                                     const std::vector<std::string_view>& known,
                                                     std::string_view repeated = {});

// Adds an endpoint of the socket. `method`: GET, POST, PATCH or DELETE.
void add_endpoint(httplib::Server& server, Api& api, const std::string& method, const std::string& path,
                  httplib::Server::Handler handler);

// Permissions, methods, bodies, unknown paths and exceptions, before and after all endpoints.
void guard(httplib::Server& server, Api& api);

void add_state_endpoints(httplib::Server& server, Api& api);  // status, ports, counters, health, metrics
// /health and /metrics; the TCP listener serves these alone.
void add_health_and_metrics(httplib::Server& server, Api& api);
void add_policy_endpoints(httplib::Server& server, Api& api);  // policy, history, confirm, rollback
void add_flow_endpoints(httplib::Server& server, Api& api);    // flows
void add_trace_endpoint(httplib::Server& server, Api& api);    // trace

}  // namespace sallyport::control
