// Rules held against those of the document that was applied.
//
// Owner: rules/document. Always: a place of the document is given away once; rules that stand there word for word come
// before those that differ in their description.
#include "rules/document/positions.h"

#include <algorithm>
#include <ranges>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "rules/document/object_sections.h"
#include "rules/document/same_meaning.h"

namespace sallyport::rules {
namespace {

std::string text(const std::string& name) { return name; }
std::string text(const Prefix& prefix) { return to_string(prefix); }
std::string text(const Ipv6Prefix& prefix) { return to_string(prefix); }

// Each once, in their order, behind a letter: names and prefixes have no blanks.
template <typename T>
void add_set(char letter, std::vector<T> values, std::string& out) {
  std::ranges::sort(values);
  const auto rest = std::ranges::unique(values);
  values.erase(rest.begin(), rest.end());
  for (const T& each : values) out += std::string{' ', letter} + text(each);
}

std::string text(const Traffic& traffic) {
  std::string out;
  for (const int number : {int{traffic.protocol}, int{traffic.from_port}, int{traffic.to_port}, int{traffic.icmp_type},
                           int{traffic.icmp_code}}) {
    out += std::to_string(number) + ' ';
  }
  return out;
}

// Equal for rules that mean the same, and for no others.
std::string identity(const GroupRule& rule) {
  std::string out = text(rule.traffic) + (rule.self ? "self" : "");
  add_set('4', rule.cidr_blocks, out);
  add_set('6', rule.ipv6_cidr_blocks, out);
  add_set('g', rule.security_groups, out);
  add_set('l', rule.prefix_lists, out);
  return out;
}
std::string identity(const AclEntry& entry) {
  const std::string peer = entry.ipv6_cidr_block ? text(*entry.ipv6_cidr_block) : text(entry.cidr_block);
  return std::to_string(entry.rule_no) + (entry.allow ? " allow " : " deny ") + text(entry.traffic) + peer;
}
std::string identity(const Route& route) {
  const auto destination = std::visit([](const auto& value) { return text(value); }, route.destination);
  return destination + ' ' + std::to_string(static_cast<int>(route.target)) + ' ' + route.target_name;
}

const std::string& description_of(const GroupRule& rule) { return rule.description; }
const std::string& description_of(const AclEntry& entry) { return entry.description; }
std::string description_of(const Route& /*route*/) { return {}; }

// What exists by default is in no document, before and after.
void place_live(SourcePosition& where) {
  if (where.line != 0) where = {kAddedLive, 0};
}

template <typename Rule>
class Places {
 public:
  Places(std::vector<Rule>& rules, const std::vector<Rule>& applied) {
    const auto same = [](const Rule& a, const Rule& b) { return same_rule(a, b); };
    const auto changed = std::ranges::mismatch(rules, applied, same);
    const auto kept = static_cast<std::size_t>(changed.in1 - rules.begin());
    for (std::size_t i = 0; i < kept; ++i) rules[i].where = applied[i].where;
    for (std::size_t i = kept; i < rules.size(); ++i) open_.push_back(&rules[i]);
    for (std::size_t i = kept; i < applied.size(); ++i) free_.push_back(&applied[i]);
  }

  // Gives the open rules the places of those with an equal text.
  template <typename Text>
  void take(Text text) {
    if (open_.empty() || free_.empty()) return;
    std::unordered_map<std::string, std::vector<const Rule*>> by_text;  // the first of them last
    for (const Rule* each : free_ | std::views::reverse) by_text[text(*each)].push_back(each);
    std::erase_if(open_, [&](Rule* rule) {
      const auto found = by_text.find(text(*rule));
      if (found == by_text.end() || found->second.empty()) return false;
      rule->where = found->second.back()->where;
      found->second.pop_back();
      return true;
    });
    free_.clear();
    for (const auto& [key, left] : by_text) free_.insert(free_.end(), left.begin(), left.end());
    std::ranges::sort(free_);
  }

  void leave() {
    for (Rule* rule : open_) place_live(rule->where);
  }

 private:
  std::vector<Rule*> open_;        // without a place, in their order
  std::vector<const Rule*> free_;  // places that nobody has, in their order
};

template <typename Rule>
void place_rules(std::vector<Rule>& rules, const std::vector<Rule>& applied) {
  Places<Rule> places(rules, applied);
  places.take([](const Rule& rule) { return identity(rule) + ' ' + description_of(rule); });
  places.take([](const Rule& rule) { return identity(rule); });
  places.leave();
}

void place_parts(SecurityGroup& group, const SecurityGroup& applied) {
  place_rules(group.ingress, applied.ingress);
  place_rules(group.egress, applied.egress);
}
void place_parts(NetworkAcl& acl, const NetworkAcl& applied) {
  place_rules(acl.ingress, applied.ingress);
  place_rules(acl.egress, applied.egress);
}
void place_parts(RouteTable& table, const RouteTable& applied) { place_rules(table.routes, applied.routes); }
template <typename Object>
void place_parts(Object& /*object*/, const Object& /*applied*/) {}

template <typename T>
void place(T& object, const Named<T>& applied, std::string_view name) {
  static const T kNothing{};
  const auto found = applied.find(name);
  if (found == applied.end()) {
    place_live(object.where);
  } else {
    object.where = found->second.where;
  }
  place_parts(object, found == applied.end() ? kNothing : found->second);
}

template <typename T>
void place_all(Named<T>& objects, const Named<T>& applied) {
  std::vector<std::string_view> names;
  names.reserve(objects.size());
  for (const auto& each : std::as_const(objects)) names.push_back(each.first);
  for (const auto name : names) place(objects.at(name), applied, name);
}

}  // namespace

std::string place_in_words(std::string_view file, std::uint32_t line) {
  return line == kAddedLive ? "added live" : std::string(file) + ':' + std::to_string(line);
}

void keep_positions(Policy& policy, const Policy& applied) {
  place_all(policy.prefix_lists, applied.prefix_lists);
  place_all(policy.security_groups, applied.security_groups);
  place_all(policy.network_acls, applied.network_acls);
  place_all(policy.route_tables, applied.route_tables);
  place_all(policy.subnets, applied.subnets);
  place_all(policy.interfaces, applied.interfaces);
  place_all(policy.nat_gateways, applied.nat_gateways);
}

void keep_positions(Policy& policy, Section section, std::string_view name, const Policy& applied) {
  const auto keep = [name](auto& objects, const auto& there) { place(objects.at(name), there, name); };
  visit_objects(section, keep, policy, applied);
}

}  // namespace sallyport::rules
