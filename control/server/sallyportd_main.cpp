// `sallyportd`: the gateway as a process. Reads the gateway document, starts the dataplane, then the control server,
// and waits for a signal.
//
// Owner: control/server. Always: whatever the way it ends, nothing of it stays on the host; status 0 after a clean
// stop, 2 when something cannot be had.
#include <signal.h>
#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <memory>
#include <string>

#include "control/cli/command.h"
#include "control/cli/policy_input.h"
#include "control/server/daemon_check.h"
#include "control/server/daemon_options.h"
#include "control/server/server.h"
#include "control/server/unix_listener.h"
#include "dataplane/ports/start_runtime.h"

namespace sallyport::control {

namespace {

int fail(const std::string& sentence) {
  std::fprintf(stderr, "sallyportd: %s\n", sentence.c_str());
  return kBadInput;
}

// Signals are waited for by the main thread alone; every later thread inherits the mask.
sigset_t block_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return set;
}

// Asynchronous: whoever logs never waits for the terminal; a full queue loses its oldest lines.
void start_log(const std::string& level) {
  spdlog::init_thread_pool(8192, 1);
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  auto logger = std::make_shared<spdlog::async_logger>("sallyportd", sink, spdlog::thread_pool(),
                                                       spdlog::async_overflow_policy::overrun_oldest);
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  logger->set_level(spdlog::level::from_str(level));
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

void log_line(dataplane::LogLevel level, std::string_view line) {
  switch (level) {
    case dataplane::LogLevel::debug:
      return spdlog::debug(line);
    case dataplane::LogLevel::info:
      return spdlog::info(line);
    case dataplane::LogLevel::warning:
      return spdlog::warn(line);
    case dataplane::LogLevel::error:
      return spdlog::error(line);
  }
}

std::string plural(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

int serve(const rules::GatewayConfig& gateway, const sigset_t& signals) {
  // Asked again when the socket is bound; here it keeps a second daemon from touching the first one's ports.
  if (socket_is_alive(gateway.socket_path)) return fail(gateway.socket_path + ": another daemon serves this socket");
  auto runtime = dataplane::start_runtime(gateway, log_line);
  if (!runtime) return fail(runtime.error());
  auto server = Server::start(gateway, **runtime);
  if (!server) return fail(server.error());
  (*runtime)->begin();
  const dataplane::RuntimeInfo info = (*runtime)->info();
  spdlog::info("ready: {}, {}, policy generation {}", plural(gateway.ports.size(), "port"),
               plural(info.workers, "worker"), info.policy_generation);
  int signal = 0;
  while (sigwait(&signals, &signal) != 0) continue;
  spdlog::info("stopping on {}", sigabbrev_np(signal));
  (*server)->stop();
  return kYes;
}

int run(const DaemonOptions& options) {
  const sigset_t signals = block_signals();
  const auto gateway = read_gateway_input(options.config);
  if (!gateway) {
    print_input_error(gateway.error());
    return kBadInput;
  }
  start_log(options.log_level);
  const int status = serve(gateway->config, signals);
  spdlog::shutdown();
  return status;
}

}  // namespace

int run_daemon(int argc, char** argv) {
  const auto options = parse_daemon_options(argc, argv);
  if (!options) return fail(options.error());
  switch (options->action) {
    case DaemonAction::print:
      std::fputs(options->print.c_str(), stdout);
      return kYes;
    case DaemonAction::check:
      return check_gateway(options->config);
    case DaemonAction::run:
      break;
  }
  return run(*options);
}

}  // namespace sallyport::control

int main(int argc, char** argv) { return sallyport::control::run_daemon(argc, argv); }
