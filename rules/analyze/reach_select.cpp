// Whom a question is about, from what was typed. Owner: rules/analyze. See reach.h.
#include <algorithm>

#include "rules/analyze/reach.h"
#include "rules/analyze/reach_ends.h"
#include "rules/analyze/reach_outside.h"

namespace sallyport::rules {
namespace {

using literal::Range;

std::vector<Range> vpc_of(const Policy& policy) {
  std::vector<Range> ranges;
  for (const auto& block : policy.vpc.cidr_blocks) ranges.push_back({block.first().value, block.last().value});
  std::ranges::sort(ranges, {}, &Range::first);
  return ranges;
}

std::vector<Range> sorted(std::vector<Range> ranges) {
  std::ranges::sort(ranges, {}, &Range::first);
  return ranges;
}

ReachSelection of_prefix(const Policy& policy, std::string name, const Prefix& prefix) {
  ReachSelection selection{.name = std::move(name)};
  const std::vector<Range> whole{{prefix.first().value, prefix.last().value}};
  selection.inside = reaching::intersected(whole, vpc_of(policy));
  selection.outside = reaching::intersected(whole, reaching::internet_of(policy));
  for (const auto& [owner, interface] : policy.interfaces) {
    const bool meant = interface.public_ip && prefix.contains(*interface.public_ip);
    if (meant) selection.public_addresses.push_back(*interface.public_ip);
  }
  for (const auto& [owner, nat] : policy.nat_gateways) {
    for (const Ipv4 address : nat.public_ips) {
      if (prefix.contains(address)) selection.public_addresses.push_back(address);
    }
  }
  return selection;
}

ReachSelection of_interface(const Policy& policy, std::string_view name) {
  ReachSelection selection{.name = std::string(name)};
  for (const Ipv4 address : policy.interfaces.find(name)->second.private_ips) {
    selection.inside.push_back({address.value, address.value});
  }
  selection.inside = sorted(std::move(selection.inside));
  return selection;
}

ReachSelection of_subnet(const Policy& policy, std::string_view name) {
  const auto& block = policy.subnets.find(name)->second.cidr_block;
  return {.name = std::string(name), .inside = {{block.first().value, block.last().value}}};
}

ReachSelection of_group(const Policy& policy, std::string_view name) {
  ReachSelection selection{.name = std::string(name)};
  const auto carries = [&](const std::vector<std::string>& groups) {
    return std::ranges::find(groups, name) != groups.end();
  };
  std::vector<Range> named;
  for (const auto& [owner, interface] : policy.interfaces) {
    for (const Ipv4 address : interface.private_ips) {
      named.push_back({address.value, address.value});
      if (carries(interface.security_groups)) selection.inside.push_back(named.back());
    }
  }
  named = sorted(std::move(named));
  for (const auto& [owner, subnet] : policy.subnets) {
    if (!carries(subnet.security_groups)) continue;
    const std::vector<Range> whole{{subnet.cidr_block.first().value, subnet.cidr_block.last().value}};
    const auto unnamed = reaching::subtracted(whole, named);
    selection.inside.insert(selection.inside.end(), unnamed.begin(), unnamed.end());
  }
  selection.inside = sorted(std::move(selection.inside));
  return selection;
}

struct NameKind {
  std::string_view prefix;
  bool (*known)(const Policy&, std::string_view);
  ReachSelection (*select)(const Policy&, std::string_view);
};

constexpr NameKind kNameKinds[] = {
    {"interface:", [](const Policy& policy, std::string_view name) { return policy.interfaces.contains(name); },
     of_interface},
    {"sg:", [](const Policy& policy, std::string_view name) { return policy.security_groups.contains(name); },
     of_group},
    {"subnet:", [](const Policy& policy, std::string_view name) { return policy.subnets.contains(name); }, of_subnet}};

}  // namespace

ReachSelection everybody(const Policy& policy) {
  return {.inside = vpc_of(policy), .outside = reaching::internet_of(policy)};
}

std::expected<ReachSelection, std::string> selection_of(const Policy& policy, std::string_view text) {
  if (text == "internet") return ReachSelection{.name = "internet", .outside = reaching::internet_of(policy)};
  if (const auto address = parse_ipv4(text)) {
    return of_prefix(policy, std::string(text), {.base = *address, .length = 32});
  }
  if (const auto prefix = parse_prefix(text)) {
    if (prefix->host_bits) return std::unexpected(std::string(text) + " has host bits set");
    return of_prefix(policy, std::string(text), prefix->prefix);
  }
  const NameKind* found = nullptr;
  for (const auto& kind : kNameKinds) {
    if (text.starts_with(kind.prefix)) {
      const auto name = text.substr(kind.prefix.size());
      if (!kind.known(policy, name)) return std::unexpected("there is no " + std::string(text));
      return kind.select(policy, name);
    }
    if (!kind.known(policy, text)) continue;
    if (found != nullptr) {
      return std::unexpected("\"" + std::string(text) + "\" names several things: write " + std::string(found->prefix) +
                             std::string(text) + " or " + std::string(kind.prefix) + std::string(text));
    }
    found = &kind;
  }
  if (found == nullptr) {
    return std::unexpected("\"" + std::string(text) +
                           "\" is no interface, group, subnet, CIDR or address, nor \"internet\"");
  }
  return found->select(policy, text);
}

}  // namespace sallyport::rules
