// Wide maps against the plain list of steps they were made of, and against hostile lines.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <random>
#include <set>
#include <vector>

#include "rules/compile/wide_map_writer.h"
#include "rules/image/verify_maps.h"
#include "rules/image/wide_map_walk.h"

namespace sallyport::rules {
namespace {

using step_map::Ref;
using wide_map::Range;

Ipv6 at(std::string_view text) { return parse_ipv6(text).value(); }

// A map of prefixes, each with a value of its own, the longest that holds an address counting; 0 elsewhere.
std::vector<Ipv6Step> steps_of(const std::vector<Ipv6Prefix>& prefixes) {
  std::set<Ipv6> firsts{Ipv6{}};
  for (const auto& prefix : prefixes) {
    firsts.insert(prefix.first());
    if (prefix.last() != kLastIpv6) firsts.insert(next(prefix.last()));
  }
  std::vector<Ipv6Step> steps;
  for (const Ipv6 first : firsts) {
    std::uint32_t value = 0;
    int longest = -1;
    for (std::size_t i = 0; i < prefixes.size(); ++i) {
      if (!prefixes[i].contains(first) || prefixes[i].length <= longest) continue;
      longest = prefixes[i].length;
      value = static_cast<std::uint32_t>(i + 1);
    }
    if (steps.empty() || steps.back().value != value) steps.push_back({.first = first, .value = value});
  }
  return steps;
}

std::uint32_t literally(const std::vector<Ipv6Step>& steps, Ipv6 address) {
  return std::prev(std::ranges::upper_bound(steps, address, {}, &Ipv6Step::first))->value;
}

struct Written {
  std::vector<Line> lines;
  Ref root = 0;
};

Written written(const std::vector<Ipv6Step>& steps) {
  Written result;
  result.root = WideMapWriter(result.lines).addresses(steps);
  return result;
}

std::optional<std::string_view> problem(const Written& map) {
  return MapChecker(map.lines).wide(map.root, 1, [](std::uint32_t value) { return value < 1'000'000; });
}

// Every address at and beside a step, and a walk of all of it.
void expect_as_steps(const std::vector<Ipv6Step>& steps, std::mt19937_64& random) {
  const Written map = written(steps);
  std::vector<Ipv6> addresses{Ipv6{}, kLastIpv6};
  for (const auto& step : steps) {
    addresses.push_back(step.first);
    if (step.first != Ipv6{}) addresses.push_back(previous(step.first));
    addresses.push_back({step.first.high, random()});
  }
  for (const Ipv6 address : addresses) {
    ASSERT_EQ(wide_map::value_at(map.lines.data(), map.root, address), literally(steps, address)) << to_string(address);
  }
  Ipv6 expected;
  bool ended = false;
  wide_map::walk(map.lines.data(), map.root, [&](const Range& range, std::uint32_t value) {
    ASSERT_FALSE(ended);
    ASSERT_EQ(range.first, expected);
    ASSERT_LE(range.first, range.last);
    ASSERT_EQ(value, literally(steps, range.first));
    ASSERT_EQ(value, literally(steps, range.last));
    ended = range.last == kLastIpv6;
    if (!ended) expected = next(range.last);
  });
  ASSERT_TRUE(ended);
  MapChecker checker(map.lines);
  ASSERT_EQ(checker.wide(map.root, 1, [](std::uint32_t) { return true; }), std::nullopt);
  ASSERT_EQ(checker.unused_line(), std::nullopt);
}

TEST(WideMap, EveryLengthOfAPrefix) {
  std::mt19937_64 random(3);
  for (unsigned length = 0; length <= 128; ++length) {
    for (const auto* text : {"2001:db8:1:2:3:4:5:6", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "8000::"}) {
      const Ipv6 host = host_bits(length);
      const Ipv6 address = at(text);
      const Ipv6Prefix prefix{{address.high & ~host.high, address.low & ~host.low}, static_cast<std::uint8_t>(length)};
      expect_as_steps(steps_of({prefix}), random);
    }
  }
}

TEST(WideMap, NestedPrefixesOfEveryLength) {
  std::mt19937_64 random(4);
  std::vector<Ipv6Prefix> nested;
  for (const unsigned length : {0U, 1U, 15U, 16U, 17U, 31U, 32U, 33U, 63U, 64U, 65U, 127U, 128U}) {
    const Ipv6 host = host_bits(length);
    const Ipv6 address = at("2001:db8:ffff:8000:1:7fff:0:1");
    nested.push_back({{address.high & ~host.high, address.low & ~host.low}, static_cast<std::uint8_t>(length)});
  }
  expect_as_steps(steps_of(nested), random);
}

// Thick in a few places, sparse elsewhere, at both ends of ranges.
std::vector<Ipv6Step> random_steps(std::mt19937_64& random) {
  std::set<Ipv6> firsts{Ipv6{}};
  const auto some = [&](std::uint64_t below) { return random() % below; };
  for (auto places = 1 + some(4); places > 0; --places) {
    Ipv6 base{random() & random(), random() & random()};
    const auto length = some(129);
    const Ipv6 host = host_bits(static_cast<unsigned>(length));
    base = {base.high & ~host.high, base.low & ~host.low};
    firsts.insert(base);
    if (const Ipv6 last{base.high | host.high, base.low | host.low}; last != kLastIpv6) firsts.insert(next(last));
    for (auto count = some(60); count > 0; --count) {
      const std::uint64_t mask = some(3) == 0 ? ~std::uint64_t{0} : 0xFFFF;
      firsts.insert({base.high | (host.high & random()), base.low | (host.low & random() & mask)});
    }
  }
  std::vector<Ipv6Step> steps;
  for (const Ipv6 first : firsts) {
    const std::uint32_t before = steps.empty() ? 0 : steps.back().value;
    steps.push_back({.first = first, .value = before + 1 + static_cast<std::uint32_t>(some(5))});
  }
  return steps;
}

TEST(WideMap, RandomSteps) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 400; ++round) expect_as_steps(random_steps(random), random);
}

TEST(WideMap, SparsePlacesAreShort) {
  EXPECT_EQ(written({{.first = {}, .value = 7}}).root, step_map::leaf(7));
  const Written host = written(steps_of({{at("2001:db8::1"), 128}}));
  EXPECT_EQ(step_map::form_of(host.root), wide_map::kFew);
  EXPECT_EQ(host.lines.size(), 1U);
  std::vector<Ipv6Prefix> hosts;
  for (std::uint64_t i = 0; i < 5; ++i) hosts.push_back({{0x20010DB8'00100003, 0x10 + 2 * i}, 128});
  const Written subnet = written(steps_of(hosts));
  EXPECT_EQ(step_map::form_of(subnet.root), wide_map::kSkip);
  EXPECT_EQ(subnet.lines.size(), 2U);
}

// How many lines a lookup touches.
std::size_t lines_touched(const Written& map, Ipv6 address) {
  std::size_t lines = 0;
  unsigned word = 0;
  for (Ref ref = map.root; !step_map::is_leaf(ref);) {
    const step_map::Form form = step_map::form_of(ref);
    const Line& line = map.lines[step_map::line_of(ref)];
    lines += step_map::lines_touched(form);
    if (form == wide_map::kFew) return lines;
    if (form == wide_map::kSkip) word = line.words[wide_map::kSkipWords];
    ref = form == wide_map::kSkip ? wide_map::find_skip(line, address)
                                  : step_map::find(map.lines.data(), ref, address.word(word++));
  }
  return lines;
}

// More than a thousand intervals beside each word of one address: no map can be of a shorter form.
TEST(WideMap, NoLookupIsLongerThanTheBound) {
  std::mt19937_64 random(6);
  const Ipv6 path = at("2001:db8:aaaa:bbbb:cccc:dddd:eeee:1111");
  std::set<Ipv6> firsts{Ipv6{}};
  for (unsigned word = 0; word < wide_map::kWords; ++word) {
    for (int i = 0; i < 1500; ++i) {
      Ipv6 address = wide_map::first_words(path, word);
      (word < 4 ? address.high : address.low) |= (random() & 0xFFFFU) << (48U - 16U * (word & 3U));
      firsts.insert(address);
    }
  }
  std::vector<Ipv6Step> steps;
  for (const Ipv6 first : firsts) steps.push_back({.first = first, .value = static_cast<std::uint32_t>(steps.size())});
  expect_as_steps(steps, random);
  EXPECT_GT(lines_touched(written(steps), path), 21U);
  EXPECT_LE(lines_touched(written(steps), path), wide_map::kMostLines);
}

TEST(WideMap, TheLoaderRefusesWhatALookupCouldNotBear) {
  std::vector<Ipv6Prefix> hosts;
  for (std::uint64_t i = 0; i < 5; ++i) hosts.push_back({{0x20010DB8'00100003, 0x10 + 2 * i}, 128});
  const Written good = written(steps_of(hosts));
  const std::uint32_t skip = step_map::line_of(good.root);
  ASSERT_EQ(problem(good), std::nullopt);
  const auto with = [&](std::uint32_t line, unsigned word, std::uint32_t value) {
    Written map = good;
    map.lines[line].words[word] = value;
    return problem(map).value_or("");
  };
  EXPECT_EQ(with(skip, wide_map::kSkipWords, 8), "a skip to nowhere");
  EXPECT_EQ(with(skip, wide_map::kSkipWords, 1), "a skip to nowhere");
  EXPECT_EQ(with(skip, wide_map::kSkipWords, 6), "");  // fewer shared words are words of zeros below
  EXPECT_EQ(with(skip, 2, 1), "a skip to nowhere");    // an address behind its words
  EXPECT_EQ(with(skip, 15, 1), "a skip to nowhere");
  EXPECT_EQ(with(skip, wide_map::kSkipBelow, good.root), "a map where a value should be");
  EXPECT_EQ(with(skip, wide_map::kSkipInside, good.root), "maps overlap");
  EXPECT_EQ(with(skip, wide_map::kSkipInside, 0x0000'1000), "a map outside the table");
  EXPECT_EQ(with(skip, wide_map::kSkipInside, 0x7000'0000), "a map of no known form");
  EXPECT_EQ(with(skip, wide_map::kSkipAbove, step_map::leaf(1'000'000)), "a value that names nothing");
  const Written few = written(steps_of({{at("2001:db8::1"), 128}}));
  const auto with_few = [&](unsigned word, std::uint32_t value) {
    Written map = few;
    map.lines[0].words[word] = value;
    return problem(map).value_or("");
  };
  EXPECT_EQ(with_few(5, 0), "bounds not in order");
  EXPECT_EQ(with_few(9, 0), "bounds not in order");  // the unused bound
  EXPECT_EQ(with_few(15, step_map::leaf(9)), "bounds not in order");
  EXPECT_EQ(with_few(12, few.root), "a map where a value should be");
}

// One bit of any line: refused, or the walk still gives the whole space, in order, as lookups do.
TEST(WideMap, WhatTheLoaderAcceptsIsAWholeMap) {
  std::mt19937_64 random(7);
  std::size_t accepted = 0;
  for (int round = 0; round < 60; ++round) {
    const Written good = written(random_steps(random));
    for (int flip = 0; flip < 100 && !good.lines.empty(); ++flip) {
      Written map = good;
      auto& line = map.lines[random() % map.lines.size()];
      line.words[random() % 16] ^= 1U << random() % 32;
      if (problem(map)) continue;
      ++accepted;
      Ipv6 expected;
      wide_map::walk(map.lines.data(), map.root, [&](const Range& range, std::uint32_t value) {
        ASSERT_EQ(range.first, expected);
        ASSERT_LE(range.first, range.last);
        ASSERT_EQ(wide_map::value_at(map.lines.data(), map.root, range.first), value);
        ASSERT_EQ(wide_map::value_at(map.lines.data(), map.root, range.last), value);
        if (range.last != kLastIpv6) expected = next(range.last);
      });
    }
  }
  EXPECT_GT(accepted, 100U);
}

}  // namespace
}  // namespace sallyport::rules
