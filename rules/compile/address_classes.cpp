// Addresses that no rule tells apart share a class; see the header. Owner: rules/compile.
#include "rules/compile/address_classes.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <tuple>
#include <utility>

#include "rules/compile/interner.h"

namespace sallyport::rules {
namespace {

constexpr Ipv4 kLastIpv4{~std::uint32_t{0}};
constexpr Ipv4 last_address(Ipv4) { return kLastIpv4; }
constexpr Ipv6 last_address(Ipv6) { return kLastIpv6; }
// Not of the last address.
constexpr Ipv4 next(Ipv4 address) { return Ipv4{address.value + 1}; }

// Sorts and joins ranges that overlap or touch.
template <typename Address>
std::vector<AddressRange<Address>> joined(std::vector<AddressRange<Address>> ranges) {
  std::ranges::sort(ranges, {}, [](const auto& r) { return std::tuple(r.first, r.last); });
  std::vector<AddressRange<Address>> result;
  for (const auto& range : ranges) {
    const bool meets =
        !result.empty() && (result.back().last == last_address(Address{}) || range.first <= next(result.back().last));
    if (meets) {
      result.back().last = std::max(result.back().last, range.last);
    } else {
      result.push_back(range);
    }
  }
  return result;
}

template <typename Address>
AddressSet<Address> set_of(std::vector<AddressRange<Address>> ranges, bool any_peer) {
  AddressSet<Address> set{.ranges = joined(std::move(ranges)), .everything = false, .any_peer = any_peer};
  set.everything =
      set.ranges.size() == 1 && set.ranges[0].first == Address{} && set.ranges[0].last == last_address(Address{});
  return set;
}

template <typename Address, typename PrefixType>
AddressSet<Address> set_of(const std::vector<PrefixType>& prefixes) {
  std::vector<AddressRange<Address>> ranges;
  ranges.reserve(prefixes.size());
  for (const auto& prefix : prefixes) ranges.push_back({prefix.first(), prefix.last()});
  return set_of(std::move(ranges), std::ranges::any_of(prefixes, [](const auto& p) { return p.length == 0; }));
}

template <typename PrefixType>
auto set_of(const PrefixType& prefix) {
  using Address = decltype(prefix.first());
  return AddressSet<Address>{
      .ranges = {{prefix.first(), prefix.last()}}, .everything = prefix.length == 0, .any_peer = prefix.length == 0};
}
constexpr auto family_of(const Prefix&) { return &AddressObject::ipv4; }
constexpr auto family_of(const Ipv6Prefix&) { return &AddressObject::ipv6; }

constexpr std::uint64_t mixed(std::uint64_t value) {
  value *= 0x9E37'79B9'7F4A'7C15U;
  return value ^ value >> 29U;
}

// The addresses of `a` that `b` does not hold.
std::vector<AddressRange<Ipv4>> difference(const std::vector<AddressRange<Ipv4>>& a,
                                           const std::vector<AddressRange<Ipv4>>& b) {
  std::vector<AddressRange<Ipv4>> rest;
  std::size_t next = 0;
  for (const auto& range : a) {
    std::uint64_t first = range.first.value;
    const std::uint64_t end = std::uint64_t{range.last.value} + 1;
    while (next < b.size() && b[next].last < range.first) ++next;
    for (std::size_t i = next; i < b.size() && b[i].first.value < end && first < end; ++i) {
      if (first < b[i].first.value)
        rest.push_back({Ipv4{static_cast<std::uint32_t>(first)}, Ipv4{b[i].first.value - 1}});
      first = std::max(first, std::uint64_t{b[i].last.value} + 1);
    }
    if (first < end) rest.push_back({Ipv4{static_cast<std::uint32_t>(first)}, range.last});
  }
  return rest;
}

// An object begins or ends to hold addresses from `address` on.
template <typename Address>
struct Edge {
  Address address{};
  ObjectId object = 0;
  bool begins = false;
};

template <typename Address>
std::vector<Edge<Address>> edges_of(const AddressObjects& objects, AddressSet<Address> AddressObject::* family,
                                    std::size_t most) {
  std::vector<Edge<Address>> edges;
  edges.reserve(most);
  for (ObjectId id = 0; id < objects.size(); ++id) {
    const AddressSet<Address>& set = objects[id].*family;
    if (set.everything) continue;
    for (const auto& range : set.ranges) {
      edges.push_back({.address = range.first, .object = id, .begins = true});
      if (range.last == last_address(Address{})) continue;
      edges.push_back({.address = next(range.last), .object = id, .begins = false});
    }
  }
  std::ranges::sort(edges, {}, [](const auto& e) { return std::tuple(e.address, e.object, e.begins); });
  return edges;
}

void apply(ObjectId object, bool begins, std::vector<ObjectId>& active) {
  const auto at = std::ranges::lower_bound(active, object);
  if (begins) {
    active.insert(at, object);
  } else {
    active.erase(at);
  }
}

// One family's addresses from the first to the last: start(address, the objects that hold it from there on). Ends early
// when it goes over the budget.
template <typename Address>
void sweep(const AddressObjects& objects, AddressSet<Address> AddressObject::* family, std::size_t most_edges,
           Meter& meter, auto start) {
  const auto edges = edges_of(objects, family, most_edges);
  std::vector<ObjectId> active;
  if (edges.empty() || edges.front().address > Address{}) start(Address{}, active);
  for (std::size_t i = 0; i < edges.size() && meter.fits(edges.size() * sizeof(Edge<Address>));) {
    const Address address = edges[i].address;
    for (; i < edges.size() && edges[i].address == address; ++i) apply(edges[i].object, edges[i].begins, active);
    start(address, active);
  }
}

std::size_t ranges_of(const AddressObject& object) { return object.ipv4.ranges.size() + object.ipv6.ranges.size(); }

// What lies between points that ascend inside a range.
void add_gaps(AddressRange<Ipv6> range, const std::vector<Ipv6>& points, std::vector<AddressRange<Ipv6>>& gaps) {
  for (const Ipv6 point : points) {
    if (range.first < point) gaps.push_back({range.first, previous(point)});
    if (point == range.last) return;
    range.first = next(point);
  }
  gaps.push_back(range);
}

}  // namespace

AddressObjects::AddressObjects(const CompileContext& context) : context_(context) {
  const ImageTables& tables = context.tables;
  members_.resize(tables.groups.size());
  for (const auto& owner : tables.owners) {
    const auto kind = static_cast<OwnerKind>(owner.kind);
    if (kind != OwnerKind::interface && kind != OwnerKind::host) continue;
    const auto& list = tables.group_lists[tables.interface_groups[owner.index]];
    for (std::uint32_t i = 0; i < list.count; ++i) {
      members_[tables.list_groups[list.begin + i]].ipv4.push_back({Ipv4{owner.first}, Ipv4{owner.last}});
    }
  }
  collect_ipv6_members();
}

// Addresses that interfaces name, and in subnets with groups all the others but the reserved ones.
void AddressObjects::collect_ipv6_members() {
  std::map<std::string_view, std::vector<Ipv6>> taken;  // by subnet
  for (const auto& [name, interface] : context_.policy.interfaces) {
    for (const Ipv6 address : interface.ipv6_addresses) {
      taken[interface.subnet].push_back(address);
      for (const auto& group : interface.security_groups) {
        members_[context_.groups.at(group)].ipv6.push_back({address, address});
      }
    }
  }
  for (const auto& [name, subnet] : context_.policy.subnets) {
    if (!subnet.ipv6_cidr_block || subnet.security_groups.empty()) continue;
    std::vector<Ipv6>& points = taken[name];
    const Ipv6 base = subnet.ipv6_cidr_block->first();
    for (std::uint64_t i = 0; i < 4; ++i) points.push_back({base.high, base.low + i});
    points.push_back(subnet.ipv6_cidr_block->last());
    std::ranges::sort(points);
    for (const auto& group : subnet.security_groups) {
      add_gaps({base, subnet.ipv6_cidr_block->last()}, points, members_[context_.groups.at(group)].ipv6);
    }
  }
}

ObjectId AddressObjects::add(AddressObject object) {
  objects_.push_back(std::move(object));
  return static_cast<ObjectId>(objects_.size() - 1);
}

template <typename PrefixType>
ObjectId AddressObjects::cidr(const PrefixType& prefix, std::uint64_t hash, Cidrs<PrefixType>& known) {
  const auto next = static_cast<std::uint32_t>(known.prefixes.size());
  const std::uint32_t number =
      known.index.find_or_add(hash, next, [&](std::uint32_t each) { return known.prefixes[each] == prefix; });
  if (number == next) {
    known.prefixes.push_back(prefix);
    AddressObject object;
    (object.*family_of(prefix)) = set_of(prefix);
    known.objects.push_back(add(std::move(object)));
  }
  return known.objects[number];
}

ObjectId AddressObjects::cidr(const Prefix& prefix) {
  return cidr(prefix, mixed(std::uint64_t{prefix.base.value} << 8U | prefix.length), cidrs_);
}

ObjectId AddressObjects::cidr(const Ipv6Prefix& prefix) {
  return cidr(prefix, mixed(mixed(prefix.base.high) ^ prefix.base.low) + prefix.length, ipv6_cidrs_);
}

ObjectId AddressObjects::prefix_list(const std::string& name) {
  const auto [found, added] = lists_.try_emplace(name, 0);
  if (added) {
    const PrefixList& list = context_.policy.prefix_lists.find(name)->second;
    found->second = add({.ipv4 = set_of<Ipv4>(list.entries), .ipv6 = set_of<Ipv6>(list.ipv6_entries)});
  }
  return found->second;
}

ObjectId AddressObjects::group(std::uint32_t group) {
  const auto [found, added] = groups_.try_emplace(group, 0);
  if (added) {
    found->second = add({.ipv4 = set_of(members_[group].ipv4, false), .ipv6 = set_of(members_[group].ipv6, false)});
  }
  return found->second;
}

std::string AddressObjects::name_of(ObjectId id) const {
  for (const auto& [group, object] : groups_) {
    if (object != id) continue;
    const auto& name = context_.tables.groups[group];
    return "group " + context_.tables.strings.substr(name.offset, name.size);
  }
  for (const auto& [name, object] : lists_) {
    if (object == id) return "prefix list " + name;
  }
  const auto name_in = [id](const auto& cidrs) {
    const auto found = std::ranges::find(cidrs.objects, id);
    return found == cidrs.objects.end()
               ? std::string()
               : to_string(cidrs.prefixes[static_cast<std::size_t>(found - cidrs.objects.begin())]);
  };
  const std::string name = name_in(cidrs_);
  return name.empty() ? name_in(ipv6_cidrs_) : name;
}

std::string AddressObjects::widest() const {
  constexpr std::size_t kNamed = 3;
  std::vector<ObjectId> ids(objects_.size());
  std::iota(ids.begin(), ids.end(), 0U);
  const auto named = ids.begin() + static_cast<std::ptrdiff_t>(std::min(kNamed, ids.size()));
  std::ranges::partial_sort(ids, named, std::greater(), [&](ObjectId id) { return ranges_of(objects_[id]); });
  std::string text;
  for (auto id = ids.begin(); id != named; ++id) {
    text += (text.empty() ? "most ranges of addresses have " : ", ") + name_of(*id) + " (" +
            std::to_string(ranges_of(objects_[*id])) + ")";
  }
  return text;
}

namespace {

// Of one family: each set of objects that holds an address, and where it begins to.
template <typename Address, typename Start>
void classify_family(const AddressObjects& objects, AddressSet<Address> AddressObject::* family, Meter& meter,
                     std::size_t step_bytes, Start start) {
  std::size_t ranges = 0;
  for (ObjectId id = 0; id < objects.size(); ++id) ranges += (objects[id].*family).ranges.size();
  meter.hold(ranges * (sizeof(AddressRange<Address>) + 2 * step_bytes));
  if (meter.fits(ranges * 2 * sizeof(Edge<Address>))) sweep(objects, family, 2 * ranges, meter, start);
}

}  // namespace

std::optional<ObjectChange> AddressObjects::change(ObjectId id, AddressObject next) {
  AddressObject& object = objects_[id];
  if (object.ipv6.ranges != next.ipv6.ranges || object.ipv4.everything || next.ipv4.everything ||
      object.ipv4.any_peer != next.ipv4.any_peer) {
    return std::nullopt;
  }
  ObjectChange change{.object = id,
                      .came = difference(next.ipv4.ranges, object.ipv4.ranges),
                      .went = difference(object.ipv4.ranges, next.ipv4.ranges)};
  object = std::move(next);
  return change;
}

std::optional<ObjectChange> AddressObjects::change_list(const std::string& name) {
  const auto found = lists_.find(name);
  if (found == lists_.end()) return ObjectChange{};
  const PrefixList& list = context_.policy.prefix_lists.at(name);
  return change(found->second, {.ipv4 = set_of<Ipv4>(list.entries), .ipv6 = set_of<Ipv6>(list.ipv6_entries)});
}

std::optional<ObjectChange> AddressObjects::change_members(std::uint32_t group, const std::vector<Ipv4>& came,
                                                           const std::vector<Ipv4>& went) {
  auto& ranges = members_[group].ipv4;
  std::erase_if(ranges, [&](const auto& range) {
    return range.first == range.last && std::ranges::find(went, range.first) != went.end();
  });
  for (const Ipv4 address : came) ranges.push_back({address, address});
  const auto found = groups_.find(group);
  if (found == groups_.end()) return ObjectChange{};
  return change(found->second,
                {.ipv4 = set_of(members_[group].ipv4, false), .ipv6 = set_of(members_[group].ipv6, false)});
}

std::optional<std::vector<ObjectChange>> AddressObjects::from(ObjectId first) const {
  std::vector<ObjectChange> changes;
  for (ObjectId id = first; id < objects_.size(); ++id) {
    const AddressObject& object = objects_[id];
    if (!object.ipv6.ranges.empty() && !object.ipv6.everything) return std::nullopt;
    if (!object.ipv4.everything) changes.push_back({.object = id, .came = object.ipv4.ranges, .went = {}});
  }
  return changes;
}

std::size_t bytes_of_set(std::span<const ObjectId> set) {
  return Interner::bytes_of(set) + 2 * set.size() * sizeof(ClassId);
}

AddressClasses classify(const AddressObjects& objects, Meter& meter) {
  AddressClasses classes;
  classes.of_object.resize(objects.size());
  classes.ipv6_of_object.resize(objects.size());
  Interner& sets = classes.sets;
  const auto number = [&](const std::vector<ObjectId>& active) {
    const auto [id, added] = sets.add(active);
    if (added) meter.hold(bytes_of_set(active));
    return std::pair(id, added);
  };
  number({});  // layout::kNoObject
  const auto ipv4 = [&](Ipv4 address, const std::vector<ObjectId>& active) {
    const auto [id, added] = number(active);
    if (added) {
      for (const ObjectId object : active) classes.of_object[object].push_back(id);
    }
    if (classes.steps.empty() || classes.steps.back().value != id) {
      classes.steps.push_back({.first = address.value, .value = id});
    }
  };
  std::vector<bool> seen;  // by class: some IPv6 address has it
  const auto ipv6 = [&](Ipv6 address, const std::vector<ObjectId>& active) {
    const ClassId id = number(active).first;
    seen.resize(sets.size());
    if (!seen[id]) {
      for (const ObjectId object : active) classes.ipv6_of_object[object].push_back(id);
      seen[id] = true;
    }
    if (classes.ipv6_steps.empty() || classes.ipv6_steps.back().value != id) {
      classes.ipv6_steps.push_back({.first = address, .value = id});
    }
  };
  classify_family(objects, &AddressObject::ipv4, meter, sizeof(AddressStep), ipv4);
  classes.has_ipv4.assign(sets.size(), true);
  classify_family(objects, &AddressObject::ipv6, meter, sizeof(Ipv6Step), ipv6);
  classes.has_ipv4.resize(sets.size());
  return classes;
}

}  // namespace sallyport::rules
