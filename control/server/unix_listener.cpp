// The socket file, its stream, and the peer of each connection.
//
// Owner: control/server.
// Always: a connection carries one request and is drained before it is closed, so that a refusal reaches a client that
// is still sending its document.
#include "control/server/unix_listener.h"

#include <fmt/format.h>
#include <malloc.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>

namespace sallyport::control {
namespace {

constexpr std::size_t kLongestPath = sizeof(sockaddr_un::sun_path) - 1;
constexpr int kTimeoutMilliseconds = 5000;
constexpr auto kWholeRequest = std::chrono::seconds(60);  // sent byte by byte, a request takes no longer
constexpr std::size_t kLargeRequest = std::size_t{1} << 20U;
constexpr std::size_t kThreads = 32;
constexpr int kBacklog = 128;  // the library's 5 turns away what a handful of commands at once ask
constexpr int kBacklogProbeFlags = SOCK_STREAM | SOCK_CLOEXEC;

thread_local Peer peer_of_this_thread;

std::string system_text(int error) { return std::strerror(error); }  // NOLINT(concurrency-mt-unsafe): glibc's is safe

// False when nothing happens in time, or the other end is gone and there is nothing left to read.
bool wait_for(int socket, short events) {
  pollfd entry{socket, events, 0};
  return poll(&entry, 1, kTimeoutMilliseconds) > 0 && (entry.revents & events) != 0 &&
         (events != POLLOUT || (entry.revents & (POLLHUP | POLLERR)) == 0);
}

// The head of a request as it passes by: the names of headers without a value, which the library leaves out.
class EmptyHeaders {
 public:
  void take(std::string_view bytes) {
    for (const char c : bytes) {
      if (ended_) return;
      if (c != '\n') {
        const bool before_value = (c == ' ' || c == '\t') && line_.ends_with(':');
        if (!before_value && line_.size() < kLongest) line_.push_back(c);
        continue;
      }
      end_line();
    }
  }
  [[nodiscard]] const std::set<std::string>& names() const { return names_; }

 private:
  // What is longer may have been cut: it has a value, or a name that nobody asks for. Blanks before values don't count.
  static constexpr std::size_t kLongest = 256;
  static constexpr std::size_t kMost = 32;

  void end_line() {
    const bool whole = line_.size() < kLongest;
    if (line_.ends_with('\r')) line_.pop_back();
    ended_ = line_.empty();
    const std::size_t colon = line_.find(':');
    if (whole && colon != std::string::npos && colon + 1 == line_.size() && names_.size() < kMost) {
      names_.insert(line_.substr(0, colon));
    }
    line_.clear();
  }

  std::string line_;
  std::set<std::string> names_;
  bool ended_ = false;
};

// A connected Unix socket as cpp-httplib reads and writes it.
class UnixStream : public httplib::Stream {
 public:
  explicit UnixStream(int socket) : socket_(socket) {}
  [[nodiscard]] bool is_readable() const override { return wait_for(socket_, POLLIN); }
  [[nodiscard]] bool is_writable() const override { return wait_for(socket_, POLLOUT); }
  ssize_t read(char* data, std::size_t size) override {
    if (used_ == filled_) {
      if (std::chrono::steady_clock::now() >= deadline_ || !is_readable()) return -1;
      const ssize_t got = recv(socket_, buffer_.data(), buffer_.size(), 0);
      if (got <= 0) return got;
      used_ = 0;
      filled_ = static_cast<std::size_t>(got);
      received_ += filled_;
    }
    const std::size_t taken = std::min(size, filled_ - used_);
    std::memcpy(data, buffer_.data() + used_, taken);
    empty_headers_.take({data, taken});
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
  [[nodiscard]] std::size_t received() const { return received_; }  // bytes
  [[nodiscard]] const std::set<std::string>& empty_headers() const { return empty_headers_.names(); }

 private:
  static void local(std::string& ip, int& port) {
    ip = "unix";
    port = 0;
  }
  int socket_;
  const std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::now() + kWholeRequest;
  std::array<char, 65536> buffer_;
  std::size_t used_ = 0;
  std::size_t filled_ = 0;
  std::size_t received_ = 0;
  EmptyHeaders empty_headers_;
};

// Takes what the client still sends, for a bounded time: closing with unread bytes would cost it the answer.
void drain(int socket) {
  shutdown(socket, SHUT_WR);
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(kTimeoutMilliseconds);
  std::array<char, 65536> waste;
  while (std::chrono::steady_clock::now() < until && wait_for(socket, POLLIN)) {
    if (recv(socket, waste.data(), waste.size(), 0) <= 0) return;
  }
}

// What was asked, as it was sent. A document is a document, whatever curl calls it: the library would read forms and
// parts out of it. Headers without a value are there. A request without a length has no body (RFC 9112, section 6.3):
// the library would wait for one.
void take_as_sent(httplib::Request& request, const std::set<std::string>& empty_headers) {
  request.headers.erase("Content-Type");
  for (const std::string& name : empty_headers) request.headers.emplace(name, "");
  if (!request.has_header("Content-Length") && !request.has_header("Transfer-Encoding"))
    request.headers.emplace("Content-Length", "");
}

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

UnixListener::UnixListener() {
  set_address_family(AF_UNIX);
  set_tcp_nodelay(false);
  set_socket_options([](socket_t) {});
  new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
}

UnixListener::~UnixListener() { finish(); }

const Peer& UnixListener::current_peer() { return peer_of_this_thread; }

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

void UnixListener::serve() {
  thread_ = std::thread([this] {
    listen_after_bind();
    ended_ = true;
  });
}

void UnixListener::finish() {
  if (thread_.joinable()) {
    while (!is_running() && !ended_) std::this_thread::yield();
    stop();
    hang_up();
    thread_.join();
  } else if (const socket_t bound = svr_sock_.exchange(INVALID_SOCKET); bound != INVALID_SOCKET) {
    close(bound);
  }
  struct stat found{};
  if (!path_.empty() && lstat(path_.c_str(), &found) == 0 && found.st_ino == inode_) unlink(path_.c_str());
  path_.clear();
  if (!made_directory_.empty()) rmdir(made_directory_.c_str());
  made_directory_.clear();
}

bool UnixListener::enter(int socket) {
  const std::scoped_lock lock(connections_mutex_);
  if (!hung_up_) connections_.insert(socket);
  return !hung_up_;
}

void UnixListener::leave(int socket) {
  const std::scoped_lock lock(connections_mutex_);
  connections_.erase(socket);
}

void UnixListener::hang_up() {
  const std::scoped_lock lock(connections_mutex_);
  hung_up_ = true;
  for (const int socket : connections_) shutdown(socket, SHUT_RD);
}

bool UnixListener::process_and_close_socket(socket_t sock) {
  bool handled = false;
  if (auto peer = peer_of(sock); peer && enter(sock)) {
    peer_of_this_thread = *std::move(peer);
    UnixStream stream(sock);
    bool connection_closed = false;
    try {
      handled = process_request(stream, true, connection_closed,
                                [&](httplib::Request& request) { take_as_sent(request, stream.empty_headers()); });
    } catch (const std::exception& error) {  // no memory for a body: the connection ends, the daemon does not
      spdlog::error("a request to the control socket failed: {}", error.what());
    }
    if (stream.received() > kLargeRequest) malloc_trim(0);  // reading a large document leaves holes everywhere
    drain(sock);
    leave(sock);
  }
  close(sock);
  return handled;
}

}  // namespace sallyport::control
