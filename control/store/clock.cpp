// System clocks, RFC 3339 times and durations with units.
//
// Owner: control/store.
#include "control/store/clock.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <charconv>
#include <cstdint>

namespace sallyport::control {

Clock Clock::system() {
  return Clock{[] { return std::chrono::steady_clock::now(); }, [] { return std::chrono::system_clock::now(); }};
}

std::string iso_time(WallTime time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", std::chrono::floor<std::chrono::seconds>(time));
}

std::expected<std::chrono::seconds, std::string> parse_duration(std::string_view text) {
  constexpr std::int64_t kLongest = 24L * 3600;
  const auto bad = [&] {
    return std::unexpected(fmt::format("\"{}\" is no duration from 1s to 24h (examples: 60s, 5m, 2h)", text));
  };
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number < 1 || number > kLongest) return bad();
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  std::int64_t factor = 0;
  if (unit.empty() || unit == "s") factor = 1;
  if (unit == "m") factor = 60;
  if (unit == "h") factor = 3600;
  if (factor == 0 || number * factor > kLongest) return bad();
  return std::chrono::seconds{number * factor};
}

}  // namespace sallyport::control
