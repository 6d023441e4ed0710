// Operations sorted by the object they touch, each object patched and read alone; see the header.
//
// Owner: control/store.
#include "control/store/patch_objects.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "control/store/document_text.h"
#include "rules/document/documents.h"
#include "rules/document/object_sections.h"
#include "rules/document/positions.h"

namespace sallyport::control {
namespace {

using nlohmann::ordered_json;
using rules::Section;

struct Touched {
  Section section = Section::vpc;
  std::string name;
  ordered_json object;
};

// A place inside an object: "/security_groups/web/ingress/-".
struct Place {
  ObjectName object;
  std::string inside;
};

std::optional<Place> place_of(const std::string& path) {
  const std::size_t name = path.find('/', 1);
  const std::size_t inside = name == std::string::npos ? name : path.find('/', name + 1);
  if (inside == std::string::npos) return std::nullopt;
  auto object = object_named(std::string_view(path).substr(0, inside));
  if (!object) return std::nullopt;
  return Place{*std::move(object), path.substr(inside)};
}

class Objects {
 public:
  explicit Objects(const rules::Policy& policy) : policy_(policy) {}

  // Throws what the library throws of an operation that cannot be done.
  bool patch(const ordered_json& operation) {
    const std::string& kind = operation.at("op").get_ref<const std::string&>();
    if (kind != "add" && kind != "remove" && kind != "replace" && kind != "test") return false;
    const auto place = place_of(operation.at("path").get_ref<const std::string&>());
    ordered_json* object = place ? find(place->object.section, place->object.name) : nullptr;
    if (object == nullptr) return false;
    ordered_json inside = operation;
    inside["path"] = place->inside;
    object->patch_inplace(ordered_json::array({std::move(inside)}));
    return true;
  }

  [[nodiscard]] std::optional<rules::Policy> read(const rules::Policy& applied) const {
    rules::Policy changed = policy_;
    for (const Touched& each : touched_) {
      auto next = rules::with_object(changed, each.section, each.name, object_text(each.object));
      if (!next) return std::nullopt;
      changed = *std::move(next);
      rules::keep_positions(changed, each.section, each.name, applied);
    }
    return changed;
  }

 private:
  ordered_json* find(Section section, const std::string& name) {
    for (Touched& each : touched_) {
      if (each.section == section && each.name == name) return &each.object;
    }
    const auto text = rules::text_of(policy_, section, name);
    if (!text) return nullptr;
    return &touched_.emplace_back(section, name, ordered_json::parse(*text)).object;
  }

  const rules::Policy& policy_;
  std::vector<Touched> touched_;
};

}  // namespace

std::optional<ObjectName> object_named(std::string_view pointer) {
  const std::size_t name = pointer.find('/', 1);
  if (name == std::string_view::npos || !pointer.starts_with('/')) return std::nullopt;
  if (pointer.find('/', name + 1) != std::string_view::npos) return std::nullopt;
  for (const auto& [section, key] : rules::kObjectSections) {
    if (pointer.substr(1, name - 1) != key) continue;
    try {
      return ObjectName{section, key, ordered_json::json_pointer(std::string(pointer.substr(name))).back()};
    } catch (const ordered_json::exception&) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

bool has_section(const rules::Policy& policy, Section section) {
  bool written = false;
  const auto look = [&](const auto& objects) {
    written = std::ranges::any_of(objects, [](const auto& each) { return each.second.written.size > 0; });
  };
  rules::visit_objects(section, look, policy);
  return written;
}

std::optional<rules::Policy> patched_objects(const rules::Policy& policy, const rules::Policy& applied,
                                             std::string_view patch) {
  constexpr std::size_t kMost = 64;  // operations, and depth of what they add: more is a patch of the document
  if (nesting(patch) > kMost || rules::doubled_key(patch)) return std::nullopt;
  try {
    const ordered_json operations = ordered_json::parse(patch);
    if (!operations.is_array() || operations.size() > kMost) return std::nullopt;
    Objects objects(policy);
    for (const ordered_json& operation : operations) {
      if (!objects.patch(operation)) return std::nullopt;
    }
    return objects.read(applied);
  } catch (const ordered_json::exception&) {
    return std::nullopt;
  }
}

}  // namespace sallyport::control
