// What groups and ACLs say of a packet: what matches any address, class of the remote address, row of that class.
//
// Owner: rules/decide. Each answer is two rulings, that of any address and that of the class; the lesser precedes. The
// number of cache lines touched does not depend on the number of rules (rules/image/step_map.h, layout.h).
#include <algorithm>
#include <bit>

#include "rules/decide/policy_view.h"
#include "rules/decide/same_class.h"
#include "rules/decide/traffic_key.h"
#include "rules/image/tables.h"
#include "rules/image/wide_map.h"
#include "rules/model/protocol.h"

namespace sallyport::rules {

using layout::DescriptorRecord;
using layout::kNothing;
using layout::Tables;
using layout::TrafficKind;

namespace {

struct TrafficKey {
  TrafficKind kind = TrafficKind::other;
  step_map::Key key = 0;
};

template <typename AnyQuery>
TrafficKey traffic_of(const AnyQuery& query) {
  const TrafficKind kind = kind_of(query);
  return {.kind = kind, .key = key_of(query, kind)};
}

step_map::Ref map_of(const layout::PredicateRecord& predicate, const Query&, TrafficKind kind) {
  return predicate.maps[static_cast<std::size_t>(kind)];
}
step_map::Ref map_of(const layout::PredicateRecord& predicate, const Ipv6Query&, TrafficKind kind) {
  return kind == TrafficKind::icmp ? predicate.icmpv6 : predicate.maps[static_cast<std::size_t>(kind)];
}

std::uint32_t class_of(const Tables& tables, Ipv4 address) {
  return step_map::value_at_address(tables.lines().data(), tables.options().class_of, address.value);
}
std::uint32_t class_of(const Tables& tables, Ipv6 address) {
  return wide_map::value_at(tables.lines().data(), tables.options().class_of_ipv6, address);
}

auto descriptors_of(const Tables& tables, const Query&) { return tables.descriptors(); }
auto descriptors_of(const Tables& tables, const Ipv6Query&) { return tables.ipv6_descriptors(); }

std::uint32_t ruling_of(const Tables& tables, const layout::Maps& maps, TrafficKey traffic) {
  return step_map::value_at(tables.lines().data(), maps[static_cast<std::size_t>(traffic.kind)], traffic.key);
}

// The same of a row's predicate.
template <typename AnyQuery>
std::uint32_t ruling_of(const Tables& tables, const layout::PredicateRecord& predicate, const AnyQuery& query,
                        TrafficKey traffic) {
  const step_map::Ref map = map_of(predicate, query, traffic.kind);
  return map == layout::kOwn ? layout::ruling_in(predicate.own, traffic.key)
                             : step_map::value_at(tables.lines().data(), map, traffic.key);
}

// The place of a class in a bucket, 8 if it is not there.
std::size_t place_in(const layout::RowBucket& bucket, std::uint32_t address_class) {
  return static_cast<std::size_t>(std::countr_zero(same_class(bucket.classes, address_class) | 1U << 8U));
}

// The predicate of a class, or kNone where only what matches any address counts.
std::uint32_t row_predicate(const Tables& tables, const DescriptorRecord& descriptor, std::uint32_t address_class) {
  if (address_class == layout::kNoObject) return kNone;
  const auto* buckets = tables.row_buckets().data() + descriptor.buckets;
  const std::uint32_t at = layout::bucket_of(address_class, descriptor.mask);
  const layout::RowBucket& first = buckets[at];
  std::size_t place = place_in(first, address_class);
  if (place < 8) return first.predicates[place];
  if (first.classes.back() == layout::kNoIndex) return kNone;
  const layout::RowBucket& second = buckets[(at + 1) & descriptor.mask];
  place = place_in(second, address_class);
  return place < 8 ? second.predicates[place] : kNone;
}

template <typename Address>
std::uint32_t predicate_of(const Tables& tables, const DescriptorRecord& descriptor, Address remote) {
  return row_predicate(tables, descriptor, class_of(tables, remote));
}

struct Rulings {
  std::uint32_t any = kNothing;   // of what matches any address
  std::uint32_t peer = kNothing;  // of the remote address's class
};

template <typename AnyQuery>
Rulings rulings_of(const Tables& tables, const DescriptorRecord& descriptor, const AnyQuery& query,
                   TrafficKey traffic) {
  Rulings rulings{.any = ruling_of(tables, descriptor.any, traffic)};
  const std::uint32_t predicate = predicate_of(tables, descriptor, query.remote);
  if (predicate != kNone) rulings.peer = ruling_of(tables, tables.predicates()[predicate], query, traffic);
  return rulings;
}

template <typename AnyQuery>
const DescriptorRecord& group_descriptor(const Tables& tables, std::uint32_t list, Direction direction,
                                         const AnyQuery& query) {
  return descriptors_of(tables, query)[2 * static_cast<std::size_t>(list) + static_cast<std::size_t>(direction)];
}

bool of_family(std::int16_t protocol, const Query&) { return of_ipv4(protocol); }
bool of_family(std::int16_t protocol, const Ipv6Query&) { return of_ipv6(protocol); }

template <typename AnyQuery>
bool matches(const layout::RuleRecord& rule, const AnyQuery& query) {
  if (rule.protocol == kAnyProtocol) return true;
  if (rule.protocol != query.protocol || !of_family(rule.protocol, query)) return false;
  if (query.protocol == kProtocolTcp || query.protocol == kProtocolUdp) {
    return rule.from_port <= query.destination_port && query.destination_port <= rule.to_port;
  }
  if (!has_icmp_type(rule.protocol) || rule.icmp_type < 0) return true;
  return rule.icmp_type == query.icmp_type && (rule.icmp_code < 0 || rule.icmp_code == query.icmp_code);
}

// Appends the rules of a predicate that match.
template <typename AnyQuery>
void append_matches(const Tables& tables, std::uint32_t predicate, const AnyQuery& query, std::vector<RuleIndex>& out) {
  const auto& record = tables.predicates()[predicate];
  for (const RuleIndex rule : tables.predicate_rules().subspan(record.rule_begin, record.rule_count)) {
    if (matches(tables.rules()[rule], query)) out.push_back(rule);
  }
}

// The ports at which what the predicate's rules say of TCP may change, from 0 to 65536.
std::vector<std::uint32_t> tcp_edges(const Tables& tables, const layout::PredicateRecord& predicate) {
  std::vector<std::uint32_t> edges{0, 65536};
  for (const RuleIndex rule : tables.predicate_rules().subspan(predicate.rule_begin, predicate.rule_count)) {
    const auto& record = tables.rules()[rule];
    if (record.protocol != kProtocolTcp) continue;
    edges.push_back(record.from_port);
    edges.push_back(record.to_port + 1U);
  }
  std::ranges::sort(edges);
  edges.erase(std::ranges::unique(edges).begin(), edges.end());
  return edges;
}

// Whether rule a comes before rule b in a list of groups: the group that is named first, then the order of the file.
bool precedes(const Tables& tables, const layout::GroupListRecord& list, RuleIndex a, RuleIndex b) {
  const auto groups = tables.list_groups().subspan(list.begin, list.count);
  const auto place = [&](RuleIndex rule) { return std::ranges::find(groups, tables.rules()[rule].owner); };
  return std::pair(place(a), a) < std::pair(place(b), b);
}

template <typename AnyQuery>
GroupVerdict group_verdict(const Tables& tables, std::uint32_t list, Direction direction, const AnyQuery& query) {
  const auto& descriptor = group_descriptor(tables, list, direction, query);
  const TrafficKey traffic = traffic_of(query);
  const Rulings rulings = rulings_of(tables, descriptor, query, traffic);
  const std::uint32_t first = std::min(rulings.any, rulings.peer);
  if (first == kNothing) return {};
  const bool return_open = (traffic.kind == TrafficKind::tcp && (descriptor.flags & layout::kReturnOpenTcp) != 0) ||
                           (traffic.kind == TrafficKind::udp && (descriptor.flags & layout::kReturnOpenUdp) != 0);
  const bool some_any_peer = rulings.any != kNothing && (rulings.any & layout::kSomeAnyPeer) != 0;
  return {.allow = true, .untracked = return_open && some_any_peer, .rule = layout::rule_of(first)};
}

template <typename AnyQuery>
AclVerdict acl_verdict(const Tables& tables, AclIndex acl, Direction direction, const AnyQuery& query) {
  const std::size_t first = 2 * tables.group_lists().size();
  const DescriptorRecord& descriptor =
      descriptors_of(tables, query)[first + 2 * static_cast<std::size_t>(acl) + static_cast<std::size_t>(direction)];
  const Rulings rulings = rulings_of(tables, descriptor, query, traffic_of(query));
  const std::uint32_t decides = std::min(rulings.any, rulings.peer);
  if (decides == kNothing) return {};
  return {.allow = (decides & layout::kAllows) != 0, .rule = layout::rule_of(decides)};
}

template <typename AnyQuery>
void append_rules(const Tables& tables, std::uint32_t list, Direction direction, const AnyQuery& query,
                  std::vector<RuleIndex>& out) {
  const DescriptorRecord& descriptor = group_descriptor(tables, list, direction, query);
  const auto begin = static_cast<std::ptrdiff_t>(out.size());
  append_matches(tables, descriptor.predicate, query, out);
  const auto middle = static_cast<std::ptrdiff_t>(out.size());
  const std::uint32_t row = predicate_of(tables, descriptor, query.remote);
  if (row != kNone) append_matches(tables, row, query, out);
  std::inplace_merge(out.begin() + begin, out.begin() + middle, out.end(),
                     [&](RuleIndex a, RuleIndex b) { return precedes(tables, tables.group_lists()[list], a, b); });
  // A rule that matches any address of this family may stand in the row for the sake of the other.
  out.erase(std::unique(out.begin() + begin, out.end()), out.end());
}

}  // namespace

GroupVerdict PolicyView::judge_groups(InterfaceIndex interface, Direction direction, const Query& query) const {
  return group_verdict(*tables_, tables_->interface_groups()[interface], direction, query);
}

GroupVerdict PolicyView::judge_groups(InterfaceIndex interface, Direction direction, const Ipv6Query& query) const {
  return group_verdict(*tables_, tables_->interface_groups()[interface], direction, query);
}

AclVerdict PolicyView::judge_acl(AclIndex acl, Direction direction, const Query& query) const {
  return acl_verdict(*tables_, acl, direction, query);
}

AclVerdict PolicyView::judge_acl(AclIndex acl, Direction direction, const Ipv6Query& query) const {
  return acl_verdict(*tables_, acl, direction, query);
}

void PolicyView::matching_rules(InterfaceIndex interface, Direction direction, const Query& query,
                                std::vector<RuleIndex>& out) const {
  append_rules(*tables_, tables_->interface_groups()[interface], direction, query, out);
}

void PolicyView::matching_rules(InterfaceIndex interface, Direction direction, const Ipv6Query& query,
                                std::vector<RuleIndex>& out) const {
  append_rules(*tables_, tables_->interface_groups()[interface], direction, query, out);
}

void PolicyView::untracked_tcp_ports(InterfaceIndex interface, Direction direction, std::vector<PortRange>& out) const {
  const Tables& tables = *tables_;
  const auto& descriptor = group_descriptor(tables, tables.interface_groups()[interface], direction, Query{});
  if ((descriptor.flags & layout::kReturnOpenTcp) == 0) return;
  const auto edges = tcp_edges(tables, tables.predicates()[descriptor.predicate]);
  for (std::size_t i = 0; i + 1 < edges.size(); ++i) {
    const auto first = static_cast<std::uint16_t>(edges[i]), last = static_cast<std::uint16_t>(edges[i + 1] - 1);
    const std::uint32_t ruling = ruling_of(tables, descriptor.any, {.kind = TrafficKind::tcp, .key = first});
    if (ruling == kNothing || (ruling & layout::kSomeAnyPeer) == 0) continue;
    if (!out.empty() && out.back().last + 1 == first) {
      out.back().last = last;
    } else {
      out.push_back({first, last});
    }
  }
}

}  // namespace sallyport::rules
