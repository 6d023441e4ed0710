// Protocols, ports, ICMP types and prefixes as typed, turned into a document's members, and compared.
//
// Owner: control/cli. Ranges of numbers are the document reader's business; here only the words must be understood.
#include <fmt/format.h>

#include <charconv>

#include "control/cli/policy_edit.h"
#include "rules/model/address.h"
#include "rules/model/protocol.h"

namespace sallyport::control {
namespace {

using Json = nlohmann::ordered_json;

std::optional<int> whole_number(std::string_view text) {
  int number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

struct Pair {
  int first, second;
};

// "443", "1024-65535"; "8/0", "8", "-1".
std::optional<Pair> pair_of(std::string_view text, char separator, int absent) {
  const std::size_t at = text.find(separator, text.starts_with('-') ? 1 : 0);
  const auto first = whole_number(text.substr(0, at));
  if (!first) return std::nullopt;
  if (at == std::string_view::npos) return Pair{*first, separator == '-' ? *first : absent};
  const auto second = whole_number(text.substr(at + 1));
  return second ? std::optional(Pair{*first, *second}) : std::nullopt;
}

struct Traffic {
  std::int16_t protocol;
  Pair numbers;  // ports, or type and code; {0, 0} where there are none
};

std::expected<Traffic, std::string> understood(const TrafficText& text) {
  const auto protocol = rules::protocol_number(text.protocol);
  if (!protocol) {
    return std::unexpected(
        fmt::format("\"{}\" is no protocol: say tcp, udp, icmp, all or a number from 0 to 255", text.protocol));
  }
  if (!text.icmp.empty() && *protocol != rules::kProtocolIcmp)
    return std::unexpected("--icmp goes with --protocol icmp");
  if (rules::has_ports(*protocol)) {
    const auto ports = pair_of(text.port, '-', 0);
    if (!ports)
      return std::unexpected(fmt::format("{} needs --port, as in 443 or 1024-65535", rules::protocol_text(*protocol)));
    return Traffic{*protocol, *ports};
  }
  if (!text.port.empty())
    return std::unexpected(fmt::format("--port goes with tcp and udp, not with {}", text.protocol));
  if (*protocol != rules::kProtocolIcmp) return Traffic{*protocol, {0, 0}};
  const auto icmp = pair_of(text.icmp.empty() ? "-1" : text.icmp, '/', -1);
  if (!icmp) return std::unexpected("--icmp is TYPE/CODE, as in 8/0; -1 is any");
  return Traffic{*protocol, *icmp};
}

int number_in(const Json& rule, const char* member, int absent) {
  return rule.contains(member) && rule[member].is_number_integer() ? rule[member].get<int>() : absent;
}

}  // namespace

std::expected<Json, std::string> group_traffic(const TrafficText& text) {
  const auto traffic = understood(text);
  if (!traffic) return std::unexpected(traffic.error());
  return Json{{"protocol", rules::protocol_text(traffic->protocol)},
              {"from_port", traffic->numbers.first},
              {"to_port", traffic->numbers.second}};
}

std::expected<Json, std::string> acl_traffic(const TrafficText& text) {
  const auto traffic = understood(text);
  if (!traffic) return std::unexpected(traffic.error());
  Json out{{"protocol", rules::protocol_text(traffic->protocol)}};
  const bool ports = rules::has_ports(traffic->protocol);
  if (ports || traffic->protocol == rules::kProtocolIcmp) {
    out[ports ? "from_port" : "icmp_type"] = traffic->numbers.first;
    out[ports ? "to_port" : "icmp_code"] = traffic->numbers.second;
  }
  return out;
}

std::string traffic_identity(const Json& rule) {
  const Json written = rule.value("protocol", Json());
  const auto protocol = rules::protocol_number(written.is_string() ? written.get<std::string>() : written.dump());
  if (!protocol) return "";
  if (*protocol != rules::kProtocolIcmp && !rules::has_ports(*protocol)) return std::to_string(*protocol);
  return fmt::format("{} {} {}", *protocol, number_in(rule, "from_port", -1), number_in(rule, "to_port", -1));
}

std::expected<std::string, std::string> checked_cidr(const std::string& text) {
  const auto parsed = rules::parse_prefix(text);
  if (!parsed) return std::unexpected(fmt::format("\"{}\" is no IPv4 prefix, as in 10.0.0.0/8 or 192.0.2.1/32", text));
  const std::string canonical = rules::to_string(parsed->prefix);
  if (parsed->host_bits) return std::unexpected(fmt::format("{} has host bits set; the prefix is {}", text, canonical));
  return canonical;
}

}  // namespace sallyport::control
