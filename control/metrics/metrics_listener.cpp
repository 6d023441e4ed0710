// The listener for a metrics collector.
//
// Owner: control/metrics.
#include "control/metrics/metrics_listener.h"

#include <fmt/format.h>
#include <httplib.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "control/server/api.h"

namespace sallyport::control {
namespace {

constexpr std::size_t kThreads = 4;
constexpr std::size_t kMaxBody = 4096;

// Not the library's default, which lets two processes share a port.
void allow_quick_restart(socket_t socket) {
  const int on = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
}

}  // namespace

struct MetricsListener::Http : httplib::Server {};

MetricsListener::MetricsListener() = default;
MetricsListener::~MetricsListener() { close(); }

std::expected<void, std::string> MetricsListener::open(const std::string& listen, Api& api) {
  if (listen.empty()) return {};
  const std::size_t colon = listen.rfind(':');
  std::uint16_t port = 0;
  const std::string digits = colon == std::string::npos ? "" : listen.substr(colon + 1);
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (digits.empty() || failure != std::errc{} || end != digits.data() + digits.size() || port == 0) {
    return std::unexpected(fmt::format("metrics.listen is HOST:PORT, as in 127.0.0.1:9467; found \"{}\"", listen));
  }
  http_ = std::make_unique<Http>();
  http_->new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  http_->set_socket_options(allow_quick_restart);
  http_->set_payload_max_length(kMaxBody);
  http_->set_keep_alive_max_count(1);
  http_->set_error_handler([](const httplib::Request& request, httplib::Response& response) {
    if (response.body.empty()) {
      answer(response, ApiError{response.status, "not_found",
                                fmt::format("this listener has /metrics and /health, not {}", request.path)});
    }
  });
  add_health_and_metrics(*http_, api);
  std::string host = listen.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);  // IPv6
  if (!http_->bind_to_port(host, port)) {
    const int error = errno;
    http_.reset();
    return std::unexpected(fmt::format("metrics.listen {}: cannot listen there: {}", listen, std::strerror(error)));
  }
  thread_ = std::thread([this] {
    http_->listen_after_bind();
    ended_ = true;
  });
  return {};
}

void MetricsListener::close() {
  if (!thread_.joinable()) return;
  while (!http_->is_running() && !ended_) std::this_thread::yield();
  http_->stop();
  thread_.join();
}

}  // namespace sallyport::control
