// What a policy says that its author hardly meant: rules without effect, traffic that gets no answer, doors left open.
//
// Owner: rules/analyze. Reads the model alone. Every finding is a warning with a kind, in plain words, with what to do
// and, where two parts of the document meet, both places.
// Always: a policy is not changed by what is found; a rule named as never deciding, or as covered, can go without any
// packet being judged otherwise. Work is bounded; where a bound cuts off, a warning of kind `not-compared` says so.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "rules/document/diagnostics.h"
#include "rules/model/policy.h"

namespace sallyport::rules {

enum class LintKind : std::uint8_t {
  acl_entry_never_decides,
  group_rule_covered,
  unused_group,
  unused_acl,
  unused_route_table,
  unused_prefix_list,
  unused_nat_gateway,
  empty_group_reference,
  empty_prefix_list,
  no_rules,
  acl_drops_replies,
  nat_gateway_starved,
  open_admin_port,
  open_database_port,
  route_never_taken,
  route_to_dead_nat_gateway,
  route_to_checked_interface,
  public_ip_without_route,
  not_compared,
};

struct LintText {
  LintKind kind;
  std::string_view name;  // as printed: "unused-group"
  std::string_view meaning;
  std::string_view remedy;
};

// Every kind, in the order of the enumeration.
[[nodiscard]] std::span<const LintText> lint_texts();
[[nodiscard]] const LintText& text_of(LintKind kind);

// Adds what is found to `diagnostics`. The policy is one that the reader returned.
void lint(const Policy& policy, Diagnostics& diagnostics);

}  // namespace sallyport::rules
