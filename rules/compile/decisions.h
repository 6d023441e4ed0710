// What groups and ACLs say to each kind of remote address: objects, classes, descriptors, and what it takes to change
// some of them later.
//
// Owner: rules/compile. Needs owners and rules in the context's tables, which outlive it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rules/compile/class_map.h"
#include "rules/compile/descriptor_writer.h"

namespace sallyport::rules {

class Decisions {
 public:
  explicit Decisions(CompileContext& context);

  // Everything from nothing; the number of rows. Over the budget it ends early, and the meter says so.
  std::size_t compile();

  // The lines as they were compiled, before the first update.
  void load(std::span<const Line> lines);
  // The predicates written so far were moved there, other tables to where `tables.before` says.
  void go_on_behind(const KeptTable<layout::PredicateRecord>& predicates) { writer_.go_on_behind(predicates); }
  // The rules from `first` on were appended to the table; they are `rules` of a group, or `entries` of an ACL.
  void add_rules(std::uint32_t group, const std::vector<GroupRule>& rules);
  void add_rules(const std::vector<AclEntry>& entries);
  // The rule is gone from its list.
  void remove_rule(RuleIndex rule);
  // A prefix list holds other prefixes; a group has other members. False: more changes than can be followed.
  [[nodiscard]] bool change_list(const std::string& name);
  [[nodiscard]] bool change_members(std::uint32_t group, const std::vector<Ipv4>& came, const std::vector<Ipv4>& went);

  // Classes as the objects are now, then the descriptors of lists and ACLs that are marked and of those that have a
  // peer in a new class; lists that are new are marked. What was rewritten stays marked. False: over the budget, or
  // more changes than can be followed.
  [[nodiscard]] bool update(std::vector<bool>& lists, std::vector<bool>& acls);

 private:
  // Until the next call.
  [[nodiscard]] std::span<const ObjectId> peers_of(const GroupRule& rule, std::uint32_t own_group);
  void collect_peers();
  void mark_users(const std::vector<ClassId>& fresh, std::vector<bool>& lists, std::vector<bool>& acls) const;
  [[nodiscard]] std::vector<PlacedRule> rules_of_acl(std::uint32_t acl, std::size_t side) const;
  void write_list(std::uint32_t list);
  void write_acl(std::uint32_t acl);
  // In the tables, where the ACLs' come behind the lists'.
  void place_descriptors();

  CompileContext& context_;
  AddressObjects objects_;
  RulePeers peers_;
  std::vector<ObjectId> peers_of_rule_;
  AddressClasses classes_;
  ClassMap map_;
  DescriptorWriter writer_;
  std::vector<ObjectChange> changes_;
  ObjectId classified_ = 0;            // objects whose addresses the classes tell apart
  std::vector<Descriptors> of_lists_;  // two a list: ingress, egress
  std::vector<Descriptors> of_acls_;   // two an ACL
};

}  // namespace sallyport::rules
