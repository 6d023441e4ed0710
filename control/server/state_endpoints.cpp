// /v1/status, ports, counters, health and metrics.
//
// Owner: control/server.
#include <functional>
#include <vector>

#include "control/metrics/metrics.h"
#include "control/server/api.h"
#include "control/server/state_json.h"

namespace sallyport::control {

namespace {

using Request = httplib::Request;
using Response = httplib::Response;

// A handler that takes only these queries.
httplib::Server::Handler taking(std::vector<std::string_view> queries,
                                std::function<void(const Request&, Response&)> handler) {
  return [known = std::move(queries), handler = std::move(handler)](const Request& request, Response& response) {
    if (auto refused = refuse_queries(request, known)) return answer(response, *refused);
    handler(request, response);
  };
}

httplib::Server::Handler health(Api& api) {
  return taking({}, [&api](const Request&, Response& response) {
    const nlohmann::json health = health_json(api.store, api.runtime, api.self_check.counts());
    if (health["status"] == "down") response.status = 503;
    answer(response, health);
  });
}

httplib::Server::Handler metrics(Api& api) {
  return taking({}, [&api](const Request&, Response& response) {
    response.set_content(metrics_text(api.store, api.runtime, api.self_check.counts(), api.refused_connections()),
                         "text/plain; version=0.0.4; charset=utf-8");
  });
}

}  // namespace

void add_state_endpoints(httplib::Server& server, Api& api) {
  const auto add = [&](const std::string& path, std::vector<std::string_view> queries,
                       std::function<void(const Request&, Response&)> handler) {
    add_endpoint(server, api, "GET", path, taking(std::move(queries), std::move(handler)));
  };
  add("/v1/status", {}, [&api](const Request&, Response& response) {
    answer(response, status_json(api.store, api.runtime, api.self_check.counts(), api.started, api.clock.wall()));
  });
  add("/v1/ports", {}, [&api](const Request&, Response& response) { answer(response, ports_json(api.runtime)); });
  add("/v1/counters", {"rules"}, [&api](const Request& request, Response& response) {
    nlohmann::json out = counters_json(api.runtime.counters(), api.self_check.counts(), api.refused_connections());
    if (request.has_param("rules")) {
      const auto running = api.store.running();
      out["rules"] = running ? rules_json(*running, api.runtime) : nlohmann::json::array();
    }
    answer(response, out);
  });
  add_endpoint(server, api, "GET", "/v1/health", health(api));
  add_endpoint(server, api, "GET", "/v1/metrics", metrics(api));
}

void add_health_and_metrics(httplib::Server& server, Api& api) {
  server.Get("/health", health(api));
  server.Get("/metrics", metrics(api));
}

}  // namespace sallyport::control
