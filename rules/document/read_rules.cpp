// Security groups and network ACLs: what a rule matches, and what may not be said.
//
// Owner: rules/document.
#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_map>
#include <utility>

#include "rules/document/policy_reader.h"
#include "rules/model/protocol.h"

namespace sallyport::rules {
namespace {

using Keys = std::string_view;
constexpr std::array<Keys, 4> kPeerLists{"cidr_blocks", "ipv6_cidr_blocks", "security_groups", "prefix_lists"};
constexpr std::array<Keys, 5> kPeerKeys{"cidr_blocks", "ipv6_cidr_blocks", "security_groups", "prefix_lists", "self"};
constexpr std::array<Keys, 2> kAclPeerKeys{"cidr_block", "ipv6_cidr_block"};
constexpr std::array<Keys, 2> kActions{"deny", "allow"};
constexpr std::int64_t kLastPort = 65535;
constexpr std::int64_t kLastRuleNo = 32766;

constexpr Prefix kEverywhere{};
constexpr Ipv6Prefix kEverywhereIpv6{};

}  // namespace

void PolicyReader::read_security_groups(Value value) {
  each_named(value, policy_.security_groups, [&](const std::string&, SecurityGroup& group, Value written) {
    const Fields fields(in_, written, ObjectKind::security_group);
    read_description(fields, group.description);
    if (const auto rules = fields["ingress"]) read_group_rules(*rules, group.ingress);
    if (const auto rules = fields["egress"]) read_group_rules(*rules, group.egress);
  });
}

void PolicyReader::read_description(const Fields& fields, std::string& description) {
  const auto value = fields["description"];
  if (!value) return;
  if (const auto text = in_.string(*value)) description = *text;
}

void PolicyReader::read_group_rules(Value value, std::vector<GroupRule>& rules) {
  if (!in_.is(value, Kind::array, "an array of rules") ||
      !within(value, value.size(), ceilings_.rules_per_group, "rules_per_group")) {
    return;
  }
  rules.reserve(value.size());
  value.each_element([&](Value element) { read_group_rule(element, rules.emplace_back()); });
}

void PolicyReader::read_group_rule(Value value, GroupRule& rule) {
  const Fields fields(in_, value, ObjectKind::group_rule, "a rule (an object)");
  if (!fields.valid()) return;
  rule.where = value.where();
  read_description(fields, rule.description);
  if (const auto protocol = this->protocol(fields)) {
    rule.traffic.protocol = *protocol;
    if (has_icmp_type(*protocol)) {
      read_icmp(fields, "from_port", "to_port", rule.traffic);
    } else {
      read_ports(fields, rule.traffic);
    }
  }
  if (const auto list = fields["cidr_blocks"]) rule.cidr_blocks = prefixes(*list);
  rule.ipv6_cidr_blocks = ipv6_prefixes(fields, "ipv6_cidr_blocks");
  if (!rule.cidr_blocks.empty()) expect_family(*fields["cidr_blocks"], rule.traffic.protocol, false);
  if (!rule.ipv6_cidr_blocks.empty()) expect_family(*fields["ipv6_cidr_blocks"], rule.traffic.protocol, true);
  if (const auto list = fields["security_groups"]) rule.security_groups = names(*list, Refers::security_group);
  if (const auto list = fields["prefix_lists"]) rule.prefix_lists = names(*list, Refers::prefix_list);
  if (const auto self = fields["self"]) rule.self = in_.boolean(*self).value_or(true);
  const bool has_peer = rule.self || std::ranges::any_of(kPeerLists, [&](Keys key) {
                          const auto list = fields[key];
                          return list && (list->kind() != Kind::array || list->size() > 0);
                        });
  if (!has_peer && !fields.misspelt(kPeerKeys))
    in_.error(value, "a rule without a peer, expected one of cidr_blocks, security_groups, prefix_lists, self: true");
}

void PolicyReader::read_network_acls(Value value) {
  each_named(value, policy_.network_acls, [&](const std::string&, NetworkAcl& acl, Value written) {
    const Fields fields(in_, written, ObjectKind::network_acl);
    if (const auto entries = fields["ingress"]) read_acl_entries(*entries, acl.ingress);
    if (const auto entries = fields["egress"]) read_acl_entries(*entries, acl.egress);
  });
}

void PolicyReader::read_acl_entries(Value value, std::vector<AclEntry>& entries) {
  if (!in_.is(value, Kind::array, "an array of entries")) return;
  std::unordered_map<std::int64_t, SourcePosition> numbers;
  value.each_element([&](Value element) {
    const Fields fields(in_, element, ObjectKind::acl_entry, "an entry (an object)");
    if (!fields.valid()) return;
    AclEntry entry;
    entry.where = element.where();
    read_acl_entry(fields, entry);
    if (entry.rule_no != 0) {
      if (const auto [first, added] = numbers.try_emplace(entry.rule_no, entry.where); !added) {
        in_.error(*fields["rule_no"],
                  "duplicate rule number " + std::to_string(entry.rule_no) + ", first " + line_of(first->second));
        return;
      }
    }
    entries.push_back(std::move(entry));
  });
  std::ranges::sort(entries, {}, &AclEntry::rule_no);
}

void PolicyReader::read_acl_entry(const Fields& fields, AclEntry& entry) {
  read_description(fields, entry.description);
  if (const auto number = fields.required("rule_no")) {
    entry.rule_no = static_cast<std::uint16_t>(in_.integer(*number, 1, kLastRuleNo, "a rule number").value_or(0));
  }
  if (const auto action = fields.required("action")) entry.allow = in_.choice(*action, "action", kActions) == 1U;
  if (const auto protocol = this->protocol(fields)) {
    entry.traffic.protocol = *protocol;
    if (has_icmp_type(*protocol)) {
      read_icmp(fields, "icmp_type", "icmp_code", entry.traffic);
      expect_no_ports(fields, protocol_text(*protocol));
    } else {
      read_ports(fields, entry.traffic);
      for (const auto key : {"icmp_type", "icmp_code"}) {
        if (const auto value = fields[key]) in_.error(*value, std::string(key) + " is for protocol icmp only");
      }
    }
  }
  entry.ipv6_cidr_block = ipv6_prefix(fields, "ipv6_cidr_block");
  const auto cidr = fields["cidr_block"];
  if (cidr.has_value() == fields["ipv6_cidr_block"].has_value() && !fields.misspelt(kAclPeerKeys)) {
    in_.error(fields.object(), "expected exactly one of cidr_block and ipv6_cidr_block");
  }
  if (cidr) entry.cidr_block = in_.prefix(*cidr).value_or(Prefix{});
  if (cidr) expect_family(*cidr, entry.traffic.protocol, false);
  if (entry.ipv6_cidr_block) expect_family(*fields["ipv6_cidr_block"], entry.traffic.protocol, true);
}

// ICMP has no IPv6 peer, ICMPv6 no IPv4 one.
void PolicyReader::expect_family(Value peer, std::int16_t protocol, bool is_ipv6) {
  if (is_ipv6 && protocol == kProtocolIcmp) {
    in_.error(peer, "found an IPv6 peer of the protocol icmp, expected the protocol \"icmpv6\" or an IPv4 peer");
  }
  if (!is_ipv6 && protocol == kProtocolIcmpv6) {
    in_.error(peer, "found an IPv4 peer of the protocol icmpv6, expected the protocol \"icmp\" or an IPv6 peer");
  }
}

std::optional<std::int16_t> PolicyReader::protocol(const Fields& fields) {
  const auto value = fields.required("protocol");
  if (!value) return std::nullopt;
  const bool is_text = value->kind() == Kind::string;
  const bool is_number = value->kind() == Kind::integer;
  const auto number = is_text     ? protocol_number(value->text())
                      : is_number ? protocol_number(std::to_string(value->integer()))
                                  : std::nullopt;
  if (number == kProtocolIcmpv6 && !in_.ipv6()) {
    in_.not_enforced(*value, "IPv6", "found the protocol icmpv6");
    return std::nullopt;
  }
  if (number) return number;
  const auto text = is_text ? value->text() : std::string_view{};
  in_.error(*value,
            "unknown protocol: found " + describe(*value) +
                ", expected \"tcp\", \"udp\", \"icmp\", \"all\", or a number from 0 to 255 or -1",
            nearest_name(text, {protocol_words().begin(), protocol_words().end()}));
  return std::nullopt;
}

void PolicyReader::read_ports(const Fields& fields, Traffic& traffic) {
  if (!has_ports(traffic.protocol)) {
    return expect_no_ports(fields, traffic.protocol == kAnyProtocol ? "all" : std::to_string(traffic.protocol));
  }
  const auto from_value = fields.required("from_port");
  const auto to_value = fields.required("to_port");
  const auto from = from_value ? in_.integer(*from_value, 0, kLastPort, "a port") : std::nullopt;
  const auto to = to_value ? in_.integer(*to_value, 0, kLastPort, "a port") : std::nullopt;
  if (!from || !to) return;
  traffic.from_port = static_cast<std::uint16_t>(*from);
  traffic.to_port = static_cast<std::uint16_t>(*to);
  if (*from > *to) {
    in_.error(*from_value, "from_port " + std::to_string(*from) + " is larger than to_port " + std::to_string(*to));
  }
}

void PolicyReader::read_icmp(const Fields& fields, std::string_view type_key, std::string_view code_key,
                             Traffic& traffic) {
  const auto type_value = fields[type_key];
  const auto code_value = fields[code_key];
  const auto type = type_value ? in_.integer(*type_value, -1, 255, "an ICMP type") : std::optional<std::int64_t>(-1);
  const auto code = code_value ? in_.integer(*code_value, -1, 255, "an ICMP code") : std::optional<std::int64_t>(-1);
  if (!type || !code) return;
  traffic.icmp_type = static_cast<std::int16_t>(*type);
  traffic.icmp_code = static_cast<std::int16_t>(*code);
  if (*type == -1 && *code != -1) {
    in_.error(*code_value, "found the ICMP code " + std::to_string(*code) +
                               " of any type, expected -1: an any type needs an any code");
  }
}

void PolicyReader::expect_no_ports(const Fields& fields, std::string_view protocol) {
  const auto from = fields["from_port"];
  const auto to = fields["to_port"];
  if (!from && !to) return;
  const auto both = [&](std::int64_t number) {
    return from && to && from->kind() == Kind::integer && to->kind() == Kind::integer && from->integer() == number &&
           to->integer() == number;
  };
  if (both(0) || both(-1)) return;
  in_.error(from ? *from : *to,
            "ports mean nothing for protocol " + in_quotes(protocol) + ", expected none, or 0 and 0, or -1 and -1");
}

void PolicyReader::add_implicit_group() {
  const auto [place, added] = policy_.security_groups.try_emplace("default");
  if (!added) return;
  place->second.ingress.emplace_back().self = true;
  auto& to_all = place->second.egress.emplace_back();
  to_all.cidr_blocks.push_back(kEverywhere);
  if (in_.ipv6()) to_all.ipv6_cidr_blocks.push_back(kEverywhereIpv6);
}

void PolicyReader::add_implicit_acl() {
  const auto [place, added] = policy_.network_acls.try_emplace("default");
  if (!added) return;
  for (auto* entries : {&place->second.ingress, &place->second.egress}) {
    auto& entry = entries->emplace_back();
    entry.rule_no = 100;
    entry.allow = true;
    entry.cidr_block = kEverywhere;
    if (!in_.ipv6()) continue;
    auto& second = entries->emplace_back();
    second.rule_no = 101;
    second.allow = true;
    second.ipv6_cidr_block = kEverywhereIpv6;
  }
}

}  // namespace sallyport::rules
