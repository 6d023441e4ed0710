// Owner: rules/prove. See prove.h.
#include "rules/prove/prove.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "rules/compile/compile.h"
#include "rules/prove/class_sets.h"
#include "rules/prove/decisions.h"
#include "rules/prove/places.h"
#include "rules/prove/records.h"

namespace sallyport::rules {
namespace {

// Names in the image's order, which is that of a section of the policy.
template <typename T>
bool same_names(const layout::Tables& tables, std::span<const layout::TextRef> names, const Named<T>& section) {
  return std::ranges::equal(
      names, section, {}, [&](const layout::TextRef& name) { return tables.text_at(name); },
      [](const auto& named) -> std::string_view { return named.first; });
}

}  // namespace

std::expected<Proof, std::string> prove(const Policy& policy, const Image& image) {
  Proof proof;
  const PolicyView view(image);
  const literal::Rules rules(policy);
  if (rules.size() != view.rules()) {
    return std::unexpected("the policy has " + std::to_string(rules.size()) + " rules, the image " +
                           std::to_string(view.rules()));
  }
  const layout::Tables& tables = image.tables();
  if (!same_names(tables, tables.groups(), policy.security_groups) ||
      !same_names(tables, tables.acls(), policy.network_acls)) {
    return std::unexpected("the image's groups or ACLs are not called as the policy's");
  }
  if (auto problem = proof::compare_records(view, policy)) return std::unexpected(*problem);
  if (auto problem = proof::compare_places(tables, view, policy, proof)) return std::unexpected(*problem);
  if (proof::has_spare_classes(tables)) {
    return std::unexpected("the image counts more classes than it has intervals of addresses");
  }
  auto classes = proof::read_classes(tables, rules);
  if (!classes) return std::unexpected(classes.error());
  proof.address_cells += classes->ipv4.cells + classes->ipv6.cells;
  if (auto problem = proof::compare_decisions(tables, view, rules, *classes, {}, proof)) {
    return std::unexpected(*problem);
  }
  return proof;
}

std::expected<Proof, std::string> verify(const Policy& policy, const Image& image, const Budget& budget,
                                         const Elapsed& elapsed) {
  const auto again = compile(policy, budget, elapsed);
  if (!again) return std::unexpected("its policy does not compile: " + again.error().sorted().front().message);
  const auto made = again->image.bytes();
  const auto seen = image.bytes();
  if (std::ranges::equal(made, seen)) return prove(policy, image);
  const auto at = std::ranges::mismatch(made, seen).in1 - made.begin();
  return std::unexpected("it is not what its policy compiles to: byte " + std::to_string(at) + " differs");
}

}  // namespace sallyport::rules
