// Changes of a policy document by name: rules of groups, entries of ACLs, members of groups, prefixes of lists.
//
// Owner: control/cli. Pure: a document in, RFC 6902 operations out; what they make is read strictly by the daemon.
// Always: the operations touch what was named and nothing else; a rule that is there already and one that is not are
// errors, as at AWS. A refused edit may leave operations behind: throw the object away.
#pragma once

#include <cstdint>
#include <expected>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::control {

using Edited = std::expected<void, std::string>;

// Protocol with ports, or with ICMP type and code; as typed. A group's rule and an ACL's entry are made from the same.
struct TrafficText {
  std::string protocol;  // "tcp", "udp", "icmp", "all", "-1" or a number
  std::string port;      // "443" or "1024-65535"; tcp and udp
  std::string icmp;      // "8/0", "8" or "-1"
};

// One peer of a group's rule: exactly one member is set.
struct PeerText {
  std::string cidr, group, prefix_list;
  bool self = false;
};

struct GroupRuleText {
  TrafficText traffic;
  PeerText peer;
  std::string description;
};

struct AclEntryText {
  std::uint32_t rule_no = 0;
  std::string action;  // "allow" or "deny"
  TrafficText traffic;
  std::string cidr;
};

// Which of the two kinds of owner a NAME means, and its bare name.
struct RuleOwner {
  bool is_acl = false;
  std::string name;
};

class PolicyEdit {
 public:
  explicit PolicyEdit(nlohmann::ordered_json document) : document_(std::move(document)) {}

  // "web", "sg:web" or "acl:public"; `default` is both.
  [[nodiscard]] std::expected<RuleOwner, std::string> owner_named(std::string_view name) const;

  // `direction`: "ingress" or "egress". A rule is its traffic and one peer, whatever else stands in the same object.
  [[nodiscard]] Edited add_group_rule(const std::string& group, const std::string& direction,
                                      const GroupRuleText& rule);
  [[nodiscard]] Edited remove_group_rule(const std::string& group, const std::string& direction,
                                         const GroupRuleText& rule);

  // An entry is its number.
  [[nodiscard]] Edited add_acl_entry(const std::string& acl, const std::string& direction, const AclEntryText& entry);
  [[nodiscard]] Edited replace_acl_entry(const std::string& acl, const std::string& direction,
                                         const AclEntryText& entry);
  [[nodiscard]] Edited remove_acl_entry(const std::string& acl, const std::string& direction, std::uint32_t rule_no);

  [[nodiscard]] Edited add_member(const std::string& interface, const std::string& group);
  [[nodiscard]] Edited remove_member(const std::string& interface, const std::string& group);
  [[nodiscard]] Edited add_prefix(const std::string& list, const std::string& cidr);
  [[nodiscard]] Edited remove_prefix(const std::string& list, const std::string& cidr);

  [[nodiscard]] const nlohmann::ordered_json& document() const { return document_; }
  [[nodiscard]] const nlohmann::ordered_json& operations() const { return operations_; }

 private:
  using Json = nlohmann::ordered_json;

  void put(const char* operation, const std::string& pointer, const Json& value = nullptr);
  // Writes down what exists by default or is empty, so that there is an array to change at SECTION/NAME/DIRECTION.
  [[nodiscard]] Edited make_rules(const std::string& section, const std::string& name, const std::string& direction);
  [[nodiscard]] Edited need(const std::string& section, const std::string& name, std::string_view what) const;
  [[nodiscard]] const Json* find(const std::string& pointer) const;

  Json document_;
  Json operations_ = Json::array();
};

// Traffic as members of a document's rule; the error says what is wrong with the words typed.
[[nodiscard]] std::expected<nlohmann::ordered_json, std::string> group_traffic(const TrafficText& text);
[[nodiscard]] std::expected<nlohmann::ordered_json, std::string> acl_traffic(const TrafficText& text);
// Equal for rules that match the same packets: "tcp" and 6, absent and explicit any.
[[nodiscard]] std::string traffic_identity(const nlohmann::ordered_json& rule);
// The prefix written canonically. The error tells what is wrong and, for host bits, what was meant.
[[nodiscard]] std::expected<std::string, std::string> checked_cidr(const std::string& text);

}  // namespace sallyport::control
