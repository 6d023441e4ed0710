// Ordered rules resolved to maps of keys; see the header. Owner: rules/compile.
#include "rules/compile/predicates.h"

#include <algorithm>
#include <optional>
#include <span>
#include <tuple>

namespace sallyport::rules {
namespace {

using layout::RuleRecord;
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
    case kProtocolIcmpv6:
      return kind == TrafficKind::icmpv6 ? std::optional(icmp_keys(rule)) : std::nullopt;
    default:
      break;
  }
  if (kind != TrafficKind::other) return std::nullopt;
  const auto key = static_cast<std::uint32_t>(rule.protocol);
  return Keys{.first = key, .last = key};
}

// No rule: marks the list of a row apart from the same list of what matches any address.
constexpr PlacedRule kInRow = 0xFFFF'FFFFU;

// At most kOwnSteps steps that end at values.
layout::OwnMap own_map(std::span<const KeyStep> steps) {
  layout::OwnMap map{};
  for (std::size_t i = 0; i < map.bounds.size(); ++i) {
    map.bounds[i] = static_cast<std::uint16_t>(i + 1 < steps.size() ? steps[i + 1].first - 1 : 0xFFFFU);
  }
  for (std::size_t i = 0; i < map.values.size(); ++i) {
    map.values[i] = step_map::value_of(steps[std::min(i, steps.size() - 1)].ref);
  }
  return map;
}

}  // namespace

std::uint32_t PredicateWriter::add_any(const std::vector<PlacedRule>& rules, const std::vector<bool>& any_peer) {
  any_peer_ = &any_peer;
  // The same rules are another predicate where others of them have any peer.
  key_ = rules;
  std::ranges::copy_if(rules, std::back_inserter(key_), [&](PlacedRule rule) { return is_any_peer(rule); });
  return add(rules, false);
}

std::uint32_t PredicateWriter::add_row(const std::vector<PlacedRule>& rules) {
  any_peer_ = nullptr;
  key_ = rules;
  key_.push_back(kInRow);
  return add(rules, true);
}

std::uint32_t PredicateWriter::add(const std::vector<PlacedRule>& rules, bool in_row) {
  const auto [id, added] = lists_.add(key_);
  if (!added) return id;
  meter_.hold(Interner::bytes_of(key_));
  layout::PredicateRecord record{
      .maps = {},
      .rule_begin = static_cast<std::uint32_t>(tables_.before.predicate_rules + tables_.predicate_rules.size()),
      .rule_count = static_cast<std::uint32_t>(rules.size()),
      .icmpv6 = 0,
      .own = {},
      .unused = {}};
  std::ranges::transform(rules, std::back_inserter(tables_.predicate_rules), rule_of);
  for (std::uint32_t kind = 0; kind < layout::kTrafficKinds; ++kind) {
    resolve(rules, static_cast<TrafficKind>(kind));
    const bool has_own = std::ranges::find(record.maps, layout::kOwn) != record.maps.end();
    const bool small = steps_.size() > 1 && steps_.size() <= layout::kOwnSteps;
    if (in_row && small && !has_own) {
      record.own = own_map(steps_);
      record.maps[kind] = layout::kOwn;
    } else {
      record.maps[kind] = maps_.keys(steps_);
    }
  }
  resolve(rules, TrafficKind::icmpv6);
  record.icmpv6 = maps_.keys(steps_);
  tables_.predicates.push_back(record);
  return id;
}

step_map::Ref PredicateWriter::ruling_of_active() const {
  if (active_.empty()) return step_map::leaf(layout::kNothing);
  const PlacedRule first = *std::ranges::min_element(active_);
  const bool allows = (tables_.rules[rule_of(first)].flags & layout::kRuleAllows) != 0;
  const bool some_any_peer = std::ranges::any_of(active_, [&](PlacedRule rule) { return is_any_peer(rule); });
  return step_map::leaf(layout::ruling(first >> layout::kRuleBits, rule_of(first),
                                       (allows ? layout::kAllows : 0U) | (some_any_peer ? layout::kSomeAnyPeer : 0U)));
}

void PredicateWriter::resolve(const std::vector<PlacedRule>& rules, TrafficKind kind) {
  edges_.clear();
  for (const PlacedRule rule : rules) {
    if (const auto keys = keys_of(tables_.rules[rule_of(rule)], kind)) {
      edges_.push_back({.key = keys->first, .rule = rule, .begins = true});
      edges_.push_back({.key = keys->last + 1, .rule = rule, .begins = false});
    }
  }
  std::ranges::sort(edges_, {}, [](const Edge& e) { return std::tuple(e.key, e.rule, e.begins); });
  active_.clear();
  steps_.assign(1, {.first = 0, .ref = step_map::leaf(layout::kNothing)});
  for (std::size_t i = 0; i < edges_.size() && edges_[i].key <= 0xFFFF && meter_.fits();) {
    const std::uint32_t key = edges_[i].key;
    for (; i < edges_.size() && edges_[i].key == key; ++i) {
      if (edges_[i].begins) {
        active_.push_back(edges_[i].rule);
      } else {
        std::erase(active_, edges_[i].rule);
      }
    }
    if (key == 0) steps_.clear();
    const step_map::Ref ruling = ruling_of_active();
    if (steps_.empty() || steps_.back().ref != ruling) steps_.push_back({.first = key, .ref = ruling});
  }
}

}  // namespace sallyport::rules
