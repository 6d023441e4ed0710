// POST /v1/trace: a packet through the policy in force.
//
// Owner: control/server. The verdict is control/trace's; this reads the request.
#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "control/server/api.h"
#include "control/trace/trace.h"

namespace sallyport::control {
namespace {

using nlohmann::json;
template <typename T>
using Parsed = std::expected<T, std::string>;

template <typename T>
std::optional<T> number_of(std::string_view text) {
  T number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Parsed<std::uint8_t> protocol_of(const json& value) {
  if (value.is_number_unsigned() && value.get<std::uint64_t>() <= 255) return value.get<std::uint8_t>();
  const std::string text = value.is_string() ? value.get<std::string>() : "";
  if (text == "tcp") return std::uint8_t{6};
  if (text == "udp") return std::uint8_t{17};
  if (text == "icmp") return std::uint8_t{1};
  if (const auto number = number_of<std::uint8_t>(text)) return *number;
  return std::unexpected("protocol is \"tcp\", \"udp\", \"icmp\" or a number from 0 to 255");
}

// "10.0.3.11" or "10.0.3.11:443".
Parsed<void> read_end(const json& value, const char* name, rules::Ipv4& address, std::optional<std::uint16_t>& port) {
  const std::string text = value.is_string() ? value.get<std::string>() : "";
  const std::size_t colon = text.find(':');
  const auto parsed = rules::parse_ipv4(std::string_view(text).substr(0, colon));
  if (colon != std::string::npos) port = number_of<std::uint16_t>(std::string_view(text).substr(colon + 1));
  if (!parsed || (colon != std::string::npos && !port)) {
    return std::unexpected(fmt::format("{} is an IPv4 address, with a port where there is one: 10.0.3.11:443", name));
  }
  address = *parsed;
  return {};
}

Parsed<void> read_icmp(const std::string& text, TraceRequest& out) {
  const std::size_t slash = text.find('/');
  const auto type = number_of<std::uint8_t>(std::string_view(text).substr(0, slash));
  const auto code = slash == std::string::npos ? 0 : number_of<std::uint8_t>(std::string_view(text).substr(slash + 1));
  if (!type || !code) return std::unexpected("icmp is TYPE/CODE, as in \"8/0\"");
  out.icmp_type = *type;
  out.icmp_code = *code;
  return {};
}

Parsed<void> read_member(const std::string& name, const json& value, TraceRequest& out) {
  if (name == "protocol") {
    const auto protocol = protocol_of(value);
    if (!protocol) return std::unexpected(protocol.error());
    out.protocol = *protocol;
    return {};
  }
  if (name == "from") return read_end(value, "from", out.from, out.from_port);
  if (name == "to") return read_end(value, "to", out.to, out.to_port);
  if (!value.is_string()) return std::unexpected(fmt::format("{} is a string", name));
  const std::string text = value.get<std::string>();
  if (name == "icmp") return read_icmp(text, out);
  if (name == "flags") {
    out.flags = text;
  } else if (name == "via") {
    out.via = text;
  } else if (name == "in") {
    out.in_port = text;
  } else if (name == "state" && (text == "new" || text == "established")) {
    out.established = text == "established";
  } else {
    return std::unexpected(name == "state" ? "state is \"new\" or \"established\""
                                           : fmt::format("unknown key \"{}\"", name));
  }
  return {};
}

Parsed<TraceRequest> read_request(const std::string& body) {
  const json document = json::parse(body, nullptr, false);
  if (!document.is_object()) return std::unexpected("a trace is asked for with a JSON object");
  if (!document.contains("from") || !document.contains("to")) return std::unexpected("from and to are needed");
  TraceRequest out;
  for (const auto& [name, value] : document.items()) {
    if (auto read = read_member(name, value, out); !read) return std::unexpected(read.error());
  }
  return out;
}

void post_trace(Api& api, const httplib::Request& request, httplib::Response& response) {
  if (auto refused = refuse_queries(request, {})) return answer(response, *refused);
  const auto packet = read_request(request.body);
  if (!packet) return answer(response, ApiError{400, "bad_request", packet.error()});
  const auto running = api.store.running();
  if (!running) {
    return answer(response,
                  ApiError{404, "no_policy", "there is no policy yet: everything is dropped until one is applied"});
  }
  const auto result = trace(running->generation.image, &api.gateway, *packet);
  if (!result) return answer(response, ApiError{400, "bad_request", result.error()});
  json out = to_json(*result);
  out["text"] = to_text(*result);
  answer(response, out);
}

}  // namespace

void add_trace_endpoint(httplib::Server& server, Api& api) {
  server.Post("/v1/trace", [&api](const httplib::Request& request, httplib::Response& response) {
    post_trace(api, request, response);
  });
}

}  // namespace sallyport::control
