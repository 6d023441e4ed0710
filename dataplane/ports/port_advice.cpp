// Advice for a port; see the header.
#include "dataplane/ports/port_advice.h"

#include "dataplane/ports/device_checks.h"
#include "dataplane/ports/linux_interface.h"

namespace sallyport::dataplane {

std::vector<std::string> arrival_advice(const PortStatus& status, const std::string& name) {
  std::vector<std::string> advice;
  if (status.unfinished_checksums > 0) {
    advice.push_back(
        name +
        ": frames arrive with unfinished checksums; on the sending host run: ethtool -K IFACE tx off tso off gso off");
  }
  if (status.oversize_frames > 0) {
    advice.push_back(name + ": frames larger than the MTU of " + std::to_string(status.mtu) +
                     " arrive; on the sending host run: ethtool -K IFACE tso off gso off, on this one: ethtool -K " +
                     name + " gro off lro off");
  }
  return advice;
}

std::vector<std::string> port_advice(const PortStatus& status, rules::DeviceKind kind,
                                     const std::string& interface_name) {
  if (!lives_on_interface(kind)) return arrival_advice(status, interface_name.empty() ? status.name : interface_name);
  const auto found = find_interface(interface_name);
  if (!found) return {interface_name + ": the interface is gone; make it again and restart sallyportd"};
  std::vector<std::string> advice = offload_advice(interface_name);
  if (!found->up)
    advice.push_back(interface_name + ": the interface is down; run: ip link set " + interface_name + " up");
  if (!advice.empty()) return advice;
  return arrival_advice(status, interface_name);
}

}  // namespace sallyport::dataplane
