// Group rules that other rules of the same group cover, one or several together: duplicates among them.
//
// Owner: rules/analyze. References to groups and prefix lists are compared by name, CIDRs by address; of a list with
// many entries only the range around them is looked at, so that what is named is right and some may be missed.
// Always: with all rules that are named taken away the group still admits the same packets, and the same flows are
// untracked: those that a rule to everywhere admits (docs: packet path, untracked).
#include <array>
#include <memory>

#include "rules/analyze/lint_report.h"

namespace sallyport::rules::linting {
namespace {

using Item = PrefixIndex::Item;

constexpr std::size_t kListEntriesCompared = 256;
constexpr std::size_t kPlaces = 3;
constexpr Box kAllTcp{kEveryAddress, {kProtocolTcp, kProtocolTcp}, kEveryKey};
constexpr Box kAllUdp{kEveryAddress, {kProtocolUdp, kProtocolUdp}, kEveryKey};

// The smallest prefix around addresses.
Prefix around(const Interval& addresses) {
  Prefix prefix{{addresses.first}, 32};
  while (prefix.last().value < addresses.last) {
    --prefix.length;
    prefix.base.value &= prefix.mask();
  }
  return prefix;
}

// What is known of the addresses of a list, or of a rule's CIDRs.
struct Addresses {
  explicit Addresses(std::span<const Prefix> prefixes, const Vpc& vpc) {
    for (const auto& prefix : prefixes) {
      intervals.push_back(interval_of(prefix));
      everywhere = everywhere || prefix.length == 0;
    }
    intervals = merged(std::move(intervals));
    whole_vpc =
        std::ranges::all_of(vpc.cidr_blocks, [&](const Prefix& block) { return holds(intervals, interval_of(block)); });
  }
  [[nodiscard]] bool hold(const Prefix& prefix) const {
    return prefix.length == 0 ? everywhere : holds(intervals, interval_of(prefix));
  }
  [[nodiscard]] double size() const {
    double sum = 0;
    for (const auto& interval : intervals) sum += 1.0 + interval.last - interval.first;
    return sum;
  }

  std::vector<Interval> intervals;
  bool everywhere = false;  // 0.0.0.0/0 itself is among them
  bool whole_vpc = false;
};

// Prefix lists are worked out once, however many rules name them.
class Lists {
 public:
  explicit Lists(const Policy& policy) : policy_(policy) {}
  const Addresses& operator[](std::string_view name) {
    auto& known = known_[name];
    if (!known) known = std::make_unique<Addresses>(entries(name), policy_.vpc);
    return *known;
  }
  [[nodiscard]] const std::vector<Prefix>& entries(std::string_view name) const {
    return policy_.prefix_lists.find(name)->second.entries;
  }

 private:
  const Policy& policy_;
  std::unordered_map<std::string_view, std::unique_ptr<Addresses>> known_;
};

class RuleList {
 public:
  RuleList(Lint& lint, Lists& lists, const std::string& group, Side side, const std::vector<GroupRule>& rules)
      : lint_(lint),
        lists_(lists),
        group_(group),
        side_(side),
        rules_(rules),
        index_(take_in()),
        budget_(lint.allot()) {}

  void find() {
    for (const auto rule : smallest_first()) {
      counts_[rule] = false;
      const bool covered = is_covered(rule, nullptr) && !budget_.exhausted();
      counts_[rule] = !covered;
      if (covered) found_.push_back(rule);
      if (budget_.exhausted()) break;
    }
    // What covers a rule is worked out among those that stay.
    for (const auto rule : found_) {
      lint_.report(LintKind::group_rule_covered, rules_[rule].where, [&] { return finding(rule); });
    }
    lint_.settle(budget_, rules_.front().where, pointer_to_rule(group_, side_, 0),
                 "rules of group " + quoted(group_) + ' ' + std::string(name_of(side_)));
  }

 private:
  struct Known {
    Box traffic;
    bool everywhere = false;
    double size = 0;
  };

  // Fills what is known of the rules; returns the index of their CIDRs.
  PrefixIndex take_in() {
    known_.reserve(rules_.size());
    counts_.assign(rules_.size(), true);
    for (Item i = 0; i < rules_.size(); ++i) {
      const auto& rule = rules_[i];
      const Addresses own(rule.cidr_blocks, lint_.policy.vpc);
      Known known{box_of(rule.traffic), own.everywhere, own.size() + static_cast<double>(rule.security_groups.size())};
      bool whole_vpc = !rule.cidr_blocks.empty() && own.whole_vpc;
      for (const auto& cidr : rule.cidr_blocks) {
        cidrs_.push_back(cidr);
        rule_of_item_.push_back(i);
      }
      for (const auto& name : rule.prefix_lists) {
        const auto& list = lists_[name];
        known.everywhere = known.everywhere || list.everywhere;
        known.size += list.size();
        whole_vpc = whole_vpc || (!list.intervals.empty() && list.whole_vpc);
        by_list_[name].push_back(i);
      }
      for (const auto& name : rule.security_groups) by_group_[name].push_back(i);
      if (rule.self) by_group_[group_].push_back(i);
      if (whole_vpc) whole_vpc_.push_back(i);
      if (known.everywhere) everywhere_.push_back(i);
      known.size *= (1.0 + known.traffic.key.last - known.traffic.key.first) *
                    (1.0 + known.traffic.protocol.last - known.traffic.protocol.first);
      known_.push_back(known);
    }
    return PrefixIndex(cidrs_);
  }

  // Of equal ones the later goes first: it is the one that is named.
  [[nodiscard]] std::vector<Item> smallest_first() const {
    std::vector<Item> order;
    for (Item i = 0; i < rules_.size(); ++i) order.push_back(static_cast<Item>(rules_.size() - 1 - i));
    std::ranges::stable_sort(order, {}, [&](Item i) { return known_[i].size; });
    return order;
  }

  // By the other rules that count.
  bool is_covered(Item rule, std::vector<Item>* used) {
    const auto& written = rules_[rule];
    const auto cidr = [&](const Prefix& prefix) { return is_covered(rule, prefix, used); };
    const auto list = [&](const std::string& name) { return is_covered_list(rule, name, used); };
    const auto group = [&](const std::string& name) { return is_covered_group(rule, name, used); };
    return std::ranges::all_of(written.cidr_blocks, cidr) && std::ranges::all_of(written.security_groups, group) &&
           (!written.self || group(group_)) && std::ranges::all_of(written.prefix_lists, list) &&
           untracks_as_before(rule, kAllTcp, used) && untracks_as_before(rule, kAllUdp, used);
  }

  bool is_covered(Item rule, const Prefix& cidr, std::vector<Item>* used) {
    std::vector<Box> left{known_[rule].traffic};
    for (const auto& [name, naming] : by_list_) {
      if (budget_.spend() && lists_[name].hold(cidr)) take(naming, left, used);
    }
    std::vector<Item> items;
    const auto traffic_of = [&](Item item) -> const Box* {
      const auto owner = rule_of_item_[item];
      const bool may = cidr.length > 0 || cidrs_[item].length == 0;  // everywhere by halves is another thing
      return counts_[owner] && may ? &known_[owner].traffic : nullptr;
    };
    const bool covered =
        !index_.uncovered(cidr, std::move(left), traffic_of, budget_, used != nullptr ? &items : nullptr);
    if (used != nullptr) {
      for (const auto item : items) used->push_back(rule_of_item_[item]);
    }
    return covered;
  }

  bool is_covered_list(Item rule, const std::string& name, std::vector<Item>* used) {
    const auto& list = lists_[name];
    if (list.intervals.empty()) return false;
    std::vector<Box> left{known_[rule].traffic};
    take(by_list_[name], left, used);
    if (left.empty()) return true;
    const auto& entries = lists_.entries(name);
    if (entries.size() > kListEntriesCompared) {
      return is_covered(rule, around({list.intervals.front().first, list.intervals.back().last}), used);
    }
    return std::ranges::all_of(entries, [&](const Prefix& entry) { return is_covered(rule, entry, used); });
  }

  // Members have addresses of the VPC.
  bool is_covered_group(Item rule, const std::string& name, std::vector<Item>* used) {
    std::vector<Box> left{known_[rule].traffic};
    take(by_group_[name], left, used);
    take(whole_vpc_, left, used);
    return left.empty();
  }

  // A rule to everywhere for all ports lets flows of the other direction be untracked; another one must do so too.
  bool untracks_as_before(Item rule, const Box& all, std::vector<Item>* used) {
    if (!known_[rule].everywhere || !known_[rule].traffic.contains(all)) return true;
    for (const auto item : everywhere_) {
      if (!budget_.spend() || !counts_[item] || !known_[item].traffic.contains(all)) continue;
      if (used != nullptr) used->push_back(item);
      return true;
    }
    return false;
  }

  void take(const std::vector<Item>& rules, std::vector<Box>& left, std::vector<Item>* used) {
    for (const auto item : rules) {
      if (left.empty() || !budget_.spend(left.size())) return;
      const auto& traffic = known_[item].traffic;
      if (!counts_[item] || std::ranges::none_of(left, [&](const Box& box) { return box.overlaps(traffic); })) continue;
      left = subtract(left, traffic);
      if (used != nullptr) used->push_back(item);
    }
  }

  bool covered_by(Item rule, const std::vector<Item>& some) {
    std::vector<bool> only(rules_.size(), false);
    for (const auto item : some) only[item] = true;
    counts_.swap(only);
    const bool covered = is_covered(rule, nullptr) && !budget_.exhausted();
    counts_.swap(only);
    return covered;
  }

  Finding finding(Item rule) {
    std::vector<Item> used;
    if (!is_covered(rule, &used) || budget_.exhausted()) used.clear();
    const auto covering = fewest(std::move(used), [&](const auto& some) { return covered_by(rule, some); });
    Finding finding{pointer_to_rule(group_, side_, rule), {}, "remove it", {}};
    std::vector<std::string> names;
    for (const auto item : covering) {
      names.push_back(rule_name(group_, side_, item));
      if (finding.also.size() < kPlaces) {
        finding.also.push_back({rules_[item].where, pointer_to_rule(group_, side_, item),
                                names.back() + ": " + words(rules_[item], side_)});
      }
    }
    if (names.empty()) names = {"other rules", "their like"};
    finding.message = "rule " + rule_name(group_, side_, rule) + " (" + words(rules_[rule], side_) +
                      ") admits nothing of its own: " + listed(names) +
                      (names.size() == 1 ? " admits all of it" : " together admit all of it");
    return finding;
  }

  Lint& lint_;
  Lists& lists_;
  const std::string& group_;
  Side side_;
  const std::vector<GroupRule>& rules_;
  std::vector<Known> known_;
  std::vector<bool> counts_;   // the rules that are left, as long as nothing else is asked
  std::vector<Prefix> cidrs_;  // of all rules: the items of the index
  std::vector<Item> rule_of_item_;
  std::unordered_map<std::string_view, std::vector<Item>> by_list_;
  std::unordered_map<std::string_view, std::vector<Item>> by_group_;
  std::vector<Item> whole_vpc_;
  std::vector<Item> everywhere_;
  std::vector<Item> found_;
  PrefixIndex index_;
  Budget budget_;
};

}  // namespace

void find_covered_rules(Lint& lint) {
  Lists lists(lint.policy);
  for (const auto& [name, group] : lint.policy.security_groups) {
    for (const auto side : kSides) {
      const auto& rules = rules_of(group, side);
      if (rules.size() > 1) RuleList(lint, lists, name, side, rules).find();
    }
  }
}

}  // namespace sallyport::rules::linting
