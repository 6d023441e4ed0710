// Descriptors, their rows and predicates: what each list of groups and each ACL says to each class of remote addresses.
//
// Owner: rules/compile. What matches any address is kept out of the rows, so that rows stay few and are shared.
#include <algorithm>
#include <tuple>

#include "rules/compile/address_classes.h"
#include "rules/compile/predicates.h"
#include "rules/compile/rows.h"
#include "rules/compile/steps.h"

namespace sallyport::rules {
namespace {

// The peers of each rule by its index.
struct RulePeers {
  std::vector<std::vector<ObjectId>> objects;  // empty where every address matches
  std::vector<bool> everything;                // matches every address
  std::vector<bool> any_peer;                  // 0.0.0.0/0 is among its peers

  void add(const AddressObjects& known, std::vector<ObjectId> peers) {
    everything.push_back(std::ranges::any_of(peers, [&](ObjectId id) { return known[id].everything; }));
    any_peer.push_back(std::ranges::any_of(peers, [&](ObjectId id) { return known[id].any_peer; }));
    if (everything.back()) peers.clear();
    objects.push_back(std::move(peers));
  }
};

std::vector<ObjectId> peers_of(const CompileContext& context, AddressObjects& objects, const GroupRule& rule,
                               std::uint32_t own_group) {
  std::vector<ObjectId> peers;
  for (const Prefix& block : rule.cidr_blocks) peers.push_back(objects.cidr(block));
  for (const auto& name : rule.prefix_lists) peers.push_back(objects.prefix_list(name));
  for (const auto& name : rule.security_groups) peers.push_back(objects.group(context.groups.at(name)));
  if (rule.self) peers.push_back(objects.group(own_group));
  return peers;
}

// In the numbering of rules: as compile_rules adds them.
RulePeers collect_peers(const CompileContext& context, AddressObjects& objects) {
  RulePeers peers;
  std::uint32_t own_group = 0;
  for (const auto& [name, group] : context.policy.security_groups) {
    for (const auto* rules : {&group.ingress, &group.egress}) {
      for (const GroupRule& rule : *rules) peers.add(objects, peers_of(context, objects, rule, own_group));
    }
    ++own_group;
  }
  for (const auto& [name, acl] : context.policy.network_acls) {
    for (const auto* entries : {&acl.ingress, &acl.egress}) {
      for (const AclEntry& entry : *entries) peers.add(objects, {objects.cidr(entry.cidr_block)});
    }
  }
  return peers;
}

class DescriptorWriter {
 public:
  DescriptorWriter(CompileContext& context, const RulePeers& peers, const AddressClasses& classes)
      : tables_(context.tables), peers_(peers), classes_(classes), predicates_(context.tables, peers.any_peer) {}

  // `rules` in order of preference. False: too many rows.
  [[nodiscard]] bool add(const std::vector<PlacedRule>& rules, std::uint32_t flags, std::size_t max_rows) {
    list_.clear();
    std::ranges::copy_if(rules, std::back_inserter(list_), [&](auto rule) { return peers_.everything[rule_of(rule)]; });
    const std::uint32_t of_any = predicates_.add(list_);
    if (!collect_matches(rules, max_rows)) return false;
    collect_rows(rules);
    const std::size_t first = tables_.row_buckets.size();
    const std::uint32_t mask = write_rows(rows_, tables_.row_buckets);
    tables_.descriptors.push_back({.any = tables_.predicates[of_any].maps,
                                   .buckets = static_cast<std::uint32_t>(first),
                                   .mask = mask,
                                   .flags = flags,
                                   .predicate = of_any});
    count_ += rows_.size();
    return count_ <= max_rows;
  }
  [[nodiscard]] std::size_t rows() const { return count_; }

 private:
  // The rule at place `order` of the list matches a class.
  struct Match {
    ClassId address_class = 0;
    std::uint32_t order = 0;
    friend auto operator<=>(const Match&, const Match&) = default;
  };

  bool collect_matches(const std::vector<PlacedRule>& rules, std::size_t limit) {
    matches_.clear();
    for (std::uint32_t order = 0; order < rules.size(); ++order) {
      for (const ObjectId object : peers_.objects[rule_of(rules[order])]) {
        for (const ClassId id : classes_.of_object[object]) {
          matches_.push_back({.address_class = id, .order = order});
        }
        if (matches_.size() > limit) return false;
      }
    }
    std::ranges::sort(matches_);
    const auto repeated = std::ranges::unique(matches_);
    matches_.erase(repeated.begin(), repeated.end());
    return true;
  }

  void collect_rows(const std::vector<PlacedRule>& rules) {
    rows_.clear();
    for (std::size_t i = 0; i < matches_.size();) {
      const ClassId id = matches_[i].address_class;
      list_.clear();
      for (; i < matches_.size() && matches_[i].address_class == id; ++i) list_.push_back(rules[matches_[i].order]);
      rows_.push_back({.address_class = id, .predicate = predicates_.add(list_)});
    }
  }

  ImageTables& tables_;
  const RulePeers& peers_;
  const AddressClasses& classes_;
  PredicateWriter predicates_;
  std::vector<Match> matches_;
  std::vector<Row> rows_;
  std::vector<PlacedRule> list_;
  std::size_t count_ = 0;
};

std::vector<PlacedRule> rules_of_list(const CompileContext& context, std::uint32_t list, Direction direction) {
  const auto& groups = context.tables.group_lists[list];
  std::vector<PlacedRule> rules;
  for (std::uint32_t i = 0; i < groups.count; ++i) {
    const RuleRange range = context.group_rules(context.tables.list_groups[groups.begin + i], direction);
    for (std::uint32_t rule = range.begin; rule < range.end; ++rule) rules.push_back(placed(i, rule));
  }
  return rules;
}

// Whether the replies of a flow need no state: these rules admit 0.0.0.0/0 on all ports.
std::uint32_t return_flags(const CompileContext& context, const RulePeers& peers,
                           const std::vector<PlacedRule>& other_direction) {
  std::uint32_t flags = 0;
  for (const PlacedRule placed_rule : other_direction) {
    const std::uint32_t index = rule_of(placed_rule);
    if (!peers.any_peer[index]) continue;
    const auto& rule = context.tables.rules[index];
    const bool all_ports = rule.from_port == 0 && rule.to_port == 65535;
    if (rule.protocol == kAnyProtocol) flags |= layout::kReturnOpenTcp | layout::kReturnOpenUdp;
    if (rule.protocol == kProtocolTcp && all_ports) flags |= layout::kReturnOpenTcp;
    if (rule.protocol == kProtocolUdp && all_ports) flags |= layout::kReturnOpenUdp;
  }
  return flags;
}

// A list of rules that needs at least so many rows: the classes that one of them tells apart.
std::size_t rows_at_least(const std::vector<PlacedRule>& rules, const RulePeers& peers, const AddressClasses& classes) {
  std::size_t most = 0;
  for (const PlacedRule rule : rules) {
    for (const ObjectId object : peers.objects[rule_of(rule)]) most = std::max(most, classes.of_object[object].size());
  }
  return most;
}

std::string names_of_list(const CompileContext& context, std::uint32_t list) {
  const auto& groups = context.tables.group_lists[list];
  std::string names;
  for (std::uint32_t i = 0; i < groups.count; ++i) {
    const auto& name = context.tables.groups[context.tables.list_groups[groups.begin + i]];
    names += (names.empty() ? "" : "+") + context.tables.strings.substr(name.offset, name.size);
  }
  return names;
}

// Told before a row is written: a policy far above the ceiling must cost neither minutes nor memory.
std::optional<std::string> too_many_rows(const CompileContext& context, const RulePeers& peers,
                                         const AddressClasses& classes, std::size_t max_rows) {
  std::size_t all = 0;
  std::size_t most = 0;
  std::uint32_t worst = 0;
  for (std::uint32_t list = 0; list < context.tables.group_lists.size(); ++list) {
    std::size_t rows = 0;
    for (const Direction direction : {Direction::ingress, Direction::egress}) {
      rows += rows_at_least(rules_of_list(context, list, direction), peers, classes);
    }
    all += rows;
    if (rows > most) worst = list;
    most = std::max(most, rows);
  }
  if (all <= max_rows) return std::nullopt;
  return "at least " + std::to_string(all) + " rows, the most (" + std::to_string(most) + ") for interfaces in " +
         names_of_list(context, worst);
}

}  // namespace

std::expected<std::size_t, std::string> compile_decisions(CompileContext& context, std::size_t max_rows) {
  AddressObjects objects(context);
  const RulePeers peers = collect_peers(context, objects);
  const AddressClasses classes = classify(objects);
  if (auto problem = too_many_rows(context, peers, classes, max_rows)) return std::unexpected(*std::move(problem));
  context.tables.options.classes = classes.count;
  context.tables.options.class_of = StepMapWriter(context.tables.lines).addresses(classes.steps);
  DescriptorWriter writer(context, peers, classes);
  for (std::uint32_t list = 0; list < context.tables.group_lists.size(); ++list) {
    const auto ingress = rules_of_list(context, list, Direction::ingress);
    const auto egress = rules_of_list(context, list, Direction::egress);
    const bool fits = writer.add(ingress, return_flags(context, peers, egress), max_rows) &&
                      writer.add(egress, return_flags(context, peers, ingress), max_rows);
    if (!fits) return std::unexpected("interfaces in " + names_of_list(context, list) + " go over it");
  }
  for (std::uint32_t acl = 0; acl < context.acl_ranges.size(); ++acl) {
    const RuleRange& range = context.acl_ranges[acl];
    std::vector<PlacedRule> rules;
    for (std::uint32_t rule = range.begin; rule < range.end; ++rule) rules.push_back(placed(0, rule));
    if (!writer.add(rules, 0, max_rows)) return std::unexpected("an ACL goes over it");
  }
  return writer.rows();
}

}  // namespace sallyport::rules
