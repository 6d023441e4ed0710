// A trace as JSON (schema sallyport/trace/1) and as lines for people.
//
// Owner: control/trace.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "control/trace/place_json.h"
#include "control/trace/text_or_null.h"
#include "control/trace/trace.h"
#include "rules/document/positions.h"

namespace sallyport::control {

namespace {

template <typename T>
nlohmann::json value_or_null(const std::optional<T>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json();
}

nlohmann::json stage_json(const TraceStage& stage) {
  nlohmann::json rule;
  if (!stage.rule_name.empty()) {
    rule = place_json(stage.rule_file, stage.rule_line);
    rule["name"] = stage.rule_name;
  }
  return {{"path", stage.path},       {"stage", stage.stage}, {"at", stage.at},
          {"verdict", stage.verdict}, {"rule", rule},         {"note", stage.note}};
}

// Cells of one width; the last column is as long as it is.
std::string padded(const std::string& text, std::size_t width) {
  return text + std::string(text.size() < width ? width - text.size() : 1, ' ');
}

// Stages that merely went well and say nothing stand in the JSON alone.
bool tells_something(const TraceStage& stage) {
  if (stage.verdict != "pass") return true;
  return stage.stage != "parse" && stage.stage != "dest-check" && stage.stage != "forward" && stage.note != "new";
}

// For a route its target is the verdict.
std::string verdict_of(const TraceStage& stage) {
  if (stage.verdict == "deny") return "DENY";
  return stage.stage == "route" ? stage.note.substr(0, stage.note.find(' ')) : stage.verdict;
}

std::string note_of(const TraceStage& stage) {
  if (stage.stage != "route" || stage.verdict == "deny") return stage.note;
  const auto blank = stage.note.find(' ');
  return blank == std::string::npos ? "" : stage.note.substr(blank + 1);
}

std::string detail(const TraceStage& stage) {
  std::string text = stage.rule_line == 0 ? "" : rules::place_in_words(stage.rule_file, stage.rule_line) + "  ";
  text += stage.verdict == "deny" ? "" : stage.rule_text;
  const auto note = note_of(stage);
  if (!note.empty()) text += (text.empty() || text.ends_with("  ") ? "" : " — ") + note;
  return text;
}

}  // namespace

nlohmann::json to_json(const TraceResult& result) {
  auto stages = nlohmann::json::array();
  std::ranges::transform(result.stages, std::back_inserter(stages), stage_json);
  nlohmann::json json{
      {"schema", "sallyport/trace/1"},
      {"verdict", result.allow ? "allow" : "deny"},
      {"code", text_or_null(result.code)},
      {"path", result.path},
      {"at", {{"interface", text_or_null(result.at_interface)}, {"subnet", text_or_null(result.at_subnet)}}},
      {"rule", value_or_null(result.rule)},
      {"from", result.from},
      {"to", result.to},
      {"protocol", result.protocol},
      {"translated", {{"from", value_or_null(result.translated_from)}, {"to", value_or_null(result.translated_to)}}},
      {"stages", stages}};
  if (!result.direction.empty()) json["direction"] = result.direction;
  if (!result.nearest.empty()) json["nearest"] = result.nearest;
  return json;
}

std::string to_text(const TraceResult& result) {
  std::size_t place_width = 16;
  for (const auto& stage : result.stages) place_width = std::max(place_width, stage.place.size() + 1);
  const std::string indent(4 + 25 + place_width + 8, ' ');
  std::string text;
  std::string path = "forward";
  std::size_t number = 0;
  for (const auto& stage : result.stages) {
    if (!tells_something(stage)) continue;
    if (stage.path != path) text += stage.path + ":\n";
    path = stage.path;
    const auto count = std::to_string(++number);
    auto line = std::string(count.size() < 2 ? 1 : 0, ' ') + count + "  " + padded(stage.stage, 25) +
                padded(stage.place, place_width) + padded(verdict_of(stage), 8) + detail(stage);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
    if (stage.verdict != "deny") continue;
    for (const auto& hint : result.nearest) text += indent + "nearest: " + hint + '\n';
  }
  if (result.translated_from) text += "translated: from " + result.from + " to " + *result.translated_from + '\n';
  if (result.translated_to) text += "translated: to " + result.to + " becomes " + *result.translated_to + '\n';
  if (result.allow) return text + "verdict: ALLOW\n";
  text += "verdict: DENY " + result.code;
  std::string where = result.direction;
  const auto& place = result.at_interface.empty() ? result.at_subnet : result.at_interface;
  if (!place.empty()) where += (where.empty() ? "" : ", ") + place;
  if (result.path == "reply") where += where.empty() ? "reply" : ", reply";
  return text + (where.empty() ? "" : " (" + where + ')') + '\n';
}

}  // namespace sallyport::control
