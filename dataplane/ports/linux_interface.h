// What Linux says about a network interface: is it there, is it up, and which offloads would spoil what a gateway
// reads.
//
// Owner: dataplane/ports. Looks (ioctl), changes nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rules/model/address.h"

namespace sallyport::dataplane {

struct LinuxInterface {
  std::string name;
  bool up = false;
  std::uint32_t mtu = 0;
  rules::MacAddress mac;
  std::string driver;  // "veth", "virtio_net" …; empty where there is none
  std::uint32_t receive_queues = 1;
};

// nullopt: no interface of that name in this network namespace.
[[nodiscard]] std::optional<LinuxInterface> find_interface(const std::string& name);

// Why a name cannot be one of an interface, or empty.
[[nodiscard]] std::string interface_name_fault(const std::string& name);

// One line for each setting of the interface, or of the veth peer where it is in the same namespace, that makes frames
// arrive unfinished or merged, with the command that mends it.
[[nodiscard]] std::vector<std::string> offload_advice(const std::string& name);

}  // namespace sallyport::dataplane
