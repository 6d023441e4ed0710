// An image in memory: taken from bytes, or refused with the reason. Owner: rules/image.
#include "rules/image/image.h"

#include <algorithm>
#include <cstring>

#include "rules/image/container.h"
#include "rules/image/layout.h"
#include "rules/image/tables.h"
#include "rules/image/verify.h"

namespace sallyport::rules {
namespace {

std::string hexadecimal(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

}  // namespace

bool Image::looks_like_image(std::span<const std::byte> bytes) {
  return bytes.size() >= layout::kMagic.size() &&
         std::memcmp(bytes.data(), layout::kMagic.data(), layout::kMagic.size()) == 0;
}

std::expected<Image, std::string> Image::load(std::vector<std::byte> bytes) {
  if (auto problem = check_container(bytes)) return std::unexpected(std::move(*problem));
  if (auto problem = verify_tables(layout::Tables(bytes.data()))) return std::unexpected(std::move(*problem));
  layout::Header header{};
  std::memcpy(&header, bytes.data(), sizeof header);
  Image image;
  image.bytes_ = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
  image.hash_ = hexadecimal(header.sha256);
  return image;
}

std::string_view Image::source() const { return layout::Tables(bytes_->data()).source(); }

std::string_view Image::file() const { return layout::Tables(bytes_->data()).file_name(); }

}  // namespace sallyport::rules
