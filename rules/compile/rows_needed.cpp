// Owner: rules/compile. See rows_needed.h.
#include "rules/compile/rows_needed.h"

#include <algorithm>
#include <functional>

#include "rules/model/protocol.h"

namespace sallyport::rules {
namespace {

constexpr std::size_t kNamed = 3;

}  // namespace

void RulePeers::add(const AddressObjects& known, std::span<const ObjectId> peers, std::int16_t protocol) {
  const auto reach = [&](Reach& family, bool concerned, auto set) {
    bool everything = false;
    bool any_peer = false;
    for (const ObjectId id : peers) {
      everything |= (known[id].*set).everything;
      any_peer |= (known[id].*set).any_peer;
    }
    family.everything.push_back(concerned && everything);
    family.any_peer.push_back(concerned && any_peer);
    family.rows.push_back(concerned && !everything);
  };
  reach(ipv4, of_ipv4(protocol), &AddressObject::ipv4);
  reach(ipv6, of_ipv6(protocol), &AddressObject::ipv6);
  places_.push_back({.begin = objects_.size(), .count = peers.size()});
  objects_.insert(objects_.end(), peers.begin(), peers.end());
}

std::vector<PlacedRule> rules_of_list(const CompileContext& context, std::uint32_t list, Direction direction) {
  const auto& groups = context.tables.group_lists[list];
  std::vector<PlacedRule> rules;
  for (std::uint32_t i = 0; i < groups.count; ++i) {
    const RuleRange range = context.group_rules(context.tables.list_groups[groups.begin + i], direction);
    for (std::uint32_t rule = range.begin; rule < range.end; ++rule) rules.push_back(placed(i, rule));
  }
  return rules;
}

RowsNeeded::RowsNeeded(CompileContext& context, const RulePeers& peers, const AddressClasses& classes,
                       const AddressObjects& objects)
    : context_(context), peers_(peers), classes_(classes), objects_(objects), by_object_(objects.size()) {
  sum(&RowsNeeded::by_widest);
  if (!context.meter.rows(rows_, true)) return;
  seen_.resize(classes.sets.size());
  sum(&RowsNeeded::exactly);
  exact_ = true;
}

void RowsNeeded::sum(Count count) {
  rows_ = 0;
  most_.clear();
  for (std::uint32_t list = 0; list < context_.tables.group_lists.size() && context_.meter.fits(); ++list) {
    const Need need{.rows = (this->*count)(list, Direction::ingress) + (this->*count)(list, Direction::egress),
                    .list = list};
    rows_ += need.rows;
    most_.insert(std::ranges::upper_bound(most_, need.rows, std::greater(), &Need::rows), need);
    if (most_.size() > kNamed) most_.pop_back();
  }
}

template <typename Visit>
void RowsNeeded::each_peer(std::uint32_t list, Direction direction, Visit visit) const {
  const auto& groups = context_.tables.group_lists[list];
  for (std::uint32_t i = 0; i < groups.count; ++i) {
    const RuleRange range = context_.group_rules(context_.tables.list_groups[groups.begin + i], direction);
    for (std::uint32_t rule = range.begin; rule < range.end; ++rule) {
      peers_.each(rule, classes_, visit);
    }
  }
}

std::uint64_t RowsNeeded::by_widest(std::uint32_t list, Direction direction) {
  std::size_t most = 0;
  ObjectId widest = 0;
  each_peer(list, direction, [&](ObjectId object, const std::vector<ClassId>& matching) {
    const std::size_t apart = matching.size();
    if (apart > most) widest = object;
    most = std::max(most, apart);
  });
  if (most > 0) by_object_[widest] += most;
  return most;
}

std::uint64_t RowsNeeded::exactly(std::uint32_t list, Direction direction) {
  ++descriptor_;
  std::uint64_t rows = 0;
  each_peer(list, direction, [&](ObjectId, const std::vector<ClassId>& matching) {
    if (!context_.meter.fits()) return;
    for (const ClassId id : matching) {
      rows += seen_[id] == descriptor_ ? 0U : 1U;
      seen_[id] = descriptor_;
    }
  });
  return rows;
}

std::string RowsNeeded::names_of(std::uint32_t list) const {
  const auto& groups = context_.tables.group_lists[list];
  std::string names;
  for (std::uint32_t i = 0; i < groups.count; ++i) {
    const auto& name = context_.tables.groups[context_.tables.list_groups[groups.begin + i]];
    names += (names.empty() ? "" : "+") + context_.tables.strings.substr(name.offset, name.size);
  }
  return names;
}

std::string RowsNeeded::causes() const {
  if (most_.empty() || most_.front().rows == 0) return "";
  std::string text = "most rows are for interfaces in";
  for (std::size_t i = 0; i < most_.size(); ++i) {
    text += (i == 0 ? " " : ", ") + names_of(most_[i].list) + " (" + std::to_string(most_[i].rows) + ")";
  }
  const auto widest = std::ranges::max_element(by_object_);
  return text + ", the peer that causes most is " +
         objects_.name_of(static_cast<ObjectId>(widest - by_object_.begin())) + " (" + std::to_string(*widest) + ")";
}

}  // namespace sallyport::rules
