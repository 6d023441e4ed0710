// Boxes and the search for what they leave uncovered, against brute force over every point of a small world.
#include "rules/analyze/boxes.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "rules/analyze/cover.h"

namespace sallyport::rules {
namespace {

constexpr std::uint32_t kAddresses = 16;  // the /28 of 10.0.0.0
constexpr std::uint32_t kBase = 0x0A000000U;
constexpr std::uint32_t kProtocols = 3;
constexpr std::uint32_t kKeys = 5;

struct Point {
  std::uint32_t address, protocol, key;
};

bool in(const Interval& interval, std::uint32_t value) { return interval.first <= value && value <= interval.last; }
bool in(const Box& box, const Point& p) {
  return in(box.address, p.address) && in(box.protocol, p.protocol) && in(box.key, p.key);
}

template <typename Visit>
void each_point(Visit visit) {
  for (std::uint32_t a = 0; a < kAddresses; ++a) {
    for (std::uint32_t p = 0; p < kProtocols; ++p) {
      for (std::uint32_t k = 0; k < kKeys; ++k) visit(Point{kBase + a, p, k});
    }
  }
}

Interval some_interval(std::uint32_t base, std::uint32_t size) {
  const auto a = *rc::gen::inRange<std::uint32_t>(0, size);
  const auto b = *rc::gen::inRange<std::uint32_t>(0, size);
  return {base + std::min(a, b), base + std::max(a, b)};
}
Box some_traffic() { return {kEveryAddress, some_interval(0, kProtocols), some_interval(0, kKeys)}; }
Box some_box() {
  auto box = some_traffic();
  box.address = some_interval(kBase, kAddresses);
  return box;
}
Prefix some_prefix() {
  Prefix prefix{{kBase + *rc::gen::inRange<std::uint32_t>(0, kAddresses)}, 32};
  prefix.length = static_cast<std::uint8_t>(*rc::gen::inRange(28, 33));
  prefix.base.value &= prefix.mask();
  return prefix;
}

RC_GTEST_PROP(Boxes, SubtractionIsExactAndDisjoint, ()) {
  std::vector<Box> left{some_box()};
  const Box whole = left.front();
  std::vector<Box> taken;
  for (int n = *rc::gen::inRange(1, 6); n > 0; --n) {
    taken.push_back(some_box());
    left = subtract(left, taken.back());
  }
  each_point([&](const Point& p) {
    const bool expected = in(whole, p) && std::ranges::none_of(taken, [&](const Box& box) { return in(box, p); });
    const auto times = std::ranges::count_if(left, [&](const Box& box) { return in(box, p); });
    RC_ASSERT(times == (expected ? 1 : 0));
  });
}

RC_GTEST_PROP(Boxes, MergedIntervalsHoldWhatTheyHeld, ()) {
  std::vector<Interval> intervals;
  for (int n = *rc::gen::inRange(0, 6); n > 0; --n) intervals.push_back(some_interval(0, 40));
  const auto result = merged(intervals);
  const auto what = some_interval(0, 40);
  bool all = true;
  for (auto value = what.first; value <= what.last; ++value) {
    all = all && std::ranges::any_of(intervals, [&](const Interval& each) { return in(each, value); });
  }
  RC_ASSERT(holds(result, what) == all);
}

// Random prefixes with traffic, and a question about one more.
struct Covers {
  std::vector<Prefix> prefixes;
  std::vector<Box> traffic;
  std::vector<bool> counts;
  [[nodiscard]] bool holds(const Point& p) const {
    for (std::size_t i = 0; i < prefixes.size(); ++i) {
      if (counts[i] && prefixes[i].contains(Ipv4{p.address}) && in(traffic[i], p)) return true;
    }
    return false;
  }
};

Covers some_covers() {
  Covers covers;
  for (int n = *rc::gen::inRange(0, 14); n > 0; --n) {
    covers.prefixes.push_back(some_prefix());
    covers.traffic.push_back(some_traffic());
    covers.counts.push_back(*rc::gen::inRange(0, 5) > 0);
  }
  return covers;
}

RC_GTEST_PROP(PrefixIndex, FindsWhatIsUncoveredAndNothingElse, ()) {
  const auto covers = some_covers();
  const PrefixIndex index(covers.prefixes);
  const auto at = some_prefix();
  const auto wanted = some_traffic();
  const auto traffic_of = [&](PrefixIndex::Item item) { return covers.counts[item] ? &covers.traffic[item] : nullptr; };
  Budget budget(1'000'000);
  const auto found = index.uncovered(at, {wanted}, traffic_of, budget);
  bool all_covered = true;
  each_point([&](const Point& p) {
    const bool asked = at.contains(Ipv4{p.address}) && in(wanted, p);
    all_covered = all_covered && (!asked || covers.holds(p));
    if (found && in(*found, p)) RC_ASSERT(asked && !covers.holds(p));
  });
  RC_ASSERT(found.has_value() != all_covered);
  RC_ASSERT(!budget.exhausted());
}

RC_GTEST_PROP(PrefixIndex, TheFewestStillCover, ()) {
  auto covers = some_covers();
  covers.prefixes.push_back(some_prefix());
  covers.traffic.push_back(some_traffic());
  covers.counts.assign(covers.prefixes.size(), true);
  const PrefixIndex index(covers.prefixes);
  const auto at = covers.prefixes.back();
  const auto wanted = covers.traffic.back();
  Budget budget(10'000'000);
  const auto covered_by = [&](const std::vector<PrefixIndex::Item>& some) {
    const auto chosen = [&](PrefixIndex::Item item) {
      return std::ranges::find(some, item) != some.end() ? &covers.traffic[item] : nullptr;
    };
    return !index.uncovered(at, {wanted}, chosen, budget).has_value();
  };
  std::vector<PrefixIndex::Item> used;
  const auto all = [&](PrefixIndex::Item item) { return &covers.traffic[item]; };
  RC_ASSERT(!index.uncovered(at, {wanted}, all, budget, &used));
  const auto few = fewest(used, covered_by);
  RC_ASSERT(covered_by(few));
  for (std::size_t i = 0; i < few.size(); ++i) {
    auto others = few;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    RC_ASSERT(!covered_by(others));
  }
}

TEST(PrefixIndex, SaysNotCoveredWhenItsBudgetIsExhausted) {
  const std::vector<Prefix> prefixes{{}, {}, {}};
  const Box everything;
  const auto all = [&](PrefixIndex::Item) { return &everything; };
  Budget enough(100);
  EXPECT_FALSE(PrefixIndex(prefixes).uncovered({}, {everything}, all, enough));
  EXPECT_FALSE(enough.exhausted());
  Budget nothing(0);
  EXPECT_TRUE(PrefixIndex(prefixes).uncovered({}, {everything}, all, nothing));
  EXPECT_TRUE(nothing.exhausted());
}

TEST(Boxes, AreMadeOfTrafficAsRulesMatch) {
  struct Row {
    const char* description;
    Traffic traffic;
    Interval protocol, key;
  };
  const Row rows[] = {
      {"all", {}, kEveryProtocol, kEveryKey},
      {"tcp 22", {.protocol = kProtocolTcp, .from_port = 22, .to_port = 22}, {6, 6}, {22, 22}},
      {"icmp", {.protocol = kProtocolIcmp}, {1, 1}, kEveryKey},
      {"icmp 8", {.protocol = kProtocolIcmp, .icmp_type = 8}, {1, 1}, {2048, 2303}},
      {"icmp 3/4", {.protocol = kProtocolIcmp, .icmp_type = 3, .icmp_code = 4}, {1, 1}, {772, 772}},
      {"gre", {.protocol = 47}, {47, 47}, kEveryKey},
  };
  for (const auto& row : rows) {
    const auto box = box_of(row.traffic);
    EXPECT_EQ(box.protocol, row.protocol) << row.description;
    EXPECT_EQ(box.key, row.key) << row.description;
    EXPECT_EQ(box.address, kEveryAddress) << row.description;
  }
}

}  // namespace
}  // namespace sallyport::rules
