// How long a question may take whose answer can be of any size: tells on stderr how far it is, gives up in the end.
//
// Owner: control/cli.
#pragma once

#include <optional>
#include <string>

#include "control/cli/options.h"
#include "rules/analyze/progress.h"
#include "rules/compile/meter.h"

namespace sallyport::control {

class Patience {
 public:
  static constexpr std::uint32_t kSeconds = 300;
  // Between two lines that say how far it is.
  static constexpr double kBetweenLines = 5;

  Patience(std::string command, std::uint32_t seconds, rules::Elapsed elapsed)
      : command_(std::move(command)), seconds_(seconds), elapsed_(std::move(elapsed)) {}
  // From --max-time, from now on. What is wrong has been printed when nothing is returned.
  [[nodiscard]] static std::optional<Patience> of(const Arguments& arguments, const Command& command);

  // False once the time is over.
  [[nodiscard]] bool go_on(double done);
  // Asks this object, which outlives it.
  [[nodiscard]] rules::GoOn asked() {
    return [this](double done) { return go_on(done); };
  }
  // "it takes longer than 300 s (--max-time): "; "" where it did not.
  [[nodiscard]] std::string reason() const;

 private:
  std::string command_;
  std::uint32_t seconds_;
  rules::Elapsed elapsed_;
  double told_ = 0;
  bool over_ = false;
};

}  // namespace sallyport::control
