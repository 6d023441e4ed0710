// Peers of rules as address objects, and addresses as classes: two addresses of one class lie in the same objects.
//
// Owner: rules/compile. An object is a CIDR, a prefix list or the members of a group. Always: objects are numbered as
// they were first asked for, classes by ascending address of their first member; class 0 exists.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "rules/compile/context.h"
#include "rules/compile/step_map_writer.h"

namespace sallyport::rules {

using ObjectId = std::uint32_t;
using ClassId = std::uint32_t;

// Addresses first..last.
struct AddressRange {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};

struct AddressObject {
  std::vector<AddressRange> ranges;  // disjoint, ascending
  bool everything = false;           // holds every address
  bool any_peer = false;             // 0.0.0.0/0 stands in it as such
};

class AddressObjects {
 public:
  // Needs the owners table: a group's members are the addresses that interfaces with this group own.
  explicit AddressObjects(const CompileContext& context);

  ObjectId cidr(const Prefix& prefix);
  ObjectId prefix_list(const std::string& name);
  ObjectId group(std::uint32_t group);

  [[nodiscard]] const AddressObject& operator[](ObjectId id) const { return objects_[id]; }
  [[nodiscard]] std::size_t size() const { return objects_.size(); }
  // "group web", "prefix list office", "10.0.0.0/8".
  [[nodiscard]] std::string name_of(ObjectId id) const;
  // Those with most ranges of addresses, in words.
  [[nodiscard]] std::string widest() const;

 private:
  ObjectId add(std::vector<AddressRange> ranges, bool any_peer);

  const CompileContext& context_;
  std::vector<std::vector<AddressRange>> members_;  // of each group
  std::vector<AddressObject> objects_;
  std::map<Prefix, ObjectId> cidrs_;
  std::map<std::string, ObjectId, std::less<>> lists_;
  std::map<std::uint32_t, ObjectId> groups_;
};

struct AddressClasses {
  std::vector<AddressStep> steps;  // addresses to classes
  std::uint32_t count = 0;
  std::vector<std::vector<ClassId>> of_object;  // ascending; empty for objects that hold everything
};

// Ends early when it goes over the budget.
[[nodiscard]] AddressClasses classify(const AddressObjects& objects, Meter& meter);

}  // namespace sallyport::rules
