// Owner: control/store. See diagnostic_json.h.
#include "control/store/diagnostic_json.h"

#include <string>

namespace sallyport::control {
namespace {

nlohmann::json to_json(const rules::Diagnostic& found, std::string_view file) {
  nlohmann::json json{{"severity", found.severity == rules::Severity::error ? "error" : "warning"},
                      {"file", file},
                      {"line", found.where.line},
                      {"column", found.where.column},
                      {"pointer", found.pointer},
                      {"message", found.message},
                      {"nearest", found.nearest}};
  if (found.kind.empty()) return json;
  json["kind"] = found.kind;
  json["remedy"] = found.remedy;
  json["also"] = nlohmann::json::array();
  for (const auto& place : found.also) {
    json["also"].push_back({{"file", file},
                            {"line", place.where.line},
                            {"column", place.where.column},
                            {"pointer", place.pointer},
                            {"message", place.message}});
  }
  return json;
}

}  // namespace

nlohmann::json to_json(const rules::Diagnostics& diagnostics, std::string_view file) {
  auto list = nlohmann::json::array();
  for (const rules::Diagnostic& each : diagnostics.sorted()) list.push_back(to_json(each, file));
  return list;
}

}  // namespace sallyport::control
