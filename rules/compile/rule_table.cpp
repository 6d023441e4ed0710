// Group rules and ACL entries in one numbering, with the provenance that every verdict can name.
//
// Owner: rules/compile. Groups in order of name, ingress before egress, rules in file order; then ACLs by rule number.
#include "rules/compile/rule_text.h"
#include "rules/compile/steps.h"

namespace sallyport::rules {
namespace {

using layout::RuleRecord;

std::string direction_name(Direction direction) { return direction == Direction::ingress ? "ingress" : "egress"; }

RuleRecord record_of(const Traffic& traffic, Direction direction, std::uint8_t flags) {
  if (direction == Direction::egress) flags |= layout::kRuleIsEgress;
  RuleRecord record{};
  record.flags = flags;
  record.protocol = traffic.protocol;
  record.from_port = traffic.from_port;
  record.to_port = traffic.to_port;
  record.icmp_type = traffic.icmp_type;
  record.icmp_code = traffic.icmp_code;
  return record;
}

}  // namespace

RuleRange add_group_rules(CompileContext& context, const std::string& name, const std::vector<GroupRule>& rules,
                          Direction direction) {
  auto& table = context.tables.rules;
  RuleRange range{.begin = static_cast<std::uint32_t>(table.size()), .end = 0};
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const GroupRule& rule = rules[i];
    RuleRecord record = record_of(rule.traffic, direction, layout::kRuleAllows);
    record.name = context.text_of_its_own(name + "/" + direction_name(direction) + "/" + std::to_string(i));
    record.text = context.text(text_of(rule, direction));
    record.description = context.text(rule.description);
    record.owner = context.groups.at(name);
    record.line = rule.where.line;
    table.push_back(record);
  }
  range.end = static_cast<std::uint32_t>(table.size());
  return range;
}

RuleRange add_acl_entries(CompileContext& context, const std::string& name, const std::vector<AclEntry>& entries,
                          Direction direction) {
  auto& table = context.tables.rules;
  RuleRange range{.begin = static_cast<std::uint32_t>(table.size()), .end = 0};
  for (const AclEntry& entry : entries) {
    const auto allows = entry.allow ? layout::kRuleAllows : std::uint8_t{0};
    RuleRecord record = record_of(entry.traffic, direction, static_cast<std::uint8_t>(layout::kRuleIsAcl | allows));
    record.name = context.text_of_its_own(name + "/" + direction_name(direction) + "/" + std::to_string(entry.rule_no));
    record.text = context.text(text_of(entry, direction));
    record.description = context.text(entry.description);
    record.owner = context.acls.at(name);
    record.line = entry.where.line;
    record.rule_no = entry.rule_no;
    table.push_back(record);
  }
  range.end = static_cast<std::uint32_t>(table.size());
  return range;
}

void compile_rules(CompileContext& context) {
  for (const auto& [name, group] : context.policy.security_groups) {
    context.group_ranges.push_back(add_group_rules(context, name, group.ingress, Direction::ingress));
    context.group_ranges.push_back(add_group_rules(context, name, group.egress, Direction::egress));
  }
  for (const auto& [name, acl] : context.policy.network_acls) {
    context.acl_ranges.push_back(add_acl_entries(context, name, acl.ingress, Direction::ingress));
    context.acl_ranges.push_back(add_acl_entries(context, name, acl.egress, Direction::egress));
  }
}

}  // namespace sallyport::rules
