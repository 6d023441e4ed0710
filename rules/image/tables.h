// The tables of a loaded image as spans of records.
//
// Owner: rules/image. Read by the loader's checks and by rules/decide.
// Always: made of bytes whose header and section table were checked, which outlive it; of an image that was derived
// from another, some sections lie elsewhere (Image::derived).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "rules/image/layout.h"

namespace sallyport::rules::layout {

class Tables {
 public:
  explicit Tables(const std::byte* base) {
    const auto* sections = reinterpret_cast<const Section*>(base + sizeof(Header));
    for (std::size_t i = 0; i < sections_.size(); ++i) {
      sections_[i] = {.begin = base + sections[i].offset, .count = static_cast<std::size_t>(sections[i].count)};
    }
  }

  // A section that lies elsewhere: these records, which outlive the tables.
  template <Record T>
  void replace(SectionId id, std::span<const T> with) {
    sections_[static_cast<std::uint32_t>(id) - 1] = {.begin = reinterpret_cast<const std::byte*>(with.data()),
                                                     .count = with.size()};
  }

  [[nodiscard]] std::string_view strings() const { return text(SectionId::strings); }
  [[nodiscard]] std::string_view source() const { return text(SectionId::source); }
  [[nodiscard]] std::string_view file_name() const { return text(SectionId::file_name); }
  [[nodiscard]] const OptionsRecord& options() const { return records<OptionsRecord>(SectionId::options).front(); }
  [[nodiscard]] bool has_options() const { return section(SectionId::options).count == 1; }
  [[nodiscard]] auto vpc_cidrs() const { return records<PrefixRecord>(SectionId::vpc_cidrs); }
  [[nodiscard]] auto subnets() const { return records<SubnetRecord>(SectionId::subnets); }
  [[nodiscard]] auto interfaces() const { return records<InterfaceRecord>(SectionId::interfaces); }
  [[nodiscard]] auto private_ips() const { return records<Ipv4>(SectionId::private_ips); }
  [[nodiscard]] auto group_lists() const { return records<GroupListRecord>(SectionId::group_lists); }
  [[nodiscard]] auto list_groups() const { return records<std::uint32_t>(SectionId::list_groups); }
  [[nodiscard]] auto groups() const { return records<TextRef>(SectionId::groups); }
  [[nodiscard]] auto acls() const { return records<TextRef>(SectionId::acls); }
  [[nodiscard]] auto nat_gateways() const { return records<NatRecord>(SectionId::nat_gateways); }
  [[nodiscard]] auto nat_public_ips() const { return records<std::uint32_t>(SectionId::nat_public_ips); }
  [[nodiscard]] auto publish() const { return records<PublishInfo>(SectionId::publish); }
  [[nodiscard]] auto owners() const { return records<OwnerRecord>(SectionId::owners); }
  [[nodiscard]] auto public_owners() const { return records<PublicOwnerRecord>(SectionId::public_owners); }
  [[nodiscard]] auto descriptors() const { return records<DescriptorRecord>(SectionId::descriptors); }
  [[nodiscard]] auto row_buckets() const { return records<RowBucket>(SectionId::row_buckets); }
  [[nodiscard]] auto predicates() const { return records<PredicateRecord>(SectionId::predicates); }
  [[nodiscard]] auto predicate_rules() const { return records<std::uint32_t>(SectionId::predicate_rules); }
  [[nodiscard]] auto rules() const { return records<RuleRecord>(SectionId::rules); }
  [[nodiscard]] auto route_tables() const { return records<RouteTableRecord>(SectionId::route_tables); }
  [[nodiscard]] auto routes() const { return records<RouteRecord>(SectionId::routes); }
  [[nodiscard]] auto lines() const { return records<Line>(SectionId::lines); }
  [[nodiscard]] auto ipv6_descriptors() const { return records<DescriptorRecord>(SectionId::ipv6_descriptors); }
  [[nodiscard]] auto interface_groups() const { return records<std::uint32_t>(SectionId::interface_groups); }

  [[nodiscard]] std::string_view text_at(TextRef ref) const { return strings().substr(ref.offset, ref.size); }

 private:
  struct Records {
    const std::byte* begin = nullptr;
    std::size_t count = 0;
  };

  [[nodiscard]] const Records& section(SectionId id) const { return sections_[static_cast<std::uint32_t>(id) - 1]; }
  template <Record T>
  [[nodiscard]] std::span<const T> records(SectionId id) const {
    const Records& at = section(id);
    return {reinterpret_cast<const T*>(at.begin), at.count};
  }
  [[nodiscard]] std::string_view text(SectionId id) const {
    const Records& at = section(id);
    return {reinterpret_cast<const char*>(at.begin), at.count};
  }

  std::array<Records, kSections.size()> sections_;
};

}  // namespace sallyport::rules::layout
