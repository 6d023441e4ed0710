// What some addresses of the internet get beyond what most of it gets, because rules name them.
//
// Owner: control/reach.
#pragma once

#include <vector>

#include "rules/analyze/reach.h"

namespace sallyport::control {

// Is one end of the cell such addresses?
[[nodiscard]] bool is_listed(const rules::Reach& reach, const rules::ReachCell& cell);

// Traffic, and all addresses that get it: no traffic stands twice.
struct ListedTraffic {
  rules::reaching::SetId traffic = rules::reaching::kNothing;
  std::vector<rules::literal::Range> ranges;  // disjoint, ascending
};
[[nodiscard]] std::vector<ListedTraffic> listed_traffic(const rules::Reach& reach, const rules::ReachCell& cell);

// The rules behind it, of all such addresses, each once.
[[nodiscard]] rules::ReachRules listed_rules(const rules::Reach& reach, const rules::ReachCell& cell);

}  // namespace sallyport::control
