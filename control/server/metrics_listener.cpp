// The listener for a metrics collector.
//
// Owner: control/server.
#include "control/server/metrics_listener.h"

#include <fmt/format.h>
#include <httplib.h>
#include <spdlog/spdlog.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "control/server/api.h"
#include "control/server/request_head.h"

namespace sallyport::control {
namespace {

constexpr int kBacklog = 128;

// Not the library's default, which lets two processes share a port.
void allow_quick_restart(socket_t socket) {
  const int on = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
}

std::optional<Guest> guest_at(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  std::array<char, NI_MAXHOST> text{};
  if (getpeername(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return std::nullopt;
  if (getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, text.data(), text.size(), nullptr, 0,
                  NI_NUMERICHOST) != 0) {
    return std::nullopt;
  }
  return Guest{text.data(), false};
}

// A request that is there already, and what is answered.
class MemoryStream : public httplib::Stream {
 public:
  explicit MemoryStream(std::string request) : request_(std::move(request)) {}
  [[nodiscard]] bool is_readable() const override { return used_ < request_.size(); }
  [[nodiscard]] bool is_writable() const override { return true; }
  ssize_t read(char* data, std::size_t size) override {
    const std::size_t taken = request_.copy(data, size, used_);
    used_ += taken;
    return static_cast<ssize_t>(taken);
  }
  ssize_t write(const char* data, std::size_t size) override {
    answer_.append(data, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override { nowhere(ip, port); }
  void get_local_ip_and_port(std::string& ip, int& port) const override { nowhere(ip, port); }
  [[nodiscard]] socket_t socket() const override { return 0; }
  [[nodiscard]] std::string take_answer() { return std::exchange(answer_, {}); }

 private:
  static void nowhere(std::string& ip, int& port) {
    ip.clear();
    port = 0;
  }
  std::string request_, answer_;
  std::size_t used_ = 0;
};

std::optional<ApiError> refuse(const httplib::Request& request) {
  if (request.path != "/metrics" && request.path != "/health") {
    return ApiError{404, "not_found", fmt::format("this listener has /metrics and /health, not {}", request.path)};
  }
  if (request.method != "GET" && request.method != "HEAD") {
    return ApiError{405, "method_not_allowed", fmt::format("{} takes GET, not {}", request.path, request.method)};
  }
  return refuse_body_of_reading(request);
}

}  // namespace

struct MetricsListener::Http : httplib::Server {
  explicit Http(Api& api) {
    set_socket_options(allow_quick_restart);
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      const auto refused = bad_head_ ? bad_head_ : refuse(request);
      if (!refused) return HandlerResponse::Unhandled;
      if (refused->status == 405) response.set_header("Allow", "GET");
      answer(response, *refused);
      return HandlerResponse::Handled;
    });
    answer_what_has_no_handler(*this);
    add_health_and_metrics(*this, api);
  }

  // For somebody else to serve and to close.
  [[nodiscard]] int listening_socket() const { return svr_sock_; }

  // One at a time.
  std::string answer_to(std::string_view bytes) {
    RequestHead head = read_head(bytes);
    bad_head_ = head.refusal;
    MemoryStream stream(for_library(head));
    bool connection_closed = false;
    process_request(stream, true, connection_closed, [&](httplib::Request& request) {
      install(std::move(head), request);
      request.headers.erase("Expect");  // there is no body to go on with
    });
    return stream.take_answer();
  }

 private:
  std::optional<ApiError> bad_head_;
};

MetricsListener::MetricsListener(ReceptionLimits limits)
    : reception_("metrics listener", limits, guest_at,
                 [this](int socket, const Guest&, std::string bytes, std::size_t head) {
                   std::string answer;
                   try {
                     answer = http_->answer_to(std::string_view(bytes).substr(0, head));
                   } catch (const std::exception& error) {
                     spdlog::error("a request to the metrics listener failed: {}", error.what());
                   }
                   reception_.farewell(socket, std::move(answer));
                 }) {}

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
  http_ = std::make_unique<Http>(api);
  std::string host = listen.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);  // IPv6
  if (!http_->bind_to_port(host, port)) {
    const int error = errno;
    http_.reset();
    return std::unexpected(fmt::format("metrics.listen {}: cannot listen there: {}", listen, std::strerror(error)));
  }
  const int listening = http_->listening_socket();
  ::listen(listening, kBacklog);
  reception_.open(listening);
  return {};
}

void MetricsListener::close() { reception_.close(); }

}  // namespace sallyport::control
