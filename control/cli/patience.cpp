// Owner: control/cli. See patience.h.
#include "control/cli/patience.h"

#include <fmt/format.h>

#include "control/cli/budget_options.h"
#include "control/cli/output.h"
#include "control/store/clock.h"

namespace sallyport::control {

std::optional<Patience> Patience::of(const Arguments& arguments, const Command& command) {
  const std::string name(command.name);
  if (!arguments.has("max-time")) return Patience(name, kSeconds, stopwatch());
  const auto duration = parse_duration(arguments.text("max-time"));
  if (duration) return Patience(name, static_cast<std::uint32_t>(duration->count()), stopwatch());
  print_error(name + ": --max-time: " + duration.error());
  return std::nullopt;
}

bool Patience::go_on(double done) {
  const double seconds = elapsed_();
  over_ = seconds > seconds_;
  if (over_ || seconds - told_ < kBetweenLines) return !over_;
  told_ = seconds;
  print_message(fmt::format("{}: {:.0f} % after {:.0f} s", command_, 100 * done, seconds));
  return true;
}

std::string Patience::reason() const {
  return over_ ? fmt::format("it takes longer than {} s (--max-time): ", seconds_) : "";
}

}  // namespace sallyport::control
