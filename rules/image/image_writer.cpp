// An image's tables made bytes, the same every time. Owner: rules/image.
#include "rules/image/image_writer.h"

#include <cstring>

#include "rules/image/sha256.h"

namespace sallyport::rules {
namespace {

using layout::Section;
using layout::SectionId;

// Appends sections in order of id behind the space of header and section table.
class Writer {
 public:
  // `expected`: bytes of all records, so that the image is allocated once.
  explicit Writer(std::size_t expected) {
    const std::size_t head = layout::aligned(sizeof(layout::Header) + layout::kSections.size() * sizeof(Section));
    bytes_.reserve(head + expected + layout::kSections.size() * layout::aligned(1));
    bytes_.resize(head);
  }

  template <typename Container>
  void add(SectionId id, const Container& records) {
    constexpr std::size_t record_size = sizeof(typename Container::value_type);
    const std::size_t size = records.size() * record_size;
    bytes_.resize(layout::aligned(bytes_.size()));
    sections_.push_back(Section{.id = static_cast<std::uint32_t>(id),
                                .record_size = static_cast<std::uint32_t>(record_size),
                                .offset = bytes_.size(),
                                .size = size,
                                .count = records.size()});
    const std::size_t offset = bytes_.size();
    bytes_.resize(offset + size);
    if (size > 0) std::memcpy(bytes_.data() + offset, records.data(), size);
  }

  ImageBytes finish() {
    const layout::Header header{.magic = layout::kMagic,
                                .version = layout::kVersion,
                                .flags = 0,
                                .size = bytes_.size(),
                                .sections = static_cast<std::uint32_t>(sections_.size()),
                                .unused = 0,
                                .sha256 = {}};
    std::memcpy(bytes_.data(), &header, sizeof header);
    std::memcpy(bytes_.data() + sizeof header, sections_.data(), sections_.size() * sizeof(Section));
    seal_image(bytes_);
    return std::move(bytes_);
  }

 private:
  ImageBytes bytes_;
  std::vector<Section> sections_;
};

}  // namespace

void seal_image(std::span<std::byte> image) {
  const auto digest = sha256(image.subspan(sizeof(layout::Header)));
  std::memcpy(image.data() + offsetof(layout::Header, sha256), digest.data(), digest.size());
}

std::size_t bytes_of(const ImageTables& tables) {
  const ImageTables::Before& before = tables.before;
  std::size_t sum = before.strings + before.row_buckets * sizeof(layout::RowBucket) +
                    before.predicates * sizeof(layout::PredicateRecord) +
                    before.predicate_rules * sizeof(std::uint32_t) + before.lines * sizeof(Line);
  each_section(tables, [&](SectionId, const auto& records) { sum += records.size() * sizeof(*records.data()); });
  return sum;
}

ImageBytes write_image(const ImageTables& tables) {
  Writer writer(bytes_of(tables));
  each_section(tables, [&](SectionId id, const auto& records) { writer.add(id, records); });
  return writer.finish();
}

}  // namespace sallyport::rules
