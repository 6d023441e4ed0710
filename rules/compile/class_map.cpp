// Owner: rules/compile. See class_map.h.
#include "rules/compile/class_map.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <tuple>

#include "rules/image/step_map_walk.h"

namespace sallyport::rules {
namespace {

constexpr std::uint64_t kAddresses = std::uint64_t{1} << 32U;

// From `address` on an object has come or gone, or that ends.
struct Edge {
  std::uint64_t address = 0;
  ObjectId object = 0;
  bool came = false;
  bool begins = false;
};

// An interval whose addresses get another class.
struct Replaced {
  std::uint64_t first = 0;
  std::uint64_t end = 0;  // exclusive
  ClassId address_class = 0;
};

std::vector<Edge> edges_of(std::span<const ObjectChange> changes) {
  std::vector<Edge> edges;
  const auto add = [&](ObjectId object, bool came, const std::vector<AddressRange<Ipv4>>& ranges) {
    for (const auto& range : ranges) {
      edges.push_back({.address = range.first.value, .object = object, .came = came, .begins = true});
      edges.push_back(
          {.address = std::uint64_t{range.last.value} + 1, .object = object, .came = came, .begins = false});
    }
  };
  for (const ObjectChange& change : changes) {
    add(change.object, true, change.came);
    add(change.object, false, change.went);
  }
  std::ranges::sort(edges, {}, &Edge::address);
  return edges;
}

// The step that holds an address.
std::size_t step_at(std::span<const AddressStep> steps, std::uint64_t address) {
  const auto above =
      std::ranges::upper_bound(steps, address, {}, [](const AddressStep& s) { return std::uint64_t{s.first}; });
  return static_cast<std::size_t>(above - steps.begin()) - 1;
}

class Replacing {
 public:
  explicit Replacing(AddressClasses& classes) : classes_(classes) {}

  // The addresses of [first, end), where the objects of `came_` have come and those of `went_` have gone.
  void replace(std::uint64_t first, std::uint64_t end) {
    if (came_.empty() && went_.empty()) return;
    for (std::size_t i = step_at(classes_.steps, first); first < end; ++i) {
      const std::uint64_t next = i + 1 < classes_.steps.size() ? classes_.steps[i + 1].first : kAddresses;
      const std::uint64_t until = std::min(next, end);
      replaced_.push_back({.first = first, .end = until, .address_class = changed(classes_.steps[i].value)});
      first = until;
    }
  }
  void pass(const Edge& edge) {
    auto& objects = edge.came ? came_ : went_;
    const auto at = std::ranges::lower_bound(objects, edge.object);
    if (edge.begins) {
      objects.insert(at, edge.object);
    } else {
      objects.erase(at);
    }
  }
  [[nodiscard]] const std::vector<Replaced>& replaced() const { return replaced_; }
  [[nodiscard]] std::vector<ClassId> take_fresh() { return std::move(fresh_); }

 private:
  ClassId changed(ClassId before) {
    std::vector<ObjectId> with;
    std::ranges::set_union(classes_.sets[before], came_, std::back_inserter(with));
    std::vector<ObjectId> set;
    std::ranges::set_difference(with, went_, std::back_inserter(set));
    const ClassId id = classes_.sets.add(set).first;
    classes_.has_ipv4.resize(classes_.sets.size());
    if (!classes_.has_ipv4[id]) {
      classes_.has_ipv4[id] = true;
      for (const ObjectId object : set) classes_.of_object[object].push_back(id);
      fresh_.push_back(id);
    }
    return id;
  }

  AddressClasses& classes_;
  std::vector<ObjectId> came_;
  std::vector<ObjectId> went_;
  std::vector<Replaced> replaced_;  // ascending
  std::vector<ClassId> fresh_;
};

std::vector<AddressStep> spliced(const std::vector<AddressStep>& steps, const std::vector<Replaced>& replaced) {
  std::vector<AddressStep> result;
  result.reserve(steps.size() + 2 * replaced.size());
  const auto put = [&](std::uint64_t first, ClassId id) {
    if (!result.empty() && result.back().value == id) return;
    result.push_back({.first = static_cast<std::uint32_t>(first), .value = id});
  };
  std::size_t i = 0;
  for (std::size_t k = 0; k < replaced.size(); ++k) {
    for (; i < steps.size() && steps[i].first < replaced[k].first; ++i) put(steps[i].first, steps[i].value);
    put(replaced[k].first, replaced[k].address_class);
    const std::uint64_t end = replaced[k].end;
    while (i < steps.size() && steps[i].first < end) ++i;
    const bool goes_on = k + 1 < replaced.size() && replaced[k + 1].first == end;
    const bool begins = i < steps.size() && steps[i].first == end;
    if (end < kAddresses && !goes_on && !begins) put(end, steps[i - 1].value);
  }
  for (; i < steps.size(); ++i) put(steps[i].first, steps[i].value);
  return result;
}

std::vector<AddressRange<Ipv4>> ranges_of(const std::vector<Replaced>& replaced) {
  std::vector<AddressRange<Ipv4>> ranges;
  for (const Replaced& each : replaced) {
    const Ipv4 first{static_cast<std::uint32_t>(each.first)};
    const Ipv4 last{static_cast<std::uint32_t>(each.end - 1)};
    if (!ranges.empty() && std::uint64_t{ranges.back().last.value} + 1 == each.first) {
      ranges.back().last = last;
    } else {
      ranges.push_back({first, last});
    }
  }
  return ranges;
}

}  // namespace

ClassChange change_classes(AddressClasses& classes, std::span<const ObjectChange> changes) {
  const std::vector<Edge> edges = edges_of(changes);
  Replacing replacing(classes);
  for (std::size_t i = 0; i < edges.size();) {
    const std::uint64_t first = edges[i].address;
    for (; i < edges.size() && edges[i].address == first; ++i) replacing.pass(edges[i]);
    if (i < edges.size()) replacing.replace(first, edges[i].address);
  }
  classes.steps = spliced(classes.steps, replacing.replaced());
  return {.fresh = replacing.take_fresh(), .ranges = ranges_of(replacing.replaced())};
}

void ClassMap::load(const Line* lines, step_map::Ref root) {
  root_ = root;
  halves_.resize(0x10000);
  step_map::walk(lines, root, [&](std::uint32_t first, std::uint32_t last, step_map::Ref ref) {
    for (std::uint32_t high = first; high <= last; ++high) halves_[high] = ref;
  });
}

step_map::Ref ClassMap::half(StepMapWriter& writer, std::span<const AddressStep> steps, std::uint32_t high) {
  const std::uint64_t base = std::uint64_t{high} << 16U;
  std::size_t i = step_at(steps, base);
  std::vector<KeyStep> keys{{.first = 0, .ref = step_map::leaf(steps[i].value)}};
  for (++i; i < steps.size() && steps[i].first >> 16U == high; ++i) {
    keys.push_back({.first = steps[i].first & 0xFFFFU, .ref = step_map::leaf(steps[i].value)});
  }
  return writer.keys(keys);
}

step_map::Ref ClassMap::rewrite(StepMapWriter& writer, std::span<const AddressStep> steps,
                                std::span<const AddressRange<Ipv4>> ranges) {
  if (ranges.empty()) return root_;
  std::uint32_t next = 0;
  for (const auto& range : ranges) {
    for (std::uint32_t high = std::max(next, range.first.value >> 16U); high <= range.last.value >> 16U; ++high) {
      halves_[high] = half(writer, steps, high);
      next = high + 1;
    }
  }
  std::vector<KeyStep> keys;
  for (std::uint32_t high = 0; high < halves_.size(); ++high) {
    if (keys.empty() || keys.back().ref != halves_[high]) keys.push_back({.first = high, .ref = halves_[high]});
  }
  root_ = writer.keys(keys, true);
  return root_;
}

}  // namespace sallyport::rules
