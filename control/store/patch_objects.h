// A patch (RFC 6902) carried out on the objects it touches, not on the document they stand in.
//
// Owner: control/store. What `rule`, `member` and `prefix` send touches one object of a policy that may have a million.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rules/document/documents.h"
#include "rules/model/policy.h"

namespace sallyport::control {

// The policy after the patch, sharing with it what the patch does not touch. Nothing where a patch of the whole
// document has to tell, what comes of it or what is wrong with it: see rules::with_object; operations that copy or
// move, and those on a whole object, are such.
// Positions are those in `applied`, from which live changes led to the policy.
[[nodiscard]] std::optional<rules::Policy> patched_objects(const rules::Policy& policy, const rules::Policy& applied,
                                                           std::string_view patch);

// An object that can be read and changed alone, from a pointer to it: "/security_groups/web".
struct ObjectName {
  rules::Section section = rules::Section::security_groups;
  std::string_view key;  // "security_groups"
  std::string name;
};
[[nodiscard]] std::optional<ObjectName> object_named(std::string_view pointer);
// Whether the document writes down anything in the section.
[[nodiscard]] bool has_section(const rules::Policy& policy, rules::Section section);

}  // namespace sallyport::control
