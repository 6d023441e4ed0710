// The two clocks of the control plane, handed in so that tests own the time; and how times and durations are written.
//
// Owner: control/store.
// Always: deadlines are measured on the monotonic clock, what people read comes from the wall clock.
#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

namespace sallyport::control {

using MonotonicTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;

struct Clock {
  std::function<MonotonicTime()> monotonic;
  std::function<WallTime()> wall;
  [[nodiscard]] static Clock system();
};

// "2026-11-21T04:00:00Z" (RFC 3339, whole seconds, UTC).
[[nodiscard]] std::string iso_time(WallTime time);

// "60s", "5m", "2h" or plain seconds; 1 s to 24 h. The error is ready to print.
[[nodiscard]] std::expected<std::chrono::seconds, std::string> parse_duration(std::string_view text);

}  // namespace sallyport::control
