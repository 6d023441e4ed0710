// One descriptor held against the rules it stands for: every class, kind of traffic and interval of keys.
//
// Owner: rules/prove; internal to decisions.cpp. On each side the answer is constant inside a cell, so one witness a
// cell is proof.
#pragma once

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "rules/analyze/key_sets.h"
#include "rules/image/step_map_walk.h"
#include "rules/prove/decisions.h"

namespace sallyport::rules::proof {

using layout::TrafficKind;
using literal::kNoRule;
using literal::RuleId;

// What is asked of each family.
struct Ipv4Family {
  using Address = Ipv4;
  using Query = rules::Query;
  static constexpr std::int16_t kIcmp = kProtocolIcmp;
  static constexpr std::string_view kIcmpName = "icmp ";
  static constexpr literal::Kind kIcmpKind = literal::Kind::icmp;
  static layout::Maps maps_of(const layout::PredicateRecord& predicate) { return predicate.maps; }
  static bool everywhere(const literal::Rule& rule) { return rule.everywhere; }
  static auto descriptors(const layout::Tables& tables) { return tables.descriptors(); }
};
struct Ipv6Family {
  using Address = Ipv6;
  using Query = Ipv6Query;
  static constexpr std::int16_t kIcmp = kProtocolIcmpv6;
  static constexpr std::string_view kIcmpName = "icmpv6 ";
  static constexpr literal::Kind kIcmpKind = literal::Kind::icmpv6;
  static layout::Maps maps_of(const layout::PredicateRecord& predicate) { return layout::ipv6_maps(predicate); }
  static bool everywhere(const literal::Rule& rule) { return rule.ipv6_everywhere; }
  static auto descriptors(const layout::Tables& tables) { return tables.ipv6_descriptors(); }
};

// A packet with this key; none where no packet can have it.
template <typename Family>
std::optional<typename Family::Query> query_of(TrafficKind kind, std::uint32_t key, typename Family::Address remote) {
  typename Family::Query query{.remote = remote};
  switch (kind) {
    case TrafficKind::tcp:
    case TrafficKind::udp:
      query.protocol = static_cast<std::uint8_t>(kind == TrafficKind::tcp ? kProtocolTcp : kProtocolUdp);
      query.destination_port = static_cast<std::uint16_t>(key);
      return query;
    case TrafficKind::icmp:
      query.protocol = static_cast<std::uint8_t>(Family::kIcmp);
      query.icmp_type = static_cast<std::uint8_t>(key >> 8U);
      query.icmp_code = static_cast<std::uint8_t>(key);
      return query;
    case TrafficKind::other:
    case TrafficKind::icmpv6:
      break;
  }
  const bool has_keys_of_its_own = key == kProtocolTcp || key == kProtocolUdp || key == std::uint32_t{Family::kIcmp};
  if (key > 255 || has_keys_of_its_own) return std::nullopt;
  query.protocol = static_cast<std::uint8_t>(key);
  return query;
}

template <typename Family>
std::string told(const typename Family::Query& query) {
  std::string text = "protocol " + std::to_string(query.protocol);
  if (query.protocol == kProtocolTcp) text = "tcp " + std::to_string(query.destination_port);
  if (query.protocol == kProtocolUdp) text = "udp " + std::to_string(query.destination_port);
  if (query.protocol == Family::kIcmp) {
    text = std::string(Family::kIcmpName) + std::to_string(query.icmp_type) + "/" + std::to_string(query.icmp_code);
  }
  return text + " with " + to_string(query.remote);
}

// What both sides answer.
struct Answer {
  bool allow = false;
  bool untracked = false;
  RuleId rule = kNoRule;
  friend bool operator==(const Answer&, const Answer&) = default;
};

// A rule where it is about the kind of traffic at hand.
struct Span {
  literal::Keys keys;
  RuleId rule = kNoRule;
  bool allow = false;
  bool everywhere = false;
};

// One list of groups, or an ACL, in one direction and family.
struct Descriptor {
  std::string name;
  bool is_acl = false;
  std::uint32_t index = 0;  // an interface with this list, or the ACL
  Direction direction = Direction::ingress;
  std::vector<RuleId> rules;  // in order of preference
  bool return_open_tcp = false;
  bool return_open_udp = false;
  const layout::DescriptorRecord* record = nullptr;
};

template <typename Family>
class Comparison {
 public:
  using Query = Family::Query;
  using Sets = ClassSets<typename Family::Address>;

  Comparison(const layout::Tables& tables, const PolicyView& view, const literal::Rules& rules, const Sets& classes,
             const Settled& settled, Proof& proof)
      : tables_(tables), view_(view), rules_(rules), classes_(classes), settled_(settled), proof_(proof) {
    literal_of_.reserve(view.rules());
    for (RuleIndex i = 0; i < view.rules(); ++i) {
      literal_of_.push_back(view.has_rule(i) ? rules.named(view.rule(i).name) : kNoRule);
    }
    matches_.resize(classes.peers_of.size());
    row_.resize(classes.peers_of.size());
    descriptors_ = Family::descriptors(tables);
    if (settled.descriptors.empty()) return;
    unsettled_of_.resize(rules.peers().size());
    for (std::uint32_t id = 0; id < classes.peers_of.size(); ++id) {
      if (!classes.reached[id] || settled.classes[id]) continue;
      unsettled_.push_back(id);
      for (const literal::PeerId peer : classes.peers_of[id]) unsettled_of_[peer].push_back(id);
    }
  }

  std::optional<std::string> compare(const Descriptor& descriptor) {
    ++proof_.descriptors;
    const bool settled = !settled_.descriptors.empty() &&
                         settled_.descriptors[static_cast<std::size_t>(descriptor.record - descriptors_.data())];
    if (settled && unsettled_.empty()) return std::nullopt;
    settled ? collect_unsettled(descriptor) : collect_classes(descriptor);
    for (const std::uint32_t address_class : wanted_) {
      ++proof_.rows;
      if (auto problem = compare_class(descriptor, address_class)) return problem;
    }
    return std::nullopt;
  }

 private:
  // The classes that are not settled, for a descriptor that is.
  void collect_unsettled(const Descriptor& descriptor) {
    clear_classes();
    wanted_ = unsettled_;
    for (std::uint32_t place = 0; place < descriptor.rules.size(); ++place) {
      for (const literal::PeerId peer : rules_.rule(descriptor.rules[place]).peers) {
        if (classes_.everything[peer]) append(everywhere_, place);
        for (const std::uint32_t address_class : unsettled_of_[peer]) append(matches_[address_class], place);
      }
    }
    each_row(descriptor, [&](std::uint32_t address_class, const layout::PredicateRecord& predicate) {
      if (classes_.reached[address_class] && !settled_.classes[address_class]) row_[address_class] = &predicate;
    });
  }

  // Of each class the rules that match it, by their place in the descriptor; the classes worth a look, of those that an
  // address of the family has: these, those that have a row, and one besides.
  void collect_classes(const Descriptor& descriptor) {
    clear_classes();
    for (std::uint32_t place = 0; place < descriptor.rules.size(); ++place) {
      for (const literal::PeerId peer : rules_.rule(descriptor.rules[place]).peers) {
        if (classes_.everything[peer]) {
          append(everywhere_, place);
          continue;
        }
        for (const std::uint32_t address_class : classes_.classes_of[peer]) {
          auto& matches = matches_[address_class];
          if (matches.empty()) wanted_.push_back(address_class);
          append(matches, place);
        }
      }
    }
    each_row(descriptor, [&](std::uint32_t address_class, const layout::PredicateRecord& predicate) {
      if (!classes_.reached[address_class]) return;
      wanted_.push_back(address_class);
      row_[address_class] = &predicate;
    });
    std::ranges::sort(wanted_);
    const auto repeated = std::ranges::unique(wanted_);
    wanted_.erase(repeated.begin(), repeated.end());
    const auto is_other = [&](std::uint32_t id) {
      return classes_.reached[id] && !std::ranges::binary_search(wanted_, id);
    };
    std::uint32_t other = 0;
    while (other < classes_.peers_of.size() && !is_other(other)) ++other;
    if (other < classes_.peers_of.size()) wanted_.push_back(other);
  }

  void clear_classes() {
    for (const std::uint32_t address_class : wanted_) {
      matches_[address_class].clear();
      row_[address_class] = nullptr;
    }
    wanted_.clear();
    everywhere_.clear();
  }

  // visit(class, predicate) for every row, whether a lookup would find it or not.
  template <typename Visit>
  void each_row(const Descriptor& descriptor, Visit visit) const {
    for (std::uint32_t i = 0; i <= descriptor.record->mask; ++i) {
      const auto& bucket = tables_.row_buckets()[descriptor.record->buckets + i];
      for (std::size_t place = 0; place < bucket.classes.size(); ++place) {
        if (bucket.classes[place] == layout::kNoIndex) continue;
        visit(bucket.classes[place], tables_.predicates()[bucket.predicates[place]]);
      }
    }
  }

  static void append(std::vector<std::uint32_t>& places, std::uint32_t place) {
    if (places.empty() || places.back() != place) places.push_back(place);
  }

  std::optional<std::string> compare_class(const Descriptor& descriptor, std::uint32_t address_class) {
    applying_.clear();
    std::ranges::set_union(matches_[address_class], everywhere_, std::back_inserter(applying_));
    const layout::PredicateRecord* row = row_[address_class];
    for (std::uint32_t kind = 0; kind < layout::kTrafficKinds; ++kind) {
      collect_spans(descriptor, static_cast<TrafficKind>(kind));
      collect_keys(descriptor.record->any[kind], row, static_cast<TrafficKind>(kind));
      for (const std::uint32_t key : keys_) {
        const auto query = query_of<Family>(static_cast<TrafficKind>(kind), key, classes_.witness[address_class]);
        if (!query) continue;
        ++proof_.decision_cells;
        const Answer expected = literally(descriptor, static_cast<TrafficKind>(kind), key);
        const Answer seen = by_image(descriptor, *query);
        if (expected != seen) return difference(descriptor, *query, expected, seen);
      }
    }
    return std::nullopt;
  }

  void collect_spans(const Descriptor& descriptor, TrafficKind kind) {
    spans_.clear();
    for (const std::uint32_t place : applying_) {
      const RuleId id = descriptor.rules[place];
      const literal::Rule& rule = rules_.rule(id);
      const auto keys = literal::keys_of(
          rule.traffic, kind == TrafficKind::icmp ? Family::kIcmpKind : static_cast<literal::Kind>(kind));
      if (!keys) continue;
      spans_.push_back({.keys = *keys, .rule = id, .allow = rule.allow, .everywhere = Family::everywhere(rule)});
    }
    by_first_.resize(spans_.size());
    by_last_.resize(spans_.size());
    for (std::uint32_t i = 0; i < spans_.size(); ++i) by_first_[i] = by_last_[i] = i;
    std::ranges::sort(by_first_, {}, [&](std::uint32_t i) { return spans_[i].keys.first; });
    std::ranges::sort(by_last_, {}, [&](std::uint32_t i) { return spans_[i].keys.last; });
    next_first_ = 0;
    next_last_ = 0;
    everywhere_spans_ = 0;
    live_.clear();
  }

  // The spans that hold the key; keys come in ascending order.
  void move_to(std::uint32_t key) {
    for (; next_first_ < by_first_.size() && spans_[by_first_[next_first_]].keys.first <= key; ++next_first_) {
      live_.insert(by_first_[next_first_]);
      everywhere_spans_ += spans_[by_first_[next_first_]].everywhere ? 1U : 0U;
    }
    for (; next_last_ < by_last_.size() && spans_[by_last_[next_last_]].keys.last < key; ++next_last_) {
      live_.erase(by_last_[next_last_]);
      everywhere_spans_ -= spans_[by_last_[next_last_]].everywhere ? 1U : 0U;
    }
  }

  // Where an interval of keys begins on either side.
  void collect_keys(step_map::Ref any, const layout::PredicateRecord* row, TrafficKind kind) {
    keys_.assign(1, 0);
    if (kind == TrafficKind::other) keys_.insert(keys_.end(), {2, 7, 18, 59});
    for (const Span& span : spans_) {
      keys_.push_back(span.keys.first);
      if (span.keys.last < 65535) keys_.push_back(span.keys.last + 1);
    }
    const auto add = [&](std::uint32_t first, std::uint32_t, step_map::Ref) { keys_.push_back(first); };
    step_map::walk(tables_.lines().data(), any, add);
    const step_map::Ref map = row == nullptr ? any : Family::maps_of(*row)[static_cast<std::size_t>(kind)];
    if (map == layout::kOwn) {
      for (const std::uint16_t bound : row->own.bounds) {
        if (bound < 65535) keys_.push_back(bound + 1U);
      }
    } else {
      step_map::walk(tables_.lines().data(), map, add);
    }
    std::ranges::sort(keys_);
    const auto repeated = std::ranges::unique(keys_);
    keys_.erase(repeated.begin(), repeated.end());
  }

  [[nodiscard]] Answer literally(const Descriptor& descriptor, TrafficKind kind, std::uint32_t key) {
    move_to(key);
    if (live_.empty()) return {};
    const Span& first = spans_[*live_.begin()];
    const bool open = (kind == TrafficKind::tcp && descriptor.return_open_tcp) ||
                      (kind == TrafficKind::udp && descriptor.return_open_udp);
    return {.allow = first.allow, .untracked = !descriptor.is_acl && everywhere_spans_ > 0 && open, .rule = first.rule};
  }

  [[nodiscard]] Answer by_image(const Descriptor& descriptor, const Query& query) const {
    if (descriptor.is_acl) {
      const AclVerdict verdict = view_.judge_acl(descriptor.index, descriptor.direction, query);
      return {.allow = verdict.allow, .rule = verdict.rule == kNone ? kNoRule : literal_of_[verdict.rule]};
    }
    const GroupVerdict verdict = view_.judge_groups(descriptor.index, descriptor.direction, query);
    return {.allow = verdict.allow,
            .untracked = verdict.untracked,
            .rule = verdict.rule == kNone ? kNoRule : literal_of_[verdict.rule]};
  }

  [[nodiscard]] std::string in_words(const Answer& answer) const {
    const std::string rule = answer.rule == kNoRule ? "no rule" : rules_.rule(answer.rule).name;
    return std::string(answer.allow ? "allow" : "deny") + " by " + rule + (answer.untracked ? ", untracked" : "");
  }
  [[nodiscard]] std::string difference(const Descriptor& descriptor, const Query& query, const Answer& expected,
                                       const Answer& seen) const {
    return descriptor.name + (descriptor.direction == Direction::ingress ? ", ingress, " : ", egress, ") +
           told<Family>(query) + ": the rules say " + in_words(expected) + ", the image says " + in_words(seen);
  }

  const layout::Tables& tables_;
  const PolicyView& view_;
  const literal::Rules& rules_;
  const Sets& classes_;
  const Settled& settled_;
  Proof& proof_;
  std::span<const layout::DescriptorRecord> descriptors_;
  std::vector<std::uint32_t> unsettled_;                  // classes, ascending
  std::vector<std::vector<std::uint32_t>> unsettled_of_;  // by peer
  std::vector<RuleId> literal_of_;                        // by the image's number of a rule
  // By class, places of rules in the descriptor; only those of wanted_ are filled.
  std::vector<std::vector<std::uint32_t>> matches_;
  // By class, where it has a row: that row's predicate, whether a lookup would find it or not.
  std::vector<const layout::PredicateRecord*> row_;
  std::vector<std::uint32_t> wanted_;
  std::vector<std::uint32_t> everywhere_;
  std::vector<std::uint32_t> applying_;
  std::vector<Span> spans_;  // in order of preference
  std::vector<std::uint32_t> by_first_;
  std::vector<std::uint32_t> by_last_;
  std::size_t next_first_ = 0;
  std::size_t next_last_ = 0;
  std::set<std::uint32_t> live_;
  std::size_t everywhere_spans_ = 0;
  std::vector<std::uint32_t> keys_;
};

}  // namespace sallyport::rules::proof
