// What stays settled when rules, memberships and prefix lists change, and the proof of the rest.
//
// Owner: rules/prove. See prove.h. A decision of a descriptor about a class is settled if the descriptor's record is
// the one it was, its tables only grew, its rules are what they were, and an address of the class was of that class
// before and lies in every peer it lay in: then lookup and rules both answer as they did when they were proven equal.
#include <algorithm>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "rules/document/documents.h"
#include "rules/document/same_meaning.h"
#include "rules/prove/class_sets.h"
#include "rules/prove/decisions.h"
#include "rules/prove/prove.h"
#include "rules/prove/records.h"

namespace sallyport::rules {
namespace {

using layout::Tables;

template <typename T>
bool same_span(std::span<const T> a, std::span<const T> b) {
  return a.data() == b.data() && a.size() == b.size();
}

// Records as they were, more of them behind.
template <typename T>
bool grown(std::span<const T> before, std::span<const T> now) {
  return before.size() <= now.size() && (before.empty() || before.data() == now.data() ||
                                         std::memcmp(before.data(), now.data(), before.size_bytes()) == 0);
}

// Groups and ACLs, in the order of their names, that are others than before.
struct Changed {
  Changed(const Policy& before, const Policy& after) {
    mark(before.security_groups, after.security_groups, groups);
    mark(before.network_acls, after.network_acls, acls);
  }

  std::vector<bool> groups;
  std::vector<bool> acls;

 private:
  template <typename T>
  static void mark(const Named<T>& before, const Named<T>& after, std::vector<bool>& changed) {
    changed.assign(after.size(), true);
    if (before.size() != after.size()) return;
    auto a = before.begin();
    std::size_t index = 0;
    for (auto b = after.begin(); b != after.end(); ++a, ++b) changed[index++] = !same_place(*a, *b);
  }
};

// Why these policies differ in more than rules, memberships and prefix lists that no route uses.
std::optional<std::string> beyond_change(const Policy& before, const Policy& after) {
  for (const Difference& each : differences(before, after)) {
    const bool list = each.section == Section::prefix_lists;
    const bool may = list || each.section == Section::security_groups || each.section == Section::network_acls ||
                     each.section == Section::interfaces;
    if (!may || !each.before || !each.after || (list && routes_use(after, each.name))) {
      return "more changed than rules, memberships and prefix lists: " + std::string(each.name);
    }
  }
  return std::nullopt;
}

// Why these tables are no change of rules, memberships and prefix lists alone.
std::optional<std::string> beyond_change(const Tables& before, const Tables& now, const Changed& changed) {
  const bool same = same_span(before.vpc_cidrs(), now.vpc_cidrs()) && same_span(before.subnets(), now.subnets()) &&
                    same_span(before.interfaces(), now.interfaces()) &&
                    same_span(before.private_ips(), now.private_ips()) && same_span(before.groups(), now.groups()) &&
                    same_span(before.acls(), now.acls()) && same_span(before.nat_gateways(), now.nat_gateways()) &&
                    same_span(before.nat_public_ips(), now.nat_public_ips()) &&
                    same_span(before.publish(), now.publish()) && same_span(before.owners(), now.owners()) &&
                    same_span(before.public_owners(), now.public_owners()) &&
                    same_span(before.route_tables(), now.route_tables()) && same_span(before.routes(), now.routes());
  if (!same) return "places, owners or routes changed with the rules";
  layout::OptionsRecord options = before.options();
  options.class_of = now.options().class_of;
  options.classes = now.options().classes;
  if (std::memcmp(&options, &now.options(), sizeof options) != 0) return "options changed with the rules";
  const bool appended =
      grown(before.row_buckets(), now.row_buckets()) && grown(before.predicates(), now.predicates()) &&
      grown(before.lines(), now.lines()) && grown(before.group_lists(), now.group_lists()) &&
      grown(before.list_groups(), now.list_groups()) && grown(std::span(before.strings()), std::span(now.strings()));
  if (!appended || before.rules().size() > now.rules().size()) return "a table did not only grow";
  for (std::size_t i = 0; i < before.rules().size(); ++i) {
    layout::RuleRecord rule = before.rules()[i];
    const bool may_go = ((rule.flags & layout::kRuleIsAcl) != 0 ? changed.acls : changed.groups)[rule.owner];
    const unsigned gone = may_go ? now.rules()[i].flags & layout::kRuleIsGone : 0U;
    rule.flags = static_cast<std::uint8_t>(rule.flags | gone);
    if (std::memcmp(&rule, &now.rules()[i], sizeof rule) != 0) return "a rule was rewritten in place";
  }
  return std::nullopt;
}

// Records of the same list or ACL and direction that are what they were, and whose rules' owners are.
class SettledDescriptors {
 public:
  SettledDescriptors(const Changed& changed, const Tables& base, const Tables& tables)
      : changed_(changed), base_(base), tables_(tables) {}

  [[nodiscard]] std::vector<bool> take() const {
    std::vector<bool> settled(tables_.descriptors().size());
    const std::size_t lists = tables_.group_lists().size();
    const std::size_t lists_before = base_.group_lists().size();
    for (std::size_t list = 0; list < lists_before; ++list) {
      const auto& record = tables_.group_lists()[list];
      const auto groups = tables_.list_groups().subspan(record.begin, record.count);
      const bool same = std::ranges::none_of(groups, [&](std::uint32_t group) { return changed_.groups[group]; });
      settled[2 * list] = same && same_record(2 * list, 2 * list);
      settled[2 * list + 1] = same && same_record(2 * list + 1, 2 * list + 1);
    }
    for (std::size_t acl = 0; acl < changed_.acls.size(); ++acl) {
      for (std::size_t side = 0; side < 2; ++side) {
        const std::size_t at = 2 * (lists + acl) + side;
        settled[at] = !changed_.acls[acl] && same_record(2 * (lists_before + acl) + side, at);
      }
    }
    return settled;
  }

 private:
  [[nodiscard]] bool same_record(std::size_t before, std::size_t now) const {
    const auto same = [&](const auto& a, const auto& b) {
      return std::memcmp(&a[before], &b[now], sizeof a[before]) == 0;
    };
    return same(base_.descriptors(), tables_.descriptors()) &&
           same(base_.ipv6_descriptors(), tables_.ipv6_descriptors());
  }

  const Changed& changed_;
  const Tables& base_;
  const Tables& tables_;
};

// Addresses that a prefix list or the members of a group hold in one policy and not in the other; both ends included.
class Moved {
 public:
  Moved(const Policy& before, const Policy& after) {
    each_changed(before.prefix_lists, after.prefix_lists, [&](const PrefixList& a, const PrefixList& b) {
      only_in(a.entries, b.entries);
      only_in(b.entries, a.entries);
      ipv6_ = ipv6_ || a.ipv6_entries != b.ipv6_entries;
    });
    each_changed(before.interfaces, after.interfaces, [&](const Interface& a, const Interface& b) {
      ipv6_ = ipv6_ || !a.ipv6_addresses.empty() || !b.ipv6_addresses.empty();
      for (const Interface* each : {&a, &b}) {
        for (const Ipv4 address : each->private_ips) ranges_.push_back({address.value, address.value});
      }
    });
    std::ranges::sort(ranges_, {}, &literal::Range::first);
    for (const literal::Range& range : ranges_)
      furthest_.push_back(std::max(range.last, furthest_.empty() ? 0 : furthest_.back()));
  }

  // Addresses of IPv6 moved, which nothing here follows.
  [[nodiscard]] bool ipv6() const { return ipv6_; }
  // Perhaps.
  [[nodiscard]] bool holds(Ipv4 address) const {
    const auto above = std::ranges::upper_bound(ranges_, address.value, {}, &literal::Range::first);
    return above != ranges_.begin() &&
           furthest_[static_cast<std::size_t>(above - ranges_.begin()) - 1] >= address.value;
  }

 private:
  template <typename T, typename Visit>
  static void each_changed(const Named<T>& before, const Named<T>& after, Visit visit) {
    auto a = before.begin();
    auto b = after.begin();
    while (a != before.end() && b != after.end()) {
      if (skip_shared(a, b) != 0) continue;
      if (!same_place(*a, *b)) visit(a->second, b->second);
      ++a;
      ++b;
    }
  }
  void only_in(std::vector<Prefix> some, std::vector<Prefix> others) {
    std::ranges::sort(some);
    std::ranges::sort(others);
    for (const Prefix& prefix : some) {
      if (!std::ranges::binary_search(others, prefix)) ranges_.push_back({prefix.first().value, prefix.last().value});
    }
  }

  std::vector<literal::Range> ranges_;
  bool ipv6_ = false;
  std::vector<std::uint32_t> furthest_;  // the greatest last up to each
};

// Classes whose witness was of the same class before and moved in no peer. IPv6's do not change.
std::vector<bool> settled_classes(const Tables& base, const proof::FamilyClasses& classes, const Moved& moved) {
  std::vector<bool> settled(classes.ipv4.peers_of.size());
  for (std::uint32_t id = 0; id < settled.size(); ++id) {
    if (id >= base.options().classes) continue;
    const Ipv4 witness = classes.ipv4.witness[id];
    settled[id] = !classes.ipv4.reached[id] ||
                  (step_map::value_at_address(base.lines().data(), base.options().class_of, witness.value) == id &&
                   !moved.holds(witness));
  }
  return settled;
}

std::size_t live_rules(const PolicyView& view) {
  std::size_t count = 0;
  for (RuleIndex i = 0; i < view.rules(); ++i) count += view.has_rule(i) ? 1U : 0U;
  return count;
}

}  // namespace

std::expected<Proof, std::string> prove_update(const Policy& before, const Image& base, const Policy& policy,
                                               const Image& image) {
  Proof proof;
  const PolicyView view(image);
  const Tables& tables = image.tables();
  if (auto problem = beyond_change(before, policy)) return std::unexpected(*problem);
  const Changed changed(before, policy);
  if (auto problem = beyond_change(base.tables(), tables, changed)) return std::unexpected(*problem);
  if (auto problem = proof::compare_records(view, policy)) return std::unexpected(*problem);
  const literal::Rules rules(policy);
  if (rules.size() != live_rules(view)) {
    return std::unexpected("the policy has " + std::to_string(rules.size()) + " rules, the image " +
                           std::to_string(live_rules(view)));
  }
  auto classes = proof::read_classes(tables, rules);
  if (!classes) return std::unexpected(classes.error());
  proof.address_cells = classes->ipv4.cells + classes->ipv6.cells;
  const Moved moved(before, policy);
  if (moved.ipv6()) return std::unexpected("IPv6 addresses moved with the rules");
  const proof::Settled settled{.descriptors = SettledDescriptors(changed, base.tables(), tables).take(),
                               .classes = settled_classes(base.tables(), *classes, moved)};
  if (auto problem = proof::compare_decisions(tables, view, rules, *classes, settled, proof)) {
    return std::unexpected(*problem);
  }
  return proof;
}

}  // namespace sallyport::rules
