// The one-line syntaxes of the gateway document.
//
// Owner: rules/document.
#include "rules/document/parse_device.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "rules/document/reader.h"

namespace sallyport::rules {
namespace {

using Wrong = std::unexpected<std::string>;

constexpr std::size_t kShortBdf = 7;               // without the domain
constexpr std::size_t kLongestInterfaceName = 15;  // Linux: IFNAMSIZ without the final NUL

struct KindName {
  std::string_view name;
  DeviceKind kind;
};
constexpr std::array<KindName, 6> kKinds{{{"pci", DeviceKind::pci},
                                          {"af_packet", DeviceKind::af_packet},
                                          {"af_xdp", DeviceKind::af_xdp},
                                          {"tap", DeviceKind::tap},
                                          {"dpdk", DeviceKind::vdev},
                                          {"pcap", DeviceKind::pcap}}};

bool hex_digits(std::string_view text, std::size_t from, std::size_t count) {
  return std::ranges::all_of(text.substr(from, count), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
}

// "0000:00:06.0" or, in domain 0, "00:06.0".
bool is_bdf(std::string_view text) {
  if (text.size() == 12) {
    if (!hex_digits(text, 0, 4) || text[4] != ':') return false;
    text.remove_prefix(5);
  }
  return text.size() == kShortBdf && hex_digits(text, 0, 2) && text[2] == ':' && hex_digits(text, 3, 2) &&
         text[5] == '.' && text[6] >= '0' && text[6] <= '7';
}

bool is_interface_name(std::string_view text) {
  if (text.empty() || text.size() > kLongestInterfaceName || text == "." || text == "..") return false;
  return std::ranges::none_of(text, [](char c) { return c <= ' ' || c == '/' || c == ':' || c == ',' || c == '\x7f'; });
}

std::expected<void, std::string> check_argument(Device& device) {
  switch (device.kind) {
    case DeviceKind::pci:
      if (!is_bdf(device.argument)) return Wrong("no PCI address, expected one like pci:0000:00:06.0");
      if (device.argument.size() == kShortBdf) device.argument.insert(0, "0000:");  // as DPDK and the kernel call it
      return {};
    case DeviceKind::af_packet:
    case DeviceKind::af_xdp:
    case DeviceKind::tap:
      if (!is_interface_name(device.argument))
        return Wrong("no interface name, expected 1 to 15 characters without / : , or blanks");
      return {};
    case DeviceKind::vdev:
      if (device.argument.empty()) return Wrong("no arguments, expected a device as EAL takes it, like dpdk:net_null0");
      return {};
    case DeviceKind::pcap: {
      const auto comma = device.argument.find(',');
      device.pcap_input = device.argument.substr(0, comma);
      device.pcap_output = comma == std::string::npos ? std::string{} : device.argument.substr(comma + 1);
      if (device.pcap_input.empty() || device.pcap_output.empty() || device.pcap_output.contains(',')) {
        return Wrong("no pair of files, expected pcap:IN,OUT (- for none)");
      }
      return {};
    }
  }
  return {};
}

}  // namespace

std::expected<Device, std::string> parse_device(std::string_view text) {
  Device device;
  device.text = text;
  const auto colon = text.find(':');
  const auto kind = std::ranges::find(kKinds, text.substr(0, colon), &KindName::name);
  if (kind == kKinds.end() || colon == std::string_view::npos) {
    return Wrong(
        "no known device, expected pci:BDF, af_packet:IFACE, af_xdp:IFACE, tap:IFACE, dpdk:VDEV-ARGS or pcap:IN,OUT");
  }
  device.kind = kind->kind;
  device.argument = text.substr(colon + 1);
  if (auto right = check_argument(device); !right) return Wrong(right.error());
  return device;
}

std::expected<void, std::string> check_listen(std::string_view text) {
  const Wrong wrong("no address to listen on, expected HOST:PORT like 127.0.0.1:9467");
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return wrong;
  const auto host = text.substr(0, colon);
  const auto digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size() || port == 0) return wrong;
  if (host.front() == '[') {
    if (host.back() != ']' || !looks_like_ipv6(host.substr(1, host.size() - 2))) return wrong;
    return {};
  }
  const bool name = std::ranges::all_of(host, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  });
  const bool numeric = host.find_first_not_of("0123456789.") == std::string_view::npos;
  if (!name || (numeric && !parse_ipv4(host))) return wrong;
  return {};
}

}  // namespace sallyport::rules
