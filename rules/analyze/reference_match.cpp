// Groups, ACLs, routes and owners, read literally.
#include <algorithm>

#include "rules/analyze/reference.h"
#include "rules/model/protocol.h"

namespace sallyport::rules::reference {
namespace {

constexpr Prefix kEverywhere{};

bool traffic_matches(const Traffic& traffic, const Question& question) {
  if (traffic.protocol == kAnyProtocol) return true;
  if (traffic.protocol != question.protocol || !of_ipv4(traffic.protocol)) return false;
  if (traffic.protocol == kProtocolTcp || traffic.protocol == kProtocolUdp) {
    return question.destination_port >= traffic.from_port && question.destination_port <= traffic.to_port;
  }
  if (traffic.protocol == kProtocolIcmp) {
    return (traffic.icmp_type < 0 || traffic.icmp_type == question.icmp_type) &&
           (traffic.icmp_code < 0 || traffic.icmp_code == question.icmp_code);
  }
  return true;
}

bool list_contains(const Policy& policy, const std::string& list, Ipv4 address) {
  return std::ranges::any_of(policy.prefix_lists.at(list).entries,
                             [&](const Prefix& prefix) { return prefix.contains(address); });
}

// Whose an address is, looked for when first asked.
class Remote {
 public:
  Remote(const Policy& policy, Ipv4 address) : policy_(policy), address_(address) {}

  [[nodiscard]] Ipv4 address() const { return address_; }
  [[nodiscard]] bool is_in(const std::string& group) {
    if (!looked_) host_ = host_of(policy_, address_);
    looked_ = true;
    return host_ && std::ranges::find(*host_->security_groups, group) != host_->security_groups->end();
  }

 private:
  const Policy& policy_;
  const Ipv4 address_;
  bool looked_ = false;
  std::optional<Host> host_;
};

bool peer_matches(const Policy& policy, const std::string& own_group, const GroupRule& rule, Remote& remote) {
  const auto in_prefix = [&](const Prefix& prefix) { return prefix.contains(remote.address()); };
  const auto in_list = [&](const std::string& list) { return list_contains(policy, list, remote.address()); };
  const auto in_group = [&](const std::string& group) { return remote.is_in(group); };
  return std::ranges::any_of(rule.cidr_blocks, in_prefix) || std::ranges::any_of(rule.prefix_lists, in_list) ||
         std::ranges::any_of(rule.security_groups, in_group) || (rule.self && in_group(own_group));
}

bool peer_is_everywhere(const Policy& policy, const GroupRule& rule) {
  const auto has_all = [](const std::vector<Prefix>& prefixes) {
    return std::ranges::find(prefixes, kEverywhere) != prefixes.end();
  };
  return has_all(rule.cidr_blocks) || std::ranges::any_of(rule.prefix_lists, [&](const std::string& list) {
           return has_all(policy.prefix_lists.at(list).entries);
         });
}

const std::vector<GroupRule>& rules_of(const SecurityGroup& group, Side side) {
  return side == Side::ingress ? group.ingress : group.egress;
}

// Is there a rule to everywhere for every port of the protocol on that side?
bool admits_every_port(const Policy& policy, const Host& host, Side side, std::uint8_t protocol) {
  for (const auto& name : *host.security_groups) {
    for (const auto& rule : rules_of(policy.security_groups.at(name), side)) {
      const auto& traffic = rule.traffic;
      const bool all = traffic.protocol == kAnyProtocol ||
                       (traffic.protocol == protocol && traffic.from_port == 0 && traffic.to_port == 65535);
      if (all && peer_is_everywhere(policy, rule)) return true;
    }
  }
  return false;
}

std::string rule_name(const std::string& owner, Side side, std::size_t number) {
  return owner + (side == Side::ingress ? "/ingress/" : "/egress/") + std::to_string(number);
}

}  // namespace

bool in_vpc(const Policy& policy, Ipv4 address) {
  return std::ranges::any_of(policy.vpc.cidr_blocks, [&](const Prefix& prefix) { return prefix.contains(address); });
}

std::string subnet_of(const Policy& policy, Ipv4 address) {
  for (const auto& [name, subnet] : policy.subnets) {
    if (subnet.cidr_block.contains(address)) return name;
  }
  return "";
}

bool is_nat_private(const Policy& policy, Ipv4 address) {
  return std::ranges::any_of(policy.nat_gateways, [&](const auto& nat) { return nat.second.private_ip == address; });
}

Host host_of(const Policy& policy, const std::string& interface_name) {
  const auto& interface = policy.interfaces.at(interface_name);
  return Host{interface_name, interface.subnet, &interface.security_groups, &interface};
}

std::optional<Host> host_of(const Policy& policy, Ipv4 address) {
  for (const auto& [name, interface] : policy.interfaces) {
    if (std::ranges::find(interface.private_ips, address) != interface.private_ips.end()) return host_of(policy, name);
  }
  const std::string name = subnet_of(policy, address);
  if (name.empty()) return std::nullopt;
  const Subnet& subnet = policy.subnets.at(name);
  if (subnet.security_groups.empty() || subnet.reserves(address) || is_nat_private(policy, address) ||
      address == policy.vpc.resolver()) {
    return std::nullopt;
  }
  return Host{"", name, &subnet.security_groups, nullptr};
}

bool is_member(const Policy& policy, Ipv4 address, const std::string& group) {
  const auto host = host_of(policy, address);
  return host && std::ranges::find(*host->security_groups, group) != host->security_groups->end();
}

GroupAnswer ask_groups(const Policy& policy, const Host& host, Side side, const Question& question) {
  GroupAnswer answer;
  bool matched_everywhere = false;
  Remote remote(policy, question.remote);
  for (const auto& name : *host.security_groups) {
    const auto& rules = rules_of(policy.security_groups.at(name), side);
    for (std::size_t i = 0; i < rules.size(); ++i) {
      if (!traffic_matches(rules[i].traffic, question)) continue;
      if (!peer_matches(policy, name, rules[i], remote)) continue;
      if (!answer.allow) answer.rule = rule_name(name, side, i);
      answer.allow = true;
      matched_everywhere = matched_everywhere || peer_is_everywhere(policy, rules[i]);
    }
  }
  const bool has_ports = question.protocol == kProtocolTcp || question.protocol == kProtocolUdp;
  const Side other = side == Side::ingress ? Side::egress : Side::ingress;
  answer.untracked = has_ports && matched_everywhere && admits_every_port(policy, host, other, question.protocol);
  return answer;
}

AclAnswer ask_acl(const Policy& policy, const std::string& acl, Side side, const Question& question) {
  const auto& list = policy.network_acls.at(acl);
  const AclEntry* first = nullptr;
  for (const auto& entry : side == Side::ingress ? list.ingress : list.egress) {
    if (entry.ipv6_cidr_block || !entry.cidr_block.contains(question.remote)) continue;
    if (!traffic_matches(entry.traffic, question)) continue;
    if (first == nullptr || entry.rule_no < first->rule_no) first = &entry;
  }
  if (first == nullptr) return {false, "*"};
  return {first->allow, std::to_string(first->rule_no)};
}

RouteAnswer ask_route(const Policy& policy, const std::string& table, Ipv4 destination) {
  RouteAnswer best;
  int best_length = -1;
  bool best_is_list = false;
  const auto consider = [&](const Prefix& prefix, bool is_list, const RouteAnswer& answer) {
    if (!prefix.contains(destination) || prefix.length < best_length) return;
    if (prefix.length == best_length && (!best_is_list || is_list)) return;
    best = answer;
    best_length = prefix.length;
    best_is_list = is_list;
  };
  for (const auto& cidr : policy.vpc.cidr_blocks) consider(cidr, false, {true, RouteTarget::local, ""});
  for (const auto& route : policy.route_tables.at(table).routes) {
    const RouteAnswer answer{true, route.target, route.target_name};
    if (const auto* prefix = std::get_if<Prefix>(&route.destination)) {
      consider(*prefix, false, answer);
    } else {
      const auto& list = policy.prefix_lists.at(std::get<std::string>(route.destination));
      for (const auto& entry : list.entries) consider(entry, true, answer);
    }
  }
  return best;
}

}  // namespace sallyport::rules::reference
