// Do a policy and a gateway fit: names of subnets, addresses of the gateway's own, rules no port can enforce.
//
// Owner: rules/document. Positions are those of the gateway document; a rule of the policy is named by its file and
// line.
#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "rules/document/documents.h"
#include "rules/document/positions.h"
#include "rules/document/reader.h"

namespace sallyport::rules {
namespace {

constexpr std::size_t kRulesNamed = 5;

// Who is in a subnet that lies on a port.
struct Inhabitants {
  std::size_t hosts = 0;
  std::set<std::string_view> groups;
};

class PairChecker {
 public:
  PairChecker(const Policy& policy, const GatewayConfig& gateway) : policy_(policy), gateway_(gateway) {}

  Diagnostics check() {
    for (const auto& port : gateway_.ports) {
      check_subnets(port);
      if (port.routed) own_address(port, "routed", *port.routed);
      if (!port.uplink) continue;
      own_address(port, "uplink", *port.uplink);
      for (const auto address : {port.uplink->link.first(), port.uplink->link.last()}) {
        if (names_no_host(port.uplink->link, address)) broadcasts_.try_emplace(address, &port);
      }
    }
    check_owners();
    check_uplink();
    find_inhabitants();
    for (const auto& port : gateway_.ports) {
      if (!port.proxy_arp) warn_of_unseen_traffic(port);
    }
    return std::move(diagnostics_);
  }

 private:
  struct OwnAddress {
    const Port* port;
    std::string pointer;
    bool uplink;
  };

  static std::string pointer(const Port& port, std::string_view rest) {
    return "/ports/" + pointer_token(port.name) + '/' + std::string(rest);
  }

  void check_subnets(const Port& port) {
    for (std::size_t i = 0; i < port.subnets.size(); ++i) {
      const auto& name = port.subnets[i];
      if (policy_.subnets.contains(name)) {
        on_link_.insert(name);
        continue;
      }
      std::vector<std::string_view> known;
      for (const auto& [subnet, value] : policy_.subnets) known.push_back(subnet);
      diagnostics_.error(port.where, pointer(port, "subnets/" + std::to_string(i)), "unknown subnet " + in_quotes(name),
                         nearest_name(name, known));
    }
  }

  void own_address(const Port& port, const std::string& key, const LinkAddress& link) {
    const auto where = pointer(port, key + "/address");
    const auto [place, added] = own_.try_emplace(link.address, OwnAddress{&port, where, key == "uplink"});
    const bool one_armed = place->second.port == &port;
    if (!added && !one_armed) {
      diagnostics_.error(
          port.where, where,
          to_string(link.address) + " is an address of port " + in_quotes(place->second.port->name) + " already");
    }
    if (!added && one_armed) place->second.uplink = true;
    next_hops_.try_emplace(link.gateway, OwnAddress{&port, pointer(port, key + "/gateway"), key == "uplink"});
  }

  void conflict(const std::map<Ipv4, OwnAddress>& addresses, Ipv4 address, const std::string& owner) {
    const auto found = addresses.find(address);
    if (found == addresses.end()) return;
    diagnostics_.error(found->second.port->where, found->second.pointer,
                       to_string(address) + " belongs to " + owner + " of the policy");
  }

  // A link's own network and broadcast address are nobody's either.
  void public_address(Ipv4 address, const std::string& owner) {
    conflict(next_hops_, address, owner);
    const auto found = broadcasts_.find(address);
    if (found == broadcasts_.end()) return;
    diagnostics_.error(found->second->where, pointer(*found->second, "uplink/address"),
                       to_string(address) + ", which belongs to " + owner +
                           " of the policy, is the network's or the broadcast address of " +
                           to_string(found->second->uplink->link));
  }

  // An address of the gateway's own is nobody's in the policy, but for a NAT gateway that shares an uplink's.
  void check_owners() {
    for (const auto& [name, subnet] : policy_.subnets)
      conflict(own_, subnet.router(), "the router of subnet " + in_quotes(name));
    for (const auto& [name, interface] : policy_.interfaces) {
      for (const auto address : interface.private_ips) conflict(own_, address, "interface " + in_quotes(name));
      if (!interface.public_ip) continue;
      conflict(own_, *interface.public_ip, "interface " + in_quotes(name));
      public_address(*interface.public_ip, "interface " + in_quotes(name));
    }
    for (const auto& [name, nat] : policy_.nat_gateways) {
      conflict(own_, nat.private_ip, "NAT gateway " + in_quotes(name));
      for (const auto address : nat.public_ips) {
        const auto shared = own_.find(address);
        if (shared != own_.end() && !shared->second.uplink) conflict(own_, address, "NAT gateway " + in_quotes(name));
        public_address(address, "NAT gateway " + in_quotes(name));
      }
    }
  }

  void check_uplink() {
    const bool has_uplink =
        std::ranges::any_of(gateway_.ports, [](const Port& port) { return port.uplink.has_value(); });
    if (has_uplink || !policy_.vpc.internet_gateway) return;
    diagnostics_.warning({}, {},
                         "the policy has an internet gateway, but no port has an uplink: nothing reaches the internet");
  }

  void find_inhabitants() {
    for (const auto& [name, interface] : policy_.interfaces) {
      if (!on_link_.contains(interface.subnet)) continue;
      auto& subnet = inhabitants_[interface.subnet];
      subnet.hosts += 1;
      subnet.groups.insert(interface.security_groups.begin(), interface.security_groups.end());
    }
    for (const auto name : on_link_) {
      const auto& groups = policy_.subnets.find(name)->second.security_groups;
      if (groups.empty()) continue;
      auto& subnet = inhabitants_[name];
      subnet.hosts += 2;  // every unnamed address may be one
      subnet.groups.insert(groups.begin(), groups.end());
    }
  }

  void warn_of_unseen_traffic(const Port& port) {
    for (const auto& name : port.subnets) {
      const auto found = inhabitants_.find(name);
      if (found == inhabitants_.end() || found->second.hosts < 2) continue;
      const auto rules = rules_inside(policy_.subnets.find(name)->second, found->second);
      std::string text = "hosts of subnet " + in_quotes(name) + " reach each other past the gateway (no proxy_arp)";
      text +=
          rules.empty() ? ": its groups, which admit none of that, are not enforced" : "; not enforced between them: ";
      for (std::size_t i = 0; i < std::min(rules.size(), kRulesNamed); ++i) text += (i == 0 ? "" : ", ") + rules[i];
      if (rules.size() > kRulesNamed) text += " and " + std::to_string(rules.size() - kRulesNamed) + " more rules";
      diagnostics_.warning(port.where, pointer(port, "subnets"), text);
    }
  }

  // The ingress rules of the inhabitants' groups that say something about other inhabitants.
  std::vector<std::string> rules_inside(const Subnet& subnet, const Inhabitants& inhabitants) const {
    std::vector<std::string> rules;
    for (const auto group : inhabitants.groups) {
      const auto& ingress = policy_.security_groups.find(group)->second.ingress;
      for (std::size_t i = 0; i < ingress.size(); ++i) {
        if (!concerns(ingress[i], subnet, inhabitants)) continue;
        const auto line = ingress[i].where.line;
        rules.push_back(std::string(group) + "/ingress/" + std::to_string(i) +
                        (line == 0 ? " (by default)" : " (" + place_in_words(policy_.file, line) + ')'));
      }
    }
    return rules;
  }

  bool concerns(const GroupRule& rule, const Subnet& subnet, const Inhabitants& inhabitants) const {
    const auto meets = [&](const Prefix& prefix) {
      return prefix.contains(subnet.cidr_block) || subnet.cidr_block.contains(prefix);
    };
    return rule.self || std::ranges::any_of(rule.cidr_blocks, meets) ||
           std::ranges::any_of(rule.security_groups,
                               [&](const auto& name) { return inhabitants.groups.contains(name); }) ||
           std::ranges::any_of(rule.prefix_lists, [&](const auto& name) {
             return std::ranges::any_of(policy_.prefix_lists.find(name)->second.entries, meets);
           });
  }

  const Policy& policy_;
  const GatewayConfig& gateway_;
  Diagnostics diagnostics_;
  std::map<Ipv4, OwnAddress> own_;
  std::map<Ipv4, OwnAddress> next_hops_;
  std::map<Ipv4, const Port*> broadcasts_;  // of the uplinks' links, and their networks' own addresses
  std::set<std::string_view> on_link_;      // subnets on a port
  std::map<std::string_view, Inhabitants> inhabitants_;
};

}  // namespace

Diagnostics check_together(const Policy& policy, const GatewayConfig& gateway) {
  return PairChecker(policy, gateway).check();
}

}  // namespace sallyport::rules
