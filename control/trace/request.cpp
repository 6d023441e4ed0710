// Reading a trace request.
//
// Owner: control/trace.
#include "control/trace/request.h"

#include <charconv>

#include "control/trace/probe.h"

namespace sallyport::control {

namespace {

using Failure = std::unexpected<RequestError>;

template <typename T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool read_icmp(std::string_view text, TraceRequest& request) {
  const auto slash = text.find('/');
  const auto type = number<std::uint8_t>(text.substr(0, slash));
  const auto code = slash == std::string_view::npos ? 0 : number<std::uint8_t>(text.substr(slash + 1));
  if (!type || !code) return false;
  request.icmp_type = *type;
  request.icmp_code = *code;
  return true;
}

std::string not_an_endpoint(const std::string& text) {
  return "found \"" + text + "\", expected an IPv4 address, with a port where there is one: 10.0.3.11:443";
}

std::optional<RequestError> read_ends(const RequestWords& words, TraceRequest& request) {
  const auto from = parse_endpoint(words.from);
  if (!from) return RequestError{"from", not_an_endpoint(words.from)};
  const auto to = parse_endpoint(words.to);
  if (!to) return RequestError{"to", not_an_endpoint(words.to)};
  const bool ports = has_ports(request.protocol);
  if (!ports && from->port) return RequestError{"from", protocol_name(request.protocol) + " has no ports"};
  if (!ports && to->port) return RequestError{"to", protocol_name(request.protocol) + " has no ports"};
  if (ports && !to->port) return RequestError{"to", protocol_name(request.protocol) + " needs a destination port"};
  request.from = from->address;
  request.from_port = from->port;
  request.to = to->address;
  request.to_port = to->port;
  return std::nullopt;
}

}  // namespace

std::optional<AddressAndPort> parse_endpoint(std::string_view text) {
  const auto colon = text.find(':');
  const auto address = rules::parse_ipv4(text.substr(0, colon));
  if (!address) return std::nullopt;
  if (colon == std::string_view::npos) return AddressAndPort{*address, std::nullopt};
  const auto port = number<std::uint16_t>(text.substr(colon + 1));
  if (!port) return std::nullopt;
  return AddressAndPort{*address, port};
}

std::expected<TraceRequest, RequestError> read_request(const RequestWords& words) {
  TraceRequest request;
  const auto protocol = protocol_named(words.protocol);
  if (!protocol) {
    return Failure(
        {"protocol", "found \"" + words.protocol + "\", expected tcp, udp, icmp, a name of /etc/protocols or 0-255"});
  }
  request.protocol = *protocol;
  if (auto error = read_ends(words, request)) return Failure(*error);
  if (words.icmp) {
    if (request.protocol != rules::kProtocolIcmp)
      return Failure({"icmp", protocol_name(*protocol) + " has no ICMP type"});
    if (!read_icmp(*words.icmp, request))
      return Failure({"icmp", "found \"" + *words.icmp + "\", expected TYPE/CODE, as 8/0"});
  }
  if (words.flags) {
    if (request.protocol != rules::kProtocolTcp)
      return Failure({"flags", protocol_name(*protocol) + " has no TCP flags"});
    if (!parse_tcp_flags(*words.flags))
      return Failure({"flags", "found \"" + *words.flags + "\", expected letters of SAFRPUEW"});
    request.flags = words.flags;
  }
  if (words.state && words.state != "new" && words.state != "established") {
    return Failure({"state", "found \"" + *words.state + "\", expected new or established"});
  }
  request.established = words.state == "established";
  request.via = words.via;
  request.in_port = words.in_port;
  return request;
}

}  // namespace sallyport::control
