// Owner: rules/analyze. See reach_ends.h.
#include "rules/analyze/reach_ends.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <unordered_set>

namespace sallyport::rules::reaching {
namespace {

// Where rules of groups begin and end to match by address; members of groups are told apart by their groups.
std::vector<std::uint32_t> rule_starts(const Ground& ground) {
  std::vector<std::uint32_t> starts;
  std::set<std::string_view> lists;
  const auto in_vpc = [&](const Prefix& prefix) {
    return std::ranges::any_of(ground.policy.vpc.cidr_blocks,
                               [&](const Prefix& block) { return block.contains(prefix) || prefix.contains(block); });
  };
  for (const auto& [name, group] : ground.policy.security_groups) {
    for (const auto* side : {&group.ingress, &group.egress}) {
      for (const auto& rule : *side) {
        for (const auto& prefix : rule.cidr_blocks) {
          if (in_vpc(prefix)) add_bounds(prefix, starts);
        }
        lists.insert(rule.prefix_lists.begin(), rule.prefix_lists.end());
      }
    }
  }
  for (const auto list : lists) {
    for (const auto& prefix : ground.policy.prefix_lists.find(list)->second.entries) {
      if (in_vpc(prefix)) add_bounds(prefix, starts);
    }
  }
  tidy(starts);
  return starts;
}

std::size_t interval_of(const std::vector<std::uint32_t>& starts, std::uint32_t address) {
  return static_cast<std::size_t>(std::ranges::upper_bound(starts, address) - starts.begin());
}

class Gatherer {
 public:
  Gatherer(const Ground& ground, const std::vector<Range>& selected)
      : ground_(ground), selected_(selected), way_starts_(way_starts(ground.policy)), starts_(rule_starts(ground)) {
    starts_.insert(starts_.end(), way_starts_.begin(), way_starts_.end());
    tidy(starts_);
  }

  Ends gather() {
    for (const auto& interface : ground_.policy.interfaces) add_interface(interface);
    for (const auto& subnet : ground_.policy.subnets) {
      if (!subnet.second.security_groups.empty()) add_unnamed(subnet);
    }
    make_parties();
    return std::move(result_);
  }

 private:
  using EndKey = std::tuple<std::uint32_t, NamedSubnet, std::size_t, bool, bool>;
  using PartyKey = std::tuple<std::vector<std::string>, std::string, std::string, bool>;

  std::uint32_t number_of(const std::vector<std::string>& groups) {
    const auto [found, added] = group_sets_.try_emplace(groups, static_cast<std::uint32_t>(result_.group_sets.size()));
    if (added) result_.group_sets.push_back(&found->first);
    return found->second;
  }

  bool is_selected(std::uint32_t address) const {
    const auto above = std::ranges::upper_bound(selected_, address, {}, &Range::first);
    return above != selected_.begin() && std::prev(above)->last >= address;
  }

  void add(const Host& host, const Range& range, bool translated) {
    auto sorted = *host.groups;
    std::ranges::sort(sorted);
    const auto groups = number_of(sorted);
    const bool unnamed = host.interface == nullptr;
    const EndKey key{groups, host.subnet, interval_of(starts_, range.first), translated, unnamed};
    const auto [found, added] = keys_.try_emplace(key, result_.ends.size());
    if (added) {
      const Ipv4 sample{range.first};
      result_.ends.push_back({.host = host,
                              .sample = sample,
                              .groups = groups,
                              .place = place_of(host, sample),
                              .translated = translated,
                              .exempt = ground_.is_exempt(sample)});
    }
    auto& end = result_.ends[found->second];
    end.addresses.push_back(range);
    end.count += std::uint64_t{range.last} - range.first + 1;
    if (!unnamed) members_[found->second].push_back(host.interface);
  }

  std::uint32_t place_of(const Host& host, Ipv4 sample) {
    const auto [found, added] = places_.try_emplace({host.subnet, interval_of(way_starts_, sample.value)},
                                                    static_cast<std::uint32_t>(result_.place_samples.size()));
    if (added) result_.place_samples.push_back(static_cast<std::uint32_t>(result_.ends.size()));
    return found->second;
  }

  void add_interface(const std::pair<const std::string, Interface>& interface) {
    const auto host = ground_.host_of(&interface);
    bool primary = true;
    for (const Ipv4 address : interface.second.private_ips) {
      if (is_selected(address.value)) {
        add(host, {address.value, address.value}, primary && interface.second.public_ip.has_value());
      }
      primary = false;
    }
  }

  // The subnet's addresses that are nobody's, in pieces.
  void add_unnamed(const std::pair<const std::string, Subnet>& subnet) {
    const auto& block = subnet.second.cidr_block;
    std::vector<Range> taken{{block.base.value, block.base.value + 3}, {block.last().value, block.last().value}};
    if (taken_.empty()) gather_taken();
    const auto first = std::ranges::lower_bound(taken_, block.base.value);
    for (auto at = first; at != taken_.end() && *at <= block.last().value; ++at) taken.push_back({*at, *at});
    std::ranges::sort(taken, {}, &Range::first);
    const Host host{&subnet, nullptr, &subnet.second.security_groups};
    const auto free = subtracted({{block.base.value, block.last().value}}, taken);
    for (const Range& range : intersected(free, selected_)) {
      for (std::uint64_t at = range.first; at <= range.last;) {
        const auto next = interval_of(starts_, static_cast<std::uint32_t>(at));
        const std::uint64_t end = next < starts_.size() ? starts_[next] - std::uint64_t{1} : 0xFFFF'FFFFU;
        const auto last = static_cast<std::uint32_t>(std::min<std::uint64_t>(end, range.last));
        add(host, {static_cast<std::uint32_t>(at), last}, false);
        at = std::uint64_t{last} + 1;
      }
    }
  }

  void gather_taken() {
    for (const auto& [name, interface] : ground_.policy.interfaces) {
      for (const Ipv4 address : interface.private_ips) taken_.push_back(address.value);
    }
    for (const auto& [name, nat] : ground_.policy.nat_gateways) taken_.push_back(nat.private_ip.value);
    taken_.push_back(ground_.policy.vpc.resolver().value);
    tidy(taken_);
  }

  void make_parties() {
    std::map<PartyKey, std::vector<std::size_t>> parties;
    for (std::size_t i = 0; i < result_.ends.size(); ++i) {
      const auto& end = result_.ends[i];
      const auto& subnet = end.host.subnet->second;
      parties[{*result_.group_sets[end.groups], subnet.network_acl, subnet.route_table, end.translated}].push_back(i);
    }
    std::vector<End> ordered;
    std::vector<std::uint32_t> moved(result_.ends.size());
    for (const auto& [key, ends] : parties) {
      ReachParty party;
      std::tie(party.groups, party.network_acl, party.route_table, party.has_public_address) = key;
      std::set<std::string_view> subnets;
      std::set<std::string_view> interfaces;
      for (const auto i : ends) {
        auto& end = result_.ends[i];
        end.party = static_cast<std::uint32_t>(result_.parties.size());
        party.addresses += end.count;
        note_samples(end, party);
        subnets.insert(end.host.subnet->first);
        for (const auto member : members_[i]) interfaces.insert(member->first);
        moved[i] = static_cast<std::uint32_t>(ordered.size());
        ordered.push_back(std::move(end));
      }
      party.subnets.assign(subnets.begin(), subnets.end());
      party.interfaces.assign(interfaces.begin(), interfaces.end());
      result_.parties.push_back(std::move(party));
    }
    for (auto& sample : result_.place_samples) sample = moved[sample];
    result_.ends = std::move(ordered);
    name_parties();
    keep_group_sets();
  }

  static void note_samples(const End& end, ReachParty& party) {
    for (const Range& range : end.addresses) {
      if (party.samples.size() < 2) party.samples.push_back(Ipv4{range.first});
      if (party.samples.size() < 2 && range.last > range.first) party.samples.push_back(Ipv4{range.last});
    }
    if (end.translated && !party.public_sample) party.public_sample = end.host.interface->second.public_ip;
  }

  // By groups; where that is not enough, also by what tells them apart.
  void name_parties() {
    std::map<std::vector<std::string>, std::vector<ReachParty*>> alike;
    for (auto& party : result_.parties) alike[party.groups].push_back(&party);
    for (const auto& [groups, parties] : alike) {
      std::string name;
      for (const auto& group : groups) name += (name.empty() ? "" : " + ") + group;
      const auto differ = [&](auto member) {
        return std::ranges::any_of(parties, [&](const auto* party) { return party->*member != parties[0]->*member; });
      };
      for (auto* party : parties) {
        std::string suffix;
        const auto add = [&](const std::string& text) { suffix += (suffix.empty() ? "" : ", ") + text; };
        if (differ(&ReachParty::route_table)) add(party->route_table);
        if (differ(&ReachParty::network_acl)) add("ACL " + party->network_acl);
        if (differ(&ReachParty::has_public_address)) {
          add(party->has_public_address ? "with public address" : "without public address");
        }
        party->name = suffix.empty() ? name : name + " (" + suffix + ")";
      }
    }
  }

  // The numbers' names must outlive this object: those of the policy do, in the order of an interface's.
  void keep_group_sets() {
    for (const auto& end : result_.ends) result_.group_sets[end.groups] = end.host.groups;
  }

  const Ground& ground_;
  const std::vector<Range>& selected_;
  std::vector<std::uint32_t> way_starts_;
  std::vector<std::uint32_t> starts_;
  std::map<std::vector<std::string>, std::uint32_t> group_sets_;
  std::map<EndKey, std::size_t> keys_;
  std::map<std::pair<NamedSubnet, std::size_t>, std::uint32_t> places_;
  std::map<std::size_t, std::vector<NamedInterface>> members_;
  std::vector<std::uint32_t> taken_;
  Ends result_;
};

}  // namespace

void tidy(std::vector<std::uint32_t>& starts) {
  std::ranges::sort(starts);
  const auto repeated = std::ranges::unique(starts);
  starts.erase(repeated.begin(), repeated.end());
}

void add_bounds(const Prefix& prefix, std::vector<std::uint32_t>& starts) {
  starts.push_back(prefix.first().value);
  if (prefix.last().value != 0xFFFF'FFFFU) starts.push_back(prefix.last().value + 1);
}

std::vector<std::uint32_t> way_starts(const Policy& policy) {
  std::vector<std::uint32_t> starts;
  for (const auto& [name, acl] : policy.network_acls) {
    for (const auto* side : {&acl.ingress, &acl.egress}) {
      for (const auto& entry : *side) add_bounds(entry.cidr_block, starts);
    }
  }
  for (const auto& [name, table] : policy.route_tables) {
    for (const auto& route : table.routes) {
      if (const auto* prefix = std::get_if<Prefix>(&route.destination)) {
        add_bounds(*prefix, starts);
      } else {
        for (const auto& entry : policy.prefix_lists.at(std::get<std::string>(route.destination)).entries) {
          add_bounds(entry, starts);
        }
      }
      if (route.target != RouteTarget::interface) continue;
      // What is addressed to an appliance itself is not its to forward.
      for (const Ipv4 own : policy.interfaces.at(route.target_name).private_ips)
        add_bounds({.base = own, .length = 32}, starts);
    }
  }
  add_bounds({.base = policy.vpc.resolver(), .length = 32}, starts);
  tidy(starts);
  return starts;
}

std::vector<Range> intersected(const std::vector<Range>& a, const std::vector<Range>& b) {
  std::vector<Range> result;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const Range shared{std::max(a[i].first, b[j].first), std::min(a[i].last, b[j].last)};
    if (shared.first <= shared.last) result.push_back(shared);
    a[i].last < b[j].last ? ++i : ++j;
  }
  return result;
}

std::vector<Range> subtracted(const std::vector<Range>& a, const std::vector<Range>& b) {
  std::vector<Range> result;
  std::size_t j = 0;
  for (const Range& range : a) {
    std::uint64_t next = range.first;
    while (j < b.size() && b[j].last < range.first) ++j;
    for (std::size_t k = j; k < b.size() && b[k].first <= range.last; ++k) {
      if (b[k].first > next) result.push_back({static_cast<std::uint32_t>(next), b[k].first - 1});
      next = std::max(next, std::uint64_t{b[k].last} + 1);
    }
    if (next <= range.last) result.push_back({static_cast<std::uint32_t>(next), range.last});
  }
  return result;
}

Ends ends_of(const Ground& ground, const std::vector<Range>& selected) { return Gatherer(ground, selected).gather(); }

}  // namespace sallyport::rules::reaching
