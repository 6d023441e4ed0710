// A control server over a fake runtime, on a socket in a folder of the test's own.
#pragma once

#include <httplib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <nlohmann/json.hpp>

#include "control/server/server.h"
#include "tests/control/cli/run_cli.h"
#include "tests/control/fake_runtime.h"

namespace sallyport::control::test {

inline sockaddr_un unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  return address;
}

class RunningServer : public ::testing::Test {
 protected:
  void SetUp() override {
    gateway = small_gateway();
    gateway.socket_path = folder.file("control.sock");
    chmod(folder.file("").c_str(), 0755);
  }

  void start() {
    auto started = Server::start(gateway, runtime);
    ASSERT_TRUE(started) << started.error();
    server = *std::move(started);
  }
  void start_with(const std::string& policy) {
    gateway.policy_path = folder.write("policy.json", policy);
    start();
  }

  // A command on this server's socket.
  CliResult cli(std::vector<std::string> words) const {
    words.insert(words.end(), {"--socket", gateway.socket_path});
    return run_cli(words);
  }

  // A request as curl would make it.
  httplib::Result ask(const std::string& method, const std::string& path, const std::string& body = "",
                      const httplib::Headers& headers = {}) const {
    httplib::ClientImpl http(gateway.socket_path, 80);
    http.set_address_family(AF_UNIX);
    http.set_read_timeout(60);
    httplib::Request request;
    request.method = method;
    request.path = path;
    request.body = body;
    request.headers = headers;
    return http.send(request);
  }
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
  nlohmann::json json_of(const std::string& path) const {
    const auto result = ask("GET", path);
    return result ? nlohmann::json::parse(result->body, nullptr, false) : nlohmann::json();
  }
  std::uint64_t generation() const { return json_of("/v1/status")["policy"]["generation"].get<std::uint64_t>(); }

  Folder folder;
  rules::GatewayConfig gateway;
  FakeRuntime runtime;
  std::unique_ptr<Server> server;
};

}  // namespace sallyport::control::test
