// RFC 1624 against full sums.
#include "dataplane/packet/checksum.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <vector>

#include "dataplane/packet/wire.h"

namespace sallyport::dataplane {
namespace {

std::uint16_t plain(std::span<const std::byte> bytes) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    sum += std::to_integer<std::uint64_t>(bytes[i]) << (i % 2 == 0 ? 8U : 0U);
  while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16U);
  return static_cast<std::uint16_t>(sum);
}

TEST(Checksum, FoldsAnySum) {
  EXPECT_EQ(fold(0), 0);
  EXPECT_EQ(fold(0xFFFF), 0xFFFF);
  EXPECT_EQ(fold(0x10000), 1);
  EXPECT_EQ(fold(0x1FFFF), 1);
  EXPECT_EQ(fold(0xFFFFFFFF), 0xFFFF);
  EXPECT_EQ(fold(0xFFFFFFFFFFFFFFFF), 0xFFFF);
  EXPECT_EQ(fold(0x1'0000'0000), 1);
}

TEST(Checksum, OfTheExampleOfRfc1071) {
  const std::array bytes{std::byte{0x00}, std::byte{0x01}, std::byte{0xf2}, std::byte{0x03},
                         std::byte{0xf4}, std::byte{0xf5}, std::byte{0xf6}, std::byte{0xf7}};
  EXPECT_EQ(fold(sum_of(bytes)), 0xddf2);
}

TEST(Checksum, FullSumsOfEveryLength) {
  std::mt19937 random(1);
  std::vector<std::byte> bytes(300);
  for (auto& byte : bytes) byte = static_cast<std::byte>(random());
  for (std::size_t length = 0; length <= bytes.size(); ++length) {
    const std::span part(bytes.data(), length);
    ASSERT_EQ(fold(sum_of(part)), plain(part)) << length;
  }
}

// A header of two words whose first changes: every old word against sampled new ones and neighbours.
TEST(Checksum, UpdateEqualsTheFullSum) {
  for (std::uint32_t before = 0; before <= 0xFFFF; ++before) {
    for (const std::uint32_t after :
         {0U, 1U, 0x7FFFU, 0x8000U, 0xFFFEU, 0xFFFFU, before, before ^ 0xFFFFU, before * 31U & 0xFFFFU}) {
      for (const std::uint32_t rest : {0x0001U, 0x1234U, 0xFFFEU, 0xFFFFU}) {
        const std::uint16_t field = complement(before + rest);
        const auto updated = updated_sum(field, static_cast<std::uint16_t>(before), static_cast<std::uint16_t>(after));
        ASSERT_EQ(updated, complement(after + rest)) << before << " " << after << " " << rest;
      }
    }
  }
}

TEST(Checksum, UpdateOfTwoWordsIsTwoUpdates) {
  std::mt19937 random(2);
  for (int i = 0; i < 100'000; ++i) {
    const auto before = static_cast<std::uint32_t>(random());
    const auto after = static_cast<std::uint32_t>(random());
    const auto field = static_cast<std::uint16_t>(random());
    const auto high =
        updated_sum(field, static_cast<std::uint16_t>(before >> 16U), static_cast<std::uint16_t>(after >> 16U));
    ASSERT_EQ(updated_sum(field, before, after),
              updated_sum(high, static_cast<std::uint16_t>(before), static_cast<std::uint16_t>(after)));
  }
}

TEST(Checksum, UdpNeverWritesNone) {
  EXPECT_EQ(nonzero_field(0), 0xFFFF);
  EXPECT_EQ(nonzero_field(1), 1);
}

}  // namespace
}  // namespace sallyport::dataplane
