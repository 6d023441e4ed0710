// Rules as they are written, first match decides; nothing of the compiler's, the prover's or the evaluators' is used.
#include <algorithm>

#include "tests/rules/oracle/decision_diagrams.h"

namespace sallyport::rules::oracle {
namespace {

// A rule with its diagrams.
struct Rule {
  std::string name;
  bdd matches = bddfalse;
  bool allow = true;
  bool any_peer = false;
  bool opens_tcp = false;  // 0.0.0.0/0 on every port
  bool opens_udp = false;
};

class Reader {
 public:
  Reader(const Diagrams& diagrams, const Policy& policy) : diagrams_(diagrams), policy_(policy) { read_members(); }

  Decisions decisions() {
    Decisions all;
    const auto add = [&](const std::string& name, const std::vector<std::string>& groups) {
      const auto ingress = rules_of(groups, true);
      const auto egress = rules_of(groups, false);
      all["interface " + name + " ingress"] = decide(ingress, egress);
      all["interface " + name + " egress"] = decide(egress, ingress);
    };
    for (const auto& [name, interface] : policy_.interfaces) add(name, interface.security_groups);
    for (const auto& [name, subnet] : policy_.subnets) {
      if (!subnet.security_groups.empty()) add(name + "/*", subnet.security_groups);
    }
    for (const auto& [name, acl] : policy_.network_acls) {
      all["ACL " + name + " ingress"] = decide(entries_of(name + "/ingress/", acl.ingress), {});
      all["ACL " + name + " egress"] = decide(entries_of(name + "/egress/", acl.egress), {});
    }
    return all;
  }

 private:
  [[nodiscard]] bdd of_prefix(const Prefix& prefix) const {
    return diagrams_.addresses(prefix.first().value, prefix.last().value);
  }
  [[nodiscard]] bdd of_address(Ipv4 address) const { return diagrams_.addresses(address.value, address.value); }

  // An interface's addresses are members of its groups; what of a subnet nobody names or reserves, of the subnet's.
  void read_members() {
    bdd named = bddfalse;
    for (const auto& [name, interface] : policy_.interfaces) {
      for (const Ipv4 address : interface.private_ips) {
        named |= of_address(address);
        for (const auto& group : interface.security_groups) members_[group] |= of_address(address);
      }
    }
    for (const auto& [name, nat] : policy_.nat_gateways) named |= of_address(nat.private_ip);
    for (const auto& [name, subnet] : policy_.subnets) {
      bdd hosts = of_prefix(subnet.cidr_block) & bdd_not(named);
      const std::uint32_t base = subnet.cidr_block.base.value;
      hosts &= bdd_not(diagrams_.addresses(base, base + 3)) & bdd_not(of_address(subnet.cidr_block.last()));
      hosts &= bdd_not(of_address(policy_.vpc.resolver()));
      for (const auto& group : subnet.security_groups) members_[group] |= hosts;
    }
  }

  [[nodiscard]] bdd of_traffic(const Traffic& traffic) const {
    if (traffic.protocol == kAnyProtocol) return bddtrue;
    if (traffic.protocol == kProtocolIcmpv6) return bddfalse;
    const bdd protocol = diagrams_.protocol(static_cast<std::uint32_t>(traffic.protocol));
    if (traffic.protocol == kProtocolTcp || traffic.protocol == kProtocolUdp) {
      return protocol & diagrams_.keys(traffic.from_port, traffic.to_port);
    }
    if (traffic.protocol != kProtocolIcmp || traffic.icmp_type < 0) return protocol;
    const auto type = static_cast<std::uint32_t>(traffic.icmp_type) * 256;
    if (traffic.icmp_code < 0) return protocol & diagrams_.keys(type, type + 255);
    return protocol & diagrams_.keys(type + static_cast<std::uint32_t>(traffic.icmp_code),
                                     type + static_cast<std::uint32_t>(traffic.icmp_code));
  }

  Rule rule_of(const std::string& owner, const std::string& name, const GroupRule& written) {
    Rule rule{.name = name};
    bdd peers = bddfalse;
    const auto add = [&](const Prefix& prefix) {
      peers |= of_prefix(prefix);
      rule.any_peer = rule.any_peer || prefix.length == 0;
    };
    for (const Prefix& prefix : written.cidr_blocks) add(prefix);
    for (const auto& list : written.prefix_lists) {
      for (const Prefix& prefix : policy_.prefix_lists.at(list).entries) add(prefix);
    }
    for (const auto& group : written.security_groups) peers |= members_[group];
    if (written.self) peers |= members_[owner];
    const Traffic& traffic = written.traffic;
    const bool all_ports = traffic.from_port == 0 && traffic.to_port == 65535;
    const bool any = traffic.protocol == kAnyProtocol;
    rule.opens_tcp = rule.any_peer && (any || (traffic.protocol == kProtocolTcp && all_ports));
    rule.opens_udp = rule.any_peer && (any || (traffic.protocol == kProtocolUdp && all_ports));
    rule.matches = peers & of_traffic(traffic);
    return rule;
  }

  // A group that is named twice counts where it came first.
  std::vector<Rule> rules_of(const std::vector<std::string>& groups, bool ingress) {
    std::vector<Rule> rules;
    for (std::size_t i = 0; i < groups.size(); ++i) {
      if (std::find(groups.begin(), groups.begin() + static_cast<std::ptrdiff_t>(i), groups[i]) !=
          groups.begin() + static_cast<std::ptrdiff_t>(i))
        continue;
      const SecurityGroup& group = policy_.security_groups.at(groups[i]);
      const auto& written = ingress ? group.ingress : group.egress;
      for (std::size_t number = 0; number < written.size(); ++number) {
        rules.push_back(rule_of(groups[i], groups[i] + (ingress ? "/ingress/" : "/egress/") + std::to_string(number),
                                written[number]));
      }
    }
    return rules;
  }

  std::vector<Rule> entries_of(const std::string& prefix, const std::vector<AclEntry>& entries) {
    std::vector<Rule> rules;
    for (const AclEntry& entry : entries) {
      rules.push_back(
          {.name = prefix + std::to_string(entry.rule_no),
           .matches = entry.ipv6_cidr_block ? bdd(bddfalse) : of_prefix(entry.cidr_block) & of_traffic(entry.traffic),
           .allow = entry.allow});
    }
    return rules;
  }

  Decision decide(const std::vector<Rule>& rules, const std::vector<Rule>& back) const {
    Decision decision;
    bdd left = bddtrue;
    bdd any_peer = bddfalse;
    for (const Rule& rule : rules) {
      const bdd here = rule.matches & left;
      left &= bdd_not(rule.matches);
      if (here != bddfalse) decision.by_rule[rule.name] = here;
      if (rule.allow) decision.allowed |= here;
      if (rule.any_peer) any_peer |= rule.matches;
    }
    const bool tcp = std::ranges::any_of(back, &Rule::opens_tcp);
    const bool udp = std::ranges::any_of(back, &Rule::opens_udp);
    decision.untracked =
        any_peer & ((tcp ? diagrams_.kind(0) : bdd(bddfalse)) | (udp ? diagrams_.kind(1) : bdd(bddfalse)));
    return decision;
  }

  const Diagrams& diagrams_;
  const Policy& policy_;
  std::map<std::string, bdd> members_;
};

}  // namespace

Decisions decisions_of(const Diagrams& diagrams, const Policy& policy) { return Reader(diagrams, policy).decisions(); }

}  // namespace sallyport::rules::oracle
