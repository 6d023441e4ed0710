// What two policies differ in, told in a few words, and the text of a document apart from its layout.
//
// Owner: control/store.
#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

#include "control/store/policy_store.h"
#include "rules/decide/policy_view.h"

namespace sallyport::control {
namespace {

// How often each thing occurs; positive: added, negative: removed.
using Balance = std::map<std::string, int, std::less<>>;

struct Balances {
  Balance rules, interfaces, subnets, nat_gateways;
};

void weigh(const rules::Image& image, int weight, Balances& out) {
  const rules::PolicyView view(image);
  for (rules::RuleIndex i = 0; i < view.rules(); ++i) {
    const rules::RuleInfo rule = view.rule(i);
    if (rule.line == 0) continue;  // nobody wrote it
    out.rules[fmt::format("{} {} {} {} {}", rule.is_acl, rule.owner, static_cast<int>(rule.direction), rule.rule_no,
                          rule.text)] += weight;
  }
  for (rules::InterfaceIndex i = 0; i < view.interfaces(); ++i)
    out.interfaces[std::string(view.interface(i).name)] += weight;
  for (rules::SubnetIndex i = 0; i < view.subnets(); ++i) out.subnets[std::string(view.subnet(i).name)] += weight;
  for (rules::NatIndex i = 0; i < view.nat_gateways(); ++i) out.nat_gateways[std::string(view.nat(i).name)] += weight;
}

void tell(const Balance& balance, std::string_view what, std::vector<std::string>& out) {
  int added = 0;
  int removed = 0;
  for (const auto& [name, count] : balance) {
    if (count > 0) added += count;
    if (count < 0) removed -= count;
  }
  if (added > 0) out.push_back(fmt::format("{} {}{} added", added, what, added == 1 ? "" : "s"));
  if (removed > 0) out.push_back(fmt::format("{} {}{} removed", removed, what, removed == 1 ? "" : "s"));
}

}  // namespace

std::string summarize(const rules::Image* before, const rules::Image& after) {
  Balances balances;
  if (before != nullptr) weigh(*before, -1, balances);
  weigh(after, 1, balances);
  std::vector<std::string> parts;
  tell(balances.rules, "rule", parts);
  tell(balances.interfaces, "interface", parts);
  tell(balances.subnets, "subnet", parts);
  tell(balances.nat_gateways, "NAT gateway", parts);
  return parts.empty() ? "settings changed" : fmt::format("{}", fmt::join(parts, ", "));
}

std::string minified(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  bool in_string = false;
  bool escaped = false;
  for (const char c : json) {
    if (!in_string && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) continue;
    out.push_back(c);
    if (escaped) {
      escaped = false;
    } else if (in_string && c == '\\') {
      escaped = true;
    } else if (c == '"') {
      in_string = !in_string;
    }
  }
  return out;
}

}  // namespace sallyport::control
