// What groups and ACLs say of a packet: class of the remote address, row of that class, segment of the port.
//
// Owner: rules/decide. Two predicates are asked, that of the class and that of any address; the earlier rule decides.
#include <algorithm>

#include "rules/decide/policy_view.h"
#include "rules/decide/search.h"
#include "rules/image/tables.h"

namespace sallyport::rules {

using layout::DescriptorRecord;
using layout::SegmentRecord;
using layout::Tables;
using layout::TrafficKind;

namespace {

struct TrafficKey {
  TrafficKind kind = TrafficKind::other;
  std::uint16_t key = 0;
};

TrafficKey key_of(const Query& query) {
  switch (query.protocol) {
    case kProtocolTcp:
      return {.kind = TrafficKind::tcp, .key = query.destination_port};
    case kProtocolUdp:
      return {.kind = TrafficKind::udp, .key = query.destination_port};
    case kProtocolIcmp:
      return {.kind = TrafficKind::icmp,
              .key = static_cast<std::uint16_t>((std::uint32_t{query.icmp_type} << 8U) | query.icmp_code)};
    default:
      return {.kind = TrafficKind::other, .key = query.protocol};
  }
}

const SegmentRecord* find_segment(const Tables& tables, std::uint32_t predicate, TrafficKey traffic) {
  const auto& bounds = tables.predicates()[predicate].segments;
  const auto kind = static_cast<std::size_t>(traffic.kind);
  const auto segments = tables.segments().subspan(bounds[kind], bounds[kind + 1] - bounds[kind]);
  const auto* segment = last_not_above(segments, traffic.key, [](const SegmentRecord& s) { return s.first; });
  return segment != nullptr && traffic.key <= segment->last ? segment : nullptr;
}

// The predicate of the remote address's class, or kNone where only the default one counts.
std::uint32_t row_predicate(const Tables& tables, const DescriptorRecord& descriptor, Ipv4 remote) {
  const auto rows = tables.rows().subspan(descriptor.row_begin, descriptor.row_count);
  if (rows.empty()) return kNone;
  const auto address_class =
      last_not_above(tables.classes(), remote.value, [](const auto& c) { return c.first; })->address_class;
  const auto* row = last_not_above(rows, address_class, [](const auto& r) { return r.address_class; });
  return row != nullptr && row->address_class == address_class ? row->predicate : kNone;
}

// Whether rule a comes before rule b in a list of groups: the group that is named first, then the order of the file.
bool precedes(const Tables& tables, const layout::GroupListRecord& list, RuleIndex a, RuleIndex b) {
  const std::uint32_t owner_a = tables.rules()[a].owner;
  const std::uint32_t owner_b = tables.rules()[b].owner;
  if (owner_a == owner_b) return a < b;
  for (const std::uint32_t group : tables.list_groups().subspan(list.begin, list.count)) {
    if (group == owner_a) return true;
    if (group == owner_b) return false;
  }
  return a < b;
}

const DescriptorRecord& group_descriptor(const Tables& tables, std::uint32_t list, Direction direction) {
  return tables.descriptors()[2 * static_cast<std::size_t>(list) + static_cast<std::size_t>(direction)];
}

bool matches(const layout::RuleRecord& rule, const Query& query) {
  if (rule.protocol == kAnyProtocol) return true;
  if (rule.protocol != query.protocol) return false;
  if (query.protocol == kProtocolTcp || query.protocol == kProtocolUdp) {
    return rule.from_port <= query.destination_port && query.destination_port <= rule.to_port;
  }
  if (query.protocol != kProtocolIcmp || rule.icmp_type < 0) return true;
  return rule.icmp_type == query.icmp_type && (rule.icmp_code < 0 || rule.icmp_code == query.icmp_code);
}

// Appends the rules of a predicate that match.
void append_matches(const Tables& tables, std::uint32_t predicate, const Query& query, std::vector<RuleIndex>& out) {
  const auto& record = tables.predicates()[predicate];
  for (const RuleIndex rule : tables.predicate_rules().subspan(record.rule_begin, record.rule_count)) {
    if (matches(tables.rules()[rule], query)) out.push_back(rule);
  }
}

}  // namespace

GroupVerdict PolicyView::judge_groups(InterfaceIndex interface, Direction direction, const Query& query) const {
  const Tables tables(base_);
  const std::uint32_t list = tables.interfaces()[interface].group_list;
  const DescriptorRecord& descriptor = group_descriptor(tables, list, direction);
  const TrafficKey traffic = key_of(query);
  const SegmentRecord* any = find_segment(tables, descriptor.default_predicate, traffic);
  const std::uint32_t row = row_predicate(tables, descriptor, query.remote);
  const SegmentRecord* peer = row == kNone ? nullptr : find_segment(tables, row, traffic);
  if (any == nullptr && peer == nullptr) return {};
  const bool peer_first =
      any == nullptr || (peer != nullptr && precedes(tables, tables.group_lists()[list], peer->rule, any->rule));
  const bool return_open = (traffic.kind == TrafficKind::tcp && (descriptor.flags & layout::kReturnOpenTcp) != 0) ||
                           (traffic.kind == TrafficKind::udp && (descriptor.flags & layout::kReturnOpenUdp) != 0);
  return {.allow = true,
          .untracked = return_open && any != nullptr && (any->flags & layout::kSomeAnyPeer) != 0,
          .rule = peer_first ? peer->rule : any->rule};
}

AclVerdict PolicyView::judge_acl(AclIndex acl, Direction direction, const Query& query) const {
  const Tables tables(base_);
  const std::size_t first = 2 * tables.group_lists().size();
  const DescriptorRecord& descriptor =
      tables.descriptors()[first + 2 * static_cast<std::size_t>(acl) + static_cast<std::size_t>(direction)];
  const TrafficKey traffic = key_of(query);
  const SegmentRecord* any = find_segment(tables, descriptor.default_predicate, traffic);
  const std::uint32_t row = row_predicate(tables, descriptor, query.remote);
  const SegmentRecord* peer = row == kNone ? nullptr : find_segment(tables, row, traffic);
  // Entries are numbered in order of rule_no.
  const SegmentRecord* decides = any == nullptr || (peer != nullptr && peer->rule < any->rule) ? peer : any;
  if (decides == nullptr) return {};
  return {.allow = (decides->flags & layout::kAllows) != 0, .rule = decides->rule};
}

void PolicyView::matching_rules(InterfaceIndex interface, Direction direction, const Query& query,
                                std::vector<RuleIndex>& out) const {
  const Tables tables(base_);
  const std::uint32_t list = tables.interfaces()[interface].group_list;
  const DescriptorRecord& descriptor = group_descriptor(tables, list, direction);
  const auto begin = static_cast<std::ptrdiff_t>(out.size());
  append_matches(tables, descriptor.default_predicate, query, out);
  const auto middle = static_cast<std::ptrdiff_t>(out.size());
  const std::uint32_t row = row_predicate(tables, descriptor, query.remote);
  if (row != kNone) append_matches(tables, row, query, out);
  std::inplace_merge(out.begin() + begin, out.begin() + middle, out.end(),
                     [&](RuleIndex a, RuleIndex b) { return precedes(tables, tables.group_lists()[list], a, b); });
}

}  // namespace sallyport::rules
