// Who is at the other end of a Unix socket, and what that allows.
//
// Owner: control/server.
// Always: the kernel answers (SO_PEERCRED, SO_PEERGROUPS: as of connect time), never the request. Root and the user the
// daemon runs as may change things; members of write_group may too; members of read_group may look.
#pragma once

#include <sys/types.h>

#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::control {

struct Peer {
  uid_t uid = static_cast<uid_t>(-1);
  gid_t gid = static_cast<gid_t>(-1);
  std::vector<gid_t> groups;  // supplementary ones
};

[[nodiscard]] std::optional<Peer> peer_of(int socket);

// "root", or the number where the system has no name for it.
[[nodiscard]] std::string user_name(uid_t uid);

// The group's number. Error: there is no such group, in plain words.
[[nodiscard]] std::expected<gid_t, std::string> group_id(const std::string& name);

struct Permissions {
  gid_t read_group = 0;
  gid_t write_group = 0;
  uid_t owner = 0;  // the daemon's own user

  [[nodiscard]] bool may_change(const Peer& peer) const;
  [[nodiscard]] bool may_read(const Peer& peer) const;
};

}  // namespace sallyport::control
