// The one-line syntax of a published port.
//
// Owner: rules/document.
#include "rules/document/parse_publish.h"

#include <charconv>
#include <vector>

namespace sallyport::rules {
namespace {

struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;
};

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && port > 0 && text.front() != '0' ? std::optional(port) : std::nullopt;
}

std::optional<PortRange> parse_range(std::string_view text) {
  const auto dash = text.find('-');
  const auto first = parse_port(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : parse_port(text.substr(dash + 1));
  if (!first || !last || *first > *last) return std::nullopt;
  return PortRange{*first, *last};
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t end = 0; end != std::string_view::npos;) {
    end = text.find(separator);
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return parts;
}

}  // namespace

std::expected<Publish, std::string> parse_publish(std::string_view text) {
  constexpr std::string_view kSyntax = "expected [PRIVATE_IP:]PORT[-PORT]:TARGET_IP:PORT[-PORT][/tcp|udp]";
  const auto wrong = [&](std::string_view what) {
    return std::unexpected(std::string(what) + ", " + std::string(kSyntax));
  };
  Publish publish;
  publish.text = text;
  if (const auto slash = text.rfind('/'); slash != std::string_view::npos) {
    const auto protocol = text.substr(slash + 1);
    if (protocol != "tcp" && protocol != "udp") return wrong("only tcp and udp can be published");
    publish.protocol = protocol == "tcp" ? kProtocolTcp : kProtocolUdp;
    text = text.substr(0, slash);
  }
  auto parts = split(text, ':');
  if (parts.size() != 3 && parts.size() != 4) return wrong("not a published port");
  if (parts.size() == 4) {
    const auto address = parse_ipv4(parts.front());
    if (!address || address->value == 0) return wrong("the private address is none");
    publish.private_ip = *address;
    parts.erase(parts.begin());
  }
  const auto published = parse_range(parts[0]);
  const auto target = parse_ipv4(parts[1]);
  const auto target_ports = parse_range(parts[2]);
  if (!published || !target_ports) return wrong("a port is from 1 to 65535, a range in ascending order");
  if (!target) return wrong("the target address is none");
  if (published->last - published->first != target_ports->last - target_ports->first) {
    return wrong("the two ranges of ports are not of equal length");
  }
  publish.first_port = published->first;
  publish.last_port = published->last;
  publish.target = *target;
  publish.target_first_port = target_ports->first;
  return publish;
}

}  // namespace sallyport::rules
