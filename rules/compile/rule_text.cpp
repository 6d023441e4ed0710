// A rule in words, as trace and counters print it. Owner: rules/compile.
#include "rules/compile/rule_text.h"

#include <vector>

#include "rules/model/protocol.h"

namespace sallyport::rules {
namespace {

constexpr std::size_t kNamedPeers = 4;

std::string ports(const Traffic& traffic) {
  std::string text = std::to_string(traffic.from_port);
  if (traffic.to_port != traffic.from_port) text += "-" + std::to_string(traffic.to_port);
  return text;
}

std::string icmp(const Traffic& traffic) {
  std::string text = protocol_text(traffic.protocol);
  if (traffic.icmp_type < 0) return text;
  text += " " + std::to_string(traffic.icmp_type);
  if (traffic.icmp_code >= 0) text += "/" + std::to_string(traffic.icmp_code);
  return text;
}

std::string peers(const GroupRule& rule) {
  const std::size_t count = rule.cidr_blocks.size() + rule.ipv6_cidr_blocks.size() + rule.security_groups.size() +
                            rule.prefix_lists.size() + (rule.self ? 1 : 0);
  std::vector<std::string> named;
  const auto add = [&](const auto& peer, auto&& print) {
    if (named.size() < kNamedPeers) named.push_back(print(peer));
  };
  for (const Prefix& block : rule.cidr_blocks) add(block, [](const Prefix& p) { return to_string(p); });
  for (const Ipv6Prefix& block : rule.ipv6_cidr_blocks) add(block, [](const Ipv6Prefix& p) { return to_string(p); });
  for (const auto& group : rule.security_groups) add(group, [](const std::string& g) { return "group " + g; });
  for (const auto& list : rule.prefix_lists) add(list, [](const std::string& l) { return "prefix list " + l; });
  if (rule.self) add(rule, [](const GroupRule&) { return std::string("the group itself"); });
  std::string text;
  for (const auto& peer : named) text += (text.empty() ? "" : ", ") + peer;
  if (count > named.size()) text += " and " + std::to_string(count - named.size()) + " more";
  return text;
}

std::string_view preposition(Direction direction) { return direction == Direction::ingress ? " from " : " to "; }

}  // namespace

std::string text_of(const Traffic& traffic) {
  switch (traffic.protocol) {
    case kAnyProtocol:
      return "all";
    case kProtocolTcp:
      return "tcp " + ports(traffic);
    case kProtocolUdp:
      return "udp " + ports(traffic);
    case kProtocolIcmp:
    case kProtocolIcmpv6:
      return icmp(traffic);
    default:
      return "protocol " + std::to_string(traffic.protocol);
  }
}

std::string text_of(const GroupRule& rule, Direction direction) {
  std::string text = text_of(rule.traffic);
  text += preposition(direction);
  return text + peers(rule);
}

std::string text_of(const AclEntry& entry, Direction direction) {
  std::string text = "rule " + std::to_string(entry.rule_no) + (entry.allow ? " allow " : " deny ");
  text += text_of(entry.traffic);
  text += preposition(direction);
  return text + (entry.ipv6_cidr_block ? to_string(*entry.ipv6_cidr_block) : to_string(entry.cidr_block));
}

}  // namespace sallyport::rules
