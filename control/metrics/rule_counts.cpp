// Owner: control/metrics. See rule_counts.h.
#include "control/metrics/rule_counts.h"

namespace sallyport::control {

std::vector<RuleCount> rule_counts(const Running& running, const dataplane::Runtime& runtime) {
  const std::vector<std::uint64_t> counts = runtime.rule_counters();
  const rules::PolicyView& view = running.bound->view();
  std::vector<RuleCount> out;
  out.reserve(view.rules());
  for (rules::RuleIndex i = 0; i < view.rules(); ++i) {
    if (!view.has_rule(i)) continue;
    const std::uint32_t uid = running.bound->rule_uid(i);
    out.push_back({view.rule(i), uid < counts.size() ? counts[uid] : 0});
  }
  return out;
}

}  // namespace sallyport::control
