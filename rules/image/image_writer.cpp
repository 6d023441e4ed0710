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
  Writer() : bytes_(layout::aligned(sizeof(layout::Header) + layout::kSections.size() * sizeof(Section))) {}

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

ImageBytes write_image(const ImageTables& tables) {
  Writer writer;
  writer.add(SectionId::strings, tables.strings);
  writer.add(SectionId::source, tables.source);
  writer.add(SectionId::file_name, tables.file_name);
  writer.add(SectionId::options, std::vector{tables.options});
  writer.add(SectionId::vpc_cidrs, tables.vpc_cidrs);
  writer.add(SectionId::subnets, tables.subnets);
  writer.add(SectionId::interfaces, tables.interfaces);
  writer.add(SectionId::private_ips, tables.private_ips);
  writer.add(SectionId::group_lists, tables.group_lists);
  writer.add(SectionId::list_groups, tables.list_groups);
  writer.add(SectionId::groups, tables.groups);
  writer.add(SectionId::acls, tables.acls);
  writer.add(SectionId::nat_gateways, tables.nat_gateways);
  writer.add(SectionId::nat_public_ips, tables.nat_public_ips);
  writer.add(SectionId::publish, tables.publish);
  writer.add(SectionId::owners, tables.owners);
  writer.add(SectionId::public_owners, tables.public_owners);
  writer.add(SectionId::descriptors, tables.descriptors);
  writer.add(SectionId::row_buckets, tables.row_buckets);
  writer.add(SectionId::predicates, tables.predicates);
  writer.add(SectionId::predicate_rules, tables.predicate_rules);
  writer.add(SectionId::rules, tables.rules);
  writer.add(SectionId::route_tables, tables.route_tables);
  writer.add(SectionId::routes, tables.routes);
  writer.add(SectionId::lines, tables.lines);
  return writer.finish();
}

}  // namespace sallyport::rules
