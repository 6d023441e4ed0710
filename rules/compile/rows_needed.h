// How many rows the lists of groups need, told before a row is written, and whom to name when the budget ends.
//
// Owner: rules/compile. A list needs at least as many rows as the widest of its peers tells classes of addresses apart;
// where the sum of these is within the budget all rows are counted.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rules/compile/address_classes.h"
#include "rules/compile/context.h"
#include "rules/compile/predicates.h"

namespace sallyport::rules {

// How far the peers of each rule, by its index, reach in one family.
struct Reach {
  std::vector<bool> everything;  // matches every address
  std::vector<bool> any_peer;    // 0.0.0.0/0, or ::/0, is among them
  std::vector<bool> rows;        // may match some addresses and not others: a group may be empty now and not later
};

// The peers of each rule by its index.
struct RulePeers {
  Reach ipv4;
  Reach ipv6;

  // `protocol`: the rule's, which may be of one family alone.
  void add(const AddressObjects& known, std::span<const ObjectId> peers, std::int16_t protocol);
  void remove(std::uint32_t rule) { places_[rule].count = 0; }
  [[nodiscard]] std::span<const ObjectId> of(std::uint32_t rule) const {
    return std::span(objects_).subspan(places_[rule].begin, places_[rule].count);
  }
  // visit(object, classes): the peers of a rule whose classes need rows, once for each family.
  template <typename Visit>
  void each(std::uint32_t rule, const AddressClasses& classes, Visit&& visit) const {
    if (!ipv4.rows[rule] && !ipv6.rows[rule]) return;
    for (const ObjectId object : of(rule)) {
      if (ipv4.rows[rule]) visit(object, classes.of_object[object]);
      if (ipv6.rows[rule]) visit(object, classes.ipv6_of_object[object]);
    }
  }

 private:
  struct Place {
    std::size_t begin = 0;
    std::size_t count = 0;
  };
  std::vector<ObjectId> objects_;  // of all rules
  std::vector<Place> places_;      // by rule
};

// The rules of a list of groups in order of preference.
[[nodiscard]] std::vector<PlacedRule> rules_of_list(const CompileContext& context, std::uint32_t list,
                                                    Direction direction);

class RowsNeeded {
 public:
  // Ends early when time is over.
  RowsNeeded(CompileContext& context, const RulePeers& peers, const AddressClasses& classes,
             const AddressObjects& objects);

  // False: rows() is their exact number.
  [[nodiscard]] bool at_least() const { return !exact_; }
  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  // "most for interfaces in app+web (30476), … ; the peer that costs most is group app-0-0 (…)".
  [[nodiscard]] std::string causes() const;

 private:
  struct Need {
    std::uint64_t rows = 0;
    std::uint32_t list = 0;
  };
  using Count = std::uint64_t (RowsNeeded::*)(std::uint32_t list, Direction direction);
  void sum(Count count);
  std::uint64_t by_widest(std::uint32_t list, Direction direction);
  std::uint64_t exactly(std::uint32_t list, Direction direction);
  // The peers of all rules of the list that need rows, with their classes.
  template <typename Visit>
  void each_peer(std::uint32_t list, Direction direction, Visit visit) const;
  [[nodiscard]] std::string names_of(std::uint32_t list) const;

  CompileContext& context_;
  const RulePeers& peers_;
  const AddressClasses& classes_;
  const AddressObjects& objects_;
  std::uint64_t rows_ = 0;
  bool exact_ = false;
  std::vector<std::uint32_t> seen_;  // by class: the descriptor that counted it last, from 1
  std::uint32_t descriptor_ = 0;
  std::vector<Need> most_;                // descending
  std::vector<std::uint64_t> by_object_;  // rows that an object causes as the widest peer of a list
};

}  // namespace sallyport::rules
