// ACL entries that never decide: those with lower numbers, one or several together, match all that they match.
//
// Owner: rules/analyze.
#include "rules/analyze/lint_report.h"

namespace sallyport::rules::linting {
namespace {

class EntryList {
 public:
  EntryList(Lint& lint, const std::string& acl, Side side, const std::vector<AclEntry>& entries)
      : lint_(lint), acl_(acl), side_(side), entries_(entries), index_(prefixes(entries)), budget_(lint.allot()) {
    traffic_.reserve(entries.size());
    for (const auto& entry : entries) traffic_.push_back(box_of(entry.traffic));
  }

  void find() {
    for (std::uint32_t i = 1; i < entries_.size() && !budget_.exhausted(); ++i) {
      if (uncovered(i, nullptr) || budget_.exhausted()) continue;
      lint_.report(LintKind::acl_entry_never_decides, entries_[i].where, [&] { return finding(i); });
    }
    const auto& first = entries_.front();
    lint_.settle(budget_, first.where, pointer_to_entry(acl_, side_, entries_, first),
                 "entries of ACL " + quoted(acl_) + ' ' + std::string(name_of(side_)));
  }

 private:
  static std::vector<Prefix> prefixes(const std::vector<AclEntry>& entries) {
    std::vector<Prefix> result;
    result.reserve(entries.size());
    for (const auto& entry : entries) result.push_back(entry.cidr_block);
    return result;
  }

  bool uncovered(std::uint32_t entry, std::vector<PrefixIndex::Item>* used) {
    const auto earlier = [&](PrefixIndex::Item item) { return item < entry ? &traffic_[item] : nullptr; };
    return index_.uncovered(entries_[entry].cidr_block, {traffic_[entry]}, earlier, budget_, used).has_value();
  }

  bool covered_by(std::uint32_t entry, const std::vector<PrefixIndex::Item>& some) {
    const auto chosen = [&](PrefixIndex::Item item) {
      return std::ranges::binary_search(some, item) ? &traffic_[item] : nullptr;
    };
    return !index_.uncovered(entries_[entry].cidr_block, {traffic_[entry]}, chosen, budget_) && !budget_.exhausted();
  }

  Finding finding(std::uint32_t i) {
    std::vector<PrefixIndex::Item> used;
    (void)uncovered(i, &used);
    const auto covering = fewest(std::move(used), [&](const auto& some) { return covered_by(i, some); });
    std::vector<std::string> numbers;
    Finding finding;
    for (const auto item : covering) {
      numbers.push_back(std::to_string(entries_[item].rule_no));
      if (finding.also.size() < kPlaces) finding.also.push_back(place_of(acl_, side_, entries_, entries_[item]));
    }
    finding.pointer = pointer_to_entry(acl_, side_, entries_, entries_[i]);
    const bool alone = covering.size() == 1;
    finding.message = "entry " + std::to_string(entries_[i].rule_no) + " (" + words(entries_[i], side_) +
                      ") never decides: " + (alone ? "entry " : "entries ") + listed(numbers) +
                      (alone ? " matches" : " together match") + " all of it first";
    finding.remedy = "remove it, or give it a lower number";
    return finding;
  }

  static constexpr std::size_t kPlaces = 3;

  Lint& lint_;
  const std::string& acl_;
  Side side_;
  const std::vector<AclEntry>& entries_;
  PrefixIndex index_;
  std::vector<Box> traffic_;
  Budget budget_;
};

}  // namespace

void find_dead_entries(Lint& lint) {
  for (const auto& [name, acl] : lint.policy.network_acls) {
    for (const auto side : kSides) {
      const auto& entries = entries_of(acl, side);
      if (entries.size() > 1) EntryList(lint, name, side, entries).find();
    }
  }
}

}  // namespace sallyport::rules::linting
