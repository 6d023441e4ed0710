// Operations on the document: where things stand, and what is put or taken there.
//
// Owner: control/cli. The words for traffic and prefixes are in traffic_text.cpp.
#include "control/cli/policy_edit.h"

#include <fmt/format.h>

#include <algorithm>

#include "rules/document/diagnostics.h"

namespace sallyport::control {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kGroups = "security_groups";
constexpr const char* kAcls = "network_acls";

std::string path_of(const std::string& section, const std::string& name) {
  return "/" + section + "/" + rules::pointer_token(name);
}

// What the format says of a group and an ACL that nobody wrote.
Json implicit_object(const std::string& section, const std::string& name) {
  if (name != "default") return nullptr;
  if (section == kGroups) {
    return Json::parse(R"({ "ingress": [{ "protocol": "-1", "from_port": 0, "to_port": 0, "self": true }],
                            "egress": [{ "protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"] }] })");
  }
  return Json::parse(
      R"({ "ingress": [{ "rule_no": 100, "action": "allow", "protocol": "-1", "cidr_block": "0.0.0.0/0" }],
                          "egress": [{ "rule_no": 100, "action": "allow", "protocol": "-1", "cidr_block": "0.0.0.0/0" }] })");
}

// The member of a rule that holds peers of this kind, and the value that stands for the peer in it.
struct PeerPlace {
  const char* member;
  Json value;
};

PeerPlace place_of(const PeerText& peer) {
  if (!peer.cidr.empty()) return {"cidr_blocks", peer.cidr};
  if (!peer.group.empty()) return {kGroups, peer.group};
  if (!peer.prefix_list.empty()) return {"prefix_lists", peer.prefix_list};
  return {"self", true};
}

bool holds(const Json& rule, const PeerPlace& peer) {
  if (!rule.is_object() || !rule.contains(peer.member)) return false;
  const Json& there = rule[peer.member];
  return peer.value.is_boolean() ? there == peer.value : std::ranges::find(there, peer.value) != there.end();
}

std::size_t peer_count(const Json& rule) {
  std::size_t count = rule.value("self", false) ? 1 : 0;
  for (const char* member : {"cidr_blocks", kGroups, "prefix_lists"}) {
    if (rule.contains(member)) count += rule[member].size();
  }
  return count;
}

std::string rule_words(const GroupRuleText& rule) {
  const TrafficText& traffic = rule.traffic;
  const Json peer = place_of(rule.peer).value;
  std::string words = traffic.protocol;
  if (!traffic.port.empty()) words += " " + traffic.port;
  if (!traffic.icmp.empty()) words += " " + traffic.icmp;
  return words + " with " + (peer.is_string() ? peer.get<std::string>() : "itself");
}

Json acl_object(const AclEntryText& entry, const Json& traffic, const std::string& cidr) {
  Json out{
      {"rule_no", entry.rule_no}, {"action", entry.action}, {"protocol", traffic["protocol"]}, {"cidr_block", cidr}};
  for (const auto& [name, value] : traffic.items()) out[name] = value;
  return out;
}

std::expected<Json, std::string> acl_object(const AclEntryText& entry) {
  if (entry.action != "allow" && entry.action != "deny")
    return std::unexpected("the action of an ACL's rule is allow or deny");
  const auto traffic = acl_traffic(entry.traffic);
  if (!traffic) return std::unexpected(traffic.error());
  const auto cidr = checked_cidr(entry.cidr);
  if (!cidr) return std::unexpected(cidr.error());
  return acl_object(entry, *traffic, *cidr);
}

std::optional<std::size_t> entry_numbered(const Json& entries, std::uint32_t rule_no) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].value("rule_no", std::uint32_t{0}) == rule_no) return i;
  }
  return std::nullopt;
}

}  // namespace

void PolicyEdit::put(const char* operation, const std::string& pointer, const Json& value) {
  Json step{{"op", operation}, {"path", pointer}};
  if (std::string_view(operation) != "remove") step["value"] = value;
  document_.patch_inplace(Json::array({step}));
  operations_.push_back(std::move(step));
}

const PolicyEdit::Json* PolicyEdit::find(const std::string& pointer) const {
  const Json::json_pointer place(pointer);
  return document_.contains(place) ? &document_[place] : nullptr;
}

Edited PolicyEdit::need(const std::string& section, const std::string& name, std::string_view what) const {
  if (find(path_of(section, name)) != nullptr) return {};
  std::vector<std::string_view> known;
  if (document_.contains(section)) {
    for (const auto& [key, value] : document_[section].items()) known.push_back(key);
  }
  const std::string nearest = rules::nearest_name(name, known);
  return std::unexpected(fmt::format("there is no {} \"{}\"{}", what, name,
                                     nearest.empty() ? "" : fmt::format("; did you mean \"{}\"?", nearest)));
}

Edited PolicyEdit::make_rules(const std::string& section, const std::string& name, const std::string& direction) {
  const std::string path = path_of(section, name);
  if (const Json implied = implicit_object(section, name); find(path) == nullptr && !implied.is_null()) {
    if (find("/" + section) == nullptr) put("add", "/" + section, Json::object());
    put("add", path, implied);
  }
  if (auto there = need(section, name, section == kGroups ? "security group" : "network ACL"); !there) return there;
  if (find(path + "/" + direction) == nullptr) put("add", path + "/" + direction, Json::array());
  return {};
}

std::expected<RuleOwner, std::string> PolicyEdit::owner_named(std::string_view name) const {
  if (name.starts_with("sg:")) return RuleOwner{false, std::string(name.substr(3))};
  if (name.starts_with("acl:")) return RuleOwner{true, std::string(name.substr(4))};
  const std::string bare(name);
  const bool group = bare == "default" || find(path_of(kGroups, bare)) != nullptr;
  const bool acl = bare == "default" || find(path_of(kAcls, bare)) != nullptr;
  if (group && acl) {
    return std::unexpected(
        fmt::format("\"{}\" is a security group and a network ACL: say sg:{} or acl:{}", bare, bare, bare));
  }
  if (!group && !acl) {
    std::vector<std::string_view> known;
    for (const char* section : {kGroups, kAcls}) {
      if (!document_.contains(section)) continue;
      for (const auto& [key, value] : document_[section].items()) known.push_back(key);
    }
    const std::string nearest = rules::nearest_name(bare, known);
    return std::unexpected(fmt::format("there is no security group or network ACL \"{}\"{}", bare,
                                       nearest.empty() ? "" : fmt::format("; did you mean \"{}\"?", nearest)));
  }
  return RuleOwner{acl, bare};
}

Edited PolicyEdit::add_group_rule(const std::string& group, const std::string& direction, const GroupRuleText& rule) {
  auto object = group_traffic(rule.traffic);
  if (!object) return std::unexpected(object.error());
  if (auto made = make_rules(kGroups, group, direction); !made) return made;
  const std::string path = path_of(kGroups, group) + "/" + direction;
  const PeerPlace peer = place_of(rule.peer);
  for (const Json& each : *find(path)) {
    if (traffic_identity(each) == traffic_identity(*object) && holds(each, peer)) {
      return std::unexpected(fmt::format("group {} has this {} rule already: {}", group, direction, rule_words(rule)));
    }
  }
  (*object)[peer.member] = peer.value.is_boolean() ? peer.value : Json::array({peer.value});
  if (!rule.description.empty()) (*object)["description"] = rule.description;
  put("add", path + "/-", *object);
  return {};
}

Edited PolicyEdit::remove_group_rule(const std::string& group, const std::string& direction,
                                     const GroupRuleText& rule) {
  const auto traffic = group_traffic(rule.traffic);
  if (!traffic) return std::unexpected(traffic.error());
  if (auto made = make_rules(kGroups, group, direction); !made) return made;
  const std::string path = path_of(kGroups, group) + "/" + direction;
  const PeerPlace peer = place_of(rule.peer);
  const Json& rules = *find(path);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (traffic_identity(rules[i]) != traffic_identity(*traffic) || !holds(rules[i], peer)) continue;
    const std::string at = fmt::format("{}/{}", path, i);
    const Json& members = rules[i][peer.member];
    if (peer_count(rules[i]) == 1) {
      put("remove", at);
    } else if (peer.value.is_boolean() || members.size() == 1) {
      put("remove", at + "/" + peer.member);
    } else {
      put("remove", fmt::format("{}/{}/{}", at, peer.member, std::ranges::find(members, peer.value) - members.begin()));
    }
    return {};
  }
  return std::unexpected(fmt::format("group {} has no such {} rule: {}", group, direction, rule_words(rule)));
}

Edited PolicyEdit::add_acl_entry(const std::string& acl, const std::string& direction, const AclEntryText& entry) {
  const auto object = acl_object(entry);
  if (!object) return std::unexpected(object.error());
  if (auto made = make_rules(kAcls, acl, direction); !made) return made;
  const std::string path = path_of(kAcls, acl) + "/" + direction;
  if (entry_numbered(*find(path), entry.rule_no)) {
    return std::unexpected(fmt::format("ACL {} has {} rule {} already", acl, direction, entry.rule_no));
  }
  put("add", path + "/-", *object);
  return {};
}

Edited PolicyEdit::replace_acl_entry(const std::string& acl, const std::string& direction, const AclEntryText& entry) {
  const auto object = acl_object(entry);
  if (!object) return std::unexpected(object.error());
  if (auto made = make_rules(kAcls, acl, direction); !made) return made;
  const std::string path = path_of(kAcls, acl) + "/" + direction;
  const auto at = entry_numbered(*find(path), entry.rule_no);
  if (!at) return std::unexpected(fmt::format("ACL {} has no {} rule {}", acl, direction, entry.rule_no));
  put("replace", fmt::format("{}/{}", path, *at), *object);
  return {};
}

Edited PolicyEdit::remove_acl_entry(const std::string& acl, const std::string& direction, std::uint32_t rule_no) {
  if (auto made = make_rules(kAcls, acl, direction); !made) return made;
  const std::string path = path_of(kAcls, acl) + "/" + direction;
  const auto at = entry_numbered(*find(path), rule_no);
  if (!at) return std::unexpected(fmt::format("ACL {} has no {} rule {}", acl, direction, rule_no));
  put("remove", fmt::format("{}/{}", path, *at));
  return {};
}

Edited PolicyEdit::add_member(const std::string& interface, const std::string& group) {
  if (auto there = need("interfaces", interface, "interface"); !there) return there;
  const std::string path = path_of("interfaces", interface) + "/" + kGroups;
  if (find(path) == nullptr) put("add", path, Json::array({"default"}));
  const Json& groups = *find(path);
  if (std::ranges::find(groups, Json(group)) != groups.end()) {
    return std::unexpected(fmt::format("{} is a member of group {} already", interface, group));
  }
  put("add", path + "/-", group);
  return {};
}

Edited PolicyEdit::remove_member(const std::string& interface, const std::string& group) {
  if (auto there = need("interfaces", interface, "interface"); !there) return there;
  const std::string path = path_of("interfaces", interface) + "/" + kGroups;
  if (find(path) == nullptr) put("add", path, Json::array({"default"}));
  const Json& groups = *find(path);
  const auto at = std::ranges::find(groups, Json(group));
  if (at == groups.end()) return std::unexpected(fmt::format("{} is no member of group {}", interface, group));
  if (groups.size() == 1) {
    return std::unexpected(fmt::format("{} is the last group of {}: an interface has at least one", group, interface));
  }
  put("remove", fmt::format("{}/{}", path, at - groups.begin()));
  return {};
}

Edited PolicyEdit::add_prefix(const std::string& list, const std::string& cidr) {
  if (auto there = need("prefix_lists", list, "prefix list"); !there) return there;
  const auto checked = checked_cidr(cidr);
  if (!checked) return std::unexpected(checked.error());
  const std::string path = path_of("prefix_lists", list);
  const Json& entries = *find(path);
  if (std::ranges::find(entries, Json(*checked)) != entries.end()) {
    return std::unexpected(fmt::format("prefix list {} holds {} already", list, *checked));
  }
  put("add", path + "/-", *checked);
  return {};
}

Edited PolicyEdit::remove_prefix(const std::string& list, const std::string& cidr) {
  if (auto there = need("prefix_lists", list, "prefix list"); !there) return there;
  const auto checked = checked_cidr(cidr);
  if (!checked) return std::unexpected(checked.error());
  const std::string path = path_of("prefix_lists", list);
  const Json& entries = *find(path);
  const auto at = std::ranges::find(entries, Json(*checked));
  if (at == entries.end()) return std::unexpected(fmt::format("prefix list {} does not hold {}", list, *checked));
  put("remove", fmt::format("{}/{}", path, at - entries.begin()));
  return {};
}

}  // namespace sallyport::control
