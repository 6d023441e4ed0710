// Asking the daemon: HTTP over its Unix socket.
//
// Owner: control/cli. Used by every command that needs a running gateway.
// Always: a failure carries the exit status of the contract and a message that says what to do.
#pragma once

#include <expected>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/cli/command.h"

namespace sallyport::control {

struct Failure {
  int exit_status = kUnreachable;
  int http_status = 0;  // 0: there was no answer
  std::string message;
  nlohmann::json error = nullptr;  // code, message and details, where the gateway gave them
};

// Prints the message; returns the exit status.
int report(const Failure& failure);

struct DaemonAnswer {
  std::string body;
  std::string generation;  // the policy's ETag, where there is one

  [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(body, nullptr, false); }
};

using Query = std::vector<std::pair<std::string, std::string>>;

class Client {
 public:
  explicit Client(std::string socket) : socket_(std::move(socket)) {}

  [[nodiscard]] std::expected<DaemonAnswer, Failure> get(const std::string& path, const Query& query = {}) const;
  [[nodiscard]] std::expected<DaemonAnswer, Failure> post(const std::string& path, const Query& query,
                                                          std::string body) const;
  // A patch of the generation that was read, and of no other.
  [[nodiscard]] std::expected<DaemonAnswer, Failure> patch(const std::string& path, const Query& query,
                                                           std::string body, const std::string& generation) const;
  [[nodiscard]] std::expected<DaemonAnswer, Failure> erase(const std::string& path, const Query& query) const;
  // Hands over the lines of a stream until it ends or `take` returns false.
  [[nodiscard]] std::expected<void, Failure> stream(const std::string& path, const Query& query,
                                                    const std::function<bool(std::string_view line)>& take) const;

 private:
  struct Call;
  [[nodiscard]] std::expected<DaemonAnswer, Failure> send(Call call) const;

  std::string socket_;
};

// For commands that print what the daemon said: the JSON as it came, or a table made of it; errors as JSON too.
int print_answer(const Invocation& invocation, const std::expected<DaemonAnswer, Failure>& answer,
                 const std::function<std::string(const nlohmann::json&)>& table);

}  // namespace sallyport::control
