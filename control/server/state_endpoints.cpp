// /v1/status, ports, counters, health and metrics.
//
// Owner: control/server.
#include "control/metrics/metrics.h"
#include "control/server/api.h"
#include "control/server/state_json.h"

namespace sallyport::control {

void add_state_endpoints(httplib::Server& server, Api& api) {
  server.Get("/v1/status", [&api](const httplib::Request&, httplib::Response& response) {
    answer(response, status_json(api.store, api.runtime, api.started, api.clock.wall()));
  });
  server.Get("/v1/ports", [&api](const httplib::Request&, httplib::Response& response) {
    answer(response, ports_json(api.runtime));
  });
  server.Get("/v1/counters", [&api](const httplib::Request& request, httplib::Response& response) {
    nlohmann::json out = counters_json(api.runtime.counters());
    if (request.has_param("rules")) {
      const auto running = api.store.running();
      out["rules"] = running ? rules_json(*running, api.runtime) : nlohmann::json::array();
    }
    answer(response, out);
  });
  add_health_and_metrics(server, api, "/v1");
}

void add_health_and_metrics(httplib::Server& server, Api& api, const std::string& prefix) {
  server.Get(prefix + "/health", [&api](const httplib::Request&, httplib::Response& response) {
    const nlohmann::json health = health_json(api.store, api.runtime);
    if (health["status"] == "down") response.status = 503;
    answer(response, health);
  });
  server.Get(prefix + "/metrics", [&api](const httplib::Request&, httplib::Response& response) {
    response.set_content(metrics_text(api.store, api.runtime), "text/plain; version=0.0.4; charset=utf-8");
  });
}

}  // namespace sallyport::control
