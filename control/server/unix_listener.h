// cpp-httplib on a Unix socket that knows its peers: path, mode and ownership of the socket, one request a connection.
//
// Owner: control/server. Made, bound and stopped by the control server.
// Always: a live daemon's socket is never taken away, a dead one's is replaced; the socket file is removed when this
// ends unless somebody else put another in its place.
#pragma once

#include <httplib.h>
#include <sys/types.h>

#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "control/server/answers.h"
#include "control/server/peer.h"
#include "control/server/reception.h"

namespace sallyport::control {

class UnixListener : public httplib::Server {
 public:
  explicit UnixListener(ReceptionLimits limits = {});
  ~UnixListener() override;

  // Binds `path` with mode 0660, owned by the daemon's user and `group`. The error is ready to print.
  [[nodiscard]] std::expected<void, std::string> bind(const std::string& path, gid_t group);
  // On threads of its own. Who may change things has threads and places apart from everyone else's.
  void serve(const Permissions& permissions);
  void finish();  // ends serving, joins, removes the socket; idempotent

  // Of the request that this thread is handling: who sent it, and what is wrong with its head.
  [[nodiscard]] static const Peer& current_peer();
  [[nodiscard]] static const std::optional<ApiError>& current_refusal();

  [[nodiscard]] std::uint64_t refused() const { return reception_.refused(); }

 private:
  [[nodiscard]] std::optional<Guest> greet(int socket) const;
  void work(int socket, bool favoured, std::string begun, std::size_t head_bytes);

  std::string path_;
  ino_t inode_ = 0;
  std::string made_directory_;
  Permissions permissions_;
  std::unique_ptr<httplib::TaskQueue> threads_, reader_threads_;
  Reception reception_;
};

// True when somebody answers at this socket.
[[nodiscard]] bool socket_is_alive(const std::string& path);

}  // namespace sallyport::control
