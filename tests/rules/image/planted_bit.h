// One wrong bit in an image that wants to be believed.
//
// Owner: tests/rules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "rules/image/image_writer.h"
#include "rules/image/tables.h"
#include "tests/support/random_policy.h"

namespace sallyport::rules::testing_support {

// A copy of the image with a bit (0-7) of the byte `at` flipped, and sealed again.
[[nodiscard]] inline ImageBytes with_flipped_bit(const Image& image, std::size_t at, std::uint64_t bit) {
  ImageBytes bytes(image.bytes().begin(), image.bytes().end());
  bytes[at] ^= static_cast<std::byte>(1U << bit);
  seal_image(bytes);
  return bytes;
}

// The same somewhere in a section; empty where that is.
[[nodiscard]] inline ImageBytes with_planted_bit(const Image& image, layout::SectionId section, test::Random& random) {
  const auto bit = test::pick(random, 8);
  layout::Section at{};
  std::memcpy(&at, image.bytes().data() + sizeof(layout::Header) + (static_cast<std::size_t>(section) - 1) * sizeof at,
              sizeof at);
  if (at.size == 0) return {};
  return with_flipped_bit(image, at.offset + test::pick(random, at.size), bit);
}

}  // namespace sallyport::rules::testing_support
