// The gateway document as value types: which ports, cores and memory this host gives. Read once at start.
//
// Owner: rules/model. Made by rules/document, read by the daemon, replay and trace.
// Always: relative paths are already resolved against the document's folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rules/model/address.h"
#include "rules/model/budget.h"
#include "rules/model/policy.h"

namespace sallyport::rules {

enum class DeviceKind : std::uint8_t { pci, af_packet, af_xdp, tap, vdev, pcap };

// "af_packet:gw-in" and so on. `argument` is what follows the colon; for pcap `input` and `output` are files, "-" none.
struct Device {
  DeviceKind kind = DeviceKind::af_packet;
  std::string text;
  std::string argument;
  std::string pcap_input;
  std::string pcap_output;
};

// An address of the gateway's own on a port with the link's prefix, and the router behind that link.
struct LinkAddress {
  Ipv4 address;
  Prefix link;
  Ipv4 gateway;
};

struct Port {
  SourcePosition where;
  std::string name;
  Device device;
  std::vector<std::string> subnets;  // on-link
  bool proxy_arp = false;
  std::uint16_t mtu = 1500;  // bytes of IP
  std::optional<LinkAddress> routed;
  std::optional<LinkAddress> uplink;
};

enum class MemoryMode : std::uint8_t { automatic, hugepages, pages };

struct GatewayConfig {
  std::string file;
  std::vector<Port> ports;  // in order of name
  std::uint32_t workers = 1;
  std::uint64_t max_flows = 1'000'000;
  MemoryMode memory = MemoryMode::automatic;
  std::string policy_path;  // empty: none, everything is dropped until one is applied
  std::string socket_path = "/run/sallyport/control.sock";
  std::string read_group = "root";
  std::string write_group = "root";
  Budget budget;                      // of every policy that is applied
  std::uint32_t self_check = 10'000;  // one decision in so many is made again from the rules; 0: none
  std::string metrics_listen;         // "HOST:PORT"; empty: no listener
};

}  // namespace sallyport::rules
