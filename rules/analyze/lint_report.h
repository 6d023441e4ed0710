// What the families of lint findings share: the policy, who uses what in it, how a finding is reported. Internal to
// lint.
//
// Owner: rules/analyze.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "rules/analyze/cover.h"
#include "rules/analyze/lint.h"
#include "rules/model/policy.h"

namespace sallyport::rules::linting {

enum class Side : std::uint8_t { ingress, egress };
inline constexpr Side kSides[] = {Side::ingress, Side::egress};

[[nodiscard]] constexpr Side other(Side side) { return side == Side::ingress ? Side::egress : Side::ingress; }
[[nodiscard]] constexpr std::string_view name_of(Side side) { return side == Side::ingress ? "ingress" : "egress"; }
[[nodiscard]] const std::vector<GroupRule>& rules_of(const SecurityGroup& group, Side side);
[[nodiscard]] const std::vector<AclEntry>& entries_of(const NetworkAcl& acl, Side side);
// Of a route: one prefix, or those of a list.
[[nodiscard]] std::span<const Prefix> destinations_of(const Policy& policy, const Route& route);

template <typename T>
using NamedRef = const std::pair<const std::string, T>*;

// Who uses what. Names are those of the policy.
struct Uses {
  explicit Uses(const Policy& policy);

  std::unordered_set<std::string_view> groups_with_members;
  std::unordered_set<std::string_view> groups_referenced;                              // by a rule of another group
  std::unordered_map<std::string_view, std::vector<std::string_view>> groups_in;       // a subnet; sorted
  std::unordered_map<std::string_view, std::vector<NamedRef<Subnet>>> subnets_by_acl;  // in the order of names
  std::unordered_map<std::string_view, std::vector<NamedRef<Subnet>>> subnets_by_table;
  std::unordered_set<std::string_view> prefix_lists;

  [[nodiscard]] bool has_hosts(std::string_view subnet) const { return groups_in.contains(subnet); }
};

struct Finding {
  std::string pointer;
  std::string message;
  std::string remedy;
  std::vector<Place> also;
};

class Lint {
 public:
  Lint(const Policy& of, Diagnostics& diagnostics) : policy(of), uses(of), diagnostics_(diagnostics) {}

  const Policy& policy;
  const Uses uses;

  // `make()` returns the Finding; it is asked only where that will be shown.
  template <typename Make>
  void report(LintKind kind, SourcePosition where, Make make) {
    const auto name = text_of(kind).name;
    Finding finding;
    if (diagnostics_.keeps(Severity::warning, where, name)) finding = make();
    diagnostics_.warning({Severity::warning,
                          where,
                          std::move(finding.pointer),
                          std::move(finding.message),
                          {},
                          std::string(name),
                          std::move(finding.remedy),
                          std::move(finding.also)});
  }

  // A family may compare so much, whatever those before it did.
  void begin_family() {
    left_ = kPerFamily;
    gave_up_ = false;
  }
  // What one list of rules may cost, out of what its family may.
  [[nodiscard]] Budget allot() const { return Budget(std::min(kPerList, left_)); }
  // Gives back what is left, and says so if that was too little: once when it was all the family had.
  void settle(const Budget& allotted, SourcePosition where, const std::string& pointer, std::string_view what);

 private:
  // Comparisons, a few nanoseconds each.
  static constexpr std::uint64_t kPerList = 120'000'000;
  static constexpr std::uint64_t kPerFamily = 250'000'000;

  std::uint64_t left_ = kPerFamily;
  bool gave_up_ = false;
  Diagnostics& diagnostics_;
};

// --- words and places (lint_words.cpp)
[[nodiscard]] std::string words(const Traffic& traffic);            // "tcp 22", "icmp 8/0", "all"
[[nodiscard]] std::string words(const AclEntry& entry, Side side);  // "allow tcp 22 from 10.0.0.0/16"
[[nodiscard]] std::string words(const GroupRule& rule, Side side);  // "tcp 22 from group web and 2 more"
[[nodiscard]] std::string range(const Interval& keys);              // "22" or "1024-65535"
[[nodiscard]] std::string quoted(std::string_view name);
// "a", "a and b", "a, b and c", "a, b, c and 7 more"
[[nodiscard]] std::string listed(const std::vector<std::string>& names);
[[nodiscard]] std::string pointer_to(std::string_view section, std::string_view name);
[[nodiscard]] std::string pointer_to_rule(std::string_view group, Side side, std::size_t number);
// Entries stand by number in the model, by position in the document.
[[nodiscard]] std::string pointer_to_entry(std::string_view acl, Side side, const std::vector<AclEntry>& entries,
                                           const AclEntry& entry);
[[nodiscard]] std::string pointer_to_route(std::string_view table, std::size_t number);
[[nodiscard]] std::string rule_name(std::string_view group, Side side, std::size_t number);  // "web/ingress/0"
[[nodiscard]] Place place_of(std::string_view acl, Side side, const std::vector<AclEntry>& entries,
                             const AclEntry& entry);

// --- the families, a file each
void find_dead_entries(Lint& lint);
void find_covered_rules(Lint& lint);
void find_unused(Lint& lint);
void find_empty(Lint& lint);
void find_lost_replies(Lint& lint);
void find_starved_nat_gateways(Lint& lint);
void find_open_ports(Lint& lint);
void find_useless_routes(Lint& lint);

}  // namespace sallyport::rules::linting
