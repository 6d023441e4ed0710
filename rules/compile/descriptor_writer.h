// The descriptors of lists of groups and of ACLs: their rows, and the predicates these lead to.
//
// Owner: rules/compile. What matches any address is kept out of the rows, so that rows stay few and are shared. Always:
// a descriptor has a row for every class, whether an address has it or not, that holds a peer of its rules.
#pragma once

#include <cstdint>
#include <vector>

#include "rules/compile/address_classes.h"
#include "rules/compile/kept_table.h"
#include "rules/compile/predicates.h"
#include "rules/compile/rows.h"
#include "rules/compile/rows_needed.h"

namespace sallyport::rules {

// One in each family.
struct Descriptors {
  layout::DescriptorRecord ipv4{};
  layout::DescriptorRecord ipv6{};
};

class DescriptorWriter {
 public:
  // All outlive the writer.
  DescriptorWriter(CompileContext& context, const RulePeers& peers, const AddressClasses& classes);

  // Of the rules of one list of groups or ACL and direction, in order of preference; `replies`: those of the other
  // direction, empty for an ACL. Without meaning once over the budget: see the meter.
  [[nodiscard]] Descriptors add(const std::vector<PlacedRule>& rules, const std::vector<PlacedRule>& replies);
  [[nodiscard]] std::size_t rows() const { return count_; }

  // The predicates written so far were moved there, other tables to where `tables.before` says.
  void go_on_behind(const KeptTable<layout::PredicateRecord>& predicates) { predicates_.go_on_behind(predicates); }

 private:
  // The rule at place `order` of the list matches a class.
  struct Match {
    ClassId address_class = 0;
    std::uint32_t order = 0;
    friend auto operator<=>(const Match&, const Match&) = default;
  };

  std::uint32_t of_any(const std::vector<PlacedRule>& rules, const Reach& family);
  [[nodiscard]] std::uint32_t return_flags(const Reach& family, const std::vector<PlacedRule>& replies) const;
  bool collect_matches(const std::vector<PlacedRule>& rules);
  bool collect_rows(const std::vector<PlacedRule>& rules);

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

}  // namespace sallyport::rules
