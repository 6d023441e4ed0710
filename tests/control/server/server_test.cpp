// The control server on its socket: start and stop, endpoints, damage.
#include <gmock/gmock.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "tests/control/server/running_server.h"

namespace sallyport::control::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

using ServerTest = RunningServer;

TEST_F(ServerTest, WithoutAPolicyItSaysSoAndTakesOne) {
  start();
  const json status = json_of("/v1/status");
  EXPECT_EQ(status["policy"]["generation"], 0);
  EXPECT_THAT(status["message"].get<std::string>(), HasSubstr("no policy"));
  EXPECT_EQ(ask("GET", "/v1/health")->status, 503);
  EXPECT_EQ(ask("GET", "/v1/policy")->status, 404);
  EXPECT_EQ(ask("PATCH", "/v1/policy", "[]")->status, 409);
  const auto applied = ask("POST", "/v1/policy", small_policy(tcp_rule(80)));
  ASSERT_TRUE(applied);
  EXPECT_EQ(applied->status, 200) << applied->body;
  EXPECT_EQ(generation(), 1U);
  EXPECT_EQ(ask("GET", "/v1/health")->status, 200);
  EXPECT_EQ(ask("GET", "/v1/policy")->body, small_policy(tcp_rule(80)));
  EXPECT_EQ(ask("GET", "/v1/policy")->get_header_value("ETag"), "1");
}

TEST_F(ServerTest, APolicyIsAsLargeAsWhatSomebodyWroteWhereverThatIsTold) {
  auto policy = json::parse(small_policy(tcp_rule(80) + ", " + tcp_rule(443)));
  policy["subnets"]["app-a"]["security_groups"] = {"web"};  // stands for hosts that are no interfaces
  policy["network_acls"]["lid"]["egress"] = {
      {{"rule_no", 1}, {"action", "allow"}, {"protocol", "all"}, {"cidr_block", "0.0.0.0/0"}}};
  start_with(policy.dump(1));
  const json status = json_of("/v1/status")["policy"];
  EXPECT_EQ(status["interfaces"], 1);
  EXPECT_EQ(status["rules"], 3);
  EXPECT_THAT(cli({"status"}).out, HasSubstr("1 interfaces, 3 rules"));
  EXPECT_THAT(cli({"history"}).out, HasSubstr("3 rules added, 1 interface added"));
  const auto compiled = run_cli({"compile", gateway.policy_path, "-o", folder.file("policy.spi")}).out;
  EXPECT_THAT(compiled, HasSubstr("interfaces  1 in"));
  EXPECT_THAT(compiled, HasSubstr("rules       3\n"));
}

TEST_F(ServerTest, ABadPolicyStopsTheStartWithTheCompilersWords) {
  gateway.policy_path =
      folder.write("policy.json", small_policy(R"({ "protocol": "-1", "security_groups": ["wbe"] })"));
  const auto started = Server::start(gateway, runtime);
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error(), HasSubstr("policy.json:"));
  EXPECT_THAT(started.error(), HasSubstr("did you mean \"web\"?"));
  gateway.policy_path = folder.file("missing.json");
  const auto missing = Server::start(gateway, runtime);
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error(), HasSubstr("missing.json"));
  EXPECT_TRUE(runtime.published.empty());
  EXPECT_FALSE(std::filesystem::exists(gateway.socket_path));
}

TEST_F(ServerTest, DiagnosticsPointIntoTheDocument) {
  start_with(small_policy(tcp_rule(80)));
  const auto result =
      ask("POST", "/v1/policy?file=new.json", small_policy(R"({ "protocol": "-1", "security_groups": ["wbe"] })"));
  ASSERT_TRUE(result);
  const json detail = json::parse(result->body)["error"]["details"][0];
  EXPECT_EQ(detail["file"], "new.json");
  EXPECT_EQ(detail["line"], 5);
  EXPECT_GT(detail["column"], 1);
  EXPECT_EQ(detail["pointer"], "/security_groups/web/ingress/0/security_groups/0");
  EXPECT_EQ(detail["nearest"], "web");
}

TEST_F(ServerTest, WhatPolicyAndGatewayTogetherGetWrongPointsIntoTheGateway) {
  start_with(small_policy(tcp_rule(80)));
  std::string elsewhere = small_policy(tcp_rule(80));
  while (elsewhere.contains("app-a")) elsewhere.replace(elsewhere.find("app-a"), 5, "app-b");
  const auto refused = ask("POST", "/v1/policy?file=new.json", elsewhere);
  ASSERT_TRUE(refused);
  EXPECT_EQ(json::parse(refused->body)["error"]["details"][0]["file"], "gateway.json");
  const auto applied = ask("POST", "/v1/policy?file=new.json", small_policy(tcp_rule(81)));
  ASSERT_TRUE(applied);
  for (const auto& warning : json::parse(applied->body)["warnings"]) {
    const bool of_ports = warning["pointer"].get<std::string>().starts_with("/ports/");
    EXPECT_EQ(warning["file"], of_ports ? "gateway.json" : "new.json");
  }
}

TEST_F(ServerTest, ADocumentIsADocumentWhateverItsTypeIsSaidToBe) {
  start();
  int port = 80;
  for (const char* type :
       {"application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x"}) {
    const std::string text = small_policy(tcp_rule(port++), std::string(20000, 'x'));
    const auto result = ask("POST", "/v1/policy", text, {{"Content-Type", type}});
    ASSERT_TRUE(result);
    EXPECT_EQ(result->status, 200) << type << result->body;
  }
  EXPECT_EQ(generation(), 4U);
}

TEST_F(ServerTest, DamagedRequestsDoNoHarm) {
  start_with(small_policy(tcp_rule(80)));
  for (const std::string& bytes :
       {std::string(""), std::string("\0\0\0\0", 4), std::string("GET"), std::string("GET / HTTP/9.9\r\n\r\n"),
        std::string("POST /v1/policy HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n"),
        std::string("POST /v1/policy HTTP/1.1\r\nContent-Length: -1\r\n\r\n"), std::string(100000, 'A'),
        std::string("POST /v1/policy HTTP/1.1\r\nContent-Length: 100\r\n\r\n{")}) {
    const sockaddr_un address = unix_address(gateway.socket_path);
    const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
    ASSERT_EQ(connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_GE(send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL), 0);
    close(socket);
  }
  EXPECT_EQ(generation(), 1U);
}

TEST_F(ServerTest, WhoNeverEndsARequestHoldsUpNobody) {
  start_with(small_policy(tcp_rule(80)));
  const sockaddr_un address = unix_address(gateway.socket_path);
  std::vector<int> sockets;
  const auto begin_request = [&](const std::string& bytes) {
    sockets.push_back(::socket(AF_UNIX, SOCK_STREAM, 0));
    ASSERT_EQ(connect(sockets.back(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_GE(send(sockets.back(), bytes.data(), bytes.size(), MSG_NOSIGNAL), 0);
  };
  begin_request("POST /v1/policy HTTP/1.1\r\nContent-Length: 100\r\n\r\n{");
  for (int i = 0; i < 150; ++i) {
    begin_request("");
    begin_request("GET /v1/st");
  }
  EXPECT_EQ(generation(), 1U);
  EXPECT_GT(json_of("/v1/counters")["connections_refused"]["control"], 0);
  const auto begin = std::chrono::steady_clock::now();
  server.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3));
  for (const int socket : sockets) close(socket);
}

TEST_F(ServerTest, ALargeDocumentIsAnsweredNotFatal) {
  start_with(small_policy(tcp_rule(80)));
  std::string large = small_policy(tcp_rule(443), std::string(32U << 20U, 'x'));
  large.resize(large.size() - 4);
  const auto result = ask("POST", "/v1/policy", large);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 422);
  EXPECT_EQ(generation(), 1U);
}

TEST_F(ServerTest, TheSocketIsForItsGroupsAndGoesAwayWithTheServer) {
  start();
  struct stat found{};
  ASSERT_EQ(stat(gateway.socket_path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0660U);
  server->stop();
  server->stop();
  EXPECT_FALSE(std::filesystem::exists(gateway.socket_path));
}

TEST_F(ServerTest, ALiveDaemonsSocketIsNotTakenAndADeadOnesIs) {
  start();
  FakeRuntime other;
  const auto second = Server::start(gateway, other);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error(), HasSubstr("another sallyportd"));
  EXPECT_EQ(generation(), 0U);
  server->stop();

  const sockaddr_un address = unix_address(gateway.socket_path);
  const int dead = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(bind(dead, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  close(dead);
  start();
  EXPECT_EQ(generation(), 0U);
}

TEST_F(ServerTest, WhatCannotBeHadIsSaidInPlainWords) {
  const struct {
    std::string socket, group, metrics;
    const char* error;
  } rows[] = {{folder.file(std::string(120, 's')), "root", "", "the system allows 1 to 107"},
              {folder.file("a/b/c.sock"), "root", "", "No such file"},
              {folder.write("file", "x"), "root", "", "no socket"},
              {gateway.socket_path, "no-such-group-here", "", "there is no group"},
              {gateway.socket_path, "root", "9467", "HOST:PORT"},
              {gateway.socket_path, "root", "127.0.0.1:99999", "HOST:PORT"}};
  for (const auto& row : rows) {
    rules::GatewayConfig config = gateway;
    config.socket_path = row.socket;
    config.read_group = row.group;
    config.metrics_listen = row.metrics;
    const auto started = Server::start(config, runtime);
    ASSERT_FALSE(started) << row.error;
    EXPECT_THAT(started.error(), HasSubstr(row.error));
  }
  EXPECT_FALSE(std::filesystem::exists(gateway.socket_path));
}

TEST_F(ServerTest, ATraceRunsThroughThePolicyInForce) {
  start_with(small_policy(tcp_rule(80)));
  const auto refused = ask("POST", "/v1/trace", R"({"protocol":"tcp","from":"10.0.3.11","to":"10.0.3.99:22"})");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 200) << refused->body;
  const json body = json::parse(refused->body);
  EXPECT_EQ(body["schema"], "sallyport/trace/1");
  EXPECT_EQ(body["verdict"], "deny");
}

TEST_F(ServerTest, ManyAskAndChangeAtOnce) {
  start_with(small_policy(tcp_rule(1)));
  std::vector<std::thread> threads;
  std::atomic<int> applied{0}, read{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) {
        const auto result = ask("POST", "/v1/policy", small_policy(tcp_rule(1000 + t * 100 + i)));
        if (result && result->status == 200) ++applied;
      }
    });
    threads.emplace_back([&] {
      for (int i = 0; i < 25; ++i) {
        const bool there = json_of("/v1/status")["policy"]["generation"].get<int>() >= 1;
        if (there && ask("GET", "/v1/metrics")->status == 200) ++read;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(applied, 100);
  EXPECT_EQ(read, 100);
  EXPECT_EQ(generation(), 101U);
  ASSERT_EQ(runtime.published.size(), 101U);
  for (std::size_t i = 0; i < runtime.published.size(); ++i) EXPECT_EQ(runtime.published[i]->generation(), i + 1);
}

}  // namespace
}  // namespace sallyport::control::test
