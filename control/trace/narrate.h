// From the engine's stage events to words: places, rules with their lines, notes.
//
// Owner: control/trace. Always: nothing is decided here; what the engine told is put into words.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "control/trace/trace.h"
#include "dataplane/engine/trace_sink.h"
#include "rules/decide/policy_view.h"

namespace sallyport::control {

// What names are looked up in. References to what the caller keeps.
struct Names {
  const rules::PolicyView& view;
  std::string_view file;
  std::span<const dataplane::PortSettings> ports;
};

[[nodiscard]] TraceStage narrate(const dataplane::StageEvent& event, const Names& names, std::string_view path);

// "ingress" or "egress" for groups and ACLs, "" otherwise.
[[nodiscard]] std::string_view direction_of(rules::Stage stage);

// "tcp 5432", "icmp 8/0", "esp".
[[nodiscard]] std::string traffic_text(const rules::Query& query);

// Interface and subnet of an event's place, "" where it has none.
struct PlaceNames {
  std::string interface, subnet;
};
[[nodiscard]] PlaceNames place_of(const dataplane::StageEvent& event, const rules::PolicyView& view);

}  // namespace sallyport::control
