// The control server on its socket: start and stop, endpoints, refusals, damage.
#include <gmock/gmock.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "control/server/error_codes.h"
#include "control/server/unix_listener.h"
#include "tests/control/server/running_server.h"

namespace sallyport::control::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class ServerTest : public RunningServer {
 protected:
  // Sends these bytes; all that is answered.
  std::string raw(const std::string& request) const {
    const sockaddr_un address = unix_address(gateway.socket_path);
    const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
    EXPECT_EQ(connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(send(socket, request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
    std::string answer;
    std::array<char, 4096> chunk;
    for (ssize_t got = 0; (got = recv(socket, chunk.data(), chunk.size(), 0)) > 0;)
      answer.append(chunk.data(), static_cast<std::size_t>(got));
    close(socket);
    return answer;
  }
};

// Twenty times the whole document into itself.
std::string doubling_patch() {
  json patch = json::array();
  for (int i = 0; i < 20; ++i) {
    patch.push_back({{"op", "copy"}, {"from", "/security_groups"}, {"path", "/security_groups/" + std::to_string(i)}});
  }
  return patch.dump();
}

// Three operations, each as deep as one may be.
std::string nesting_patch() {
  json patch = json::array();
  std::string path = "/vpc/x";
  for (int i = 0; i < 3; ++i) {
    json deep = json::object();
    std::string below;
    for (int level = 0; level < 50; ++level) {
      deep = json{{"x", std::move(deep)}};
      below += "/x";
    }
    patch.push_back({{"op", "add"}, {"path", path}, {"value", std::move(deep)}});
    path += below + "/x";
  }
  return patch.dump();
}

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

TEST_F(ServerTest, EveryRefusalHasItsStatusAndAName) {
  start_with(small_policy(tcp_rule(80)));
  const struct {
    const char* what;
    const char* method;
    const char* path;
    std::string body;
    int status;
    const char* code;
  } rows[] = {
      {"unknown path", "GET", "/v1/nonsense", "", 404, "not_found"},
      {"not in this version", "GET", "/v1/nat", "", 404, "not_found"},
      {"not in this version", "GET", "/v1/capture?filter=tcp", "", 404, "not_found"},
      {"empty document", "POST", "/v1/policy", "", 422, "policy_refused"},
      {"truncated document", "POST", "/v1/policy", "{ \"version\": 1,", 422, "policy_refused"},
      {"deep nesting", "POST", "/v1/policy", std::string(1 << 20, '['), 422, "policy_refused"},
      {"unknown query", "POST", "/v1/policy?dryrun", "{}", 400, "bad_request"},
      {"no prefix", "POST", "/v1/policy?max_opened=10.0.0.0", "{}", 400, "bad_request"},
      {"opens too much", "POST", "/v1/policy?max_opened=10.0.0.0/8", small_policy(tcp_rule(81)), 409, "opens_too_much"},
      {"a filter cut at =", "DELETE", "/v1/flows?filter=host%201.2.3.4%20and%20ip[9]=tcp", "", 400, "bad_request"},
      {"a filter with a NUL", "DELETE", "/v1/flows?filter=ip%00%20and%20host%201.2.3.4", "", 400, "bad_request"},
      {"two filters", "DELETE", "/v1/flows?filter=tcp&filter=udp", "", 400, "bad_request"},
      {"a file that forges the log", "POST", "/v1/policy?file=x%0afake", "{}", 400, "bad_request"},
      {"no duration", "POST", "/v1/policy?confirm_within=soon", "{}", 400, "bad_request"},
      {"no patch", "PATCH", "/v1/policy", "{}", 422, "policy_refused"},
      {"deep patch", "PATCH", "/v1/policy", std::string(1 << 20, '['), 422, "policy_refused"},
      {"a patch to a bad policy", "PATCH", "/v1/policy", R"([{"op":"remove","path":"/vpc"}])", 422, "policy_refused"},
      {"a patch that doubles", "PATCH", "/v1/policy", doubling_patch(), 422, "policy_refused"},
      {"a patch that nests", "PATCH", "/v1/policy", nesting_patch(), 422, "policy_refused"},
      {"a patch in invalid UTF-8", "PATCH", "/v1/policy", "[{\"op\":\"remove\",\"path\":\"/\xff\"}]", 422,
       "policy_refused"},
      {"nothing pending", "POST", "/v1/policy/confirm", "", 409, "nothing_there"},
      {"no such generation", "POST", "/v1/policy/rollback?generation=9", "", 409, "nothing_there"},
      {"no generation", "POST", "/v1/policy/rollback", R"({"generation":"x"})", 400, "bad_request"},
      {"bad filter", "GET", "/v1/flows?filter=tcp%20prot%201", "", 400, "bad_filter"},
      {"bad top", "GET", "/v1/flows?top=-1", "", 400, "bad_request"},
      {"kill without filter", "DELETE", "/v1/flows", "", 400, "bad_request"},
      {"kill with blanks for a filter", "DELETE", "/v1/flows?filter=%20%09", "", 400, "bad_request"},
      {"trace without a packet", "POST", "/v1/trace", "{}", 400, "bad_request"},
      {"trace with an unknown key", "POST", "/v1/trace", R"({"from":"10.0.3.11","to":"10.0.3.12","frm":1})", 400,
       "bad_request"},
      {"trace with a doubled key", "POST", "/v1/trace",
       R"({"from":"10.0.3.11","to":"10.0.3.12:80","to":"10.0.3.13:80"})", 400, "bad_request"},
      {"a doubled generation", "POST", "/v1/policy/rollback", R"({"generation":1,"generation":2})", 400, "bad_request"},
      {"a method it does not take", "DELETE", "/v1/policy", "", 405, "method_not_allowed"},
      {"a method it does not take", "POST", "/v1/status", "", 405, "method_not_allowed"},
      {"a method it does not take", "OPTIONS", "/v1/trace", "", 405, "method_not_allowed"},
      {"trace that is too long", "POST", "/v1/trace", std::string(70000, ' '), 413, "too_large"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(std::string(row.what) + " " + row.path);
    const auto result = ask(row.method, row.path, row.body);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->status, row.status) << result->body;
    const json body = json::parse(result->body, nullptr, false);
    ASSERT_TRUE(body.is_object());
    EXPECT_EQ(body["error"]["code"], row.code);
    const auto known = std::ranges::find(error_codes(), std::string_view(row.code), &ErrorCode::name);
    ASSERT_NE(known, error_codes().end());
    EXPECT_EQ(known->status, row.status);
    EXPECT_FALSE(body["error"]["message"].get<std::string>().empty());
    EXPECT_TRUE(body["error"]["details"].is_array());
  }
  EXPECT_EQ(generation(), 1U);
  EXPECT_EQ(runtime.published.size(), 1U);
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

TEST_F(ServerTest, BodiesWithoutALengthAndCompressedOnesAreRefused) {
  start();
  EXPECT_EQ(ask("POST", "/v1/policy", "{}", {{"Content-Encoding", "gzip"}})->status, 415);
  EXPECT_EQ(ask("POST", "/v1/policy", "", {{"Transfer-Encoding", "chunked"}})->status, 411);
}

TEST_F(ServerTest, AnAnswerToAWrongMethodListsTheRightOnes) {
  start();
  EXPECT_EQ(ask("DELETE", "/v1/policy")->get_header_value("Allow"), "GET, POST, PATCH");
  EXPECT_EQ(ask("POST", "/v1/flows")->get_header_value("Allow"), "GET, DELETE");
  EXPECT_EQ(ask("HEAD", "/v1/status")->status, 200);
}

// Requests as no library makes them: without a length, with headers without a value.
TEST_F(ServerTest, RequestsAreTakenAsTheyAreSent) {
  start_with(small_policy(tcp_rule(80)));
  const struct {
    const char* request;
    const char* answer;
    const char* says;
  } rows[] = {
      {"POST /v1/policy/confirm HTTP/1.1\r\n\r\n", "HTTP/1.1 409", "no change waits"},
      {"POST /v1/policy/rollback?generation=9 HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 409", "not in the history"},
      {"DELETE /v1/flows?filter=ip HTTP/1.1\r\n\r\n", "HTTP/1.1 200", "killed"},
      {"POST /v1/policy HTTP/1.1\r\n\r\n", "HTTP/1.1 411", "POST /v1/policy needs a body"},
      {"PATCH /v1/policy HTTP/1.1\r\nContent-Length:\r\n\r\n", "HTTP/1.1 411", "Content-Length"},
      {"POST /v1/trace HTTP/1.1\r\n\r\n", "HTTP/1.1 411", "needs a body"},
      {"POST /v1/nonsense HTTP/1.1\r\n\r\n", "HTTP/1.1 404", "this version has no"},
      {"PATCH /v1/policy HTTP/1.1\r\nIf-Match:\r\nContent-Length: 2\r\n\r\n[]", "HTTP/1.1 400",
       "If-Match is the number"},
      {"PATCH /v1/policy HTTP/1.1\r\nIf-match: \t \r\nContent-Length: 2\r\n\r\n[]", "HTTP/1.1 400",
       "If-Match is the number"},
      {"POST /v1/policy/confirm HTTP/1.1\r\nIf-Match:\r\n\r\n", "HTTP/1.1 400", "If-Match goes with"},
      {"POST /v1/policy HTTP/1.1\r\nTransfer-Encoding:\r\n\r\n", "HTTP/1.1 411", "chunked"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.request);
    const std::string answer = raw(row.request);
    EXPECT_THAT(answer, ::testing::StartsWith(row.answer));
    EXPECT_THAT(answer, HasSubstr(row.says));
  }
  EXPECT_EQ(generation(), 1U);
}

TEST_F(ServerTest, AHeaderIsThereOnceWithAValueOrWithout) {
  UnixListener listener;
  std::string name;
  std::string seen;
  listener.Get("/", [&](const httplib::Request& request, httplib::Response&) {
    seen = std::to_string(request.get_header_value_count(name)) + " \"" + request.get_header_value(name) + '"';
  });
  ASSERT_TRUE(listener.bind(gateway.socket_path, getgid()));
  listener.serve();
  const std::string blanks(300, ' ');
  const struct {
    std::string name, value;  // as sent
    const char* seen;
  } rows[] = {
      {"If-Match", " 1", "1 \"1\""},           {"If-Match", "", "1 \"\""},
      {"If-Match", blanks, "1 \"\""},          {"If-Match", blanks + "\t1", "1 \"1\""},
      {"If-Match", blanks + ":", "1 \":\""},   {"If-Match", std::string(300, '1'), nullptr},
      {std::string(254, 'n'), "1", "1 \"1\""}, {std::string(255, 'n'), "1", "1 \"1\""},
      {std::string(256, 'n'), "1", "1 \"1\""},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name + ':' + row.value);
    name = row.name;
    EXPECT_THAT(raw("GET / HTTP/1.1\r\n" + row.name + ':' + row.value + "\r\n\r\n"), HasSubstr(" 200 "));
    EXPECT_EQ(seen, row.seen != nullptr ? row.seen : "1 \"" + row.value + '"');
  }
  listener.finish();
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
  for (const std::string bytes : {"", "GET /v1/st", "POST /v1/policy HTTP/1.1\r\nContent-Length: 100\r\n\r\n{"}) {
    sockets.push_back(::socket(AF_UNIX, SOCK_STREAM, 0));
    ASSERT_EQ(connect(sockets.back(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_GE(send(sockets.back(), bytes.data(), bytes.size(), MSG_NOSIGNAL), 0);
  }
  EXPECT_EQ(generation(), 1U);
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
