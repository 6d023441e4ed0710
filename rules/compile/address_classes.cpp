// Addresses that no rule tells apart share a class; see the header. Owner: rules/compile.
#include "rules/compile/address_classes.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <tuple>

#include "rules/compile/interner.h"

namespace sallyport::rules {
namespace {

constexpr std::uint64_t kAddresses = std::uint64_t{1} << 32U;

AddressRange range_of(const Prefix& prefix) { return {.first = prefix.first().value, .last = prefix.last().value}; }

// Sorts and joins ranges that overlap or touch.
std::vector<AddressRange> joined(std::vector<AddressRange> ranges) {
  std::ranges::sort(ranges, {}, [](const AddressRange& r) { return std::tuple(r.first, r.last); });
  std::vector<AddressRange> result;
  for (const AddressRange& range : ranges) {
    if (!result.empty() && range.first <= std::uint64_t{result.back().last} + 1) {
      result.back().last = std::max(result.back().last, range.last);
    } else {
      result.push_back(range);
    }
  }
  return result;
}

// An object begins or ends to hold addresses from `address` on.
struct Edge {
  std::uint64_t address = 0;
  ObjectId object = 0;
  bool begins = false;
};

std::vector<Edge> edges_of(const AddressObjects& objects, std::size_t most) {
  std::vector<Edge> edges;
  edges.reserve(most);
  for (ObjectId id = 0; id < objects.size(); ++id) {
    if (objects[id].everything) continue;
    for (const AddressRange& range : objects[id].ranges) {
      edges.push_back({.address = range.first, .object = id, .begins = true});
      edges.push_back({.address = std::uint64_t{range.last} + 1, .object = id, .begins = false});
    }
  }
  std::ranges::sort(edges, {}, [](const Edge& e) { return std::tuple(e.address, e.object, e.begins); });
  return edges;
}

void apply(const Edge& edge, std::vector<ObjectId>& active) {
  const auto at = std::ranges::lower_bound(active, edge.object);
  if (edge.begins) {
    active.insert(at, edge.object);
  } else {
    active.erase(at);
  }
}

}  // namespace

AddressObjects::AddressObjects(const CompileContext& context) : context_(context) {
  const ImageTables& tables = context.tables;
  members_.resize(tables.groups.size());
  for (const auto& owner : tables.owners) {
    const auto kind = static_cast<OwnerKind>(owner.kind);
    if (kind != OwnerKind::interface && kind != OwnerKind::host) continue;
    const auto& list = tables.group_lists[tables.interfaces[owner.index].group_list];
    for (std::uint32_t i = 0; i < list.count; ++i) {
      members_[tables.list_groups[list.begin + i]].push_back({.first = owner.first, .last = owner.last});
    }
  }
}

ObjectId AddressObjects::add(std::vector<AddressRange> ranges, bool any_peer) {
  AddressObject object{.ranges = joined(std::move(ranges)), .everything = false, .any_peer = any_peer};
  object.everything =
      object.ranges.size() == 1 && object.ranges[0].first == 0 && object.ranges[0].last == kAddresses - 1;
  objects_.push_back(std::move(object));
  return static_cast<ObjectId>(objects_.size() - 1);
}

ObjectId AddressObjects::cidr(const Prefix& prefix) {
  const auto [found, added] = cidrs_.try_emplace(prefix, 0);
  if (added) found->second = add({range_of(prefix)}, prefix.length == 0);
  return found->second;
}

ObjectId AddressObjects::prefix_list(const std::string& name) {
  const auto [found, added] = lists_.try_emplace(name, 0);
  if (added) {
    const auto& entries = context_.policy.prefix_lists.find(name)->second.entries;
    std::vector<AddressRange> ranges;
    std::ranges::transform(entries, std::back_inserter(ranges), range_of);
    found->second = add(std::move(ranges), std::ranges::any_of(entries, [](const Prefix& p) { return p.length == 0; }));
  }
  return found->second;
}

ObjectId AddressObjects::group(std::uint32_t group) {
  const auto [found, added] = groups_.try_emplace(group, 0);
  if (added) found->second = add(members_[group], false);
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
  for (const auto& [prefix, object] : cidrs_) {
    if (object == id) return to_string(prefix);
  }
  return "";
}

std::string AddressObjects::widest() const {
  constexpr std::size_t kNamed = 3;
  std::vector<ObjectId> ids(objects_.size());
  std::iota(ids.begin(), ids.end(), 0U);
  const auto named = ids.begin() + static_cast<std::ptrdiff_t>(std::min(kNamed, ids.size()));
  std::ranges::partial_sort(ids, named, std::greater(), [&](ObjectId id) { return objects_[id].ranges.size(); });
  std::string text;
  for (auto id = ids.begin(); id != named; ++id) {
    text += (text.empty() ? "most ranges of addresses have " : ", ") + name_of(*id) + " (" +
            std::to_string(objects_[*id].ranges.size()) + ")";
  }
  return text;
}

AddressClasses classify(const AddressObjects& objects, Meter& meter) {
  AddressClasses classes;
  classes.of_object.resize(objects.size());
  Interner sets;
  std::vector<ObjectId> active;
  const auto start = [&](std::uint64_t address) {
    const auto [id, added] = sets.add(active);
    if (added) {
      meter.hold(Interner::bytes_of(active) + 2 * active.size() * sizeof(ClassId));
      for (const ObjectId object : active) classes.of_object[object].push_back(id);
    }
    if (classes.steps.empty() || classes.steps.back().value != id) {
      classes.steps.push_back({.first = static_cast<std::uint32_t>(address), .value = id});
    }
  };
  std::size_t ranges = 0;
  for (ObjectId id = 0; id < objects.size(); ++id) ranges += objects[id].ranges.size();
  meter.hold(ranges * (sizeof(AddressRange) + 2 * sizeof(AddressStep)));
  if (!meter.fits(ranges * 2 * sizeof(Edge))) return classes;
  const std::vector<Edge> edges = edges_of(objects, 2 * ranges);
  if (edges.empty() || edges.front().address > 0) start(0);
  for (std::size_t i = 0;
       i < edges.size() && edges[i].address < kAddresses && meter.fits(edges.size() * sizeof(Edge));) {
    const std::uint64_t address = edges[i].address;
    for (; i < edges.size() && edges[i].address == address; ++i) apply(edges[i], active);
    start(address);
  }
  classes.count = sets.size();
  return classes;
}

}  // namespace sallyport::rules
