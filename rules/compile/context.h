// What the steps of the compiler share: the policy, the tables as they grow, and names turned into indexes.
//
// Owner: rules/compile. Lives for one compile(), or for as long as changes follow. Always: objects of a section are
// numbered in order of name.
#pragma once

#include <cassert>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rules/compile/meter.h"
#include "rules/compile/texts.h"
#include "rules/decide/policy_view.h"
#include "rules/image/image_writer.h"
#include "rules/model/policy.h"

namespace sallyport::rules {

// Names of one section and their positions in it.
class NameIndex {
 public:
  template <typename T>
  explicit NameIndex(const Named<T>& section) {
    index_.reserve(section.size());
    for (const auto& [name, object] : section) index_.emplace(name, static_cast<std::uint32_t>(index_.size()));
  }
  // The name is known: the reader of the policy made sure.
  [[nodiscard]] std::uint32_t at(std::string_view name) const {
    const auto found = index_.find(name);
    assert(found != index_.end());
    return found->second;
  }

 private:
  std::unordered_map<std::string_view, std::uint32_t> index_;
};

// Where the rules of one group or ACL stand in one direction.
struct RuleRange {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

struct CompileContext {
  CompileContext(const Policy& source, const Budget& budget, const Elapsed& elapsed);

  // A reference to the text in the strings section; equal texts are stored once.
  layout::TextRef text(std::string_view value);
  // The same of a text that nothing else has.
  layout::TextRef text_of_its_own(std::string_view value) { return texts_.append(value); }
  // The number of an ordered list of groups; a group named twice counts once, where it came first.
  std::uint32_t group_list(const std::vector<std::string>& names);

  [[nodiscard]] RuleRange group_rules(std::uint32_t group, Direction direction) const {
    return group_ranges[2 * static_cast<std::size_t>(group) + static_cast<std::size_t>(direction)];
  }

  const Policy& policy;
  NameIndex groups;
  NameIndex acls;
  NameIndex route_table_names;
  NameIndex subnets;
  NameIndex interfaces;
  NameIndex nats;
  std::vector<RuleRange> group_ranges;  // two a group: ingress, egress
  std::vector<RuleRange> acl_ranges;    // two an ACL
  ImageTables tables;
  Meter meter;

 private:
  Texts texts_{tables};
  std::map<std::vector<std::uint32_t>, std::uint32_t> lists_;
};

}  // namespace sallyport::rules
