// A TCP listener that serves /metrics and /health and nothing else.
//
// Owner: control/server. Opened and closed by the control server.
// Always: one thread, which never waits for anybody: requests have no body, and answers go out as their readers take
// them.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "control/server/reception.h"

namespace sallyport::control {

struct Api;

class MetricsListener {
 public:
  // Whoever gets at the port is as good as anyone else: all have the places of the others.
  static constexpr ReceptionLimits kLimits{.favoured = 0, .others = 64, .of_one = 48};

  explicit MetricsListener(ReceptionLimits limits = kLimits);
  ~MetricsListener();
  MetricsListener(const MetricsListener&) = delete;
  MetricsListener& operator=(const MetricsListener&) = delete;

  // "HOST:PORT"; empty opens nothing. The error is ready to print.
  [[nodiscard]] std::expected<void, std::string> open(const std::string& listen, Api& api);
  void close();  // idempotent
  [[nodiscard]] std::uint64_t refused() const { return reception_.refused(); }

 private:
  struct Http;
  std::unique_ptr<Http> http_;
  Reception reception_;
};

}  // namespace sallyport::control
