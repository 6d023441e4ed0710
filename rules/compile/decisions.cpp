// Owner: rules/compile. See decisions.h.
#include "rules/compile/decisions.h"

#include <algorithm>

#include "rules/compile/steps.h"

namespace sallyport::rules {

Decisions::Decisions(CompileContext& context)
    : context_(context), objects_(context), writer_(context, peers_, classes_) {}

std::span<const ObjectId> Decisions::peers_of(const GroupRule& rule, std::uint32_t own_group) {
  std::vector<ObjectId>& peers = peers_of_rule_;
  peers.clear();
  for (const Prefix& block : rule.cidr_blocks) peers.push_back(objects_.cidr(block));
  for (const Ipv6Prefix& block : rule.ipv6_cidr_blocks) peers.push_back(objects_.cidr(block));
  for (const auto& name : rule.prefix_lists) peers.push_back(objects_.prefix_list(name));
  for (const auto& name : rule.security_groups) peers.push_back(objects_.group(context_.groups.at(name)));
  if (rule.self) peers.push_back(objects_.group(own_group));
  return peers;
}

void Decisions::add_rules(std::uint32_t group, const std::vector<GroupRule>& rules) {
  for (const GroupRule& rule : rules) peers_.add(objects_, peers_of(rule, group), rule.traffic.protocol);
}

void Decisions::add_rules(const std::vector<AclEntry>& entries) {
  for (const AclEntry& entry : entries) {
    const auto& ipv6 = entry.ipv6_cidr_block;
    const ObjectId peer = ipv6 ? objects_.cidr(*ipv6) : objects_.cidr(entry.cidr_block);
    peers_.add(objects_, std::span(&peer, 1), entry.traffic.protocol);
  }
}

void Decisions::remove_rule(RuleIndex rule) { peers_.remove(rule); }

// In the numbering of rules: as compile_rules adds them.
void Decisions::collect_peers() {
  std::uint32_t own_group = 0;
  for (const auto& [name, group] : context_.policy.security_groups) {
    add_rules(own_group, group.ingress);
    add_rules(own_group++, group.egress);
  }
  for (const auto& [name, acl] : context_.policy.network_acls) {
    add_rules(acl.ingress);
    add_rules(acl.egress);
  }
}

std::vector<PlacedRule> Decisions::rules_of_acl(std::uint32_t acl, std::size_t side) const {
  const RuleRange& range = context_.acl_ranges[2 * std::size_t{acl} + side];
  std::vector<PlacedRule> rules;
  for (std::uint32_t rule = range.begin; rule < range.end; ++rule) rules.push_back(placed(0, rule));
  return rules;
}

void Decisions::write_list(std::uint32_t list) {
  const auto ingress = rules_of_list(context_, list, Direction::ingress);
  const auto egress = rules_of_list(context_, list, Direction::egress);
  of_lists_.resize(std::max<std::size_t>(of_lists_.size(), 2 * std::size_t{list} + 2));
  of_lists_[2 * std::size_t{list}] = writer_.add(ingress, egress);
  if (context_.meter.fits()) of_lists_[2 * std::size_t{list} + 1] = writer_.add(egress, ingress);
}

void Decisions::write_acl(std::uint32_t acl) {
  of_acls_.resize(std::max<std::size_t>(of_acls_.size(), 2 * std::size_t{acl} + 2));
  for (std::size_t side = 0; side < 2 && context_.meter.fits(); ++side) {
    of_acls_[2 * std::size_t{acl} + side] = writer_.add(rules_of_acl(acl, side), {});
  }
}

void Decisions::place_descriptors() {
  context_.tables.descriptors.clear();
  context_.tables.ipv6_descriptors.clear();
  for (const auto* all : {&of_lists_, &of_acls_}) {
    for (const Descriptors& each : *all) {
      context_.tables.descriptors.push_back(each.ipv4);
      context_.tables.ipv6_descriptors.push_back(each.ipv6);
    }
  }
}

std::size_t Decisions::compile() {
  Meter& meter = context_.meter;
  collect_peers();
  classes_ = classify(objects_, meter);
  classified_ = static_cast<ObjectId>(objects_.size());
  meter.weigh(context_.tables);
  if (!meter.fits(classes_.steps.size() * 2 * sizeof(Line) + classes_.ipv6_steps.size() * 4 * sizeof(Line))) {
    meter.blame(objects_.widest());
    return 0;
  }
  auto& options = context_.tables.options;
  options.classes = classes_.sets.size();
  options.class_of = StepMapWriter(context_.tables.lines).addresses(classes_.steps, true);
  options.class_of_ipv6 = WideMapWriter(context_.tables.lines).addresses(classes_.ipv6_steps);
  const RowsNeeded needed(context_, peers_, classes_, objects_);
  bool fits = meter.rows(needed.rows(), needed.at_least());
  for (std::uint32_t list = 0; list < context_.tables.group_lists.size() && fits; ++list) {
    write_list(list);
    fits = meter.fits();
  }
  if (!fits) meter.blame(needed.causes());
  for (std::uint32_t acl = 0; acl < context_.tables.acls.size() && fits; ++acl) {
    write_acl(acl);
    fits = meter.fits();
    const auto& name = context_.tables.acls[acl];
    if (!fits) meter.blame("the ACL " + context_.tables.strings.substr(name.offset, name.size) + " goes over it");
  }
  place_descriptors();
  return writer_.rows();
}

void Decisions::load(std::span<const Line> lines) { map_.load(lines.data(), context_.tables.options.class_of); }

bool Decisions::change_list(const std::string& name) {
  auto change = objects_.change_list(name);
  if (!change) return false;
  changes_.push_back(*std::move(change));
  return true;
}

bool Decisions::change_members(std::uint32_t group, const std::vector<Ipv4>& came, const std::vector<Ipv4>& went) {
  auto change = objects_.change_members(group, came, went);
  if (!change) return false;
  changes_.push_back(*std::move(change));
  return true;
}

// Lists and ACLs with a rule one of whose peers holds addresses of these classes.
void Decisions::mark_users(const std::vector<ClassId>& fresh, std::vector<bool>& lists, std::vector<bool>& acls) const {
  if (fresh.empty()) return;
  std::vector<bool> concerned(objects_.size());
  for (const ClassId id : fresh) {
    for (const ObjectId object : classes_.sets[id]) concerned[object] = true;
  }
  std::vector<bool> groups(context_.tables.groups.size());
  const auto& rules = context_.tables.rules;
  for (RuleIndex i = 0; i < rules.size(); ++i) {
    if (std::ranges::none_of(peers_.of(i), [&](ObjectId object) { return concerned[object]; })) continue;
    ((rules[i].flags & layout::kRuleIsAcl) != 0 ? acls : groups)[rules[i].owner] = true;
  }
  for (std::uint32_t list = 0; list < lists.size(); ++list) {
    const auto& record = context_.tables.group_lists[list];
    for (std::uint32_t i = 0; i < record.count; ++i) {
      if (groups[context_.tables.list_groups[record.begin + i]]) lists[list] = true;
    }
  }
}

bool Decisions::update(std::vector<bool>& lists, std::vector<bool>& acls) {
  const auto added = objects_.from(classified_);
  if (!added) return false;
  changes_.insert(changes_.end(), added->begin(), added->end());
  classified_ = static_cast<ObjectId>(objects_.size());
  classes_.of_object.resize(objects_.size());
  classes_.ipv6_of_object.resize(objects_.size());
  const std::uint32_t sets = classes_.sets.size();
  const ClassChange change = change_classes(classes_, changes_);
  changes_.clear();
  for (ClassId id = sets; id < classes_.sets.size(); ++id) context_.meter.hold(bytes_of_set(classes_.sets[id]));
  auto& options = context_.tables.options;
  options.classes = classes_.sets.size();
  StepMapWriter maps(context_.tables.lines, context_.tables.before.lines);
  options.class_of = map_.rewrite(maps, classes_.steps, change.ranges);
  context_.meter.weigh(context_.tables);
  lists.resize(context_.tables.group_lists.size(), true);
  mark_users(change.fresh, lists, acls);
  for (std::uint32_t list = 0; list < lists.size() && context_.meter.fits(); ++list) {
    if (lists[list]) write_list(list);
  }
  for (std::uint32_t acl = 0; acl < acls.size() && context_.meter.fits(); ++acl) {
    if (acls[acl]) write_acl(acl);
  }
  place_descriptors();
  return context_.meter.fits();
}

}  // namespace sallyport::rules
