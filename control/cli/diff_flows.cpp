// Owner: control/cli. See diff_flows.h.
#include "control/cli/diff_flows.h"

#include <optional>

#include "control/cli/client.h"
#include "control/cli/output.h"
#include "control/trace/probe.h"
#include "control/trace/request.h"
#include "rules/analyze/flow_fate.h"

namespace sallyport::control {
namespace {

using Json = nlohmann::json;
using rules::Fate;

std::string name_in(const Json& flow, const char* key) {
  const auto found = flow.find(key);
  return found != flow.end() && found->is_string() ? found->get<std::string>() : "";
}

// "10.0.1.5:443"; an address alone where the protocol has no ports.
bool read_end(const std::string& text, rules::Ipv4& address, std::uint16_t& port) {
  const auto end = parse_endpoint(text);
  if (!end) return false;
  address = end->address;
  port = end->port.value_or(0);
  return true;
}

std::optional<rules::LiveFlow> read_flow(const Json& json) {
  rules::LiveFlow flow;
  const auto protocol = protocol_named(name_in(json, "protocol"));
  if (!protocol || !read_end(name_in(json, "from"), flow.from, flow.from_port) ||
      !read_end(name_in(json, "to"), flow.to, flow.to_port)) {
    return std::nullopt;
  }
  flow.protocol = *protocol;
  flow.translated_from = flow.from;
  flow.translated_from_port = flow.from_port;
  flow.translated_to = flow.to;
  flow.translated_to_port = flow.to_port;
  const auto& translated = json.at("translated");
  const auto from = name_in(translated, "from");
  const auto to = name_in(translated, "to");
  if (!from.empty() && !read_end(from, flow.translated_from, flow.translated_from_port)) return std::nullopt;
  if (!to.empty() && !read_end(to, flow.translated_to, flow.translated_to_port)) return std::nullopt;
  flow.from_interface = name_in(json, "from_interface");
  flow.to_interface = name_in(json, "to_interface");
  flow.tracked_from = json.at("tracked").at("from").get<bool>();
  flow.tracked_to = json.at("tracked").at("to").get<bool>();
  return flow;
}

class Collector {
 public:
  Collector(const rules::Policy& before, const rules::Policy& after, std::size_t most)
      : judge_(before, after), most_(most) {}

  // A line of the list: one flow, or the list's own beginning or end.
  void take(std::string_view line) {
    if (line.ends_with(',')) line.remove_suffix(1);
    if (!line.starts_with('{') || !line.ends_with('}')) return;
    auto json = Json::parse(line, nullptr, false);
    if (json.is_discarded() || !json.contains("translated")) return;
    ++found_.total;
    const auto flow = read_flow(json);
    if (!flow) {
      ++found_.unreadable;
      return;
    }
    const auto fate = judge_.judge(*flow);
    if (fate.fate == Fate::lives) return;
    auto& count = fate.fate == Fate::cut ? found_.cut : found_.dropped;
    auto& kept = fate.fate == Fate::cut ? cut_ : dropped_;
    ++count;
    if (kept.size() >= most_) return;
    kept.push_back({{"fate", fate.fate == Fate::cut ? "cut" : "dropped"},
                    {"path", fate.fate == Fate::cut ? Json() : Json(fate.reply ? "reply" : "forward")},
                    {"reason", fate.reason},
                    {"line", fate.line == 0 ? Json() : Json(fate.line)},
                    {"flow", std::move(json)}});
  }

  FlowsAtStake result() {
    for (auto* list : {&cut_, &dropped_}) {
      for (auto& each : *list) {
        if (found_.shown.size() < most_) found_.shown.push_back(std::move(each));
      }
    }
    return std::move(found_);
  }

 private:
  rules::FlowJudge judge_;
  std::size_t most_;
  FlowsAtStake found_;
  std::vector<Json> cut_, dropped_;
};

std::string end_text(const Json& flow, const char* end) {
  auto text = name_in(flow, end);
  if (const auto name = name_in(flow, (std::string(end) + "_interface").c_str()); !name.empty())
    text += " (" + name + ")";
  return text;
}

std::string flows_word(std::uint64_t count) { return std::to_string(count) + (count == 1 ? " flow" : " flows"); }

}  // namespace

std::expected<FlowsAtStake, int> flows_at_stake(const Invocation& invocation, const rules::Policy& before,
                                                const rules::Policy& after, std::size_t most_shown) {
  Collector collector(before, after, most_shown);
  const auto ended = Client(invocation.socket).stream("/v1/flows", {}, [&](std::string_view line) {
    collector.take(line);
    return true;
  });
  if (!ended) return std::unexpected(report(ended.error()));
  return collector.result();
}

std::string text_of(const FlowsAtStake& flows, const std::string& file) {
  if (flows.total == 0) return "live flows\n  none\n";
  std::string text = "live flows\n  of " + flows_word(flows.total) + " " + std::to_string(flows.cut) +
                     " would be cut, " + std::to_string(flows.dropped) + " would have packets dropped\n";
  if (flows.unreadable > 0) text += "  " + flows_word(flows.unreadable) + " could not be judged\n";
  for (const auto& each : flows.shown) {
    const auto& flow = each.at("flow");
    text += "  " + each.at("fate").get<std::string>() + "  " + name_in(flow, "protocol") + " " +
            end_text(flow, "from") + " → " + end_text(flow, "to") + "\n      " +
            (each.at("path") == "reply" ? "reply: " : "") + each.at("reason").get<std::string>();
    if (each.at("line").is_number()) text += " " + file + ":" + std::to_string(each.at("line").get<std::uint32_t>());
    text += '\n';
  }
  const auto told = flows.shown.size();
  if (flows.cut + flows.dropped > told) text += "  and " + std::to_string(flows.cut + flows.dropped - told) + " more\n";
  return text;
}

Json json_of(const FlowsAtStake& flows) {
  return {{"total", flows.total},
          {"lives", flows.total - flows.cut - flows.dropped - flows.unreadable},
          {"cut", flows.cut},
          {"dropped", flows.dropped},
          {"unreadable", flows.unreadable},
          {"shown", flows.shown}};
}

}  // namespace sallyport::control
