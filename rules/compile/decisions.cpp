// Descriptors, their rows and predicates: what each list of groups and each ACL says to each class of remote addresses.
//
// Owner: rules/compile. What matches any address is kept out of the rows, so that rows stay few and are shared.
#include <algorithm>
#include <tuple>

#include "rules/compile/address_classes.h"
#include "rules/compile/predicates.h"
#include "rules/compile/rows.h"
#include "rules/compile/rows_needed.h"
#include "rules/compile/steps.h"

namespace sallyport::rules {
namespace {

std::vector<ObjectId> peers_of(const CompileContext& context, AddressObjects& objects, const GroupRule& rule,
                               std::uint32_t own_group) {
  std::vector<ObjectId> peers;
  for (const Prefix& block : rule.cidr_blocks) peers.push_back(objects.cidr(block));
  for (const Ipv6Prefix& block : rule.ipv6_cidr_blocks) peers.push_back(objects.cidr(block));
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
      for (const GroupRule& rule : *rules) {
        peers.add(objects, peers_of(context, objects, rule, own_group), rule.traffic.protocol);
      }
    }
    ++own_group;
  }
  for (const auto& [name, acl] : context.policy.network_acls) {
    for (const auto* entries : {&acl.ingress, &acl.egress}) {
      for (const AclEntry& entry : *entries) {
        const auto& ipv6 = entry.ipv6_cidr_block;
        peers.add(objects, {ipv6 ? objects.cidr(*ipv6) : objects.cidr(entry.cidr_block)}, entry.traffic.protocol);
      }
    }
  }
  return peers;
}

// The flags of a descriptor in each family.
struct ReturnFlags {
  std::uint32_t ipv4 = 0;
  std::uint32_t ipv6 = 0;
};

class DescriptorWriter {
 public:
  DescriptorWriter(CompileContext& context, const RulePeers& peers, const AddressClasses& classes)
      : tables_(context.tables),
        meter_(context.meter),
        peers_(peers),
        classes_(classes),
        predicates_(context.tables, context.meter) {}

  // `rules` in order of preference. False: over the budget.
  [[nodiscard]] bool add(const std::vector<PlacedRule>& rules, const ReturnFlags& flags) {
    const std::uint32_t any = of_any(rules, peers_.ipv4);
    const std::uint32_t ipv6_any = of_any(rules, peers_.ipv6);
    if (!collect_matches(rules) || !collect_rows(rules)) return false;
    const auto first = static_cast<std::uint32_t>(tables_.row_buckets.size());
    const std::uint32_t mask = write_rows(rows_, tables_.row_buckets);
    const auto& predicates = tables_.predicates;
    tables_.descriptors.push_back(
        {.any = predicates[any].maps, .buckets = first, .mask = mask, .flags = flags.ipv4, .predicate = any});
    tables_.ipv6_descriptors.push_back({.any = layout::ipv6_maps(predicates[ipv6_any]),
                                        .buckets = first,
                                        .mask = mask,
                                        .flags = flags.ipv6,
                                        .predicate = ipv6_any});
    count_ += rows_.size();
    meter_.weigh(tables_);
    return meter_.rows(count_) && meter_.fits();
  }
  [[nodiscard]] std::size_t rows() const { return count_; }

 private:
  // The rule at place `order` of the list matches a class.
  struct Match {
    ClassId address_class = 0;
    std::uint32_t order = 0;
    friend auto operator<=>(const Match&, const Match&) = default;
  };

  // The predicate of the rules that match every address of a family.
  std::uint32_t of_any(const std::vector<PlacedRule>& rules, const Reach& family) {
    list_.clear();
    std::ranges::copy_if(rules, std::back_inserter(list_), [&](auto rule) { return family.everything[rule_of(rule)]; });
    return predicates_.add(list_, &family.any_peer);
  }

  bool collect_matches(const std::vector<PlacedRule>& rules) {
    matches_.clear();
    bool fits = true;
    for (std::uint32_t order = 0; order < rules.size() && fits; ++order) {
      peers_.each(rule_of(rules[order]), classes_, [&](ObjectId, const std::vector<ClassId>& matching) {
        fits = fits && meter_.fits((matches_.size() + matching.size()) * 2 * sizeof(Match));
        if (!fits) return;
        for (const ClassId id : matching) matches_.push_back({.address_class = id, .order = order});
      });
    }
    if (!fits) return false;
    std::ranges::sort(matches_);
    const auto repeated = std::ranges::unique(matches_);
    matches_.erase(repeated.begin(), repeated.end());
    return true;
  }

  bool collect_rows(const std::vector<PlacedRule>& rules) {
    rows_.clear();
    for (std::size_t i = 0; i < matches_.size();) {
      const ClassId id = matches_[i].address_class;
      list_.clear();
      for (; i < matches_.size() && matches_[i].address_class == id; ++i) list_.push_back(rules[matches_[i].order]);
      rows_.push_back({.address_class = id, .predicate = predicates_.add(list_)});
      if (!meter_.fits() || !meter_.predicates(tables_.predicates.size())) return false;
    }
    return true;
  }

  ImageTables& tables_;
  Meter& meter_;
  const RulePeers& peers_;
  const AddressClasses& classes_;
  PredicateWriter predicates_;
  std::vector<Match> matches_;
  std::vector<Row> rows_;
  std::vector<PlacedRule> list_;
  std::size_t count_ = 0;
};

// Whether the replies of a flow need no state: these rules admit any peer of the family on all ports.
std::uint32_t return_flags(const CompileContext& context, const Reach& family,
                           const std::vector<PlacedRule>& other_direction) {
  std::uint32_t flags = 0;
  for (const PlacedRule placed_rule : other_direction) {
    const std::uint32_t index = rule_of(placed_rule);
    if (!family.any_peer[index]) continue;
    const auto& rule = context.tables.rules[index];
    const bool all_ports = rule.from_port == 0 && rule.to_port == 65535;
    if (rule.protocol == kAnyProtocol) flags |= layout::kReturnOpenTcp | layout::kReturnOpenUdp;
    if (rule.protocol == kProtocolTcp && all_ports) flags |= layout::kReturnOpenTcp;
    if (rule.protocol == kProtocolUdp && all_ports) flags |= layout::kReturnOpenUdp;
  }
  return flags;
}

ReturnFlags return_flags(const CompileContext& context, const RulePeers& peers,
                         const std::vector<PlacedRule>& other_direction) {
  return {.ipv4 = return_flags(context, peers.ipv4, other_direction),
          .ipv6 = return_flags(context, peers.ipv6, other_direction)};
}

// One descriptor a list of groups and direction, one an ACL and direction. False: over the budget.
bool add_lists(const CompileContext& context, const RulePeers& peers, DescriptorWriter& writer) {
  for (std::uint32_t list = 0; list < context.tables.group_lists.size(); ++list) {
    const auto ingress = rules_of_list(context, list, Direction::ingress);
    const auto egress = rules_of_list(context, list, Direction::egress);
    const bool fits = writer.add(ingress, return_flags(context, peers, egress)) &&
                      writer.add(egress, return_flags(context, peers, ingress));
    if (!fits) return false;
  }
  return true;
}

void add_acls(CompileContext& context, DescriptorWriter& writer) {
  for (std::uint32_t acl = 0; acl < context.tables.acls.size(); ++acl) {
    for (std::size_t side = 0; side < 2; ++side) {
      const RuleRange& range = context.acl_ranges[2 * std::size_t{acl} + side];
      std::vector<PlacedRule> rules;
      for (std::uint32_t rule = range.begin; rule < range.end; ++rule) rules.push_back(placed(0, rule));
      if (writer.add(rules, {})) continue;
      const auto& name = context.tables.acls[acl];
      context.meter.blame("the ACL " + context.tables.strings.substr(name.offset, name.size) + " goes over it");
      return;
    }
  }
}

}  // namespace

std::size_t compile_decisions(CompileContext& context) {
  Meter& meter = context.meter;
  AddressObjects objects(context);
  const RulePeers peers = collect_peers(context, objects);
  const AddressClasses classes = classify(objects, meter);
  meter.weigh(context.tables);
  if (!meter.fits(classes.steps.size() * 2 * sizeof(Line) + classes.ipv6_steps.size() * 4 * sizeof(Line))) {
    meter.blame(objects.widest());
    return 0;
  }
  context.tables.options.classes = classes.count;
  context.tables.options.class_of = StepMapWriter(context.tables.lines).addresses(classes.steps);
  context.tables.options.class_of_ipv6 = WideMapWriter(context.tables.lines).addresses(classes.ipv6_steps);
  const RowsNeeded needed(context, peers, classes, objects);
  DescriptorWriter writer(context, peers, classes);
  const bool fits = meter.rows(needed.rows(), needed.at_least()) && add_lists(context, peers, writer);
  if (fits) {
    add_acls(context, writer);
  } else {
    meter.blame(needed.causes());
  }
  return writer.rows();
}

}  // namespace sallyport::rules
