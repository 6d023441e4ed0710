// What the control socket refuses, and in which words; requests as no library makes them.
#include <gmock/gmock.h>
#include <unistd.h>

#include "control/server/error_codes.h"
#include "control/server/unix_listener.h"
#include "tests/control/server/running_server.h"

namespace sallyport::control::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

using RefusalTest = RunningServer;

// Twenty times the whole document into itself.
std::string doubling_patch() {
  json patch = json::array();
  for (int i = 0; i < 20; ++i) {
    patch.push_back({{"op", "copy"}, {"from", "/security_groups"}, {"path", "/security_groups/" + std::to_string(i)}});
  }
  return patch.dump();
}

// The small policy with a subnet more, whose hosts have a route to the internet.
std::string with_a_way_out() {
  std::string text = small_policy(tcp_rule(80));
  text.insert(text.find("\"app-a\": { \"cidr_block\""),
              R"("app-b": { "cidr_block": "10.0.4.0/24", "route_table": "out" }, )");
  text.insert(text.find("\"subnets\""),
              R"("route_tables": { "out": [ { "cidr_block": "0.0.0.0/0", "gateway": "internet" } ] }, )");
  return text.insert(text.find("\"cidr_blocks\""), "\"internet_gateway\": true, ");
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

TEST_F(RefusalTest, EveryRefusalHasItsStatusAndAName) {
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
      {"a new subnet with a way out", "POST", "/v1/policy?max_opened=10.0.0.0/8", with_a_way_out(), 409,
       "opens_too_much"},
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

TEST_F(RefusalTest, BodiesWithoutALengthAndCompressedOnesAreRefused) {
  start();
  EXPECT_EQ(ask("POST", "/v1/policy", "{}", {{"Content-Encoding", "gzip"}})->status, 415);
  EXPECT_EQ(ask("POST", "/v1/policy", "", {{"Transfer-Encoding", "chunked"}})->status, 411);
}

TEST_F(RefusalTest, AnAnswerToAWrongMethodListsTheRightOnes) {
  start();
  EXPECT_EQ(ask("DELETE", "/v1/policy")->get_header_value("Allow"), "GET, POST, PATCH");
  EXPECT_EQ(ask("POST", "/v1/flows")->get_header_value("Allow"), "GET, DELETE");
  EXPECT_EQ(ask("HEAD", "/v1/status")->status, 200);
}

// Requests as no library makes them: without a length, with headers without a value.
TEST_F(RefusalTest, RequestsAreTakenAsTheyAreSent) {
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

// What one reader understands otherwise than another, or passes over.
TEST_F(RefusalTest, WhatCouldBeReadInTwoWaysIsNot) {
  start_with(small_policy(tcp_rule(80)));
  const std::string status = "GET /v1/status HTTP/1.1\r\n", patch = "PATCH /v1/policy HTTP/1.1\r\n";
  std::string many = status;
  for (int i = 0; i < 20000; ++i) many += "X: " + std::to_string(i) + "\r\n";
  std::string hundred = status;
  for (int i = 0; i < 101; ++i) hundred += "X: " + std::to_string(i) + "\r\n";
  const struct {
    std::string request;
    const char* code;
    const char* says;
  } rows[] = {
      {patch + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n[]", "bad_request", "Content-Length is given 2 times"},
      {patch + "If-Match: 1\r\nif-match: 2\r\nContent-Length: 2\r\n\r\n[]", "bad_request", "If-Match is given 2"},
      {patch + "If-Match: %31\r\nContent-Length: 2\r\n\r\n[]", "bad_request", "If-Match is the number"},
      {patch + "Content-Length: -2\r\n\r\n[]", "bad_request", "Content-Length is no number"},
      {patch + "Content-Length: 99999999999999999999999\r\n\r\n[]", "too_large", "bytes long"},
      {patch + "Content-Length : 2\r\n\r\n[]", "bad_request", "is no header"},
      {patch + "X: 1\r\n Content-Length: 2\r\n\r\n[]", "bad_request", "is no header"},
      {patch + "Content-Length: 2\nX: 1\r\n\r\n[]", "bad_request", "CR LF"},
      {patch + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n[]", "length_required", "chunked"},
      {patch + "Content-Length: 9\r\nExpect: 100-continue\r\nContent-Encoding: gzip\r\n\r\n", "unsupported_encoding",
       ""},
      {patch + std::string("X: \0\r\nContent-Length: 2\r\n\r\n[]", 29), "bad_request",
       "header X has control characters"},
      {status + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "bad_request", "GET takes no body"},
      {status + "Content-Length: 1\r\n\r\n0", "bad_request", "GET takes no body"},
      {status + "Expect: 200-ok\r\n\r\n", "expectation_failed", "Expect: 200-ok"},
      {status + "Expect: " + std::string(1000, 'x') + "\r\n\r\n", "expectation_failed", "xxx … is not understood"},
      {status + "no header\r\n\r\n", "bad_request", "\\\"no header\\\" is no header"},
      {"GET /v1/status HTTP/1.1\n\n", "bad_request", "CR LF"},
      {hundred + "\r\n", "head_too_large", "more than 100 headers"},
      {many + "\r\n", "head_too_large", "bytes long at most"},
      {"GET /" + std::string(9000, 'x') + " HTTP/1.1\r\n\r\n", "target_too_long", "queries are too long"},
      {"POST /v1/policy/rollback HTTP/1.1\r\nContent-Length: 15\r\n\r\n{\"generaton\":1}", "bad_request",
       "{\\\"generation\\\": N} and nothing else"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.request.substr(0, 200));
    const std::string answer = raw(row.request);
    const auto known = std::ranges::find(error_codes(), std::string_view(row.code), &ErrorCode::name);
    ASSERT_NE(known, error_codes().end());
    EXPECT_THAT(answer, ::testing::StartsWith("HTTP/1.1 " + std::to_string(known->status) + " "));
    EXPECT_THAT(answer, HasSubstr("\"code\": \"" + std::string(row.code) + "\""));
    EXPECT_THAT(answer, HasSubstr(row.says));
  }
  EXPECT_EQ(generation(), 1U);
}

TEST_F(RefusalTest, WhatIsUsualIsTaken) {
  start_with(small_policy(tcp_rule(80)));
  const std::string document = small_policy(tcp_rule(81));
  const std::string length = "Content-Length: " + std::to_string(document.size()) + "\r\n";
  const struct {
    std::string request;
    const char* answer;
  } rows[] = {
      {"GET /v1/status HTTP/1.1\r\nContent-Length: 0\r\nAccept: a\r\nAccept: b\r\n\r\n", "HTTP/1.1 200 "},
      {"GET /v1/status HTTP/1.0\r\n\r\n", "HTTP/1.1 200 "},
      {"GET /v1/policy HTTP/1.1\r\nRange: bytes=0-,0-,0-1\r\n\r\n", "HTTP/1.1 200 "},
      {"GET /v1/policy HTTP/1.1\r\nRange: nonsense\r\n\r\n", "HTTP/1.1 200 "},
      {"POST /v1/policy?dry_run HTTP/1.1\r\n" + length + "Content-Encoding: identity\r\n\r\n" + document,
       "HTTP/1.1 200 "},
      {"POST /v1/policy?dry_run HTTP/1.1\r\n" + length + "Expect: 100-Continue\r\n\r\n" + document,
       "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 "},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.request.substr(0, 100));
    EXPECT_THAT(raw(row.request), ::testing::StartsWith(row.answer));
  }
}

TEST_F(RefusalTest, AHeaderIsThereOnceWithAValueOrWithout) {
  UnixListener listener;
  std::string name;
  std::string seen;
  listener.Get("/", [&](const httplib::Request& request, httplib::Response&) {
    seen = std::to_string(request.get_header_value_count(name)) + " \"" + request.get_header_value(name) + '"';
  });
  ASSERT_TRUE(listener.bind(gateway.socket_path, getgid()));
  listener.serve({});
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

}  // namespace
}  // namespace sallyport::control::test
