// Ordered rules resolved to segments; see the header. Owner: rules/compile.
#include "rules/compile/predicates.h"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>

namespace sallyport::rules {
namespace {

using layout::RuleRecord;
using layout::SegmentRecord;
using layout::TrafficKind;

struct Keys {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};

Keys icmp_keys(const RuleRecord& rule) {
  if (rule.icmp_type < 0) return {.first = 0, .last = 0xFFFF};
  const std::uint32_t type = static_cast<std::uint32_t>(rule.icmp_type) << 8U;
  if (rule.icmp_code < 0) return {.first = type, .last = type | 0xFFU};
  const std::uint32_t key = type | static_cast<std::uint32_t>(rule.icmp_code);
  return {.first = key, .last = key};
}

// The keys of one kind that a rule matches, if any.
std::optional<Keys> keys_of(const RuleRecord& rule, TrafficKind kind) {
  if (rule.protocol == kAnyProtocol) return Keys{.first = 0, .last = kind == TrafficKind::other ? 0xFFU : 0xFFFFU};
  const Keys ports{.first = rule.from_port, .last = rule.to_port};
  switch (rule.protocol) {
    case kProtocolTcp:
      return kind == TrafficKind::tcp ? std::optional(ports) : std::nullopt;
    case kProtocolUdp:
      return kind == TrafficKind::udp ? std::optional(ports) : std::nullopt;
    case kProtocolIcmp:
      return kind == TrafficKind::icmp ? std::optional(icmp_keys(rule)) : std::nullopt;
    default:
      break;
  }
  if (kind != TrafficKind::other) return std::nullopt;
  const auto key = static_cast<std::uint32_t>(rule.protocol);
  return Keys{.first = key, .last = key};
}

// A rule begins or ends to match from `key` on; `order` is its place in the list.
struct Edge {
  std::uint32_t key = 0;
  std::uint32_t order = 0;
  bool begins = false;
};

void append(std::vector<SegmentRecord>& segments, std::size_t begin, const SegmentRecord& segment) {
  if (segments.size() > begin) {
    SegmentRecord& previous = segments.back();
    if (previous.last + 1 == segment.first && previous.rule == segment.rule && previous.flags == segment.flags) {
      previous.last = segment.last;
      return;
    }
  }
  segments.push_back(segment);
}

}  // namespace

std::uint32_t PredicateWriter::add(const std::vector<std::uint32_t>& rules) {
  const auto [id, added] = lists_.add(rules);
  if (!added) return id;
  layout::PredicateRecord record{.rule_begin = static_cast<std::uint32_t>(tables_.predicate_rules.size()),
                                 .rule_count = static_cast<std::uint32_t>(rules.size()),
                                 .segments = {}};
  tables_.predicate_rules.insert(tables_.predicate_rules.end(), rules.begin(), rules.end());
  for (std::uint32_t kind = 0; kind < layout::kTrafficKinds; ++kind) {
    record.segments[kind] = static_cast<std::uint32_t>(tables_.segments.size());
    resolve(rules, static_cast<TrafficKind>(kind));
  }
  record.segments[layout::kTrafficKinds] = static_cast<std::uint32_t>(tables_.segments.size());
  tables_.predicates.push_back(record);
  return id;
}

void PredicateWriter::resolve(const std::vector<std::uint32_t>& rules, TrafficKind kind) {
  std::vector<Edge> edges;
  for (std::uint32_t order = 0; order < rules.size(); ++order) {
    if (const auto keys = keys_of(tables_.rules[rules[order]], kind)) {
      edges.push_back({.key = keys->first, .order = order, .begins = true});
      edges.push_back({.key = keys->last + 1, .order = order, .begins = false});
    }
  }
  std::ranges::sort(edges, {}, [](const Edge& e) { return std::tuple(e.key, e.order, e.begins); });
  const std::size_t begin = tables_.segments.size();
  std::set<std::uint32_t> active;
  std::size_t any_peers = 0;
  for (std::size_t i = 0; i < edges.size();) {
    const std::uint32_t key = edges[i].key;
    for (; i < edges.size() && edges[i].key == key; ++i) {
      const std::size_t counts = any_peer_[rules[edges[i].order]] ? 1 : 0;
      if (edges[i].begins) {
        active.insert(edges[i].order);
        any_peers += counts;
      } else {
        active.erase(edges[i].order);
        any_peers -= counts;
      }
    }
    if (active.empty()) continue;
    const std::uint32_t rule = rules[*active.begin()];
    const bool allows = (tables_.rules[rule].flags & layout::kRuleAllows) != 0;
    append(tables_.segments, begin,
           {.first = static_cast<std::uint16_t>(key),
            .last = static_cast<std::uint16_t>(edges[i].key - 1),
            .rule = rule,
            .flags = (allows ? layout::kAllows : 0U) | (any_peers > 0 ? layout::kSomeAnyPeer : 0U)});
  }
}

}  // namespace sallyport::rules
