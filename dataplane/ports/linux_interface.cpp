// ioctl look-ups; see the header.
#include "dataplane/ports/linux_interface.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>

#include "dataplane/ports/veth_peer.h"

namespace sallyport::dataplane {

namespace {

// A socket to ask the kernel through, for the length of a question.
class Asker {
 public:
  Asker() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}
  ~Asker() {
    if (socket_ >= 0) ::close(socket_);
  }
  Asker(const Asker&) = delete;
  Asker& operator=(const Asker&) = delete;

  [[nodiscard]] bool ask(unsigned long request, const std::string& name, ifreq& answer) const {
    name.copy(answer.ifr_name, IFNAMSIZ - 1);
    return socket_ >= 0 && ::ioctl(socket_, request, &answer) == 0;
  }

  // Questions to the driver share one shape: a struct that opens with its command and comes back filled.
  template <typename Question>
  [[nodiscard]] bool ask_driver(const std::string& name, Question& question) const {
    ifreq request{};
    request.ifr_data = std::bit_cast<char*>(&question);
    return ask(SIOCETHTOOL, name, request);
  }

  // A driver that does not know the setting counts as "off".
  [[nodiscard]] std::uint32_t setting(const std::string& name, std::uint32_t command) const {
    struct ethtool_value value{.cmd = command, .data = 0};
    return ask_driver(name, value) ? value.data : 0;
  }

  [[nodiscard]] std::string driver(const std::string& name) const {
    ethtool_drvinfo info{};
    info.cmd = ETHTOOL_GDRVINFO;
    if (!ask_driver(name, info)) return {};
    return {info.driver, ::strnlen(info.driver, sizeof info.driver)};
  }

  [[nodiscard]] std::uint32_t receive_queues(const std::string& name) const {
    ethtool_channels channels{};
    channels.cmd = ETHTOOL_GCHANNELS;
    return ask_driver(name, channels) ? std::max(channels.rx_count + channels.combined_count, 1U) : 1;
  }

 private:
  int socket_;
};

struct Offload {
  std::uint32_t command;
  std::uint32_t mask;
  const char* keyword;
};

// What the far end must not leave to hardware, and what the near end must not merge.
constexpr Offload kSending[] = {{ETHTOOL_GTXCSUM, 1, "tx"}, {ETHTOOL_GTSO, 1, "tso"}, {ETHTOOL_GGSO, 1, "gso"}};
constexpr Offload kReceiving[] = {{ETHTOOL_GGRO, 1, "gro"}, {ETHTOOL_GFLAGS, ETH_FLAG_LRO, "lro"}};

// "tx off tso off", or empty when none of them is on.
std::string switched_on(const Asker& asker, const std::string& name, std::span<const Offload> offloads) {
  std::string settings;
  for (const Offload& offload : offloads) {
    if ((asker.setting(name, offload.command) & offload.mask) == 0) continue;
    settings += std::string(settings.empty() ? "" : " ") + offload.keyword + " off";
  }
  return settings;
}

}  // namespace

std::optional<LinuxInterface> find_interface(const std::string& name) {
  const Asker asker;
  ifreq answer{};
  if (!asker.ask(SIOCGIFFLAGS, name, answer)) return std::nullopt;
  LinuxInterface found;
  found.name = name;
  found.up = (answer.ifr_flags & IFF_UP) != 0;
  if (asker.ask(SIOCGIFMTU, name, answer)) found.mtu = static_cast<std::uint32_t>(answer.ifr_mtu);
  if (asker.ask(SIOCGIFHWADDR, name, answer)) {
    std::memcpy(found.mac.bytes.data(), answer.ifr_hwaddr.sa_data, found.mac.bytes.size());
  }
  found.driver = asker.driver(name);
  found.receive_queues = asker.receive_queues(name);
  return found;
}

std::string interface_name_fault(const std::string& name) {
  if (name.empty()) return "an interface has a name";
  if (name.size() >= IFNAMSIZ)
    return "names of interfaces have at most 15 characters, this one has " + std::to_string(name.size());
  if (name.find_first_of("/,= \t\n") != std::string::npos)
    return "names of interfaces have no space, comma, slash or equals sign";
  return {};
}

std::vector<std::string> offload_advice(const std::string& name) {
  const Asker asker;
  std::vector<std::string> advice;
  const std::string merging = switched_on(asker, name, kReceiving);
  // A veth delivers what its peer sent: merging happens at physical and virtual NICs.
  if (!merging.empty() && asker.driver(name) != "veth") {
    advice.push_back(name + ": received frames are merged before the gateway sees them; run: ethtool -K " + name + " " +
                     merging);
  }
  if (asker.driver(name) != "veth") return advice;
  const std::string peer = veth_peer(name);
  if (peer.empty()) return advice;
  const std::string sending = switched_on(asker, peer, kSending);
  if (!sending.empty()) {
    advice.push_back(name + ": its peer " + peer + " leaves checksums or segments unfinished; run: ethtool -K " + peer +
                     " " + sending);
  }
  return advice;
}

}  // namespace sallyport::dataplane
