// Named objects against std::map: any history of insertions, changes, removals and copies gives the same contents, and
// no copy sees what happens to another.
#include "rules/model/named.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace sallyport::rules {
namespace {

using Reference = std::map<std::string, int, std::less<>>;

void expect_same(const Named<int>& named, const Reference& reference) {
  ASSERT_EQ(named.size(), reference.size());
  auto expected = reference.begin();
  for (const auto& [name, value] : named) {
    ASSERT_EQ(name, expected->first);
    ASSERT_EQ(value, expected->second);
    ++expected;
  }
  auto at = named.end();
  for (auto back = reference.rbegin(); back != reference.rend(); ++back) ASSERT_EQ((--at)->first, back->first);
}

TEST(Named, IsAMapWhoseCopiesAreIndependent) {
  std::mt19937_64 random(7);
  Named<int> named;
  Reference reference;
  std::vector<std::pair<Named<int>, Reference>> copies;
  for (int step = 0; step < 20000; ++step) {
    const std::string name = "n" + std::to_string(random() % 3000);
    switch (random() % 8) {
      case 0:
        EXPECT_EQ(named.erase(name), reference.erase(name));
        break;
      case 1:
        if (const auto found = named.find(name); found != named.end()) found->second = reference[name] = step;
        break;
      default: {
        const auto [place, added] = named.try_emplace(name, step);
        EXPECT_EQ(added, reference.try_emplace(name, step).second);
        EXPECT_EQ(place->first, name);
        break;
      }
    }
    if (step % 2500 == 0) copies.emplace_back(named, reference);
  }
  expect_same(named, reference);
  for (const auto& [copy, expected] : copies) expect_same(copy, expected);
}

TEST(Named, ObjectsOfACopyStayInPlaceUntilChanged) {
  Named<int> one;
  for (int i = 0; i < 2000; ++i) one.try_emplace("n" + std::to_string(i), i);
  Named<int> two = one;
  two["n7"] = 70;
  std::size_t shared = 0;
  std::size_t others = 0;
  auto a = one.begin();
  auto b = two.begin();
  while (a != one.end()) {
    if (const std::size_t passed = skip_shared(a, b); passed > 0) {
      shared += passed;
      continue;
    }
    if (!same_place(*a, *b)) {
      ++others;
      EXPECT_EQ(a->first, "n7");
    }
    ++a;
    ++b;
  }
  EXPECT_EQ(others, 1U);
  EXPECT_GT(shared, 1000U);
  EXPECT_EQ(one.at("n7"), 7);
}

}  // namespace
}  // namespace sallyport::rules
