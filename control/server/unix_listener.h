// cpp-httplib on a Unix socket that knows its peers: path, mode and ownership of the socket, one request a connection.
//
// Owner: control/server. Made, bound and stopped by the control server.
// Always: a live daemon's socket is never taken away, a dead one's is replaced; the socket file is removed when this
// ends unless somebody else put another in its place.
#pragma once

#include <httplib.h>
#include <sys/types.h>

#include <atomic>
#include <expected>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "control/server/peer.h"

namespace sallyport::control {

class UnixListener : public httplib::Server {
 public:
  UnixListener();
  ~UnixListener() override;

  // Binds `path` with mode 0660, owned by the daemon's user and `group`. The error is ready to print.
  [[nodiscard]] std::expected<void, std::string> bind(const std::string& path, gid_t group);
  void serve();   // on a thread of its own
  void finish();  // ends serving, joins, removes the socket; idempotent

  // Who sent the request that this thread is handling.
  [[nodiscard]] static const Peer& current_peer();

 private:
  bool process_and_close_socket(socket_t sock) override;
  [[nodiscard]] bool enter(int socket);  // false when no more are served
  void leave(int socket);
  void hang_up();  // nobody's unfinished request is waited for any longer; answers may still be written

  std::string path_;
  ino_t inode_ = 0;
  std::string made_directory_;
  std::atomic<bool> ended_{false};
  std::thread thread_;
  std::mutex connections_mutex_;
  std::set<int> connections_;
  bool hung_up_ = false;
};

// True when somebody answers at this socket.
[[nodiscard]] bool socket_is_alive(const std::string& path);

}  // namespace sallyport::control
