// Rows and predicates of one descriptor after the other; see the header. Owner: rules/compile.
#include "rules/compile/descriptor_writer.h"

#include <algorithm>

namespace sallyport::rules {

DescriptorWriter::DescriptorWriter(CompileContext& context, const RulePeers& peers, const AddressClasses& classes)
    : tables_(context.tables),
      meter_(context.meter),
      peers_(peers),
      classes_(classes),
      predicates_(context.tables, context.meter) {}

Descriptors DescriptorWriter::add(const std::vector<PlacedRule>& rules, const std::vector<PlacedRule>& replies) {
  const std::uint32_t any = of_any(rules, peers_.ipv4);
  const std::uint32_t ipv6_any = of_any(rules, peers_.ipv6);
  if (!collect_matches(rules) || !collect_rows(rules)) return {};
  const auto first = static_cast<std::uint32_t>(tables_.before.row_buckets + tables_.row_buckets.size());
  const std::uint32_t mask = write_rows(rows_, tables_.row_buckets);
  count_ += rows_.size();
  meter_.weigh(tables_);
  if (!meter_.rows(count_)) return {};
  return {.ipv4 = {.any = predicates_[any].maps,
                   .buckets = first,
                   .mask = mask,
                   .flags = return_flags(peers_.ipv4, replies),
                   .predicate = any},
          .ipv6 = {.any = layout::ipv6_maps(predicates_[ipv6_any]),
                   .buckets = first,
                   .mask = mask,
                   .flags = return_flags(peers_.ipv6, replies),
                   .predicate = ipv6_any}};
}

// The predicate of the rules that match every address of a family.
std::uint32_t DescriptorWriter::of_any(const std::vector<PlacedRule>& rules, const Reach& family) {
  list_.clear();
  std::ranges::copy_if(rules, std::back_inserter(list_), [&](auto rule) { return family.everything[rule_of(rule)]; });
  return predicates_.add_any(list_, family.any_peer);
}

// Whether the replies of a flow need no state: these rules admit any peer of the family on all ports.
std::uint32_t DescriptorWriter::return_flags(const Reach& family, const std::vector<PlacedRule>& replies) const {
  std::uint32_t flags = 0;
  for (const PlacedRule placed_rule : replies) {
    const std::uint32_t index = rule_of(placed_rule);
    if (!family.any_peer[index]) continue;
    const auto& rule = tables_.rules[index];
    const bool all_ports = rule.from_port == 0 && rule.to_port == 65535;
    if (rule.protocol == kAnyProtocol) flags |= layout::kReturnOpenTcp | layout::kReturnOpenUdp;
    if (rule.protocol == kProtocolTcp && all_ports) flags |= layout::kReturnOpenTcp;
    if (rule.protocol == kProtocolUdp && all_ports) flags |= layout::kReturnOpenUdp;
  }
  return flags;
}

bool DescriptorWriter::collect_matches(const std::vector<PlacedRule>& rules) {
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

bool DescriptorWriter::collect_rows(const std::vector<PlacedRule>& rules) {
  rows_.clear();
  for (std::size_t i = 0; i < matches_.size();) {
    const ClassId id = matches_[i].address_class;
    list_.clear();
    for (; i < matches_.size() && matches_[i].address_class == id; ++i) list_.push_back(rules[matches_[i].order]);
    rows_.push_back({.address_class = id, .predicate = predicates_.add_row(list_)});
    if (!meter_.fits() || !meter_.predicates(predicates_.size())) return false;
  }
  return true;
}

}  // namespace sallyport::rules
