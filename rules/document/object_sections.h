// The sections whose objects can be read and changed alone: their keys, and their objects.
//
// Owner: rules/document. Always: the only place where these sections are listed.
#pragma once

#include <array>
#include <string_view>

#include "rules/document/documents.h"
#include "rules/model/policy.h"

namespace sallyport::rules {

struct ObjectSection {
  Section section = Section::vpc;
  std::string_view key;
};

inline constexpr std::array<ObjectSection, 4> kObjectSections{{{Section::prefix_lists, "prefix_lists"},
                                                               {Section::security_groups, "security_groups"},
                                                               {Section::network_acls, "network_acls"},
                                                               {Section::interfaces, "interfaces"}}};

// Calls `visit` with the objects of the section in each of the policies; false, and no call, where it is none of these.
template <typename Visit, typename... Policies>
bool visit_objects(Section section, Visit visit, Policies&... policies) {
  switch (section) {
    case Section::prefix_lists:
      visit(policies.prefix_lists...);
      return true;
    case Section::security_groups:
      visit(policies.security_groups...);
      return true;
    case Section::network_acls:
      visit(policies.network_acls...);
      return true;
    case Section::interfaces:
      visit(policies.interfaces...);
      return true;
    default:
      return false;
  }
}

}  // namespace sallyport::rules
