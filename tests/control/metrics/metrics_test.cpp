// Prometheus text: the same numbers as the counters, every code, nothing but /metrics and /health on TCP.
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>

#include "control/server/reception.h"
#include "rules/model/drop_code.h"
#include "tests/control/server/running_server.h"

namespace sallyport::control::test {
namespace {

using ::testing::HasSubstr;

using MetricsTest = RunningServer;

int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  EXPECT_EQ(bind(socket, reinterpret_cast<const sockaddr*>(&address), size), 0);
  EXPECT_EQ(getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size), 0);
  close(socket);
  return ntohs(address.sin_port);
}

TEST_F(MetricsTest, TellEveryCounter) {
  runtime.totals.in = 1000;
  runtime.totals.dropped = 7;
  runtime.totals.drops[static_cast<std::size_t>(rules::DropCode::NAT_NO_SESSION)] = 7;
  runtime.totals.flows = 42;
  dataplane::PortStatus port;
  port.name = "inside";
  port.in_packets = 999;
  port.link_up = true;
  runtime.port_statuses = {port};
  start_with(small_policy(tcp_rule(80)));
  runtime.rules[runtime.published[0]->rule_uid(0)] = 5;
  const std::string text = ask("GET", "/v1/metrics")->body;
  for (const char* line :
       {"sallyport_packets_in_total 1000\n", "sallyport_drops_total{code=\"NAT_NO_SESSION\"} 7\n",
        "sallyport_drops_total{code=\"UNKNOWN_HOST\"} 0\n", "sallyport_flows 42\n",
        "sallyport_port_in_packets_total{port=\"inside\"} 999\n", "sallyport_port_up{port=\"inside\"} 1\n",
        "sallyport_policy_generation 1\n", "sallyport_build_info{version=\"", "sallyport_rule_decided_total{"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_THAT(text, HasSubstr("} 5\n"));
  for (std::size_t i = 1; i < rules::kDropCodes; ++i) {
    EXPECT_THAT(text, HasSubstr("{code=\"" + std::string(rules::name_of(static_cast<rules::DropCode>(i))) + "\"}"));
  }
}

TEST_F(MetricsTest, PromtoolFindsNothingToSay) {
  ASSERT_EQ(std::system("command -v promtool >/dev/null"), 0) << "promtool comes with the package prometheus";
  dataplane::PortStatus port;
  port.name = "inside";
  runtime.port_statuses = {port, port};
  runtime.port_statuses[1].name = "outside";
  start_with(small_policy(tcp_rule(80)));
  const std::string file = folder.write("metrics.txt", ask("GET", "/v1/metrics")->body);
  EXPECT_EQ(std::system(("promtool check metrics < " + file).c_str()), 0);
}

TEST_F(MetricsTest, TheTcpListenerServesMetricsAndHealthAlone) {
  const int port = free_port();
  gateway.metrics_listen = "127.0.0.1:" + std::to_string(port);
  start_with(small_policy(tcp_rule(80)));
  httplib::ClientImpl http("127.0.0.1", port);
  const struct {
    const char* method;
    const char* path;
    int status;
  } rows[] = {{"GET", "/metrics", 200},     {"GET", "/health", 200},    {"GET", "/v1/status", 404},
              {"GET", "/v1/metrics", 404},  {"GET", "/v1/policy", 404}, {"POST", "/v1/policy", 404},
              {"DELETE", "/v1/flows", 404}, {"GET", "/", 404},          {"POST", "/metrics", 405},
              {"HEAD", "/health", 200}};
  for (const auto& row : rows) {
    httplib::Request request;
    request.method = row.method;
    request.path = row.path;
    const auto result = http.send(request);
    ASSERT_TRUE(result) << row.path;
    EXPECT_EQ(result->status, row.status) << row.path;
  }
  FakeRuntime other;
  rules::GatewayConfig second = gateway;
  second.socket_path = folder.file("other.sock");
  const auto taken = Server::start(second, other);
  ASSERT_FALSE(taken);
  EXPECT_THAT(taken.error(), HasSubstr("cannot listen there"));
}

TEST_F(MetricsTest, WhoSaysHalfOfARequestHoldsUpNoCollector) {
  const int port = free_port();
  gateway.metrics_listen = "127.0.0.1:" + std::to_string(port);
  start_with(small_policy(tcp_rule(80)));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::vector<int> sockets;
  for (int i = 0; i < 100; ++i) {
    sockets.push_back(::socket(AF_INET, SOCK_STREAM, 0));
    ASSERT_EQ(connect(sockets.back(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    const std::string_view half = i % 2 == 0 ? "" : "GET /metrics HTTP/1.1\r\nHost";
    EXPECT_GE(send(sockets.back(), half.data(), half.size(), MSG_NOSIGNAL), 0);
  }
  const auto begin = std::chrono::steady_clock::now();
  httplib::ClientImpl http("127.0.0.1", port);
  httplib::Request request;
  request.method = "GET";
  request.path = "/health";
  const auto health = http.send(request);
  ASSERT_TRUE(health);
  EXPECT_EQ(health->status, 200);
  request.path = "/metrics";
  const auto metrics = http.send(request);
  ASSERT_TRUE(metrics);
  EXPECT_THAT(metrics->body, ::testing::ContainsRegex("connections_refused_total.listener=\"metrics\". [1-9]"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, ReceptionLimits{}.head);
  for (const int socket : sockets) close(socket);
}

}  // namespace
}  // namespace sallyport::control::test
