// The compiled artefact: one immutable block of bytes that a daemon can load, a person can copy and `apply` can roll
// back to.
//
// Owner: rules/image. Made by rules/compile or loaded from a file; read through rules/decide.
// Always: an Image has passed every check of load(): magic, version, size, SHA-256, section bounds, every index and
// offset in range; or it was derived from such a one by the compiler. Whatever reads it may trust it. Equal policies
// (same file name, same text) give equal bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/image/image_bytes.h"

namespace sallyport::rules {

namespace layout {
class Tables;
}

class Image {
 public:
  // Takes the bytes and checks all of them. The error says in plain words what is wrong: "truncated: …", "altered: …",
  // "not a Sallyport image", "made by a newer version (format 3, this program reads up to 1)".
  [[nodiscard]] static std::expected<Image, std::string> load(ImageBytes bytes);

  // The same from bytes that lie anywhere.
  [[nodiscard]] static std::expected<Image, std::string> load_copy(std::span<const std::byte> bytes);

  // Memory that images keep alive, several of them maybe the same.
  struct Block {
    std::shared_ptr<const void> memory;
    std::size_t bytes = 0;
  };
  // An image that shares most of its tables with `base`, which stays alive with it, and has the others in `keeps`. It
  // is in no file: it has no bytes, its source is that of `base`. The tables' maker answers for them.
  [[nodiscard]] static Image derived(const Image& base, const layout::Tables& tables, std::vector<Block> keeps);
  // The same image under another hash.
  [[nodiscard]] Image named(std::string hash) const;

  // Empty for a derived image.
  [[nodiscard]] std::span<const std::byte> bytes() const;
  // All that it keeps alive.
  [[nodiscard]] std::vector<Block> blocks() const;
  // Its tables, which live as long as any copy of this image.
  [[nodiscard]] const layout::Tables& tables() const;
  // Lower-case hexadecimal SHA-256 of everything behind the header; of a derived image its base's, unless it was named.
  [[nodiscard]] const std::string& hash() const { return hash_; }
  // The policy document this was compiled from, and its file name.
  [[nodiscard]] std::string_view source() const;
  [[nodiscard]] std::string_view file() const;

  // True if the bytes start like an image (so that commands can take a document or an image).
  [[nodiscard]] static bool looks_like_image(std::span<const std::byte> bytes);

 private:
  Image() = default;
  struct Loaded;
  std::shared_ptr<const Loaded> loaded_;
  std::string hash_;
};

}  // namespace sallyport::rules
