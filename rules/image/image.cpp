// An image in memory: taken from bytes, or refused with the reason. Owner: rules/image.
#include "rules/image/image.h"

#include <algorithm>
#include <cstring>

#include "rules/image/container.h"
#include "rules/image/layout.h"
#include "rules/image/sha256.h"
#include "rules/image/tables.h"
#include "rules/image/verify.h"

namespace sallyport::rules {
bool Image::looks_like_image(std::span<const std::byte> bytes) {
  return bytes.size() >= layout::kMagic.size() &&
         std::memcmp(bytes.data(), layout::kMagic.data(), layout::kMagic.size()) == 0;
}

struct Image::Loaded {
  explicit Loaded(ImageBytes taken) : bytes(std::move(taken)), tables(bytes.data()) {}
  Loaded(std::shared_ptr<const Loaded> from, const layout::Tables& made, std::vector<Block> kept)
      : tables(made), base(std::move(from)), keeps(std::move(kept)) {}

  ImageBytes bytes;
  layout::Tables tables;
  std::shared_ptr<const Loaded> base;  // of a derived image
  std::vector<Block> keeps;
};

std::expected<Image, std::string> Image::load(ImageBytes bytes) {
  if (auto problem = check_container(bytes)) return std::unexpected(std::move(*problem));
  auto loaded = std::make_shared<const Loaded>(std::move(bytes));
  if (auto problem = verify_tables(loaded->tables)) return std::unexpected(std::move(*problem));
  layout::Header header{};
  std::memcpy(&header, loaded->bytes.data(), sizeof header);
  Image image;
  image.loaded_ = std::move(loaded);
  image.hash_ = hexadecimal(header.sha256);
  return image;
}

std::expected<Image, std::string> Image::load_copy(std::span<const std::byte> bytes) {
  return load(ImageBytes(bytes.begin(), bytes.end()));
}

Image Image::derived(const Image& base, const layout::Tables& tables, std::vector<Block> keeps) {
  // Of a derived base its own base: else the chain of what is kept would grow with every change.
  const auto& root = base.loaded_->base ? base.loaded_->base : base.loaded_;
  Image image;
  image.loaded_ = std::make_shared<const Loaded>(root, tables, std::move(keeps));
  image.hash_ = base.hash_;
  return image;
}

Image Image::named(std::string hash) const {
  Image image = *this;
  image.hash_ = std::move(hash);
  return image;
}

std::span<const std::byte> Image::bytes() const { return loaded_->bytes; }

std::vector<Image::Block> Image::blocks() const {
  std::vector<Block> all = loaded_->keeps;
  const auto& root = loaded_->base ? loaded_->base : loaded_;
  all.push_back({root, root->bytes.size()});
  return all;
}

const layout::Tables& Image::tables() const { return loaded_->tables; }

std::string_view Image::source() const { return tables().source(); }

std::string_view Image::file() const { return tables().file_name(); }

}  // namespace sallyport::rules
