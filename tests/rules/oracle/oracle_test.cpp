// The second oracle: rules and image as decision diagrams are the same nodes; one wrong entry, and they are not.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "rules/prove/prove.h"
#include "tests/rules/image/planted_bit.h"
#include "tests/rules/oracle/decision_diagrams.h"
#include "tests/support/paths.h"
#include "tests/support/policy_world.h"

namespace sallyport::rules {
namespace {

using layout::SectionId;
using test::PolicyWorld;
using test::Random;

void expect_equal(const oracle::Decisions& rules, const oracle::Decisions& image, const std::string& what) {
  ASSERT_EQ(rules.size(), image.size()) << what;
  for (const auto& [name, decision] : rules) {
    ASSERT_TRUE(image.contains(name)) << what << ": " << name;
    EXPECT_TRUE(decision == image.at(name)) << what << ": " << name;
  }
}

TEST(Oracle, RandomPoliciesAndTheirImagesAreTheSameDiagrams) {
  const oracle::Diagrams diagrams;
  Random random(21);
  for (int i = 0; i < 25; ++i) {
    const PolicyWorld world = test::random_world(random);
    expect_equal(oracle::decisions_of(diagrams, world.policy), oracle::decisions_of(diagrams, world.image),
                 "policy " + std::to_string(i));
  }
}

TEST(Oracle, ExamplesAndTheirImagesAreTheSameDiagrams) {
  const oracle::Diagrams diagrams;
  std::size_t seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(source_folder() + "/examples")) {
    std::ifstream file(entry.path() / "policy.json");
    if (!file) continue;
    std::ostringstream text;
    text << file.rdbuf();
    const PolicyWorld world = test::world_of(text.str());
    expect_equal(oracle::decisions_of(diagrams, world.policy), oracle::decisions_of(diagrams, world.image),
                 entry.path().filename());
    ++seen;
  }
  EXPECT_GE(seen, 5U);
}

// One bit of the tables that decide: the diagrams differ exactly where the proof sees a difference.
TEST(Oracle, AgreesWithTheProofOnPlantedBits) {
  constexpr std::array kDeciding{SectionId::lines, SectionId::row_buckets, SectionId::descriptors,
                                 SectionId::predicates};
  const oracle::Diagrams diagrams;
  Random random(22);
  std::size_t different = 0;
  for (int i = 0; i < 3; ++i) {
    const PolicyWorld world = test::random_world(random);
    const auto rules = oracle::decisions_of(diagrams, world.policy);
    for (std::size_t flip = 0; flip < 120; ++flip) {
      auto bytes = testing_support::with_planted_bit(world.image, kDeciding[flip % kDeciding.size()], random);
      if (bytes.empty()) continue;
      const auto image = Image::load(std::move(bytes));
      if (!image) continue;
      const bool equal = rules == oracle::decisions_of(diagrams, *image);
      const auto proof = prove(world.policy, *image);
      if (!equal) {
        ++different;
        EXPECT_FALSE(proof) << "the diagrams differ, the proof saw nothing";
      }
    }
  }
  EXPECT_GT(different, 10U);
}

}  // namespace
}  // namespace sallyport::rules
