// One object of a policy read anew, so that a change of one rule in a policy of a million costs one object.
//
// Owner: rules/document. The object is read by the same strict reader as a whole document, against the names of the
// policy it belongs to.
#include <algorithm>
#include <type_traits>
#include <utility>
#include <vector>

#include "rules/document/policy_reader.h"
#include "rules/document/same_meaning.h"

namespace sallyport::rules {
namespace {

std::string_view key_of(Section section) {
  switch (section) {
    case Section::prefix_lists:
      return "prefix_lists";
    case Section::security_groups:
      return "security_groups";
    case Section::network_acls:
      return "network_acls";
    case Section::interfaces:
      return "interfaces";
    default:
      return {};
  }
}

// Calls `visit` with the object of this name; false where the section is none of those that change alone, or has none.
template <typename Policies, typename Visit>
bool visit_object(Policies& policy, Section section, std::string_view name, Visit visit) {
  const auto in = [&](auto& objects) {
    const auto found = objects.find(name);
    if (found == objects.end()) return false;
    visit(found->second);
    return true;
  };
  switch (section) {
    case Section::prefix_lists:
      return in(policy.prefix_lists);
    case Section::security_groups:
      return in(policy.security_groups);
    case Section::network_acls:
      return in(policy.network_acls);
    case Section::interfaces:
      return in(policy.interfaces);
    default:
      return false;
  }
}

// Rules that stood there before keep their line, others point at their owner.
template <typename Rule>
void place(std::vector<Rule>& rules, const std::vector<Rule>& before, SourcePosition owner) {
  for (Rule& rule : rules) {
    const auto same = std::ranges::find_if(before, [&](const Rule& each) { return same_rule(each, rule); });
    rule.where = same == before.end() ? owner : same->where;
  }
}

template <typename Owner>
void place_both(Owner& owner, const Owner& before) {
  place(owner.ingress, before.ingress, before.where);
  place(owner.egress, before.egress, before.where);
}

// Whether the rest of the policy bears the object as it is now; its rules get their positions.
bool settle(SecurityGroup& group, const SecurityGroup& before) {
  place_both(group, before);
  return true;
}
bool settle(NetworkAcl& acl, const NetworkAcl& before) {
  place_both(acl, before);
  return true;
}
bool settle(PrefixList& /*list*/, const PrefixList& /*before*/) { return true; }
bool settle(Interface& interface, const Interface& before) { return same_but_groups(interface, before); }

std::size_t entries_of_all(const Policy& policy) {
  std::size_t entries = 0;
  for (const auto& [name, list] : policy.prefix_lists) entries += list.entries.size() + list.ipv6_entries.size();
  return entries;
}

std::string document_with(Section section, const std::string& name, std::string_view text) {
  std::string quoted;
  for (const char c : name) quoted += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
  return "{\"" + std::string(key_of(section)) + "\": {\"" + quoted + "\": " + std::string(text) + "}}";
}

template <typename T>
void collect_changed(const Named<T>& objects, std::vector<const Written*>& out) {
  for (const auto& [name, object] : objects) {
    if (!object.written.changed.empty()) out.push_back(&object.written);
  }
}

}  // namespace

void PolicyReader::read_alone(Section section, Value value) {
  vpc_known_ = true;
  if (section == Section::prefix_lists) read_prefix_lists(value);
  if (section == Section::security_groups) read_security_groups(value);
  if (section == Section::network_acls) read_network_acls(value);
  if (section == Section::interfaces) read_interfaces(value);
  check_references();
}

std::optional<Policy> with_object(const Policy& policy, Section section, const std::string& name, std::string text,
                                  const Ceilings& ceilings) {
  const auto before = text_of(policy, section, name);
  if (!before || (section == Section::prefix_lists && routes_use(policy, name))) return std::nullopt;
  Policy changed = policy;
  const auto erase = [&](auto& objects) { objects.erase(name); };
  if (section == Section::prefix_lists) erase(changed.prefix_lists);
  if (section == Section::security_groups) erase(changed.security_groups);
  if (section == Section::network_acls) erase(changed.network_acls);
  if (section == Section::interfaces) erase(changed.interfaces);

  Diagnostics diagnostics;
  const std::string document = document_with(section, name, text);
  const auto tree = Tree::parse(document, diagnostics);
  if (!tree || diagnostics.has_errors()) return std::nullopt;
  Reader in(*tree, diagnostics);
  std::optional<Value> value;
  tree->root().each_member([&](Value, Value member) { value = member; });
  if (!value || tree->root().size() != 1 || value->size() != 1) return std::nullopt;  // text of more than one value
  PolicyReader(in, changed, ceilings).read_alone(section, *value);
  if (!diagnostics.sorted().empty() || entries_of_all(changed) > ceilings.prefix_list_entries) return std::nullopt;

  bool settled = false;
  visit_object(changed, section, name, [&](auto& object) {
    visit_object(policy, section, name, [&](const auto& old) {
      if constexpr (std::is_same_v<std::remove_cvref_t<decltype(object)>, std::remove_cvref_t<decltype(old)>>) {
        settled = settle(object, old);
        object.where = old.where;
        object.written = old.written;
        object.written.changed = SharedText(std::move(text));
      }
    });
  });
  return settled ? std::optional(std::move(changed)) : std::nullopt;
}

std::optional<std::string_view> text_of(const Policy& policy, Section section, std::string_view name) {
  std::string_view text;
  visit_object(policy, section, name, [&](const auto& object) { text = object.written.in(policy.source); });
  return text.empty() ? std::nullopt : std::optional(text);
}

std::string document_of(const Policy& policy) {
  std::vector<const Written*> changed;
  collect_changed(policy.prefix_lists, changed);
  collect_changed(policy.security_groups, changed);
  collect_changed(policy.network_acls, changed);
  collect_changed(policy.interfaces, changed);
  std::ranges::sort(changed, {}, &Written::begin);
  const std::string_view source = policy.source;
  std::string document;
  std::size_t at = 0;
  for (const Written* written : changed) {
    document += source.substr(at, written->begin - at);
    document += written->changed.view();
    at = written->begin + written->size;
  }
  document += source.substr(at);
  return document;
}

}  // namespace sallyport::rules
