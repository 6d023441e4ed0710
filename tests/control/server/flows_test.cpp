// Flows over the control socket: filtered, ranked, counted, watched, killed.
#include <gmock/gmock.h>

#include <thread>

#include "tests/control/server/running_server.h"

namespace sallyport::control::test {
namespace {

using nlohmann::json;

using FlowsTest = RunningServer;

dataplane::FlowRecord tcp_flow(std::uint32_t from, std::uint16_t from_port, std::uint16_t to_port,
                               std::uint64_t bytes) {
  dataplane::FlowRecord flow;
  flow.protocol = 6;
  flow.from = flow.translated_from = from;
  flow.to = flow.translated_to = 0xC6336407;  // 198.51.100.7
  flow.from_port = flow.translated_from_port = from_port;
  flow.to_port = flow.translated_to_port = to_port;
  flow.bytes_out = bytes;
  flow.packets_out = 1000 - bytes;
  return flow;
}

TEST_F(FlowsTest, AreFilteredRankedCountedAndKilled) {
  start_with(small_policy(tcp_rule(80)));
  runtime.flows = {tcp_flow(0x0A00030B, 4001, 443, 10), tcp_flow(0x0A00030B, 4002, 80, 500),
                   tcp_flow(0x0A00030C, 4003, 443, 90)};
  runtime.flows[2].translated_from = 0xCB007105;  // 203.0.113.5
  const struct {
    const char* filter;
    int flows;
  } rows[] = {
      {"", 3}, {"tcp%20dst%20port%20443", 2}, {"src%20host%2010.0.3.11", 2}, {"host%20203.0.113.5", 1}, {"udp", 0}};
  for (const auto& row : rows) {
    EXPECT_EQ(json_of(std::string("/v1/flows?count&filter=") + row.filter)["flows"], row.flows) << row.filter;
    EXPECT_EQ(json_of(std::string("/v1/flows?filter=") + row.filter)["total"], row.flows) << row.filter;
  }
  EXPECT_EQ(json_of("/v1/flows?top=1&by=bytes")["flows"][0]["from"], "10.0.3.11:4002");
  EXPECT_EQ(json_of("/v1/flows?top=1&by=packets")["flows"][0]["from"], "10.0.3.11:4001");
  EXPECT_EQ(json_of("/v1/flows?top=1")["total"], 3);
  const json translated = json_of("/v1/flows?filter=host%20203.0.113.5")["flows"][0]["translated"];
  EXPECT_EQ(translated["from"], "203.0.113.5:4003");
  EXPECT_EQ(translated["to"], nullptr);
  const auto lines = cli({"flows", "-o", "ndjson", "--top", "1", "--by", "bytes"});
  EXPECT_EQ(json::parse(lines.out)["from"], "10.0.3.11:4002") << lines.out;
  EXPECT_EQ(json::parse(lines.out)["schema"], "sallyport/flow/1");
  EXPECT_EQ(json::parse(ask("DELETE", "/v1/flows?filter=port%20443")->body)["killed"], 2);
  EXPECT_EQ(runtime.flows.size(), 1U);
}

TEST_F(FlowsTest, AnEchosIdIsNoPort) {
  start_with(small_policy(tcp_rule(80)));
  dataplane::FlowRecord echo = tcp_flow(0x0A00030B, 77, 77, 10);
  echo.protocol = 1;
  echo.translated_from = 0xCB007105;  // 203.0.113.5
  echo.translated_from_port = echo.translated_to_port = 2000;
  runtime.flows = {echo};
  const json flow = json_of("/v1/flows")["flows"][0];
  EXPECT_EQ(flow["to"], "198.51.100.7");
  EXPECT_EQ(flow["icmp_id"], 77);
  EXPECT_EQ(flow["translated"], (json{{"from", "203.0.113.5"}, {"to", nullptr}}));
  EXPECT_TRUE(cli({"flows"}).out.contains("198.51.100.7  ")) << cli({"flows"}).out;
}

TEST_F(FlowsTest, AListComesWholeHoweverLong) {
  start_with(small_policy(tcp_rule(80)));
  for (const std::size_t count : {0U, 1U, 255U, 256U, 257U, 512U, 1000U}) {
    runtime.flows.clear();
    for (std::size_t i = 0; i < count; ++i) {
      runtime.flows.push_back(tcp_flow(0x0A00030B, static_cast<std::uint16_t>(1024 + i), 443, 10));
    }
    const json body = json_of("/v1/flows");
    ASSERT_EQ(body["flows"].size(), count);
    EXPECT_EQ(body["total"], count);
    EXPECT_EQ(body["schema"], "sallyport/flows/1");
    if (count == 0) continue;
    EXPECT_EQ(body["flows"].back()["from"], "10.0.3.11:" + std::to_string(1023 + count));
  }
}

TEST_F(FlowsTest, QueriesThatWouldMeanNothingAreRefused) {
  start_with(small_policy(tcp_rule(80)));
  runtime.flows = {tcp_flow(0x0A00030B, 4001, 443, 10)};
  for (const char* query : {"by=bytes", "top=1&count", "top=1&watch", "count&watch", "top=0", "some=1"}) {
    EXPECT_EQ(ask("GET", std::string("/v1/flows?") + query)->status, 400) << query;
  }
  for (const char* query : {"filter=ip&top=1", "filter=ip&count", "top=1"}) {
    EXPECT_EQ(ask("DELETE", std::string("/v1/flows?") + query)->status, 400) << query;
  }
  EXPECT_EQ(runtime.flows.size(), 1U);
}

TEST_F(FlowsTest, AWatchTellsWhatIsThereAndEndsWithTheServer) {
  start_with(small_policy(tcp_rule(80)));
  runtime.flows = {tcp_flow(0x0A00030B, 4001, 443, 10)};
  httplib::ClientImpl http(gateway.socket_path, 80);
  http.set_address_family(AF_UNIX);
  std::string seen;
  http.Get("/v1/flows?watch", [&](const char* data, std::size_t size) {
    seen.append(data, size);
    return !seen.ends_with("\n");
  });
  const json event = json::parse(seen, nullptr, false);
  ASSERT_TRUE(event.is_object()) << seen;
  EXPECT_EQ(event["event"], "open");
  EXPECT_EQ(event["flow"]["from"], "10.0.3.11:4001");
  std::thread watcher([&] {
    httplib::ClientImpl other(gateway.socket_path, 80);
    other.set_address_family(AF_UNIX);
    other.Get("/v1/flows?watch", [](const char*, std::size_t) { return true; });
  });
  server->stop();
  watcher.join();
}

}  // namespace
}  // namespace sallyport::control::test
