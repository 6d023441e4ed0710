// cpp-httplib as a client on a Unix socket.
//
// Owner: control/cli.
#include "control/cli/client.h"

#include <fmt/format.h>
#include <httplib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "control/cli/output.h"

namespace sallyport::control {
namespace {

constexpr std::size_t kLongestPath = sizeof(sockaddr_un::sun_path) - 1;
constexpr time_t kPatienceSeconds = 600;  // a policy of a million interfaces takes its time

// Why there is no talking to the daemon; 0 when it listens.
int connect_error(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, kLongestPath);
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return errno;
  const int error = connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 ? 0 : errno;
  close(probe);
  return error;
}

std::expected<void, Failure> reachable(const std::string& path) {
  if (path.empty() || path.size() > kLongestPath) {
    return std::unexpected(Failure{
        kBadInput, 0,
        fmt::format("the socket's path is {} bytes long, the system allows 1 to {}", path.size(), kLongestPath)});
  }
  const int error = connect_error(path);
  if (error == 0) return {};
  if (error == EACCES) {
    return std::unexpected(Failure{
        kRefused, 0, fmt::format("you may not talk to the gateway at {}: only root and its control groups may", path)});
  }
  return std::unexpected(
      Failure{kUnreachable, 0,
              fmt::format("no gateway answers at {} ({}): start it with sallyportd --config gateway.json, or "
                          "name its socket with --socket",
                          path, std::strerror(error))});
}

int exit_status_of(int http_status) {
  if (http_status == 403 || http_status == 409) return kRefused;
  if (http_status < 500 || http_status == 501) return kBadInput;
  return kUnreachable;
}

Failure failure_of(const httplib::Response& response) {
  const auto body = nlohmann::json::parse(response.body, nullptr, false);
  if (!body.is_object() || !body.contains("error")) {
    return {exit_status_of(response.status), response.status,
            fmt::format("the gateway answered with HTTP status {}", response.status)};
  }
  const nlohmann::json& error = body["error"];
  const std::string rendered = error.value("rendered", "");
  return {exit_status_of(response.status), response.status,
          rendered.empty() ? error.value("message", "refused") : rendered, error};
}

std::string with_query(const std::string& path, const Query& query) {
  httplib::Params params;
  for (const auto& [name, value] : query) params.emplace(name, value);
  return params.empty() ? path : httplib::append_query_params(path, params);
}

}  // namespace

struct Client::Call {
  std::string method;
  std::string path;
  std::string body = {};
  std::string generation = {};
  httplib::ContentReceiverWithProgress receive = {};
};

std::expected<DaemonAnswer, Failure> Client::send(Call call) const {
  if (auto possible = reachable(socket_); !possible) return std::unexpected(possible.error());
  httplib::ClientImpl http(socket_, 80);
  http.set_address_family(AF_UNIX);
  http.set_read_timeout(kPatienceSeconds);
  http.set_write_timeout(kPatienceSeconds);
  httplib::Request request;
  request.method = std::move(call.method);
  request.path = std::move(call.path);
  request.headers = {{"Host", "sallyport"}, {"Accept-Encoding", "identity"}, {"Connection", "close"}};
  if (!call.generation.empty()) request.set_header("If-Match", call.generation);
  if (request.method != "GET") request.set_header("Content-Type", "application/json");
  request.body = std::move(call.body);
  request.content_receiver = std::move(call.receive);
  const httplib::Result result = http.send(request);
  if (!result) {
    if (result.error() == httplib::Error::Canceled) return DaemonAnswer{};
    return std::unexpected(
        Failure{kUnreachable, 0,
                fmt::format("the gateway at {} gave no answer ({})", socket_, httplib::to_string(result.error()))});
  }
  if (result->status >= 400 && !(request.method == "GET" && request.path == "/v1/health")) {
    return std::unexpected(failure_of(*result));
  }
  return DaemonAnswer{result->body, result->get_header_value("ETag")};
}

std::expected<DaemonAnswer, Failure> Client::get(const std::string& path, const Query& query) const {
  return send({"GET", with_query(path, query)});
}

std::expected<DaemonAnswer, Failure> Client::post(const std::string& path, const Query& query, std::string body) const {
  return send({"POST", with_query(path, query), std::move(body)});
}

std::expected<DaemonAnswer, Failure> Client::patch(const std::string& path, const Query& query, std::string body,
                                                   const std::string& generation) const {
  return send({"PATCH", with_query(path, query), std::move(body), generation});
}

std::expected<DaemonAnswer, Failure> Client::erase(const std::string& path, const Query& query) const {
  return send({"DELETE", with_query(path, query)});
}

std::expected<void, Failure> Client::stream(const std::string& path, const Query& query,
                                            const std::function<bool(std::string_view line)>& take) const {
  std::string rest;
  Call call{"GET", with_query(path, query)};
  call.receive = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
    rest.append(data, size);
    std::size_t begin = 0;
    for (std::size_t end = rest.find('\n'); end != std::string::npos; end = rest.find('\n', begin)) {
      if (!take(std::string_view(rest).substr(begin, end - begin))) return false;
      begin = end + 1;
    }
    rest.erase(0, begin);
    return true;
  };
  const auto sent = send(std::move(call));
  if (!sent) return std::unexpected(sent.error());
  return {};
}

int report(const Failure& failure) {
  const bool rendered = failure.message.ends_with('\n') || failure.message.contains(": error: ");
  if (rendered) {
    print_message(failure.message);
  } else {
    print_error(failure.message);
  }
  return failure.exit_status;
}

int print_answer(const Invocation& invocation, const std::expected<DaemonAnswer, Failure>& answer,
                 const std::function<std::string(const nlohmann::json&)>& table) {
  if (!answer && invocation.output == "json" && answer.error().error.is_object()) {
    print_json_error(answer.error().error);
    return answer.error().exit_status;
  }
  if (!answer) return report(answer.error());
  const nlohmann::json body = answer->json();
  if (body.is_discarded()) return report({kUnreachable, 0, "the gateway's answer is no JSON"});
  if (invocation.output == "json") {
    print_json(body);
  } else {
    print(table(body));
  }
  return kYes;
}

}  // namespace sallyport::control
