// Reach as JSON. Owner: control/reach.
#include <nlohmann/json.hpp>
#include <set>

#include "control/reach/outputs.h"
#include "control/reach/words.h"

namespace sallyport::control {
namespace {

using Json = nlohmann::json;
using rules::ReachCell;
using rules::ReachParty;
using rules::reaching::kNothing;

// Many prefixes are counted instead of listed.
constexpr std::size_t kMostPrefixes = 256;

std::string_view kind_of(ReachParty::Kind kind) {
  switch (kind) {
    case ReachParty::Kind::hosts:
      return "hosts";
    case ReachParty::Kind::internet:
      return "internet";
    case ReachParty::Kind::listed:
      return "listed";
    case ReachParty::Kind::beyond:
      return "beyond";
    case ReachParty::Kind::address:
      break;
  }
  return "address";
}

Json party_json(const ReachParty& party) {
  Json json{{"name", party.name}, {"kind", kind_of(party.kind)}, {"addresses", party.addresses}};
  if (party.kind == ReachParty::Kind::address) json["interfaces"] = party.interfaces;
  if (party.kind != ReachParty::Kind::hosts) return json;
  json["groups"] = party.groups;
  json["subnets"] = party.subnets;
  json["interfaces"] = party.interfaces;
  json["network_acl"] = party.network_acl;
  json["route_table"] = party.route_table;
  json["has_public_address"] = party.has_public_address;
  return json;
}

Json step_json(const rules::ReachStep& step, const std::string& file) {
  return {{"path", step.reply ? "reply" : "forward"},
          {"stage", name_of(step.stage)},
          {"at", step.place},
          {"verdict", step.passes ? "pass" : "deny"},
          {"rule", step.rule.empty() ? Json() : Json(step.rule)},
          {"file", step.line == 0 ? Json() : Json(file)},
          {"line", step.line == 0 ? Json() : Json(step.line)}};
}

Json packet_json(const rules::ReachProof& proof) {
  Json json{{"protocol", proof.protocol}, {"from", to_string(proof.from)}, {"to", to_string(proof.to)}};
  if (proof.protocol == rules::kProtocolIcmp) {
    json["icmp"] = std::to_string(proof.icmp_type) + "/" + std::to_string(proof.icmp_code);
  } else if (proof.protocol == rules::kProtocolTcp || proof.protocol == rules::kProtocolUdp) {
    json["from_port"] = proof.from_port;
    json["to_port"] = proof.to_port;
  }
  return json;
}

// A packet and the rules that let it through; or the stage that does not.
void add_proof(const rules::ReachProof& proof, const std::string& file, Json& json) {
  json["witness"] = packet_json(proof);
  if (!proof.open) {
    json["blocked"] = step_json(proof.steps.back(), file);
    json["blocked"]["code"] = name_of(proof.steps.back().code);
    return;
  }
  auto& by = json["by"] = Json::array();
  for (const auto& step : proof.steps) {
    if (!step.rule.empty()) by.push_back(step_json(step, file));
  }
}

Json parts_json(const rules::Reach& reach, const std::vector<rules::OutsidePart>& parts) {
  Json list = Json::array();
  for (const auto& part : parts) {
    Json json{{"open", rules::in_words(reach.traffic(part.open))}, {"addresses", part.addresses}};
    if (part.lost != kNothing) json["replies_lost"] = rules::in_words(reach.traffic(part.lost));
    if (part.via != nullptr) json["via"] = part.via->first;
    const auto prefixes = rules::prefixes_of(part.ranges);
    json["prefixes"] = prefixes.size();
    if (prefixes.size() <= kMostPrefixes) {
      json["cidrs"] = Json::array();
      for (const auto& prefix : prefixes) json["cidrs"].push_back(to_string(prefix));
    }
    list.push_back(std::move(json));
  }
  return list;
}

Json cell_json(const rules::Reach& reach, const ReachCell& cell, const std::string& file) {
  Json json{{"from", cell.from},
            {"to", cell.to},
            {"open", rules::in_words(reach.traffic(cell.open))},
            {"level", level_name(rules::level_of(reach.traffic(cell.open)))},
            {"all_alike", cell.all_alike}};
  if (cell.lost != kNothing) json["replies_lost"] = rules::in_words(reach.traffic(cell.lost));
  if (cell.via != nullptr) json["via"] = cell.via->first;
  if (cell.parts != nullptr) json["parts"] = parts_json(reach, *cell.parts);
  const auto own = reach_between(*reach.ground, reach.asked, cell.from_sample, cell.to_sample);
  const auto asked = own.open != kNothing ? own.open : own.lost != kNothing ? own.lost : reach.asked;
  add_proof(prove_reach(*reach.ground, asked, cell.from_sample, cell.to_sample), file, json);
  if (own.open == kNothing) return json;
  const auto behind = rules_of(reach, cell, own.open);
  auto& list = json["rules"] = Json::array();
  for (const auto* rules : {&behind.leaving, &behind.arriving}) {
    for (const auto& step : *rules) list.push_back(step_json(step, file));
  }
  return json;
}

Json usual_json(const rules::Reach& reach) {
  Json list = Json::array();
  for (std::size_t to = 0; to < reach.to.size(); ++to) {
    for (std::size_t profile = 0; profile < reach.usual[to].size(); ++profile) {
      const auto& usual = reach.usual[to][profile];
      if (usual == rules::ReachUsual{}) continue;
      Json json{{"profile", profile}, {"to", to}, {"open", rules::in_words(reach.traffic(usual.open))}};
      if (usual.lost != kNothing) json["replies_lost"] = rules::in_words(reach.traffic(usual.lost));
      list.push_back(std::move(json));
    }
  }
  return list;
}

Json closed_json(const rules::Reach& reach, const std::string& file) {
  Json list = Json::array();
  std::set<std::pair<std::uint32_t, std::uint32_t>> told;
  for (const auto& cell : reach.cells) told.emplace(cell.from, cell.to);
  for (std::uint32_t to = 0; to < reach.to.size(); ++to) {
    for (std::uint32_t from = 0; from < reach.from.size(); ++from) {
      const auto proof = told.contains({from, to}) ? std::nullopt : closed_pair(reach, from, to);
      if (!proof) continue;
      Json json{{"from", from}, {"to", to}};
      add_proof(*proof, file, json);
      list.push_back(std::move(json));
    }
  }
  return list;
}

void add_list(std::string& text, const char* key, bool first, const auto& list, auto make) {
  text += first ? "  \"" : ",\n  \"";
  text += std::string(key) + "\": [";
  bool any = false;
  for (const auto& each : list) {
    text += (any ? ",\n    " : "\n    ") + make(each).dump();
    any = true;
  }
  text += any ? "\n  ]" : "]";
}

}  // namespace

std::string reach_json(const rules::Reach& reach, const std::string& file) {
  std::string text = "{\n  \"schema\": \"sallyport/reach/1\",\n  \"policy\": " + Json(file).dump() +
                     ",\n  \"complete\": " + (reach.complete ? "true" : "false") + ",\n";
  std::uint32_t index = 0;
  add_list(text, "from", true, reach.from, [&](const ReachParty& party) {
    auto json = party_json(party);
    if (!reach.complete) json["profile"] = reach.profile[index++];
    return json;
  });
  const auto same = [](const Json& json) { return json; };
  add_list(text, "to", false, reach.to, party_json);
  add_list(text, "usual", false, usual_json(reach), same);
  add_list(text, "pairs", false, reach.cells, [&](const ReachCell& cell) { return cell_json(reach, cell, file); });
  add_list(text, "closed", false, reach.complete ? closed_json(reach, file) : Json::array(), same);
  return text + "\n}\n";
}

}  // namespace sallyport::control
