// Routes, and what came and went. Owner: rules/analyze. See diff.h.
#include "rules/analyze/diff.h"

#include <algorithm>
#include <bit>
#include <map>
#include <set>
#include <string_view>
#include <tuple>

#include "rules/analyze/diff_traffic.h"
#include "rules/analyze/literal_routes.h"

namespace sallyport::rules {
namespace {

using literal::Range;

const std::vector<Range> kEverywhere{{.first = 0, .last = 0xFFFF'FFFFU}};

// "added" or "removed", for every name that only one section has; the common ones are handed to `both`.
template <typename T, typename Both>
void came_and_went(std::string_view what, const Named<T>& before, const Named<T>& after, PolicyDiff& result,
                   Both&& both) {
  for (const auto& [name, object] : before) {
    const auto found = after.find(name);
    if (found == after.end()) {
      result.others.push_back(std::string(what) + " " + name + " removed");
    } else {
      both(name, object, found->second);
    }
  }
  for (const auto& [name, object] : after) {
    if (!before.contains(name)) result.others.push_back(std::string(what) + " " + name + " added");
  }
}

std::string listed(const std::vector<Ipv4>& addresses) {
  std::string text;
  for (const Ipv4 address : addresses) text += (text.empty() ? "" : ", ") + to_string(address);
  return text.empty() ? "none" : text;
}

void changed(PolicyDiff& result, bool differs, const std::string& whose, const std::string& before,
             const std::string& after) {
  if (differs) result.others.push_back(whose + ": " + before + " → " + after);
}

// The same, where what came can open something.
void door(PolicyDiff& result, bool opens, bool differs, const std::string& whose, const std::string& before,
          const std::string& after) {
  changed(result, differs, whose, before, after);
  if (differs && opens) result.doors.push_back({result.others.back(), kEverywhere});
}

// Destinations whose route differs between two tables, by where they led and lead.
std::map<std::pair<std::string, std::string>, std::vector<Range>> compare_tables(const literal::Routes& before,
                                                                                 const literal::Routes& after) {
  std::set<std::uint64_t> firsts{0};
  const auto add = [&](const Prefix& prefix) {
    firsts.insert(prefix.first().value);
    firsts.insert(std::uint64_t{prefix.last().value} + 1);
  };
  before.each_prefix(add);
  after.each_prefix(add);
  constexpr std::uint64_t kEnd = std::uint64_t{1} << 32U;
  firsts.insert(kEnd);
  std::map<std::pair<std::string, std::string>, std::vector<Range>> found;
  for (auto at = firsts.begin(); *at < kEnd; ++at) {
    const Ipv4 first{static_cast<std::uint32_t>(*at)};
    const auto last = static_cast<std::uint32_t>(*std::next(at) - 1);
    auto targets = std::pair(before.of(first), after.of(first));
    if (targets.first == targets.second) continue;
    auto& ranges = found[std::move(targets)];
    if (!ranges.empty() && std::uint64_t{ranges.back().last} + 1 == first.value) {
      ranges.back().last = last;
    } else {
      ranges.push_back({first.value, last});
    }
  }
  return found;
}

bool leads_on(const std::string& target) { return target != "nothing" && target != "blackhole"; }

// Where an interface that moved has a route and had none before, or another.
std::vector<Range> opened_by_moving(const Policy& before, const std::string& left, const Policy& after,
                                    const std::string& joined) {
  const auto routes = [](const Policy& policy, const std::string& subnet) {
    return literal::Routes(policy, policy.route_tables.at(policy.subnets.at(subnet).route_table));
  };
  std::vector<Range> opened;
  for (const auto& [targets, ranges] : compare_tables(routes(before, left), routes(after, joined))) {
    if (leads_on(targets.second)) opened.insert(opened.end(), ranges.begin(), ranges.end());
  }
  return opened;
}

void compare_interfaces(const Policy& before, const Policy& after, PolicyDiff& result) {
  came_and_went("interface", before.interfaces, after.interfaces, result,
                [&](const std::string& name, const Interface& a, const Interface& b) {
                  const std::string whose = "interface " + name + ", ";
                  if (a.subnet != b.subnet) {
                    changed(result, true, whose + "subnet", a.subnet, b.subnet);
                    result.doors.push_back({result.others.back(), opened_by_moving(before, a.subnet, after, b.subnet)});
                  }
                  changed(result, a.private_ips != b.private_ips, whose + "private addresses", listed(a.private_ips),
                          listed(b.private_ips));
                  const auto text = [](const std::optional<Ipv4>& ip) { return ip ? to_string(*ip) : "none"; };
                  door(result, b.public_ip.has_value(), a.public_ip != b.public_ip, whose + "public address",
                       text(a.public_ip), text(b.public_ip));
                  const auto check = [](bool on) { return on ? std::string("on") : std::string("off"); };
                  door(result, !b.source_dest_check, a.source_dest_check != b.source_dest_check,
                       whose + "source/dest check", check(a.source_dest_check), check(b.source_dest_check));
                  changed(result, a.mac != b.mac, whose + "link address", a.mac ? to_string(*a.mac) : "any",
                          b.mac ? to_string(*b.mac) : "any");
                  const auto publishes = [](const Interface& interface) {
                    std::string all;
                    for (const Publish& p : interface.publish) all += (all.empty() ? "" : ", ") + p.text;
                    return all.empty() ? "nothing" : all;
                  };
                  door(result, !b.publish.empty(), publishes(a) != publishes(b), whose + "publishes", publishes(a),
                       publishes(b));
                  if (a.timeouts != b.timeouts) result.others.push_back(whose + "timeouts changed");
                });
}

void compare_places(const Policy& before, const Policy& after, PolicyDiff& result) {
  compare_interfaces(before, after, result);
  came_and_went("subnet", before.subnets, after.subnets, result,
                [&](const std::string& name, const Subnet& a, const Subnet& b) {
                  changed(result, a.cidr_block != b.cidr_block, "subnet " + name, to_string(a.cidr_block),
                          to_string(b.cidr_block));
                });
  came_and_went("NAT gateway", before.nat_gateways, after.nat_gateways, result,
                [&](const std::string& name, const NatGateway& a, const NatGateway& b) {
                  const std::string whose = "NAT gateway " + name + ", ";
                  changed(result, a.subnet != b.subnet, whose + "subnet", a.subnet, b.subnet);
                  changed(result, a.private_ip != b.private_ip, whose + "private address", to_string(a.private_ip),
                          to_string(b.private_ip));
                  changed(result, a.public_ips != b.public_ips, whose + "public addresses", listed(a.public_ips),
                          listed(b.public_ips));
                });
  if (before.vpc.cidr_blocks != after.vpc.cidr_blocks) result.others.emplace_back("the VPC's CIDR blocks changed");
  changed(result, before.vpc.internet_gateway != after.vpc.internet_gateway, "internet gateway",
          before.vpc.internet_gateway ? "yes" : "no", after.vpc.internet_gateway ? "yes" : "no");
  const auto options = [](const Options& o) {
    return std::tuple(o.on_policy_change, o.tcp_pickup, o.allow_private_internet, o.nat_timeout);
  };
  if (options(before.options) != options(after.options) || before.options.timeouts != after.options.timeouts) {
    result.others.emplace_back("options changed");
  }
  if (after.options.allow_private_internet && !before.options.allow_private_internet) {
    result.doors.push_back({"options, allow_private_internet: on", kEverywhere});
  }
}

// Of a subnet that is new what it has besides the local routes.
void compare_routes(const Policy& before, const Policy& after, PolicyDiff& result) {
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> subnets;  // by tables, "" of a new one
  for (const auto& [name, subnet] : after.subnets) {
    const auto was = before.subnets.find(name);
    const std::string table = was == before.subnets.end() ? "" : was->second.route_table;
    subnets[{table, subnet.route_table}].push_back(name);
  }
  for (const auto& [tables, names] : subnets) {
    const literal::Routes old_routes = tables.first.empty()
                                           ? literal::Routes(after, RouteTable{})
                                           : literal::Routes(before, before.route_tables.at(tables.first));
    const literal::Routes new_routes(after, after.route_tables.at(tables.second));
    for (auto& [targets, ranges] : compare_tables(old_routes, new_routes)) {
      result.routes.push_back({names, std::move(ranges), targets.first, targets.second});
    }
  }
}

bool is_all(const literal::KeySet& keys, std::uint32_t last) {
  return keys.size() == 1 && keys[0].first == 0 && keys[0].last == last;
}

std::string key_words(literal::Kind kind, const literal::Keys& keys) {
  if (kind == literal::Kind::icmp) {
    const auto type = [](std::uint32_t key) { return std::to_string(key >> 8U); };
    if (keys.first == keys.last) return type(keys.first) + "/" + std::to_string(keys.first & 255U);
    if (keys.first + 255 == keys.last) return type(keys.first);
    return type(keys.first) + "/" + std::to_string(keys.first & 255U) + "-" + type(keys.last) + "/" +
           std::to_string(keys.last & 255U);
  }
  if (keys.first == keys.last) return std::to_string(keys.first);
  return std::to_string(keys.first) + "-" + std::to_string(keys.last);
}

}  // namespace

std::vector<std::string> in_words(const TrafficSet& traffic) {
  static constexpr std::array<std::string_view, literal::kKinds> kNames{"tcp", "udp", "icmp", "protocol"};
  static constexpr std::array<std::uint32_t, literal::kKinds> kLast{65535, 65535, 65535, 255};
  bool everything = true;
  for (std::size_t kind = 0; kind < traffic.size(); ++kind) everything &= is_all(traffic[kind], kLast[kind]);
  if (everything) return {"all"};
  std::vector<std::string> words;
  for (std::size_t kind = 0; kind < traffic.size(); ++kind) {
    if (is_all(traffic[kind], kLast[kind])) {
      words.emplace_back(kind == 3 ? "all other protocols" : "all " + std::string(kNames[kind]));
      continue;
    }
    for (const literal::Keys& keys : traffic[kind]) {
      words.push_back(std::string(kNames[kind]) + " " + key_words(static_cast<literal::Kind>(kind), keys));
    }
  }
  return words;
}

std::vector<Prefix> prefixes_of(const std::vector<Range>& ranges) {
  std::vector<Prefix> prefixes;
  for (const Range& range : ranges) {
    for (std::uint64_t at = range.first; at <= range.last;) {
      auto free_bits = at == 0 ? 32 : std::countr_zero(static_cast<std::uint32_t>(at));
      while (at + (std::uint64_t{1} << free_bits) - 1 > range.last) --free_bits;
      prefixes.push_back(
          {.base = Ipv4{static_cast<std::uint32_t>(at)}, .length = static_cast<std::uint8_t>(32 - free_bits)});
      at += std::uint64_t{1} << free_bits;
    }
  }
  return prefixes;
}

std::optional<std::string> opened_beyond(const PolicyDiff& diff, const std::vector<Prefix>& limits) {
  const auto outside = [&](const std::vector<Range>& ranges) -> std::optional<Prefix> {
    for (const Prefix& prefix : prefixes_of(ranges)) {
      const bool inside = std::ranges::any_of(
          limits, [&](const Prefix& limit) { return limit.length <= prefix.length && limit.contains(prefix.base); });
      if (!inside) return prefix;
    }
    return std::nullopt;
  };
  for (const TrafficChange& change : diff.traffic) {
    if (!change.opened) continue;
    const auto prefix = outside(change.remotes);
    if (!prefix) continue;
    return in_words(change.traffic).front() + (change.side == literal::Side::ingress ? " from " : " to ") +
           to_string(*prefix) + " at " + change.interfaces.front();
  }
  for (const RouteChange& change : diff.routes) {
    if (!leads_on(change.after)) continue;
    const auto prefix = outside(change.destinations);
    if (prefix) return "a route to " + to_string(*prefix) + " by " + change.after + " in " + change.subnets.front();
  }
  for (const Door& door : diff.doors) {
    if (outside(door.remotes)) return door.what;
  }
  return std::nullopt;
}

PolicyDiff diff(const Policy& before, const Policy& after) { return *diff(before, after, {}); }

std::optional<PolicyDiff> diff(const Policy& before, const Policy& after, const GoOn& told) {
  PolicyDiff result;
  auto traffic = diffing::traffic_changes(before, after, told);
  if (!traffic) return std::nullopt;
  result.traffic = *std::move(traffic);
  compare_routes(before, after, result);
  compare_places(before, after, result);
  return result;
}

}  // namespace sallyport::rules
