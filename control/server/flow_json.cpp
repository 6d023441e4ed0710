// Tuples, states and counters of a flow as people read them.
//
// Owner: control/server.
#include "control/server/flow_json.h"

#include "control/trace/probe.h"
#include "dataplane/flow/flow_state.h"
#include "rules/model/policy.h"

namespace sallyport::control {
namespace {

using nlohmann::json;

const char* state_name(dataplane::FlowState state) {
  using enum dataplane::FlowState;
  switch (state) {
    case free:
      return "none";
    case tcp_syn:
      return "syn";
    case tcp_syn_ack:
      return "syn-ack";
    case tcp_picked_up:
      return "picked-up";
    case tcp_established:
      return "established";
    case tcp_fin_out:
    case tcp_fin_back:
      return "closing";
    case tcp_time_wait:
      return "time-wait";
    case udp_request:
      return "request";
    case udp_reply:
      return "reply";
    case udp_stream:
      return "stream";
    case other:
      return "active";
  }
  return "none";
}

json interface_json(dataplane::Uid uid, const Running* running) {
  if (uid == 0 || running == nullptr) return nullptr;
  return running->bound->interface_name(uid);
}

}  // namespace

json to_json(const dataplane::FlowRecord& flow, const Running* running) {
  const bool ports = has_ports(flow.protocol);  // an echo's id stands in both, and changes with the source
  const bool from_changed = flow.translated_from != flow.from || (ports && flow.translated_from_port != flow.from_port);
  const bool to_changed = flow.translated_to != flow.to || (ports && flow.translated_to_port != flow.to_port);
  json translated{{"from", nullptr}, {"to", nullptr}};
  if (from_changed)
    translated["from"] = endpoint_text({flow.translated_from}, flow.translated_from_port, flow.protocol);
  if (to_changed) translated["to"] = endpoint_text({flow.translated_to}, flow.translated_to_port, flow.protocol);
  json out{{"protocol", protocol_name(flow.protocol)},
           {"state", state_name(static_cast<dataplane::FlowState>(flow.state))},
           {"from", endpoint_text({flow.from}, flow.from_port, flow.protocol)},
           {"to", endpoint_text({flow.to}, flow.to_port, flow.protocol)},
           {"translated", std::move(translated)},
           {"from_interface", interface_json(flow.from_interface, running)},
           {"to_interface", interface_json(flow.to_interface, running)},
           {"tracked", {{"from", flow.tracked_from}, {"to", flow.tracked_to}}},
           {"packets", {{"out", flow.packets_out}, {"back", flow.packets_back}}},
           {"bytes", {{"out", flow.bytes_out}, {"back", flow.bytes_back}}},
           {"idle_seconds", flow.idle_seconds},
           {"expires_in", flow.expires_in}};
  if (flow.protocol == rules::kProtocolIcmp) out["icmp_id"] = flow.from_port;
  return out;
}

}  // namespace sallyport::control
