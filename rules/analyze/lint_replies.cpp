// ACLs that admit requests and drop their replies: they keep no state, and a reply goes to the port that asked.
//
// Owner: rules/analyze. A request is what the groups of the hosts behind the ACL admit and an entry of it allows. Its
// reply must be mentioned in the other direction for the ports that askers use: all of 1024-65535 for clients outside
// the VPC, who may sit behind address translation, Linux's 32768-60999 for hosts inside.
#include <tuple>

#include "rules/analyze/lint_acl_sets.h"

namespace sallyport::rules::linting {
namespace {

constexpr Interval kOutsidePorts{1024, 65535};
// Of a prefix list so many entries are looked at.
constexpr std::size_t kSampled = 64;

// What the groups behind an ACL admit in one direction.
struct Service {
  Prefix prefix;
  Box traffic;
  [[nodiscard]] auto order() const {
    return std::tuple(prefix, traffic.protocol.first, traffic.protocol.last, traffic.key.first, traffic.key.last);
  }
};

std::span<const Prefix> sample(std::span<const Prefix> prefixes) {
  return prefixes.first(std::min(prefixes.size(), kSampled));
}

class ReplyFinder {
 public:
  ReplyFinder(Lint& lint, const std::string& name, const NetworkAcl& acl, const std::vector<NamedRef<Subnet>>& subnets,
              std::vector<Aside> asides)
      : lint_(lint),
        name_(name),
        acl_(acl),
        subnets_(subnets),
        sets_(acl, with_own(std::move(asides), subnets)),
        budget_(lint.allot()) {
    find_ways_out();
  }

  void find() {
    for (const auto side : kSides) {
      losses_.clear();
      find_losses(side);
      if (!losses_.empty()) report(side);
    }
    lint_.settle(budget_, acl_.where, pointer_to("network_acls", name_), "the entries of ACL " + quoted(name_));
  }

 private:
  // Replies to requests that an entry lets through.
  struct Loss {
    const AclEntry* entry = nullptr;
    Refused refused;
    [[nodiscard]] bool has(std::int16_t protocol) const {
      return std::ranges::find(refused.parts, protocol, &Refused::Part::protocol) != refused.parts.end();
    }
  };

  static std::vector<Aside> with_own(std::vector<Aside> asides, const std::vector<NamedRef<Subnet>>& subnets) {
    if (subnets.size() == 1) asides.emplace_back(subnets.front()->second.cidr_block, kAsideOwnSubnet);
    return asides;
  }

  // Where packets that leave the VPC may go.
  void find_ways_out() {
    bool by_interface = lint_.policy.options.allow_private_internet;
    std::unordered_set<std::string_view> tables;
    for (const auto* subnet : subnets_) {
      if (!tables.insert(subnet->second.route_table).second) continue;
      for (const auto& route : lint_.policy.route_tables.find(subnet->second.route_table)->second.routes) {
        if (route.target == RouteTarget::blackhole) continue;
        by_interface = by_interface || route.target == RouteTarget::interface;
        const auto destinations = sample(destinations_of(lint_.policy, route));
        ways_out_.insert(ways_out_.end(), destinations.begin(), destinations.end());
      }
    }
    outside_ = kAsideVpc | kAsideUnroutable | (by_interface ? 0 : kAsidePrivate);
    std::ranges::sort(ways_out_);
    std::vector<Prefix> widest;
    for (const auto& way : ways_out_) {
      if (widest.empty() || !widest.back().contains(way)) widest.push_back(way);
    }
    ways_out_ = std::move(widest);
  }

  std::vector<Service> services(Side side) const {
    std::vector<std::string_view> groups;
    for (const auto* subnet : subnets_) {
      const auto found = lint_.uses.groups_in.find(subnet->first);
      if (found != lint_.uses.groups_in.end()) groups.insert(groups.end(), found->second.begin(), found->second.end());
    }
    std::ranges::sort(groups);
    const auto repeated = std::ranges::unique(groups);
    groups.erase(repeated.begin(), repeated.end());
    std::vector<Service> found;
    for (const auto group : groups) {
      for (const auto& rule : rules_of(lint_.policy.security_groups.find(group)->second, side)) add(rule, found);
    }
    std::ranges::sort(found, {}, &Service::order);
    const auto same = std::ranges::unique(found, {}, &Service::order);
    found.erase(same.begin(), same.end());
    return found;
  }

  void add(const GroupRule& rule, std::vector<Service>& services) const {
    const auto traffic = box_of(rule.traffic);
    const auto add_all = [&](std::span<const Prefix> prefixes) {
      for (const auto& prefix : prefixes) services.push_back({prefix, traffic});
    };
    add_all(rule.cidr_blocks);
    for (const auto& list : rule.prefix_lists) add_all(sample(lint_.policy.prefix_lists.find(list)->second.entries));
    if (rule.self || !rule.security_groups.empty()) add_all(lint_.policy.vpc.cidr_blocks);
  }

  void find_losses(Side side) {
    std::optional<std::vector<Service>> asked;
    const auto& entries = sets_.entries(side);
    for (std::uint32_t i = 0; i < entries.size(); ++i) {
      // Where nothing is lost whatever is asked for, the groups need not be looked at.
      if (!entries[i].allow || !loses(side, i, {{}, sets_.box(side, i)})) continue;
      if (!asked) asked = services(side);
      Loss loss{&entries[i], {other(side), {}, {}}};
      for (const auto& service : *asked) {
        if (!budget_.spend() || loss.refused.parts.size() == 2) break;
        for (const auto protocol : {kProtocolTcp, kProtocolUdp}) {
          if (!loss.has(protocol) && !is_for_replies(side, i, service))
            look_for(side, i, service, protocol, loss.refused);
        }
      }
      if (!loss.refused.parts.empty()) losses_.push_back(std::move(loss));
    }
  }

  bool loses(Side side, std::uint32_t entry, const Service& service) {
    Refused refused;
    for (const auto protocol : {kProtocolTcp, kProtocolUdp}) look_for(side, entry, service, protocol, refused);
    return !refused.parts.empty();
  }

  // An entry for the ports that ask, and no group that names a port among them.
  [[nodiscard]] bool is_for_replies(Side side, std::uint32_t entry, const Service& service) const {
    const auto& keys = sets_.box(side, entry).key;
    return keys.first >= kOutsidePorts.first && keys.contains(kHostPorts) && service.traffic.key.contains(kHostPorts);
  }

  void look_for(Side side, std::uint32_t entry, const Service& service, std::int16_t protocol, Refused& refused) {
    const auto& allowed = sets_.box(side, entry);
    const auto at = common(sets_.entries(side)[entry].cidr_block, service.prefix);
    const auto shared = common(allowed, service.traffic);
    const auto requests = at && shared ? common(*shared, traffic_of(protocol)) : std::nullopt;
    if (!requests) return;
    const AclSets::Requests those{side, entry, *requests};
    const auto look = [&](const std::vector<Prefix>& places, const Interval& ports, unsigned aside) {
      for (const auto& place : places) {
        const auto far_side = common(*at, place);
        if (!far_side) continue;
        const auto lost = sets_.lost(other(side), *far_side, traffic_of(protocol, ports), aside, budget_, &those);
        if (!lost) continue;
        if (refused.parts.empty()) refused.far_side = *far_side;
        refused.parts.push_back({protocol, *lost});
        return true;
      }
      return false;
    };
    const auto& ports = side == Side::ingress ? kOutsidePorts : kHostPorts;
    if (!look(ways_out_, ports, outside_)) {
      look(lint_.policy.vpc.cidr_blocks, kHostPorts, kAsideNoSubnet | kAsideOwnSubnet);
    }
  }

  void report(Side side) {
    const auto& first = losses_.front();
    lint_.report(LintKind::acl_drops_replies, first.entry->where, [&] {
      return Finding{pointer_to_entry(name_, side, sets_.entries(side), *first.entry),
                     message(side, first),
                     remedy(first.refused),
                     {place_of(first.refused, sets_, name_, acl_.where)}};
    });
  }

  [[nodiscard]] std::string message(Side side, const Loss& loss) const {
    auto text = "entry " + std::to_string(loss.entry->rule_no) + " (" + words(*loss.entry, side) + ") lets requests " +
                (side == Side::ingress ? "in whose replies cannot leave: " : "out whose replies cannot come in: ") +
                words(loss.refused);
    std::vector<std::string> others;
    for (std::size_t i = 1; i < losses_.size(); ++i) others.push_back(std::to_string(losses_[i].entry->rule_no));
    if (others.empty()) return text;
    return text + "; the same goes for entr" + (others.size() == 1 ? "y " : "ies ") + listed(others);
  }

  Lint& lint_;
  const std::string& name_;
  const NetworkAcl& acl_;
  const std::vector<NamedRef<Subnet>>& subnets_;
  AclSets sets_;
  Budget budget_;
  std::vector<Prefix> ways_out_;
  unsigned outside_ = 0;
  std::vector<Loss> losses_;
};

}  // namespace

void find_lost_replies(Lint& lint) {
  const auto asides = common_asides(lint.policy);
  for (const auto& [name, acl] : lint.policy.network_acls) {
    const auto used = lint.uses.subnets_by_acl.find(name);
    if (acl.where.line == 0 || used == lint.uses.subnets_by_acl.end()) continue;
    ReplyFinder(lint, name, acl, used->second, asides).find();
  }
}

}  // namespace sallyport::rules::linting
