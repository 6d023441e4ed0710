// NAT gateways that the ACL of their own subnet starves. Every packet through a NAT gateway meets that ACL four times:
// in from the inside, out to the internet, the reply in to one of the ports 1024-65535, out to the inside.
//
// Owner: rules/analyze. The ports of what the inside asks for are its own matter: an ACL may admit some services alone.
#include "rules/analyze/lint_acl_sets.h"

namespace sallyport::rules::linting {
namespace {

constexpr Interval kNatPorts{1024, 65535};
constexpr std::size_t kSampled = 64;  // of the entries of a prefix list that is routed to a NAT gateway

struct Client {
  NamedRef<Subnet> subnet = nullptr;
  NamedRef<RouteTable> table = nullptr;
  const Route* route = nullptr;
};

class Starvation {
 public:
  Starvation(Lint& lint, const std::pair<const std::string, NatGateway>& nat, std::vector<Client> clients,
             std::vector<Aside> asides)
      : lint_(lint),
        name_(nat.first),
        nat_(nat.second),
        clients_(std::move(clients)),
        acl_(*lint.policy.network_acls.find(lint.policy.subnets.find(nat_.subnet)->second.network_acl)),
        asides_(std::move(asides)),
        sets_(acl_.second, asides_),
        budget_(lint.allot()) {
    for (const auto& client : clients_) {
      const auto destinations = destinations_of(lint.policy, *client.route);
      for (const auto& prefix : destinations.first(std::min(destinations.size(), kSampled))) {
        if (std::ranges::find(destinations_, prefix) == destinations_.end()) destinations_.push_back(prefix);
      }
    }
  }

  void find() {
    protocols_ = sent();
    if (protocols_.empty() && !budget_.exhausted()) {
      say_nothing("no request leaves for " + to_string(destinations_.front()), Side::egress);
    } else {
      find_refused_replies();
    }
    find_cut_off_clients();
    lint_.settle(budget_, acl_.second.where, pointer_to("network_acls", acl_.first),
                 "the entries of ACL " + quoted(acl_.first));
  }

 private:
  using Protocols = std::vector<std::int16_t>;

  // What of a destination does not matter. One that lies inside such addresses is meant as it stands.
  [[nodiscard]] unsigned aside_from(const Prefix& destination) const {
    unsigned aside = kAsideVpc | kAsideUnroutable;
    if (!lint_.policy.options.allow_private_internet) aside |= kAsidePrivate;
    for (const auto& [prefix, kind] : asides_) {
      if (prefix.contains(destination)) aside &= ~kind;
    }
    return aside;
  }

  // What leaves for the internet at all.
  Protocols sent() {
    Protocols found;
    for (const auto protocol : {kProtocolTcp, kProtocolUdp}) {
      const auto leaves = [&](const Prefix& destination) {
        const auto aside = aside_from(destination);
        return sets_.admitted(Side::egress, destination, traffic_of(protocol), aside, budget_).has_value();
      };
      if (std::ranges::any_of(destinations_, leaves)) found.push_back(protocol);
    }
    return found;
  }

  void find_refused_replies() {
    Refused refused{Side::ingress, {}, {}};
    for (const auto protocol : protocols_) {
      for (const auto& destination : destinations_) {
        const auto wanted = traffic_of(protocol, kNatPorts);
        const auto aside = aside_from(destination);
        auto lost = sets_.lost(Side::ingress, destination, wanted, aside, budget_);
        if (!lost) lost = sets_.partly_denied(Side::ingress, destination, wanted, aside, budget_);
        if (!lost) continue;
        if (refused.parts.empty()) refused.far_side = destination;
        refused.parts.push_back({protocol, *lost});
        break;
      }
    }
    if (!refused.parts.empty()) say("replies to its ports are lost: ", refused);
  }

  void find_cut_off_clients() {
    for (const auto& client : clients_) {
      const auto& [name, subnet] = *client.subnet;
      if (name == nat_.subnet) continue;
      const auto enters = [&](std::int16_t protocol) {
        return sets_.admitted(Side::ingress, subnet.cidr_block, traffic_of(protocol), 0, budget_).has_value();
      };
      const auto whom = "subnet " + quoted(name) + " (" + to_string(subnet.cidr_block) + ')';
      if (!enters(kProtocolTcp) && !enters(kProtocolUdp) && !budget_.exhausted()) {
        return say_nothing("no request of " + whom + " comes in", Side::ingress);
      }
      Refused refused{Side::egress, subnet.cidr_block, {}};
      for (const auto protocol : protocols_) {
        const auto wanted = traffic_of(protocol, kHostPorts);
        if (const auto lost = sets_.lost(Side::egress, subnet.cidr_block, wanted, 0, budget_)) {
          refused.parts.push_back({protocol, *lost});
        }
      }
      if (!refused.parts.empty()) return say("replies to " + whom + " are lost: ", refused);
    }
  }

  void say(const std::string& what, const Refused& refused) {
    const auto& lost = refused.parts.front().lost;
    const bool partly = lost.denied_by != nullptr && !box_of(lost.denied_by->traffic).key.contains(kNatPorts);
    report(what + words(refused),
           partly ? "put the NAT gateway into a subnet whose ACL leaves its ports open" : remedy(refused),
           place_of(refused, sets_, acl_.first, acl_.second.where));
  }

  // Nothing at all passes on a side.
  void say_nothing(const std::string& what, Side side) {
    const std::string where(name_of(side));
    report(what, "allow what the inside asks for in " + where,
           {acl_.second.where, pointer_to("network_acls", acl_.first),
            "no " + where + " entry of ACL " + quoted(acl_.first) + " admits tcp or udp"});
  }

  void report(const std::string& what, const std::string& remedy, const Place& place) {
    lint_.report(LintKind::nat_gateway_starved, nat_.where, [&] {
      return Finding{pointer_to("nat_gateways", name_),
                     "NAT gateway " + quoted(name_) + " loses packets to the ACL of its subnet, " + quoted(acl_.first) +
                         ": " + what,
                     remedy,
                     {place}};
    });
  }

  Lint& lint_;
  const std::string& name_;
  const NatGateway& nat_;
  std::vector<Client> clients_;
  const std::pair<const std::string, NetworkAcl>& acl_;
  std::vector<Aside> asides_;
  AclSets sets_;
  Budget budget_;
  std::vector<Prefix> destinations_;
  Protocols protocols_;  // that leave for the internet
};

// Subnets with hosts whose table leads to a NAT gateway, by its name.
std::unordered_map<std::string_view, std::vector<Client>> clients(const Lint& lint) {
  std::unordered_map<std::string_view, std::vector<Client>> found;
  for (const auto& subnet : lint.policy.subnets) {
    if (!lint.uses.has_hosts(subnet.first)) continue;
    const auto& table = *lint.policy.route_tables.find(subnet.second.route_table);
    for (const auto& route : table.second.routes) {
      if (route.target == RouteTarget::nat_gateway) found[route.target_name].push_back({&subnet, &table, &route});
    }
  }
  return found;
}

// Is there a way on from the NAT gateway's subnet to where a route sends its packets?
class DeadEnds {
 public:
  DeadEnds(Lint& lint, const std::pair<const std::string, NatGateway>& nat)
      : lint_(lint),
        name_(nat.first),
        nat_(nat.second),
        subnet_(lint.policy.subnets.find(nat_.subnet)->second),
        table_(*lint.policy.route_tables.find(subnet_.route_table)),
        budget_(lint.allot()) {
    std::vector<Prefix> prefixes;
    for (const auto& route : table_.second.routes) {
      for (const auto& prefix : destinations_of(lint.policy, route)) {
        prefixes.push_back(prefix);
        leads_on_ = leads_on_ || route.target != RouteTarget::blackhole;
      }
    }
    for (const auto& block : lint.policy.vpc.cidr_blocks) prefixes.push_back(block);
    for (const auto& [prefix, kind] : common_asides(lint.policy)) {
      const bool crosses_not = kind == kAsideUnroutable || kind == kAsidePrivate;
      if (crosses_not) prefixes.push_back(prefix);
    }
    index_.emplace(prefixes);
  }

  // The first route of the clients that ends here.
  void find(const std::vector<Client>& clients) {
    std::unordered_set<const Route*> seen;
    for (const auto& client : clients) {
      if (!seen.insert(client.route).second) continue;
      const auto destinations = destinations_of(lint_.policy, *client.route);
      const auto dead = std::ranges::find_if(destinations, [&](const Prefix& prefix) { return ends_at(prefix); });
      if (dead != destinations.end() && !budget_.exhausted()) return report(client, *dead);
    }
  }

 private:
  bool ends_at(const Prefix& destination) {
    constexpr Box kAnything{};
    const auto any = [&](PrefixIndex::Item) { return &kAnything; };
    const auto& blocks = lint_.policy.vpc.cidr_blocks;
    if (std::ranges::any_of(blocks, [&](const Prefix& block) { return block.contains(destination); })) return false;
    return !leads_on_ || index_->uncovered(destination, {kAnything}, any, budget_).has_value();
  }

  void report(const Client& client, const Prefix& destination) {
    lint_.report(LintKind::route_to_dead_nat_gateway, client.route->where, [&] {
      const auto number = static_cast<std::size_t>(client.route - client.table->second.routes.data());
      Finding finding{pointer_to_route(client.table->first, number),
                      "the route to " + to_string(destination) + " leads to NAT gateway " + quoted(name_) +
                          ", but its subnet " + quoted(nat_.subnet) + " has no route on (table " +
                          quoted(table_.first) + ')',
                      "route " + to_string(destination) + " to the internet there",
                      {{nat_.where, pointer_to("nat_gateways", name_),
                        "NAT gateway " + quoted(name_) + " stands in subnet " + quoted(nat_.subnet)}}};
      finding.also.push_back({table_.second.where, pointer_to("route_tables", table_.first),
                              "table " + quoted(table_.first) + " leads none of that on"});
      return finding;
    });
  }

  Lint& lint_;
  const std::string& name_;
  const NatGateway& nat_;
  const Subnet& subnet_;
  const std::pair<const std::string, RouteTable>& table_;
  Budget budget_;
  bool leads_on_ = false;
  std::optional<PrefixIndex> index_;
};

}  // namespace

void find_starved_nat_gateways(Lint& lint) {
  const auto by_name = clients(lint);
  const auto asides = common_asides(lint.policy);
  for (const auto& nat : lint.policy.nat_gateways) {
    const auto found = by_name.find(nat.first);
    if (found == by_name.end()) continue;
    DeadEnds(lint, nat).find(found->second);
    Starvation(lint, nat, found->second, asides).find();
  }
}

}  // namespace sallyport::rules::linting
