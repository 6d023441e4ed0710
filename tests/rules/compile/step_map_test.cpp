// Step maps of every form against the plain list of steps they were made of, key by key.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

#include "rules/compile/step_map_writer.h"
#include "rules/image/step_map_walk.h"
#include "rules/image/verify_maps.h"

namespace sallyport::rules {
namespace {

using step_map::Form;

// `count` intervals at random places, no two neighbours with the same value.
std::vector<KeyStep> random_steps(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::set<std::uint32_t> firsts{0};
  while (firsts.size() < count) firsts.insert(static_cast<std::uint32_t>(random() & 0xFFFFU));
  std::vector<KeyStep> steps;
  for (const std::uint32_t first : firsts) {
    const std::uint32_t value = static_cast<std::uint32_t>(random() & 0x3FFF'FFFFU) << 1U | (steps.size() & 1U);
    steps.push_back({.first = first, .ref = step_map::leaf(value)});
  }
  return steps;
}

std::uint32_t literally(const std::vector<KeyStep>& steps, std::uint32_t key) {
  const auto after = std::ranges::upper_bound(steps, key, {}, &KeyStep::first);
  return step_map::value_of(std::prev(after)->ref);
}

struct Case {
  std::size_t steps;
  Form form;
};

class StepMapForms : public testing::TestWithParam<Case> {};

TEST_P(StepMapForms, EveryKeyIsAnsweredAsTheStepsSay) {
  const auto steps = random_steps(GetParam().steps, GetParam().steps);
  std::vector<Line> lines(3);
  const auto ref = StepMapWriter(lines).keys(steps);
  ASSERT_EQ(step_map::form_of(ref), GetParam().form);
  for (std::uint32_t key = 0; key <= 0xFFFF; ++key) {
    ASSERT_EQ(step_map::value_at(lines.data(), ref, static_cast<step_map::Key>(key)), literally(steps, key)) << key;
  }
}

TEST_P(StepMapForms, AWalkGivesTheStepsBack) {
  const auto steps = random_steps(GetParam().steps, GetParam().steps + 1);
  std::vector<Line> lines;
  const auto ref = StepMapWriter(lines).keys(steps);
  std::vector<KeyStep> walked;
  step_map::walk(lines.data(), ref, [&](std::uint32_t first, std::uint32_t last, step_map::Ref found) {
    ASSERT_LE(first, last);
    walked.push_back({.first = first, .ref = found});
  });
  ASSERT_EQ(walked.size(), steps.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    ASSERT_EQ(walked[i].first, steps[i].first);
    ASSERT_EQ(walked[i].ref, steps[i].ref);
  }
}

TEST_P(StepMapForms, TheLoaderAcceptsItAndNoLineIsLeft) {
  std::vector<Line> lines;
  const auto ref = StepMapWriter(lines).keys(random_steps(GetParam().steps, 3));
  MapChecker checker(lines);
  EXPECT_EQ(checker.keys(ref, 1, [](std::uint32_t) { return true; }), std::nullopt);
  EXPECT_EQ(checker.unused_line(), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Sizes, StepMapForms,
                         testing::Values(Case{2, Form::tiny}, Case{11, Form::tiny}, Case{12, Form::flat},
                                         Case{32, Form::flat}, Case{33, Form::split}, Case{300, Form::split},
                                         Case{2000, Form::split}, Case{5000, Form::split}, Case{30000, Form::split},
                                         Case{65536, Form::split}));

TEST(StepMap, AQuickMapIsDense) {
  const auto steps = random_steps(500, 4);
  std::vector<Line> lines;
  const auto ref = StepMapWriter(lines).keys(steps, true);
  ASSERT_EQ(step_map::form_of(ref), Form::dense);
  for (std::uint32_t key = 0; key <= 0xFFFF; ++key) {
    ASSERT_EQ(step_map::value_at(lines.data(), ref, static_cast<step_map::Key>(key)), literally(steps, key)) << key;
  }
}

// Neighbours in one byte, in a page, and at the edges of bytes.
TEST(StepMap, ASplitMapHasPagesWhereABytesKeysAreMany) {
  std::vector<KeyStep> steps{{.first = 0, .ref = step_map::leaf(1)}};
  for (std::uint32_t key = 0x0A00; key <= 0x0AFF; ++key) steps.push_back({.first = key, .ref = step_map::leaf(key)});
  steps.push_back({.first = 0x0B00, .ref = step_map::leaf(2)});
  steps.push_back({.first = 0x0BFF, .ref = step_map::leaf(3)});
  steps.push_back({.first = 0xFFFF, .ref = step_map::leaf(4)});
  std::vector<Line> lines;
  const auto ref = StepMapWriter(lines).keys(steps);
  ASSERT_EQ(step_map::form_of(ref), Form::split);
  EXPECT_EQ(lines.size(), 2 * step_map::kByteLines + 2);
  for (std::uint32_t key = 0; key <= 0xFFFF; ++key) {
    ASSERT_EQ(step_map::value_at(lines.data(), ref, static_cast<step_map::Key>(key)), literally(steps, key)) << key;
  }
}

TEST(StepMap, OneValueIsALeaf) {
  std::vector<Line> lines;
  const std::vector<KeyStep> steps{{.first = 0, .ref = step_map::leaf(7)}, {.first = 9, .ref = step_map::leaf(7)}};
  EXPECT_EQ(StepMapWriter(lines).keys(steps), step_map::leaf(7));
  EXPECT_TRUE(lines.empty());
}

RC_GTEST_PROP(StepMap, BoundsAreCountedAlikeWithAndWithoutVectors,
              (std::vector<std::uint16_t> bounds, std::uint16_t key)) {
  std::ranges::sort(bounds);
  bounds.resize(32, 0xFFFF);
  Line line;
  for (std::size_t i = 0; i < 32; ++i) line.words[i / 2] |= std::uint32_t{bounds[i]} << i % 2 * 16;
  RC_ASSERT(step_map::bounds_below_32(line, key) == step_map::bounds_below_scalar(line, key, 32));
}

// Steps over addresses, thick in some halves and with values that reach across many.
std::vector<AddressStep> random_addresses(std::mt19937_64& random) {
  std::set<std::uint32_t> firsts{0};
  const auto halves = 1 + random() % 5;
  for (std::uint64_t h = 0; h < halves; ++h) {
    const auto half = static_cast<std::uint32_t>(random() % 4 == 0 ? 0xFFFFU - random() % 2 : random() & 0xFFFFU)
                      << 16U;
    const auto count = random() % 40;
    for (std::uint64_t i = 0; i < count; ++i) firsts.insert(half | static_cast<std::uint32_t>(random() & 0xFFFFU));
    if (random() % 2 == 0) firsts.insert(half);
  }
  std::vector<AddressStep> steps;
  for (const std::uint32_t first : firsts) {
    steps.push_back({.first = first, .value = static_cast<std::uint32_t>(random() % 5)});
  }
  return steps;
}

TEST(StepMap, AddressesAreAnsweredAsTheStepsSay) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 300; ++round) {
    const auto steps = random_addresses(random);
    std::vector<Line> lines;
    const auto root = StepMapWriter(lines).addresses(steps);
    const auto literal = [&](std::uint32_t address) {
      return std::prev(std::ranges::upper_bound(steps, address, {}, &AddressStep::first))->value;
    };
    std::vector<std::uint32_t> addresses{0, 0xFFFF'FFFFU};
    for (const auto& step : steps) addresses.insert(addresses.end(), {step.first, step.first - 1, step.first + 1});
    for (int i = 0; i < 100; ++i) addresses.push_back(static_cast<std::uint32_t>(random()));
    for (const std::uint32_t address : addresses) {
      ASSERT_EQ(step_map::value_at_address(lines.data(), root, address), literal(address)) << round << ' ' << address;
    }
    std::uint64_t next = 0;
    step_map::walk_addresses(lines.data(), root, [&](std::uint32_t first, std::uint32_t last, std::uint32_t value) {
      ASSERT_EQ(first, next);
      ASSERT_EQ(value, literal(first));
      ASSERT_EQ(value, literal(last));
      next = std::uint64_t{last} + 1;
    });
    ASSERT_EQ(next, std::uint64_t{1} << 32U);
    MapChecker checker(lines);
    ASSERT_EQ(checker.addresses(root, 1, [](std::uint32_t) { return true; }), std::nullopt);
    ASSERT_EQ(checker.unused_line(), std::nullopt);
  }
}

step_map::Ref first_inner(std::span<const Line> split) {
  for (const Line& line : split.first(step_map::kByteLines)) {
    const auto found = std::ranges::find_if(line.words, step_map::is_inner);
    if (found != line.words.end()) return *found;
  }
  return 0;
}

TEST(StepMap, TheLoaderRefusesWhatALookupCouldNotBear) {
  const auto ok = [](std::uint32_t) { return true; };
  std::vector<Line> lines;
  const auto ref = StepMapWriter(lines).keys(random_steps(40, 9));
  const auto problem = [&](step_map::Ref at, std::span<const Line> of) { return MapChecker(of).keys(at, 1, ok); };
  EXPECT_EQ(problem(ref, lines), std::nullopt);
  EXPECT_EQ(problem(ref, std::span(lines).first(lines.size() - 1)), "a map outside the table");
  EXPECT_EQ(problem(step_map::ref_to(Form::split, 4000), lines), "a map outside the table");
  EXPECT_EQ(problem(0x7000'0000U, lines), "a map of no known form");
  EXPECT_EQ(problem(step_map::ref_to(Form::page, 0), lines), "a map of no known form");
  EXPECT_EQ(problem(ref | step_map::kInner, lines), "a map of no known form");
  const std::size_t part = step_map::kByteLines;  // the first inner map, a tiny one
  ASSERT_EQ(step_map::form_of(first_inner(lines)), Form::tiny);
  auto unordered = lines;
  unordered[part].words[0] = 0xFFFF;
  unordered[part].words[1] = 0;
  EXPECT_EQ(problem(ref, unordered), "bounds not in order");
  auto elsewhere = lines;
  elsewhere[part].words[0] ^= 0x8000;
  EXPECT_EQ(problem(ref, elsewhere), "bounds not in order");
  auto leads_on = lines;
  leads_on[part].words[step_map::kTinyBounds / 2] = 0;
  EXPECT_EQ(problem(ref, leads_on), "a map where a value should be");
  auto deep = lines;
  deep[part].words[step_map::kTinyBounds / 2] = first_inner(lines);
  EXPECT_EQ(problem(ref, deep), "a map where a value should be");
  auto twice_in = lines;
  const auto other = std::ranges::find_if_not(twice_in[0].words, [&](auto word) { return word == first_inner(lines); });
  *other = first_inner(lines);
  EXPECT_EQ(problem(ref, twice_in), "maps overlap");
  MapChecker twice(lines);
  EXPECT_EQ(twice.keys(ref, 1, ok), std::nullopt);
  EXPECT_EQ(twice.keys(ref, 1, ok), std::nullopt);
  EXPECT_EQ(twice.keys(ref, 2, ok), "maps overlap");
}

}  // namespace
}  // namespace sallyport::rules
