// The control server's life: policy loaded, socket and listener opened, confirmations watched; all of it undone at the
// end.
//
// Owner: control/server.
// Always: what start() could not finish it takes back; stop() leaves no thread and no file.
#include "control/server/server.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <stop_token>
#include <thread>

#include "control/cli/input.h"
#include "control/server/api.h"
#include "control/server/metrics_listener.h"
#include "control/server/self_check.h"
#include "control/server/serialized_runtime.h"
#include "control/server/unix_listener.h"

namespace sallyport::control {
namespace {

constexpr auto kConfirmationCheck = std::chrono::milliseconds(100);

class ControlServer : public Server {
 public:
  ControlServer(const rules::GatewayConfig& gateway, dataplane::Runtime& runtime)
      : gateway_(gateway),
        runtime_(runtime),
        store_(gateway_, runtime_, Clock::system()),
        self_check_(store_, runtime_, Clock::system()),
        api_{gateway_, runtime_, store_, self_check_, Clock::system(), Permissions{}, Clock::system().wall()} {
    api_.refused_connections = [this] { return RefusedConnections{listener_.refused(), metrics_.refused()}; };
  }
  ~ControlServer() override { stop(); }

  std::expected<void, std::string> load_policy();
  std::expected<void, std::string> open();
  void stop() override;

 private:
  void watch_confirmations(const std::stop_token& stop);

  const rules::GatewayConfig gateway_;
  SerializedRuntime runtime_;
  PolicyStore store_;
  SelfCheck self_check_;
  Api api_;
  UnixListener listener_;
  MetricsListener metrics_;
  std::jthread reverter_;
};

void log_warnings(const rules::Diagnostics& warnings, const std::string& file) {
  for (const rules::Diagnostic& each : warnings.sorted()) {
    const auto [line, column] = each.where;
    const std::string place = line == 0 ? file : fmt::format("{}:{}:{}", file, line, column);
    spdlog::warn("{}: {}{}", place, rules::printable(each.message), each.pointer.empty() ? "" : " in " + each.pointer);
  }
}

std::expected<void, std::string> ControlServer::load_policy() {
  if (gateway_.policy_path.empty()) {
    spdlog::warn("there is no policy: everything is dropped until one is applied");
    return {};
  }
  auto text = read_input(gateway_.policy_path, rules::kMaxDocumentBytes);
  if (!text) return std::unexpected(text.error());
  ChangeRequest request;
  request.author = Author{geteuid(), user_name(geteuid())};
  request.action = "start";
  request.file = std::filesystem::path(gateway_.policy_path).filename();
  const auto outcome = store_.apply(*std::move(text), request);
  if (!outcome) {
    const Refusal& refusal = outcome.error();
    return std::unexpected(refusal.rendered.empty()
                               ? fmt::format("policy {}: {}", gateway_.policy_path, refusal.message)
                               : refusal.rendered);
  }
  log_warnings(outcome->warnings, outcome->file);
  log_warnings(outcome->gateway_warnings, outcome->gateway_file);
  spdlog::info("generation {} is in force: {} ({})", outcome->generation, gateway_.policy_path, outcome->summary);
  return {};
}

std::expected<void, std::string> ControlServer::open() {
  const auto read_group = group_id(gateway_.read_group);
  if (!read_group) return std::unexpected("control.read_group: " + read_group.error());
  const auto write_group = group_id(gateway_.write_group);
  if (!write_group) return std::unexpected("control.write_group: " + write_group.error());
  api_.permissions = Permissions{*read_group, *write_group, geteuid()};
  guard(listener_, api_);
  add_state_endpoints(listener_, api_);
  add_policy_endpoints(listener_, api_);
  add_flow_endpoints(listener_, api_);
  add_trace_endpoint(listener_, api_);
  if (auto bound = listener_.bind(gateway_.socket_path, *read_group); !bound) return bound;
  if (auto bound = metrics_.open(gateway_.metrics_listen, api_); !bound) return bound;
  listener_.serve(api_.permissions);
  self_check_.start();
  reverter_ = std::jthread([this](const std::stop_token& stop) { watch_confirmations(stop); });
  spdlog::info("control socket {} is open", gateway_.socket_path);
  return {};
}

void ControlServer::stop() {
  api_.stopping = true;
  self_check_.stop();
  reverter_.request_stop();
  if (reverter_.joinable()) reverter_.join();
  metrics_.close();
  listener_.finish();
}

void ControlServer::watch_confirmations(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    wake.wait_for(lock, stop, kConfirmationCheck, [] { return false; });
    const auto reverted = store_.expire();
    if (!reverted) continue;
    if (*reverted) {
      spdlog::warn("no confirmation came in time: generation {} is in force ({})", (*reverted)->generation,
                   (*reverted)->summary);
    } else {
      spdlog::error("no confirmation came in time, and the revert failed: {}", reverted->error().message);
    }
  }
}

}  // namespace

std::expected<std::unique_ptr<Server>, std::string> Server::start(const rules::GatewayConfig& gateway,
                                                                  dataplane::Runtime& runtime) {
  auto server = std::make_unique<ControlServer>(gateway, runtime);
  if (auto loaded = server->load_policy(); !loaded) return std::unexpected(loaded.error());
  if (auto opened = server->open(); !opened) return std::unexpected(opened.error());
  return server;
}

}  // namespace sallyport::control
