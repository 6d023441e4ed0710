// `sallyport trace`: one packet through the real engine, told stage by stage, its reply too.
//
// Owner: control/trace. Used by the command line (offline) and the control server (running policy).
// Always: the verdict is the engine's own; this code builds packets and prints what the engine said.
#pragma once

#include <cstdint>
#include <expected>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "rules/image/image.h"
#include "rules/model/gateway.h"

namespace sallyport::control {

struct TraceRequest {
  std::uint8_t protocol = 6;
  rules::Ipv4 from, to;
  std::optional<std::uint16_t> from_port, to_port;  // from_port defaults to 49152
  std::uint8_t icmp_type = 8, icmp_code = 0;
  std::optional<std::string> flags;    // TCP flags by their letters, SAFRPUEW; else S, of an established flow A
  bool established = false;            // --state established
  std::optional<std::string> via;      // interface name of an appliance
  std::optional<std::string> in_port;  // with a gateway document
};

struct TraceStage {
  std::string path;  // "forward" or "reply"
  std::string stage;
  std::string at;
  std::string place;    // what people look for there: the group, subnet/ACL, route table; else as `at`
  std::string verdict;  // "pass", "allow", "deny"
  std::string rule_name, rule_file, rule_text;
  std::uint32_t rule_line = 0;
  std::string note;
};

struct TraceResult {
  bool allow = false;
  std::string code;       // of a deny
  std::string direction;  // "ingress", "egress" or ""
  std::string path;       // where the verdict fell: "forward" or "reply"
  std::string at_interface, at_subnet;
  std::optional<std::string> rule;  // ACL: number or "*"
  std::string from, to, protocol;
  std::optional<std::string> translated_from, translated_to;
  std::vector<TraceStage> stages;
  std::vector<std::string> nearest;  // "policy.json:44  tcp 5432 from group app — web-1 (10.0.4.9) is not a member"
};

// Errors are usage errors in plain words (an unknown interface in `via`, a port that is none).
[[nodiscard]] std::expected<TraceResult, std::string> trace(const rules::Image& image,
                                                            const rules::GatewayConfig* gateway,
                                                            const TraceRequest& request);
// The same where the image's policy is at hand; an image that was derived from another needs it.
[[nodiscard]] std::expected<TraceResult, std::string> trace(const rules::Image& image, const rules::Policy& policy,
                                                            const rules::GatewayConfig* gateway,
                                                            const TraceRequest& request);
[[nodiscard]] nlohmann::json to_json(const TraceResult& result);  // schema sallyport/trace/1
[[nodiscard]] std::string to_text(const TraceResult& result);     // one line a stage, as in the command line contract

}  // namespace sallyport::control
