// Owner: control/store; see the header.
#include "control/store/diagnostic_json.h"

namespace sallyport::control {

nlohmann::json to_json(const rules::Diagnostics& diagnostics, std::string_view file) {
  auto list = nlohmann::json::array();
  for (const auto& each : diagnostics.sorted()) {
    list.push_back({{"severity", each.severity == rules::Severity::error ? "error" : "warning"},
                    {"file", file},
                    {"line", each.where.line},
                    {"column", each.where.column},
                    {"pointer", each.pointer},
                    {"message", each.message},
                    {"nearest", each.nearest}});
  }
  return list;
}

}  // namespace sallyport::control
