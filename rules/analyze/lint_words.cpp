// The words of lint findings, and the pointers to what they name. Owner: rules/analyze.
#include <array>

#include "rules/analyze/lint_report.h"
#include "rules/document/tree.h"

namespace sallyport::rules::linting {
namespace {

std::string protocol_name(std::int16_t protocol) {
  switch (protocol) {
    case kAnyProtocol:
      return "all";
    case kProtocolTcp:
      return "tcp";
    case kProtocolUdp:
      return "udp";
    case kProtocolIcmp:
      return "icmp";
    default:
      return "protocol " + std::to_string(protocol);
  }
}

std::string_view preposition(Side side) { return side == Side::ingress ? " from " : " to "; }

// The first peer, and how many more there are.
std::string peers(const GroupRule& rule) {
  std::vector<std::string> first;
  if (!rule.cidr_blocks.empty()) first.push_back(to_string(rule.cidr_blocks.front()));
  if (!rule.security_groups.empty()) first.push_back("group " + rule.security_groups.front());
  if (!rule.prefix_lists.empty()) first.push_back("prefix list " + rule.prefix_lists.front());
  if (rule.self) first.emplace_back("its own group");
  const auto all =
      rule.cidr_blocks.size() + rule.security_groups.size() + rule.prefix_lists.size() + (rule.self ? 1U : 0U);
  if (first.empty()) return "nobody";
  return first.front() + (all > 1 ? " and " + std::to_string(all - 1) + " more" : "");
}

}  // namespace

std::string range(const Interval& keys) {
  return std::to_string(keys.first) + (keys.first == keys.last ? "" : '-' + std::to_string(keys.last));
}

std::string words(const Traffic& traffic) {
  auto text = protocol_name(traffic.protocol);
  if (traffic.protocol == kProtocolTcp || traffic.protocol == kProtocolUdp) {
    text += ' ' + range({traffic.from_port, traffic.to_port});
  } else if (traffic.protocol == kProtocolIcmp && traffic.icmp_type >= 0) {
    text += ' ' + std::to_string(traffic.icmp_type);
    if (traffic.icmp_code >= 0) text += '/' + std::to_string(traffic.icmp_code);
  }
  return text;
}

std::string words(const AclEntry& entry, Side side) {
  return std::string(entry.allow ? "allow " : "deny ") + words(entry.traffic) + std::string(preposition(side)) +
         to_string(entry.cidr_block);
}

std::string words(const GroupRule& rule, Side side) {
  return words(rule.traffic) + std::string(preposition(side)) + peers(rule);
}

std::string quoted(std::string_view name) { return '"' + std::string(name) + '"'; }

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t kNamed = 4;
  const auto shown = names.size() <= kNamed ? names.size() : kNamed - 1;
  std::string text;
  for (std::size_t i = 0; i < shown; ++i) {
    const bool last = i + 1 == names.size();
    text += (i == 0 ? "" : last ? " and " : ", ") + names[i];
  }
  if (shown < names.size()) text += " and " + std::to_string(names.size() - shown) + " more";
  return text;
}

std::string pointer_to(std::string_view section, std::string_view name) {
  return '/' + std::string(section) + '/' + pointer_token(name);
}

std::string pointer_to_rule(std::string_view group, Side side, std::size_t number) {
  return pointer_to("security_groups", group) + '/' + std::string(name_of(side)) + '/' + std::to_string(number);
}

std::string pointer_to_entry(std::string_view acl, Side side, const std::vector<AclEntry>& entries,
                             const AclEntry& entry) {
  const auto before = std::ranges::count_if(entries, [&entry](const AclEntry& each) {
    return std::pair(each.where.line, each.where.column) < std::pair(entry.where.line, entry.where.column);
  });
  return pointer_to("network_acls", acl) + '/' + std::string(name_of(side)) + '/' + std::to_string(before);
}

std::string pointer_to_route(std::string_view table, std::size_t number) {
  return pointer_to("route_tables", table) + '/' + std::to_string(number);
}

std::string rule_name(std::string_view group, Side side, std::size_t number) {
  return std::string(group) + '/' + std::string(name_of(side)) + '/' + std::to_string(number);
}

Place place_of(std::string_view acl, Side side, const std::vector<AclEntry>& entries, const AclEntry& entry) {
  return {entry.where, pointer_to_entry(acl, side, entries, entry),
          std::string(name_of(side)) + " entry " + std::to_string(entry.rule_no) + ": " + words(entry, side)};
}

}  // namespace sallyport::rules::linting
