// A replay's sum and packets as JSON.
//
// Owner: control/replay.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "control/replay/replay.h"
#include "control/trace/text_or_null.h"

namespace sallyport::control {

namespace {

nlohmann::json tuple_json(const std::optional<PacketTuple>& tuple) {
  if (!tuple) return {};
  return {{"protocol", tuple->protocol}, {"from", tuple->from}, {"to", tuple->to}};
}

}  // namespace

std::string time_text(dataplane::Time time) {
  return fmt::format("{}.{:09}", time / dataplane::kSecond, time % dataplane::kSecond);
}

nlohmann::json to_json(const ReplaySum& sum) {
  auto rules = nlohmann::json::array();
  for (const auto& rule : sum.rules) {
    rules.push_back({{"name", rule.name},
                     {"file", text_or_null(rule.file)},
                     {"line", rule.line},
                     {"matched", rule.matched},
                     {"decided", rule.decided}});
  }
  auto drops = nlohmann::json::object();
  for (const auto& [code, count] : sum.drops) drops[code] = count;
  return {{"schema", "sallyport/replay/1"},
          {"packets",
           {{"in", sum.in},
            {"forwarded", sum.forwarded},
            {"dropped", sum.dropped},
            {"consumed", sum.consumed},
            {"held", sum.held},
            {"originated", sum.originated},
            {"fragments_added", sum.fragments_added},
            {"out", sum.out}}},
          {"drops", drops},
          {"flows", sum.flows},
          {"rules", rules},
          {"messages", sum.messages}};
}

nlohmann::json to_json(const ReplayedPacket& packet) {
  return {{"number", packet.number},
          {"time", time_text(packet.time)},
          {"in", packet.in_port},
          {"out", text_or_null(packet.out_port)},
          {"verdict", packet.verdict},
          {"code", text_or_null(packet.code)},
          {"stage", text_or_null(packet.stage)},
          {"rule", text_or_null(packet.rule)},
          {"before", tuple_json(packet.before)},
          {"after", tuple_json(packet.after)}};
}

}  // namespace sallyport::control
