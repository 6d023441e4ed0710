// Images from hostile hands, sealed again after every change so that the loader's checks are met and not the checksum:
// refused, or every question to them stays inside.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <span>

#include "rules/image/image_writer.h"
#include "rules/image/layout.h"
#include "tests/fuzz/tally.h"
#include "tests/support/read_image.h"

using namespace sallyport;

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

// Right magic, version, size and hash: what is left to be refused are tables.
void seal(std::uint8_t* data, std::size_t size) {
  if (size < sizeof(rules::layout::Header)) return;
  rules::layout::Header header{};
  std::memcpy(&header, data, sizeof header);
  header.magic = rules::layout::kMagic;
  header.version = rules::layout::kVersion;
  header.size = size;
  std::memcpy(data, &header, sizeof header);
  rules::seal_image(std::as_writable_bytes(std::span(data, size)));
}

std::uint32_t word_at(const std::uint8_t* data, std::size_t at) {
  std::uint32_t value = 0;
  std::memcpy(&value, data + at, sizeof value);
  return value;
}

rules::layout::Section section_of(const std::uint8_t* data, std::size_t size, std::size_t index) {
  rules::layout::Section section{};
  const std::size_t at = sizeof(rules::layout::Header) + index * sizeof section;
  if (at + sizeof section <= size) std::memcpy(&section, data + at, sizeof section);
  if (section.offset > size || section.size > size - section.offset) return {};
  return section;
}

// What a table may hold: numbers near what was, near how many records some section has, near all ends; a reference to a
// map of any form; a word of the same section.
std::uint32_t another(std::uint32_t value, std::uint32_t neighbour, std::uint32_t count, std::mt19937& random) {
  const auto near = [&](std::uint32_t middle) { return middle - 1 + static_cast<std::uint32_t>(random() % 3); };
  switch (random() % 8) {
    case 0:
      return static_cast<std::uint32_t>(random() % 64);
    case 1:
      return near(value);
    case 2:
    case 3:
      return near(count);
    case 4:
      return value ^ 1U << random() % 32;
    case 5:
      return near(0xFFFF'FFFEU);
    case 6:
      return static_cast<std::uint32_t>(random() % 32 << 27U | random() % 256);  // inner ones too
    default:
      return neighbour;
  }
}

// One word of one section that is not text.
void change_a_word(std::uint8_t* data, std::size_t size, std::mt19937& random) {
  constexpr std::size_t kTexts = 3;
  const auto section = section_of(data, size, kTexts + random() % (rules::layout::kSections.size() - kTexts));
  if (section.size < 4) return;
  const auto some_word = [&] { return section.offset + random() % (section.size / 4) * 4; };
  const auto counted = section_of(data, size, random() % rules::layout::kSections.size());
  const std::size_t word = some_word();
  const std::uint32_t value =
      another(word_at(data, word), word_at(data, some_word()), static_cast<std::uint32_t>(counted.count), random);
  std::memcpy(data + word, &value, sizeof value);
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  std::mt19937 random(seed);
  if (random() % 16 == 0) {
    size = LLVMFuzzerMutate(data, size, max_size);
  } else {
    do change_a_word(data, size, random);
    while (random() % 3 == 0);
  }
  seal(data, size);
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static test::Tally accepted("images accepted");
  const auto image = rules::Image::load_copy(std::as_bytes(std::span(data, size)));
  if (!image) return test::refused(size);
  ++accepted;
  std::mt19937 random(static_cast<unsigned>(size));
  for (int round = 0; round < 4; ++round) static_cast<void>(test::read_all(*image, random));
  return 0;
}
