// Images changed at random, their checksums made good again: refused, or read without harm.
#include <random>

#include "tests/rules/image/sample_image.h"
#include "tests/support/read_image.h"

namespace sallyport::rules {
namespace {

using namespace testing;
using layout::Header;

TEST(HostileImage, NoChangedByteIsAccepted) {
  const Bytes good = sample_bytes();
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes bytes = good;
    bytes[i] ^= std::byte{0x10};
    ASSERT_NE(reason(std::move(bytes)), "") << "byte " << i;
  }
}

TEST(HostileImage, NoShorterImageIsAcceptedEvenSealedAgain) {
  const Bytes good = sample_bytes();
  for (std::size_t size = 0; size < good.size(); size += 7) {
    Bytes bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    ASSERT_NE(reason(bytes), "") << size;
    if (size < sizeof(Header)) continue;
    write_at(bytes, offsetof(Header, size), std::uint64_t{size});
    seal_image(bytes);
    ASSERT_NE(reason(std::move(bytes)), "") << size << " sealed";
  }
}

TEST(HostileImage, SealedAgainItIsRefusedOrReadSafely) {
  const Bytes good = sample_bytes();
  std::mt19937 random(20240607);
  std::size_t accepted = 0;
  std::size_t read = 0;
  constexpr int kRounds = 20'000;
  for (int round = 0; round < kRounds; ++round) {
    Bytes bytes = good;
    for (std::size_t changes = 1 + random() % 3; changes > 0; --changes) {
      const std::size_t at = sizeof(Header) + random() % (bytes.size() - sizeof(Header));
      bytes[at] = static_cast<std::byte>((random() & 1U) != 0 ? random() % 4 : random() % 256);
    }
    seal_image(bytes);
    const auto image = Image::load(std::move(bytes));
    if (!image) continue;
    ++accepted;
    read += test::read_all(*image, random);
  }
  // Both happen, else one side was hardly tried.
  EXPECT_GT(accepted, kRounds / 20U);
  EXPECT_LT(accepted, kRounds * 19U / 20U);
  EXPECT_GT(read, 0U);
}

}  // namespace
}  // namespace sallyport::rules
