// Sets of packets at an ACL; see the header. Owner: rules/analyze.
#include "rules/analyze/lint_acl_sets.h"

#include <cassert>

namespace sallyport::rules::linting {
namespace {

constexpr Box kAnything{};
// Beyond that many subnets the space between them is not worked out.
constexpr std::size_t kMostSubnets = 256;

constexpr std::array<Prefix, 5> kUnroutable{
    {{{0x00000000U}, 8}, {{0x7F000000U}, 8}, {{0xA9FE0000U}, 16}, {{0xE0000000U}, 4}, {{0xF0000000U}, 4}}};
constexpr std::array<Prefix, 4> kPrivate{
    {{{0x0A000000U}, 8}, {{0xAC100000U}, 12}, {{0xC0A80000U}, 16}, {{0x64400000U}, 10}}};

// Adds the prefixes that make up the addresses from `first` to `last`.
void add_range(std::uint64_t first, std::uint64_t last, unsigned kind, std::vector<Aside>& asides) {
  while (first <= last) {
    std::uint8_t length = 32;
    std::uint64_t size = 1;
    while (length > 0 && first % (size * 2) == 0 && first + size * 2 - 1 <= last) {
      size *= 2;
      --length;
    }
    asides.emplace_back(Prefix{{static_cast<std::uint32_t>(first)}, length}, kind);
    first += size;
  }
}

void add_space_between_subnets(const Policy& policy, std::vector<Aside>& asides) {
  if (policy.subnets.size() > kMostSubnets) return;
  std::vector<Interval> subnets;
  for (const auto& [name, subnet] : policy.subnets) subnets.push_back(interval_of(subnet.cidr_block));
  subnets = merged(std::move(subnets));
  for (const auto& block : policy.vpc.cidr_blocks) {
    const auto whole = interval_of(block);
    std::uint64_t next = whole.first;
    for (const auto& subnet : subnets) {
      if (!whole.overlaps(subnet)) continue;
      if (subnet.first > next) add_range(next, std::uint64_t{subnet.first} - 1, kAsideNoSubnet, asides);
      next = std::max(next, std::uint64_t{subnet.last} + 1);
    }
    if (next <= whole.last) add_range(next, whole.last, kAsideNoSubnet, asides);
  }
}

std::vector<Prefix> prefixes_of(const NetworkAcl& acl, const std::vector<Aside>& asides) {
  std::vector<Prefix> prefixes;
  prefixes.reserve(acl.ingress.size() + acl.egress.size() + asides.size());
  for (const auto side : kSides) {
    for (const auto& entry : entries_of(acl, side)) prefixes.push_back(entry.cidr_block);
  }
  for (const auto& [prefix, kind] : asides) prefixes.push_back(prefix);
  return prefixes;
}

}  // namespace

std::vector<Aside> common_asides(const Policy& policy) {
  std::vector<Aside> asides;
  for (const auto& block : policy.vpc.cidr_blocks) asides.emplace_back(block, kAsideVpc);
  for (const auto& prefix : kUnroutable) asides.emplace_back(prefix, kAsideUnroutable);
  for (const auto& prefix : kPrivate) asides.emplace_back(prefix, kAsidePrivate);
  add_space_between_subnets(policy, asides);
  return asides;
}

std::optional<Prefix> common(const Prefix& a, const Prefix& b) {
  if (a.contains(b)) return b;
  return b.contains(a) ? std::optional(a) : std::nullopt;
}

std::optional<Box> common(const Box& a, const Box& b) {
  if (!a.protocol.overlaps(b.protocol) || !a.key.overlaps(b.key)) return std::nullopt;
  const auto shared = [](const Interval& x, const Interval& y) {
    return Interval{std::max(x.first, y.first), std::min(x.last, y.last)};
  };
  return Box{kEveryAddress, shared(a.protocol, b.protocol), shared(a.key, b.key)};
}

Box traffic_of(std::int16_t protocol, const Interval& keys) {
  const auto number = static_cast<std::uint32_t>(protocol);
  return {kEveryAddress, {number, number}, keys};
}

AclSets::AclSets(const NetworkAcl& acl, std::vector<Aside> asides)
    : acl_(acl), asides_(std::move(asides)), index_(prefixes_of(acl, asides_)) {
  for (const auto side : kSides) {
    for (const auto& entry : entries(side)) boxes_.push_back(box_of(entry.traffic));
    for (std::uint32_t i = 0; i < entries(side).size(); ++i) {
      const bool broad = !entries(side)[i].allow && box(side, i).key.contains(kHostPorts);
      if (broad) broad_denials_[static_cast<std::size_t>(side)].push_back(i);
    }
  }
}

std::optional<Box> AclSets::decided_by(Side side, std::uint32_t entry, const Prefix& at, const Box& traffic,
                                       unsigned aside, Budget& budget) const {
  const auto first = item_of(side, 0);
  const auto cover_of = [&](PrefixIndex::Item item) -> const Box* {
    if (item >= boxes_.size()) return (asides_[item - boxes_.size()].second & aside) != 0 ? &kAnything : nullptr;
    return item >= first && item < first + entry ? &boxes_[item] : nullptr;
  };
  return index_.uncovered(at, {traffic}, cover_of, budget);
}

std::optional<Box> AclSets::admitted(Side side, const Prefix& at, const Box& traffic, unsigned aside, Budget& budget,
                                     std::uint8_t longest) const {
  const auto& list = entries(side);
  for (std::uint32_t i = 0; i < list.size() && budget.spend(); ++i) {
    const auto where = common(at, list[i].cidr_block);
    const auto what = common(traffic, box(side, i));
    if (!list[i].allow || !where || !what || list[i].cidr_block.length > longest) continue;
    if (auto found = decided_by(side, i, *where, *what, aside, budget)) return found;
  }
  return std::nullopt;
}

std::uint32_t AclSets::before_denial(Side side, const Prefix& at, const Box& traffic) const {
  const auto& denials = broad_denials_[static_cast<std::size_t>(side)];
  const auto found = std::ranges::find_if(denials, [&](std::uint32_t i) {
    return entries(side)[i].cidr_block.contains(at) && box(side, i).contains(traffic);
  });
  return found == denials.end() ? static_cast<std::uint32_t>(entries(side).size()) : *found;
}

std::optional<AclSets::Lost> AclSets::lost(Side side, const Prefix& at, const Box& traffic, unsigned aside,
                                           Budget& budget, const Requests* requests) const {
  assert(traffic.key.contains(kHostPorts));
  const auto& list = entries(side);
  const auto count = before_denial(side, at, traffic);
  if (!budget.spend(1 + broad_denials_[static_cast<std::size_t>(side)].size())) return std::nullopt;
  const auto first = item_of(side, 0);
  const auto cover_of = [&](PrefixIndex::Item item) -> const Box* {
    if (item >= boxes_.size()) return (asides_[item - boxes_.size()].second & aside) != 0 ? &kAnything : nullptr;
    if (item >= first && item < first + count) return &boxes_[item];
    if (requests == nullptr) return nullptr;
    const auto asked = item_of(requests->side, 0);
    const bool earlier = item >= asked && item < asked + requests->entry;
    return earlier && boxes_[item].contains(requests->traffic) ? &kAnything : nullptr;
  };
  const auto left = index_.uncovered(at, {traffic}, cover_of, budget);
  if (!left || budget.exhausted()) return std::nullopt;
  return Lost{*left, count < list.size() ? &list[count] : nullptr, aside};
}

std::optional<AclSets::Lost> AclSets::partly_denied(Side side, const Prefix& at, const Box& traffic, unsigned aside,
                                                    Budget& budget) const {
  const auto& list = entries(side);
  for (std::uint32_t i = 0; i < list.size() && budget.spend(); ++i) {
    const auto where = common(at, list[i].cidr_block);
    const auto what = common(traffic, box(side, i));
    if (list[i].allow || !where || !what || what->contains(traffic)) continue;
    const auto left = decided_by(side, i, *where, *what, aside, budget);
    if (left && !budget.exhausted()) return Lost{*left, &list[i], aside};
  }
  return std::nullopt;
}

const AclEntry* AclSets::nearest(Side side, const Prefix& at, const Box& traffic, unsigned aside) const {
  const auto& list = entries(side);
  for (std::uint32_t i = 0; i < list.size(); ++i) {
    const auto& where = list[i].cidr_block;
    const auto is_aside = [&](const Aside& each) { return (each.second & aside) != 0 && each.first.contains(where); };
    const bool admits = list[i].allow && common(at, where) && common(traffic, box(side, i));
    if (admits && std::ranges::none_of(asides_, is_aside)) return &list[i];
  }
  return nullptr;
}

}  // namespace sallyport::rules::linting
