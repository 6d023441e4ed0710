// The words for stages, places and rules.
//
// Owner: control/trace.
#include "control/trace/narrate.h"

#include <array>

#include "control/trace/probe.h"
#include "rules/document/positions.h"

namespace sallyport::control {

namespace dp = dataplane;
using rules::Stage;

namespace {

constexpr std::array<std::string_view, 3> kVerdicts{"pass", "allow", "deny"};

bool is_group_stage(Stage stage) {
  return stage == Stage::security_group_egress || stage == Stage::security_group_ingress;
}
bool is_acl_stage(Stage stage) { return stage == Stage::network_acl_egress || stage == Stage::network_acl_ingress; }

std::string place_name(const dp::StageEvent& event, const Names& names) {
  if (event.at == rules::kNone) return "";
  switch (event.place) {
    case dp::PlaceKind::interface:
      return std::string(names.view.interface(event.at).name);
    case dp::PlaceKind::subnet:
      return std::string(names.view.subnet(event.at).name);
    case dp::PlaceKind::nat_gateway:
      return std::string(names.view.nat(event.at).name);
    case dp::PlaceKind::port:
      return event.at < names.ports.size() ? names.ports[event.at].name : "";
    case dp::PlaceKind::none:
      break;
  }
  return "";
}

std::string joined_groups(const rules::PolicyView& view, rules::InterfaceIndex interface) {
  std::string text;
  for (const auto name : view.group_names(interface)) text += (text.empty() ? "" : ",") + std::string(name);
  return text;
}

// The group that admitted, or all that did not; subnet and ACL; route table.
std::string looked_up_at(const dp::StageEvent& event, const Names& names, const std::string& at) {
  if (is_group_stage(event.stage)) {
    if (event.rule != rules::kNone) return std::string(names.view.rule(event.rule).owner);
    const bool at_interface = event.place == dp::PlaceKind::interface && event.at != rules::kNone;
    return at_interface ? joined_groups(names.view, event.at) : at;
  }
  if (is_acl_stage(event.stage) && event.place == dp::PlaceKind::subnet && event.at != rules::kNone) {
    return at + '/' + std::string(names.view.acl_name(names.view.subnet(event.at).acl));
  }
  if (event.stage == Stage::route && event.table != rules::kNone)
    return std::string(names.view.table_name(event.table));
  return at;
}

std::string_view note_words(dp::StageNote note) {
  using enum dp::StageNote;
  switch (note) {
    case none:
      return "";
    case tracked_reply:
      return "tracked: groups are not asked";
    case exempt:
      return "resolver traffic is exempt";
    case same_subnet:
      return "same subnet: neither ACL nor route";
    case local_route:
      return "local";
    case internet_route:
      return "internet";
    case nat_route:
      return "nat-gateway";
    case interface_route:
      return "interface";
    case blackhole_route:
      return "blackhole";
    case new_flow:
      return "new";
    case known_flow:
      return "known";
    case related_error:
      return "ICMP error of a known flow";
    case one_to_one_out:
    case nat_out:
    case published_back:
      return "source becomes";
    case one_to_one_in:
    case nat_back:
    case published:
      return "destination becomes";
    case reflected:
      return "own public address: comes back in";
  }
  return "";
}

bool is_translation(dp::StageNote note) {
  using enum dp::StageNote;
  return note == one_to_one_out || note == one_to_one_in || note == nat_out || note == nat_back || note == published ||
         note == published_back;
}

std::string route_words(const dp::StageEvent& event, const Names& names) {
  if (event.route == rules::kNone) return "";
  const auto info = names.view.route_info(event.route);
  return ' ' + rules::to_string(info.destination) +
         (info.line == 0 ? "" : ' ' + rules::place_in_words(names.file, info.line));
}

std::string note_of(const dp::StageEvent& event, const Names& names, const std::string& place) {
  const auto& view = names.view;
  if (event.verdict == dp::StageVerdict::deny) {
    const std::string_view way = direction_of(event.stage) == "egress" ? " to " : " from ";
    const auto packet = traffic_text(event.query) + std::string(way) + rules::to_string(event.query.remote);
    if (is_group_stage(event.stage) && event.code == rules::DropCode::ENI_SG_RULES_MISMATCH)
      return "no rule of " + place + " admits " + packet;
    if (is_acl_stage(event.stage) && event.rule == rules::kNone) return "rule *: no entry matches " + packet;
    if (is_acl_stage(event.stage)) return "rule " + std::to_string(view.rule(event.rule).rule_no) + " denies " + packet;
    const auto address = event.address == 0 ? "" : ": " + rules::to_string(rules::Ipv4{event.address});
    return std::string(rules::text_of(event.code).meaning) + address;
  }
  std::string note(note_words(event.note));
  if (is_translation(event.note)) {
    note +=
        ' ' + rules::to_string(rules::Ipv4{event.address}) + (event.port == 0 ? "" : ':' + std::to_string(event.port));
  }
  return note + (event.stage == Stage::route ? route_words(event, names) : "");
}

}  // namespace

std::string_view direction_of(Stage stage) {
  if (stage == Stage::security_group_egress || stage == Stage::network_acl_egress) return "egress";
  if (stage == Stage::security_group_ingress || stage == Stage::network_acl_ingress) return "ingress";
  return "";
}

std::string traffic_text(const rules::Query& query) {
  auto text = protocol_name(query.protocol);
  if (has_ports(query.protocol)) text += ' ' + std::to_string(query.destination_port);
  if (query.protocol == rules::kProtocolIcmp) {
    text += ' ' + std::to_string(query.icmp_type) + '/' + std::to_string(query.icmp_code);
  }
  return text;
}

PlaceNames place_of(const dp::StageEvent& event, const rules::PolicyView& view) {
  if (event.at == rules::kNone) return {};
  rules::SubnetIndex subnet = rules::kNone;
  PlaceNames names;
  if (event.place == dp::PlaceKind::interface) {
    const auto interface = view.interface(event.at);
    names.interface = interface.name;
    subnet = interface.subnet;
  } else if (event.place == dp::PlaceKind::nat_gateway) {
    subnet = view.nat(event.at).subnet;
  } else if (event.place == dp::PlaceKind::subnet) {
    subnet = event.at;
  }
  if (subnet != rules::kNone) names.subnet = view.subnet(subnet).name;
  return names;
}

TraceStage narrate(const dp::StageEvent& event, const Names& names, std::string_view path) {
  TraceStage stage;
  stage.path = path;
  stage.stage = rules::name_of(event.stage);
  stage.at = place_name(event, names);
  stage.place = looked_up_at(event, names, stage.at);
  stage.verdict = kVerdicts[static_cast<std::size_t>(event.verdict)];
  if (event.rule != rules::kNone) {
    const auto rule = names.view.rule(event.rule);
    stage.rule_name = rule.name;
    stage.rule_text = rule.text;
    stage.rule_line = rule.line;
    if (rule.line != 0 && rule.line != rules::kAddedLive) stage.rule_file = names.file;
    if (rule.is_acl && rule.line == 0) stage.rule_text = "rule " + std::to_string(rule.rule_no) + " (default)";
  }
  stage.note = note_of(event, names, stage.place);
  return stage;
}

}  // namespace sallyport::control
