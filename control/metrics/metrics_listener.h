// A TCP listener that serves /metrics and /health and nothing else.
//
// Owner: control/metrics. Opened and closed by the control server.
#pragma once

#include <atomic>
#include <expected>
#include <memory>
#include <string>
#include <thread>

namespace sallyport::control {

struct Api;

class MetricsListener {
 public:
  MetricsListener();
  ~MetricsListener();
  MetricsListener(const MetricsListener&) = delete;
  MetricsListener& operator=(const MetricsListener&) = delete;

  // "HOST:PORT"; empty opens nothing. The error is ready to print.
  [[nodiscard]] std::expected<void, std::string> open(const std::string& listen, Api& api);
  void close();  // idempotent

 private:
  struct Http;
  std::unique_ptr<Http> http_;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

}  // namespace sallyport::control
