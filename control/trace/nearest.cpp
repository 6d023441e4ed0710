// Holding a refused packet against the written rules of the interface's groups.
//
// Owner: control/trace.
#include "control/trace/nearest.h"

#include <algorithm>
#include <map>

#include "rules/document/positions.h"

namespace sallyport::control {

namespace {

constexpr std::size_t kHints = 3;

bool traffic_matches(const rules::Traffic& traffic, const rules::Query& query) {
  if (traffic.protocol == rules::kAnyProtocol) return true;
  if (traffic.protocol != query.protocol) return false;
  if (traffic.protocol == rules::kProtocolIcmp) {
    return (traffic.icmp_type < 0 || traffic.icmp_type == query.icmp_type) &&
           (traffic.icmp_code < 0 || traffic.icmp_code == query.icmp_code);
  }
  const bool ports = traffic.protocol == rules::kProtocolTcp || traffic.protocol == rules::kProtocolUdp;
  return !ports || (traffic.from_port <= query.destination_port && query.destination_port <= traffic.to_port);
}

// The groups of an address's owner; empty outside the VPC.
std::vector<std::string_view> groups_of(rules::Ipv4 address, const rules::PolicyView& view) {
  const auto owner = view.owner_of(address);
  const bool has_groups = owner.kind == rules::OwnerKind::interface || owner.kind == rules::OwnerKind::host;
  return has_groups ? view.group_names(owner.index) : std::vector<std::string_view>{};
}

class Hints {
 public:
  Hints(const dataplane::StageEvent& event, const Names& names, const rules::Policy& policy)
      : event_(event), names_(names), policy_(policy), groups_(groups_of(event.query.remote, names.view)) {
    for (rules::RuleIndex i = 0; i < names.view.rules(); ++i) {
      if (!names.view.has_rule(i)) continue;
      const auto rule = names.view.rule(i);
      texts_.emplace(rule.name, rule.text);
    }
  }

  void look_at(const std::string& group_name) {
    const auto group = policy_.security_groups.find(group_name);
    if (group == policy_.security_groups.end()) return;
    const auto direction = std::string(direction_of(event_.stage));
    const auto& rules = direction == "ingress" ? group->second.ingress : group->second.egress;
    for (std::size_t i = 0; i < rules.size(); ++i) {
      const bool traffic = traffic_matches(rules[i].traffic, event_.query);
      const auto where = line(rules[i], group_name + '/' + direction + '/' + std::to_string(i));
      if (traffic) {
        wrong_peer_.push_back(where + remote_name() +
                              (names_a_group(rules[i]) ? " is not a member" : " is not among its peers"));
      } else if (peer_matches(rules[i], group_name)) {
        wrong_traffic_.push_back(where + "not " + traffic_text(event_.query));
      }
    }
  }

  std::vector<std::string> take() {
    wrong_peer_.insert(wrong_peer_.end(), wrong_traffic_.begin(), wrong_traffic_.end());
    if (wrong_peer_.size() > kHints) wrong_peer_.resize(kHints);
    return std::move(wrong_peer_);
  }

 private:
  [[nodiscard]] std::string line(const rules::GroupRule& rule, const std::string& name) const {
    const auto text = texts_.find(name);
    const std::string prefix = rule.where.line == 0 ? name : rules::place_in_words(names_.file, rule.where.line);
    return prefix + "  " + (text == texts_.end() ? name : std::string(text->second)) + " — ";
  }

  [[nodiscard]] std::string remote_name() const {
    const auto address = rules::to_string(event_.query.remote);
    const auto owner = names_.view.owner_of(event_.query.remote);
    if (owner.kind != rules::OwnerKind::interface) return address;
    return std::string(names_.view.interface(owner.index).name) + " (" + address + ')';
  }

  [[nodiscard]] static bool names_a_group(const rules::GroupRule& rule) {
    return rule.self || !rule.security_groups.empty();
  }

  [[nodiscard]] bool in_list(const std::string& name) const {
    const auto list = policy_.prefix_lists.find(name);
    return list != policy_.prefix_lists.end() && holds(list->second.entries);
  }
  [[nodiscard]] bool holds(const std::vector<rules::Prefix>& prefixes) const {
    return std::ranges::any_of(prefixes, [this](const rules::Prefix& p) { return p.contains(event_.query.remote); });
  }
  [[nodiscard]] bool member_of(const std::string& group) const {
    return std::ranges::find(groups_, group) != groups_.end();
  }

  [[nodiscard]] bool peer_matches(const rules::GroupRule& rule, const std::string& own_group) const {
    return holds(rule.cidr_blocks) || (rule.self && member_of(own_group)) ||
           std::ranges::any_of(rule.prefix_lists, [this](const auto& list) { return in_list(list); }) ||
           std::ranges::any_of(rule.security_groups, [this](const auto& group) { return member_of(group); });
  }

  const dataplane::StageEvent& event_;
  const Names& names_;
  const rules::Policy& policy_;
  std::vector<std::string_view> groups_;
  std::map<std::string_view, std::string_view> texts_;
  std::vector<std::string> wrong_peer_, wrong_traffic_;
};

}  // namespace

std::vector<std::string> nearest_rules(const dataplane::StageEvent& event, const Names& names,
                                       const rules::Policy& policy) {
  const bool refused =
      event.verdict == dataplane::StageVerdict::deny && event.code == rules::DropCode::ENI_SG_RULES_MISMATCH;
  if (!refused || event.place != dataplane::PlaceKind::interface || event.at == rules::kNone) return {};
  Hints hints(event, names, policy);
  for (const auto group : names.view.group_names(event.at)) hints.look_at(std::string(group));
  return hints.take();
}

}  // namespace sallyport::control
