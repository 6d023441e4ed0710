// The socket file, its stream, and the peer of each connection.
//
// Owner: control/server.
#include "control/server/unix_listener.h"

#include <fmt/format.h>
#include <malloc.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "control/server/request_head.h"

namespace sallyport::control {
namespace {

constexpr std::size_t kLongestPath = sizeof(sockaddr_un::sun_path) - 1;
constexpr int kTimeoutMilliseconds = 5000;
// Sent byte by byte, a body takes no longer. What those may send who may not change anything is small.
constexpr auto kWholeBody = std::chrono::seconds(60);
constexpr auto kSmallBody = std::chrono::seconds(5);
constexpr std::size_t kLargeRequest = std::size_t{1} << 20U;
constexpr std::size_t kThreads = 32;        // for those who may change things
constexpr std::size_t kReaderThreads = 16;  // for everyone else
constexpr int kBacklog = 128;               // the library's 5 turns away what a handful of commands at once ask
constexpr int kBacklogProbeFlags = SOCK_STREAM | SOCK_CLOEXEC;

thread_local Peer peer_of_this_thread;
thread_local std::optional<ApiError> refusal_of_this_thread;

std::string system_text(int error) { return std::strerror(error); }  // NOLINT(concurrency-mt-unsafe): glibc's is safe

// False when nothing happens in time, or the other end is gone and there is nothing left to read.
bool wait_for(int socket, short events) {
  pollfd entry{socket, events, 0};
  int ready = 0;
  do {
    ready = poll(&entry, 1, kTimeoutMilliseconds);
  } while (ready < 0 && errno == EINTR);
  return ready > 0 && (entry.revents & events) != 0 &&
         (events != POLLOUT || (entry.revents & (POLLHUP | POLLERR)) == 0);
}

// A connected Unix socket as cpp-httplib reads and writes it: first what has come of the request, then the rest.
class UnixStream : public httplib::Stream {
 public:
  UnixStream(int socket, std::string begun, std::chrono::seconds patience)
      : socket_(socket), buffer_(std::move(begun)), deadline_(std::chrono::steady_clock::now() + patience) {}
  [[nodiscard]] bool is_readable() const override { return wait_for(socket_, POLLIN); }
  [[nodiscard]] bool is_writable() const override { return wait_for(socket_, POLLOUT); }
  ssize_t read(char* data, std::size_t size) override {
    if (used_ == buffer_.size()) {
      if (const ssize_t got = refill(); got <= 0) return got;
    }
    const std::size_t taken = buffer_.copy(data, size, used_);
    used_ += taken;
    return static_cast<ssize_t>(taken);
  }
  ssize_t write(const char* data, std::size_t size) override {
    if (!is_writable()) return -1;
    return send(socket_, data, size, MSG_NOSIGNAL);
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override { local(ip, port); }
  void get_local_ip_and_port(std::string& ip, int& port) const override { local(ip, port); }
  [[nodiscard]] socket_t socket() const override { return socket_; }
  [[nodiscard]] std::size_t received() const { return received_; }  // bytes of the body, at least

 private:
  static void local(std::string& ip, int& port) {
    ip = "unix";
    port = 0;
  }
  ssize_t refill() {
    if (std::chrono::steady_clock::now() >= deadline_ || !is_readable()) return -1;
    buffer_.resize(65536);
    const ssize_t got = recv(socket_, buffer_.data(), buffer_.size(), 0);
    buffer_.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    used_ = 0;
    received_ += buffer_.size();
    return got;
  }

  int socket_;
  std::string buffer_;
  const std::chrono::steady_clock::time_point deadline_;
  std::size_t used_ = 0;
  std::size_t received_ = 0;
};

std::expected<void, std::string> clear_the_way(const std::string& path) {
  struct stat found{};
  if (lstat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return {};
    return std::unexpected(fmt::format("control socket {}: {}", path, system_text(errno)));
  }
  if (!S_ISSOCK(found.st_mode)) {
    return std::unexpected(fmt::format("control socket {}: something that is no socket is in its place", path));
  }
  if (socket_is_alive(path)) {
    return std::unexpected(
        fmt::format("control socket {}: another sallyportd is serving it; stop that one or name another socket", path));
  }
  if (unlink(path.c_str()) != 0) {
    return std::unexpected(
        fmt::format("control socket {}: cannot remove a dead daemon's socket: {}", path, system_text(errno)));
  }
  return {};
}

}  // namespace

bool socket_is_alive(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, kLongestPath);
  const int probe = ::socket(AF_UNIX, kBacklogProbeFlags, 0);
  if (probe < 0) return false;
  const int error = connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 ? 0 : errno;
  close(probe);
  return error != ECONNREFUSED && error != ENOENT;
}

UnixListener::UnixListener(ReceptionLimits limits)
    : reception_(
          "control socket", limits, [this](int socket) { return greet(socket); },
          [this](int socket, const Guest& guest, std::string bytes, std::size_t head) {
            const bool favoured = guest.favoured;
            const auto& threads = favoured ? threads_ : reader_threads_;
            threads->enqueue([this, socket, favoured, head, begun = std::move(bytes)]() mutable {
              work(socket, favoured, std::move(begun), head);
              reception_.farewell(socket);
            });
          }) {
  set_address_family(AF_UNIX);
  set_tcp_nodelay(false);
  set_socket_options([](socket_t) {});
}

UnixListener::~UnixListener() { finish(); }

const Peer& UnixListener::current_peer() { return peer_of_this_thread; }
const std::optional<ApiError>& UnixListener::current_refusal() { return refusal_of_this_thread; }

std::expected<void, std::string> UnixListener::bind(const std::string& path, gid_t group) {
  if (path.empty() || path.size() > kLongestPath) {
    return std::unexpected(fmt::format("control socket path is {} bytes long, the system allows 1 to {}: {}",
                                       path.size(), kLongestPath, path));
  }
  const std::filesystem::path directory = std::filesystem::path(path).parent_path();
  if (std::error_code failed; !directory.empty() && std::filesystem::create_directory(directory, failed)) {
    made_directory_ = directory.string();
  }
  if (auto clear = clear_the_way(path); !clear) return clear;
  if (!bind_to_port(path, 1)) {
    return std::unexpected(fmt::format("control socket {}: cannot be made: {}", path, system_text(errno)));
  }
  ::listen(svr_sock_, kBacklog);
  path_ = path;
  struct stat made{};
  if (lstat(path.c_str(), &made) == 0) inode_ = made.st_ino;
  if (chmod(path.c_str(), 0660) != 0) {
    return std::unexpected(fmt::format("control socket {}: cannot set its mode: {}", path, system_text(errno)));
  }
  if (chown(path.c_str(), static_cast<uid_t>(-1), group) != 0 && geteuid() == 0) {
    return std::unexpected(
        fmt::format("control socket {}: cannot give it to group {}: {}", path, group, system_text(errno)));
  }
  return {};
}

void UnixListener::serve(const Permissions& permissions) {
  permissions_ = permissions;
  threads_ = std::make_unique<httplib::ThreadPool>(kThreads);
  reader_threads_ = std::make_unique<httplib::ThreadPool>(kReaderThreads);
  reception_.open(svr_sock_);  // which closes it; the library looks at it to see whether answers may go on
}

void UnixListener::finish() {
  const socket_t bound = svr_sock_.exchange(INVALID_SOCKET);
  if (!threads_ && bound != INVALID_SOCKET) close(bound);
  reception_.close();
  for (auto* threads : {&threads_, &reader_threads_}) {
    if (*threads) (*threads)->shutdown();
    threads->reset();
  }
  struct stat found{};
  if (!path_.empty() && lstat(path_.c_str(), &found) == 0 && found.st_ino == inode_) unlink(path_.c_str());
  path_.clear();
  if (!made_directory_.empty()) rmdir(made_directory_.c_str());
  made_directory_.clear();
}

std::optional<Guest> UnixListener::greet(int socket) const {
  const auto peer = peer_of(socket);
  if (!peer) return std::nullopt;
  return Guest{fmt::format("user {}", peer->uid), permissions_.may_change(*peer)};
}

void UnixListener::work(int socket, bool favoured, std::string begun, std::size_t head_bytes) {
  auto peer = peer_of(socket);
  if (!peer || reception_.closed()) return;
  peer_of_this_thread = *std::move(peer);
  RequestHead head = read_head(std::string_view(begun).substr(0, head_bytes));
  refusal_of_this_thread = head.refusal;
  UnixStream stream(socket, begun.replace(0, head_bytes, for_library(head)), favoured ? kWholeBody : kSmallBody);
  bool connection_closed = false;
  try {
    process_request(stream, true, connection_closed,
                    [&](httplib::Request& request) { install(std::move(head), request); });
  } catch (const std::exception& error) {  // no memory for a body: the connection ends, the daemon does not
    spdlog::error("a request to the control socket failed: {}", error.what());
  }
  if (stream.received() > kLargeRequest) malloc_trim(0);  // reading a large document leaves holes everywhere
}

}  // namespace sallyport::control
