// Checks before a driver is asked; see the header.
#include "dataplane/ports/device_checks.h"

#include <fcntl.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "dataplane/ports/linux_interface.h"
#include "dataplane/ports/pci_device.h"

namespace sallyport::dataplane {

namespace {

using Fault = std::string;  // empty: none

std::string system_error(int error) { return std::strerror(error); }

Fault check_socket(int family, const char* kind, const char* missing) {
  const int fd = ::socket(family, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (fd >= 0) {
    ::close(fd);
    return {};
  }
  const int error = errno;
  if (error == EPERM || error == EACCES) return std::string(kind) + " need CAP_NET_RAW; run as root";
  if (error == EAFNOSUPPORT) return missing;
  return std::string(kind) + " cannot be opened: " + system_error(error);
}

Fault check_tap_device() {
  const int fd = ::open("/dev/net/tun", O_RDWR | O_CLOEXEC);
  if (fd >= 0) {
    ::close(fd);
    return {};
  }
  const int error = errno;
  if (error == ENOENT || error == ENODEV) return "there is no /dev/net/tun; load the kernel module (modprobe tun)";
  return "/dev/net/tun cannot be opened (" + system_error(error) + "); run as root";
}

Fault check_interface(const rules::Port& port) {
  const std::string& name = port.device.argument;
  const auto interface = find_interface(name);
  if (!interface) return "there is no interface " + name + " here; `ip link` lists those there are";
  if (!interface->up) return name + " is down; run: ip link set " + name + " up";
  if (interface->mtu < port.mtu) {
    const std::string mtu = std::to_string(port.mtu);
    return name + " has an MTU of " + std::to_string(interface->mtu) + ", the gateway document says " + mtu +
           "; run: ip link set " + name + " mtu " + mtu + ", or write \"mtu\": " + std::to_string(interface->mtu);
  }
  return {};
}

Fault check_tap(const rules::Port& port) {
  if (Fault fault = interface_name_fault(port.device.argument); !fault.empty()) return fault;
  if (::if_nametoindex(port.device.argument.c_str()) != 0) {
    return "an interface " + port.device.argument +
           " is there already and tap makes its own; remove it (ip link del), or use af_packet:" + port.device.argument;
  }
  return check_tap_device();
}

Fault check_pcap(const rules::Device& device) {
  if (device.pcap_input != "-" && ::access(device.pcap_input.c_str(), R_OK) != 0) {
    return "cannot read " + device.pcap_input + ": " + system_error(errno);
  }
  if (device.pcap_output == "-") return {};
  const auto folder = std::filesystem::absolute(device.pcap_output).parent_path();
  if (::access(folder.c_str(), W_OK) != 0) return "cannot write in " + folder.string() + ": " + system_error(errno);
  return {};
}

Fault check_virtual(const std::string& arguments) {
  const std::string name = arguments.substr(0, arguments.find(','));
  if (name.empty()) return "dpdk: takes what EAL's --vdev takes, such as net_memif0,role=client";
  return {};
}

Fault check_existing(const rules::Port& port, int family, const char* kind, const char* missing) {
  Fault fault = interface_name_fault(port.device.argument);
  if (fault.empty()) fault = check_interface(port);
  return fault.empty() ? check_socket(family, kind, missing) : fault;
}

Fault find_fault(const rules::Port& port) {
  switch (port.device.kind) {
    case rules::DeviceKind::af_packet:
      return check_existing(port, AF_PACKET, "packet sockets",
                            "this kernel has no packet sockets; load the module af_packet");
    case rules::DeviceKind::af_xdp:
      return check_existing(port, AF_XDP, "XDP sockets",
                            "this kernel has no XDP sockets (CONFIG_XDP_SOCKETS); use af_packet:");
    case rules::DeviceKind::tap:
      return check_tap(port);
    case rules::DeviceKind::pci:
      return pci_fault(look_at_pci(port.device.argument), port.device.argument);
    case rules::DeviceKind::pcap:
      return check_pcap(port.device);
    case rules::DeviceKind::vdev:
      return check_virtual(port.device.argument);
  }
  return {};
}

}  // namespace

std::string port_prefix(const rules::Port& port) { return "port \"" + port.name + "\" (" + port.device.text + "): "; }

std::expected<void, std::string> check_device(const rules::Port& port) {
  const Fault fault = find_fault(port);
  if (fault.empty()) return {};
  return std::unexpected(port_prefix(port) + fault);
}

}  // namespace sallyport::dataplane
