// Peers of rules as address objects, and addresses as classes: two addresses of one class lie in the same objects.
//
// Owner: rules/compile. An object is a CIDR, a prefix list or the members of a group, and may hold addresses of both
// families; so may a class. Always: objects are numbered as they were first asked for; class 0 (layout::kNoObject) is
// the empty set's, whether or not an address has it, the others are numbered by ascending address of their first
// member, IPv4 before IPv6.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rules/compile/context.h"
#include "rules/compile/interner.h"
#include "rules/compile/step_map_writer.h"
#include "rules/compile/wide_map_writer.h"

namespace sallyport::rules {

using ObjectId = std::uint32_t;
using ClassId = std::uint32_t;

// Addresses first..last.
template <typename Address>
struct AddressRange {
  Address first{};
  Address last{};
  friend bool operator==(const AddressRange&, const AddressRange&) = default;
};

// The addresses of one family in an object.
template <typename Address>
struct AddressSet {
  std::vector<AddressRange<Address>> ranges;  // disjoint, ascending
  bool everything = false;                    // holds every address of the family
  bool any_peer = false;                      // 0.0.0.0/0, or ::/0, stands in it as such
};

struct AddressObject {
  AddressSet<Ipv4> ipv4;
  AddressSet<Ipv6> ipv6;
};

// How the IPv4 addresses of an object changed.
struct ObjectChange {
  ObjectId object = 0;
  std::vector<AddressRange<Ipv4>> came;  // disjoint, ascending
  std::vector<AddressRange<Ipv4>> went;
};

class AddressObjects {
 public:
  // Needs the owners table: a group's members are the addresses that interfaces with this group own.
  explicit AddressObjects(const CompileContext& context);

  ObjectId cidr(const Prefix& prefix);
  ObjectId cidr(const Ipv6Prefix& prefix);
  ObjectId prefix_list(const std::string& name);
  ObjectId group(std::uint32_t group);

  [[nodiscard]] const AddressObject& operator[](ObjectId id) const { return objects_[id]; }
  [[nodiscard]] std::size_t size() const { return objects_.size(); }
  // The prefix list has the policy's entries now; other interfaces have the group. Nothing where that cannot be
  // followed: IPv6 addresses change, or whether the object holds everything.
  [[nodiscard]] std::optional<ObjectChange> change_list(const std::string& name);
  [[nodiscard]] std::optional<ObjectChange> change_members(std::uint32_t group, const std::vector<Ipv4>& came,
                                                           const std::vector<Ipv4>& went);
  // Objects from number `first` on as changes of nothing; nothing as above.
  [[nodiscard]] std::optional<std::vector<ObjectChange>> from(ObjectId first) const;

  // "group web", "prefix list office", "10.0.0.0/8".
  [[nodiscard]] std::string name_of(ObjectId id) const;
  // Those with most ranges of addresses, in words.
  [[nodiscard]] std::string widest() const;

 private:
  // The addresses that belong to each group.
  struct Members {
    std::vector<AddressRange<Ipv4>> ipv4;
    std::vector<AddressRange<Ipv6>> ipv6;
  };

  // Objects of prefixes, found by these.
  template <typename PrefixType>
  struct Cidrs {
    HashIndex index;
    std::vector<PrefixType> prefixes;
    std::vector<ObjectId> objects;  // of each of them
  };

  template <typename PrefixType>
  ObjectId cidr(const PrefixType& prefix, std::uint64_t hash, Cidrs<PrefixType>& known);
  ObjectId add(AddressObject object);
  [[nodiscard]] std::optional<ObjectChange> change(ObjectId id, AddressObject next);
  void collect_ipv6_members();

  const CompileContext& context_;
  std::vector<Members> members_;
  std::vector<AddressObject> objects_;
  Cidrs<Prefix> cidrs_;
  Cidrs<Ipv6Prefix> ipv6_cidrs_;
  std::map<std::string, ObjectId, std::less<>> lists_;
  std::map<std::uint32_t, ObjectId> groups_;
};

struct AddressClasses {
  std::vector<AddressStep> steps;  // addresses to classes
  std::vector<Ipv6Step> ipv6_steps;
  Interner sets;               // by class: its objects, ascending
  std::vector<bool> has_ipv4;  // by class: some IPv4 address has it, or had it
  // Of each family, those that some address of it has; empty for objects that hold everything of the family.
  std::vector<std::vector<ClassId>> of_object;
  std::vector<std::vector<ClassId>> ipv6_of_object;
};

// What a class takes in memory for its set of objects, as the budget counts it.
[[nodiscard]] std::size_t bytes_of_set(std::span<const ObjectId> set);

// Ends early when it goes over the budget.
[[nodiscard]] AddressClasses classify(const AddressObjects& objects, Meter& meter);

}  // namespace sallyport::rules
