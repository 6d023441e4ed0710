// RTM_GETLINK for one interface; see the header.
#include "dataplane/ports/veth_peer.h"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <span>

namespace sallyport::dataplane {

namespace {

struct LinkRequest {
  nlmsghdr header;
  ifinfomsg link;
};

// The kernel's answer to a question about one link; empty when there is none.
std::span<const std::byte> ask_kernel(unsigned index, std::span<std::byte> buffer) {
  const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) return {};
  LinkRequest request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_GETLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.link.ifi_index = static_cast<int>(index);
  ssize_t received = -1;
  if (::send(fd, &request, sizeof request, 0) == sizeof request) {
    received = ::recv(fd, buffer.data(), buffer.size(), MSG_TRUNC);
  }
  ::close(fd);
  if (received < 0 || static_cast<std::size_t>(received) > buffer.size()) return {};
  return buffer.first(static_cast<std::size_t>(received));
}

template <typename T>
T read_at(std::span<const std::byte> bytes) {
  T value{};
  if (bytes.size() >= sizeof value) std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

struct Link {
  unsigned index = 0;      // IFLA_LINK
  bool elsewhere = false;  // IFLA_LINK_NETNSID: the index is another namespace's
};

Link read_attributes(std::span<const std::byte> attributes) {
  Link link;
  while (attributes.size() >= sizeof(rtattr)) {
    const auto attribute = read_at<rtattr>(attributes);
    if (attribute.rta_len < sizeof(rtattr) || attribute.rta_len > attributes.size()) break;
    if (attribute.rta_type == IFLA_LINK) link.index = read_at<std::uint32_t>(attributes.subspan(RTA_LENGTH(0)));
    if (attribute.rta_type == IFLA_LINK_NETNSID) link.elsewhere = true;
    const std::size_t step = RTA_ALIGN(attribute.rta_len);
    if (step >= attributes.size()) break;
    attributes = attributes.subspan(step);
  }
  return link;
}

}  // namespace

std::string veth_peer(const std::string& name) {
  constexpr std::size_t kAttributes = NLMSG_LENGTH(NLMSG_ALIGN(sizeof(ifinfomsg)));
  std::array<std::byte, 16384> buffer{};
  const auto answer = ask_kernel(::if_nametoindex(name.c_str()), buffer);
  if (answer.size() < kAttributes || read_at<nlmsghdr>(answer).nlmsg_type != RTM_NEWLINK) return {};
  const Link link = read_attributes(answer.subspan(kAttributes));
  char peer[IF_NAMESIZE] = {};
  if (link.elsewhere || ::if_indextoname(link.index, peer) == nullptr) return {};
  return peer;
}

}  // namespace sallyport::dataplane
