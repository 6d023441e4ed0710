// One object of a policy read anew, so that a change of one rule in a policy of a million costs one object.
//
// Owner: rules/document. The object is read by the same strict reader as a whole document, against the names of the
// policy it belongs to.
#include <algorithm>
#include <utility>
#include <vector>

#include "rules/document/object_sections.h"
#include "rules/document/policy_reader.h"
#include "rules/document/positions.h"
#include "rules/document/same_meaning.h"

namespace sallyport::rules {
namespace {

std::string_view key_of(Section section) {
  return std::ranges::find(kObjectSections, section, &ObjectSection::section)->key;
}

// Whether the rest of the policy bears the object as it is now.
template <typename Object>
bool bears(const Object& /*object*/, const Object& /*before*/) {
  return true;
}
bool bears(const Interface& interface, const Interface& before) { return same_but_groups(interface, before); }

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
  const bool written = text_of(policy, section, name).has_value();
  if (!written || (section == Section::prefix_lists && routes_use(policy, name))) return std::nullopt;
  Policy changed = policy;
  visit_objects(section, [&](auto& objects) { objects.erase(name); }, changed);

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

  bool borne = false;
  const auto settle = [&](auto& objects, const auto& before) {
    auto& object = objects.at(name);
    borne = bears(object, before.at(name));
    object.written = before.at(name).written;
    object.written.changed = SharedText(std::move(text));
  };
  visit_objects(section, settle, changed, policy);
  if (!borne) return std::nullopt;
  keep_positions(changed, section, name, policy);
  return changed;
}

std::optional<std::string_view> text_of(const Policy& policy, Section section, std::string_view name) {
  std::string_view text;
  const auto read = [&](const auto& objects) {
    if (const auto found = objects.find(name); found != objects.end()) text = found->second.written.in(policy.source);
  };
  visit_objects(section, read, policy);
  return text.empty() ? std::nullopt : std::optional(text);
}

std::string document_of(const Policy& policy) {
  std::vector<const Written*> changed;
  const auto collect = [&](const auto& objects) {
    for (const auto& [name, object] : objects) {
      if (!object.written.changed.empty()) changed.push_back(&object.written);
    }
  };
  for (const ObjectSection& each : kObjectSections) visit_objects(each.section, collect, policy);
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
