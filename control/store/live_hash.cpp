// Every object that says something else than in the document that was applied, written out in one way.
//
// Owner: control/store. See live_hash.h.
#include "control/store/live_hash.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include "control/store/document_text.h"
#include "rules/document/documents.h"
#include "rules/image/sha256.h"

namespace sallyport::control {
namespace {

using rules::Named;
using rules::Policy;

template <typename T>
using Object = std::pair<const std::string, T>;

template <typename T>
std::string text_of(const Policy& policy, std::string_view section, const Object<T>& object) {
  return rules::write_section(policy, section, object.first).value_or("");
}
std::string text_of(const Policy& /*policy*/, std::string_view /*section*/, const Object<rules::PrefixList>& object) {
  rules::PrefixList list = object.second;
  std::ranges::sort(list.entries);
  list.entries.erase(std::ranges::unique(list.entries).begin(), list.entries.end());
  std::string text;
  for (const auto& prefix : list.entries) text += to_string(prefix) + '\n';
  for (const auto& prefix : list.ipv6_entries) text += to_string(prefix) + '\n';
  return text;
}

// Cheaper than to write them out: that they were read from the same words.
template <typename T>
bool same_words(const Policy& a, const T& in_a, const Policy& b, const T& in_b) {
  if constexpr (requires { in_a.written.in(a.source); }) {
    return minified(in_a.written.in(a.source)) == minified(in_b.written.in(b.source));
  }
  return false;
}

class Differences {
 public:
  Differences(const Policy& before, const Policy& after) : before_(before), after_(after) {}

  // A section's objects by name, in both.
  template <typename T>
  void add(std::string_view section, const Named<T>& before, const Named<T>& after) {
    auto a = before.begin();
    auto b = after.begin();
    while (a != before.end() || b != after.end()) {
      if (a != before.end() && b != after.end() && skip_shared(a, b) != 0) continue;
      if (b == after.end() || (a != before.end() && a->first < b->first)) {
        tell(section, (a++)->first, "gone");
      } else if (a == before.end() || b->first < a->first) {
        tell(section, b->first, text_of(after_, section, *b));
        ++b;
      } else {
        compare(section, *a++, *b++);
      }
    }
  }
  void add(std::string_view section) {
    const auto text = rules::write_section(after_, section, {}).value_or("");
    if (text != rules::write_section(before_, section, {})) tell(section, {}, text);
  }
  [[nodiscard]] const std::string& told() const { return told_; }

 private:
  template <typename T>
  void compare(std::string_view section, const Object<T>& before, const Object<T>& after) {
    if (same_place(before, after) || same_words(before_, before.second, after_, after.second)) return;
    const std::string text = text_of(after_, section, after);
    if (text != text_of(before_, section, before)) tell(section, after.first, text);
  }
  void tell(std::string_view section, std::string_view name, std::string_view text) {
    told_ += '\n' + std::string(section) + '/' + std::string(name) + '\n' + std::string(text);
  }

  const Policy& before_;
  const Policy& after_;
  std::string told_;
};

}  // namespace

std::string live_hash(const std::string& applied_hash, const Policy& applied, const Policy& policy) {
  Differences all(applied, policy);
  all.add("vpc");
  all.add("prefix_lists", applied.prefix_lists, policy.prefix_lists);
  all.add("security_groups", applied.security_groups, policy.security_groups);
  all.add("network_acls", applied.network_acls, policy.network_acls);
  all.add("route_tables", applied.route_tables, policy.route_tables);
  all.add("subnets", applied.subnets, policy.subnets);
  all.add("interfaces", applied.interfaces, policy.interfaces);
  all.add("nat_gateways", applied.nat_gateways, policy.nat_gateways);
  all.add("options");
  if (all.told().empty()) return applied_hash;
  const std::string text = applied_hash + all.told();
  return rules::hexadecimal(rules::sha256(std::as_bytes(std::span(text))));
}

}  // namespace sallyport::control
