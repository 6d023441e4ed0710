// The daemon's command line.
//
// Owner: control/server.
#pragma once

#include <expected>
#include <string>

namespace sallyport::control {

enum class DaemonAction { run, check, print };

struct DaemonOptions {
  DaemonAction action = DaemonAction::run;
  std::string print;      // help or version, for DaemonAction::print
  std::string config;     // path of the gateway document
  std::string log_level;  // one of debug, info, warning, error
};

// The error is one line, ready to print.
[[nodiscard]] std::expected<DaemonOptions, std::string> parse_daemon_options(int argc, const char* const* argv);

}  // namespace sallyport::control
