// Ordered lists of rules resolved to maps of keys, so that a lookup costs the same whatever the number of rules.
//
// Owner: rules/compile. Always: equal lists share one predicate.
#pragma once

#include <cstdint>
#include <vector>

#include "rules/compile/interner.h"
#include "rules/compile/kept_table.h"
#include "rules/compile/meter.h"
#include "rules/compile/step_map_writer.h"
#include "rules/image/image_writer.h"

namespace sallyport::rules {

// A rule and where its group stands in an interface's list; the lesser precedes.
using PlacedRule = std::uint32_t;
[[nodiscard]] constexpr PlacedRule placed(std::uint32_t place, std::uint32_t rule) {
  return place << layout::kRuleBits | rule;
}
[[nodiscard]] constexpr std::uint32_t rule_of(PlacedRule rule) { return rule & (layout::kMaxRules - 1); }

class PredicateWriter {
 public:
  PredicateWriter(ImageTables& tables, Meter& meter) : tables_(tables), meter_(meter), maps_(tables.lines) {}

  // The predicate of these rules, which ascend; the first that matches decides. Without meaning once over the budget.
  // Of what matches any address of a family, in which `any_peer[rule]`: the rule has peer 0.0.0.0/0, or ::/0.
  std::uint32_t add_any(const std::vector<PlacedRule>& rules, const std::vector<bool>& any_peer);
  // Of a row, which asks for the whole record, so that it may hold one of the maps.
  std::uint32_t add_row(const std::vector<PlacedRule>& rules);

  [[nodiscard]] const layout::PredicateRecord& operator[](std::uint32_t id) const {
    const std::size_t before = tables_.before.predicates;
    return id < before ? (*earlier_)[id] : tables_.predicates[id - before];
  }
  [[nodiscard]] std::size_t size() const { return tables_.before.predicates + tables_.predicates.size(); }
  // The predicates written so far were moved there, other tables to where `tables.before` says.
  void go_on_behind(const KeptTable<layout::PredicateRecord>& earlier) {
    earlier_ = &earlier;
    maps_.go_on_behind(tables_.before.lines);
  }

 private:
  // A rule begins or ends to match from `key` on.
  struct Edge {
    std::uint32_t key = 0;
    PlacedRule rule = 0;
    bool begins = false;
  };
  // By key_.
  std::uint32_t add(const std::vector<PlacedRule>& rules, bool in_row);
  // Into steps_, no two neighbours the same.
  void resolve(const std::vector<PlacedRule>& rules, layout::TrafficKind kind);
  [[nodiscard]] step_map::Ref ruling_of_active() const;
  [[nodiscard]] bool is_any_peer(PlacedRule rule) const { return any_peer_ != nullptr && (*any_peer_)[rule_of(rule)]; }

  ImageTables& tables_;
  Meter& meter_;
  const KeptTable<layout::PredicateRecord>* earlier_ = nullptr;
  const std::vector<bool>* any_peer_ = nullptr;  // of the predicate being written
  StepMapWriter maps_;
  Interner lists_;
  std::vector<Edge> edges_;
  std::vector<PlacedRule> active_;
  std::vector<PlacedRule> key_;  // tells predicates apart
  std::vector<KeyStep> steps_;
};

}  // namespace sallyport::rules
