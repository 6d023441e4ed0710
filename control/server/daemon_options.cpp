// The daemon's command line; see the header.
#include "control/server/daemon_options.h"

#include <algorithm>
#include <array>
#include <boost/program_options.hpp>
#include <string_view>

namespace sallyport::control {

namespace {

namespace po = boost::program_options;

constexpr std::array<std::string_view, 4> kLogLevels{"debug", "info", "warning", "error"};

constexpr std::string_view kHelp = R"(usage: sallyportd --config GATEWAY [--check] [--log-level LEVEL] [--foreground]

Runs the gateway that the document describes, until SIGTERM or SIGINT. It stays in the foreground and logs to stderr.

  --config GATEWAY    gateway document
  --check             read the document and its policy, say what would be done, and end
  --log-level LEVEL   debug, info (default), warning or error; debug shows what the drivers say
  --foreground        what it does anyway; accepted so that units can say it
  --version           the version of this program
  --help              this text

examples:
  sallyportd --config /etc/sallyport/gateway.json
  sallyportd --config gateway.json --check

Exit status: 0 after a clean stop or a good check, 2 when something cannot be had.
)";

po::options_description described_options() {
  po::options_description options;
  auto add = options.add_options();
  add("config", po::value<std::string>());
  add("log-level", po::value<std::string>()->default_value("info"));
  for (const char* toggle : {"check", "foreground", "version", "help"}) add(toggle, po::bool_switch());
  return options;
}

}  // namespace

std::expected<DaemonOptions, std::string> parse_daemon_options(int argc, const char* const* argv) {
  po::variables_map values;
  try {
    const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    const po::options_description options = described_options();
    const po::positional_options_description none;
    po::store(po::command_line_parser(argc, argv).options(options).positional(none).style(style).run(), values);
  } catch (const po::error& error) {
    return std::unexpected(std::string(error.what()) + "; sallyportd --help lists the options");
  }
  DaemonOptions parsed;
  if (values["help"].as<bool>()) return DaemonOptions{DaemonAction::print, std::string(kHelp), {}, {}};
  if (values["version"].as<bool>())
    return DaemonOptions{DaemonAction::print, "sallyportd " SALLYPORT_VERSION "\n", {}, {}};
  if (!values.contains("config"))
    return std::unexpected("--config GATEWAY is missing; sallyportd --help lists the options");
  parsed.action = values["check"].as<bool>() ? DaemonAction::check : DaemonAction::run;
  parsed.config = values["config"].as<std::string>();
  parsed.log_level = values["log-level"].as<std::string>();
  if (std::ranges::find(kLogLevels, parsed.log_level) == kLogLevels.end()) {
    return std::unexpected("--log-level takes debug, info, warning or error, not \"" + parsed.log_level + "\"");
  }
  return parsed;
}

}  // namespace sallyport::control
