// The second oracle: rules and image as decision diagrams are the same nodes; one wrong entry, and they are not.
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "rules/compile/compile.h"
#include "rules/document/documents.h"
#include "rules/image/image_writer.h"
#include "rules/prove/prove.h"
#include "tests/rules/oracle/decision_diagrams.h"
#include "tests/support/paths.h"
#include "tests/support/random_policy.h"

namespace sallyport::rules {
namespace {

using layout::SectionId;
using test::pick;
using test::Random;

struct World {
  Policy policy;
  Image image;
};

World world_of(const std::string& text, const std::string& name) {
  auto read = read_policy(text, name);
  if (!read) throw std::runtime_error(render(read.error(), name, text));
  auto compiled = compile(read->policy);
  if (!compiled) throw std::runtime_error(render(compiled.error(), name, text));
  return {std::move(read->policy), std::move(compiled->image)};
}

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
    const World world = world_of(test::random_policy(random), "random.json");
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
    const World world = world_of(text.str(), "policy.json");
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
    const World world = world_of(test::random_policy(random), "random.json");
    const auto rules = oracle::decisions_of(diagrams, world.policy);
    for (std::size_t flip = 0; flip < 120; ++flip) {
      ImageBytes bytes(world.image.bytes().begin(), world.image.bytes().end());
      layout::Section at{};
      const auto section = static_cast<std::size_t>(kDeciding[flip % kDeciding.size()]);
      std::memcpy(&at, bytes.data() + sizeof(layout::Header) + (section - 1) * sizeof at, sizeof at);
      if (at.size == 0) continue;
      bytes[at.offset + pick(random, at.size)] ^= static_cast<std::byte>(1U << pick(random, 8));
      seal_image(bytes);
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
