// An image is refused with the reason unless every byte of it is as it was written.
#include "rules/image/image.h"

#include <algorithm>
#include <span>

#include "rules/image/tables.h"
#include "tests/rules/image/sample_image.h"

namespace sallyport::rules {
namespace {

using namespace testing;
using layout::Header;
using layout::Section;
using layout::SectionId;

TEST(Image, LoadsWhatTheCompilerWrote) {
  const Image compiled = sample().build();
  const auto loaded = Image::load_copy(compiled.bytes());
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_EQ(loaded->hash(), compiled.hash());
  EXPECT_EQ(loaded->hash().size(), 64U);
  EXPECT_EQ(loaded->source(), R"({ "version": 1 })");
  EXPECT_EQ(loaded->file(), "policy.json");
  EXPECT_TRUE(Image::looks_like_image(loaded->bytes()));
}

TEST(Image, SaysWhyItIsRefused) {
  const std::string text = R"({"version": 1, "vpc": {}})";
  const auto raw = std::as_bytes(std::span(text));
  EXPECT_FALSE(Image::looks_like_image(raw));
  EXPECT_EQ(reason({raw.begin(), raw.end()}), "not a Sallyport image");
  EXPECT_EQ(reason({}), "not a Sallyport image");
  Bytes bytes = sample_bytes();
  const std::string size = std::to_string(bytes.size());
  bytes.pop_back();
  EXPECT_EQ(reason(bytes), "truncated: " + std::to_string(bytes.size()) + " of " + size + " bytes are there");
  bytes.resize(40);
  EXPECT_EQ(reason(bytes), "truncated: the header is not complete");
  bytes = sample_bytes();
  bytes.push_back(std::byte{0});
  EXPECT_EQ(reason(bytes), "altered: 1 bytes follow its end");
  bytes = sample_bytes();
  bytes[bytes.size() / 2] ^= std::byte{1};
  EXPECT_EQ(reason(bytes), "altered: its SHA-256 is not the one written in it");
  EXPECT_EQ(with_header(offsetof(Header, version), std::uint32_t{7}),
            "made by a newer version (format 7, this program reads up to format 6)");
  EXPECT_EQ(with_header(offsetof(Header, version), std::uint32_t{1}),
            "made by an older version (format 1, this program reads format 6): compile the policy again");
  EXPECT_EQ(with_header(offsetof(Header, version), std::uint32_t{0}), "altered: there is no format 0");
  EXPECT_EQ(with_header(offsetof(Header, flags), std::uint32_t{1}), "altered: unknown flags in the header");
  EXPECT_EQ(with_header(offsetof(Header, sections), std::uint32_t{5}), "malformed: 5 sections");
  EXPECT_EQ(with_header(offsetof(Header, sections), ~std::uint32_t{0}), "malformed: 4294967295 sections");
}

// The sample with one more section, of this id, behind the known ones.
Bytes with_extra_section(std::uint32_t id) {
  Bytes bytes = sample_bytes();
  const std::size_t table_end = sizeof(Header) + layout::kSections.size() * sizeof(Section);
  const std::size_t old_start = layout::aligned(table_end);
  const std::size_t shift = layout::aligned(table_end + sizeof(Section)) - old_start;
  bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(old_start), shift, std::byte{0});
  for (std::size_t at = sizeof(Header); at < table_end; at += sizeof(Section)) {
    auto section = read_at<Section>(bytes, at);
    section.offset += shift;
    write_at(bytes, at, section);
  }
  bytes.resize(layout::aligned(bytes.size()));
  write_at(bytes, table_end, Section{.id = id, .record_size = 4, .offset = bytes.size(), .size = 8, .count = 2});
  bytes.resize(bytes.size() + 8, std::byte{7});
  auto header = read_at<Header>(bytes, 0);
  header.size = bytes.size();
  header.sections += 1;
  write_at(bytes, 0, header);
  seal_image(bytes);
  return bytes;
}

TEST(Image, UnknownSectionsAreIgnoredOnlyWhereTheLayoutSaysSo) {
  EXPECT_EQ(reason(with_extra_section(layout::kIgnorableFrom)), "");
  EXPECT_EQ(reason(with_extra_section(layout::kIgnorableFrom + 9)), "");
  EXPECT_EQ(reason(with_extra_section(99)), "made by a newer version (section 99, this program reads up to format 6)");
  EXPECT_EQ(reason(with_extra_section(3)), "malformed: section 28: not in order of id");
}

TEST(Image, TheSectionTableMustBeExact) {
  EXPECT_EQ(with_section(SectionId::lines, offsetof(Section, id), std::uint32_t{50}),
            "malformed: section lines: it is not there");
  EXPECT_EQ(with_section(SectionId::row_buckets, offsetof(Section, record_size), std::uint32_t{0}),
            "malformed: section row_buckets: wrong record size");
  EXPECT_EQ(with_section(SectionId::row_buckets, offsetof(Section, count), ~std::uint64_t{0}),
            "malformed: section row_buckets: size and count do not agree");
  EXPECT_EQ(with_section(SectionId::row_buckets, offsetof(Section, offset), std::uint64_t{64}),
            "malformed: section row_buckets: not behind the section before it");
  EXPECT_EQ(with_section(SectionId::lines, offsetof(Section, size), std::uint64_t{8} << 56U),
            "malformed: section lines: size and count do not agree");
}

// The reason after the first map that a predicate has in itself got this value.
std::string with_own_ruling(std::uint32_t value) {
  const Image image = sample().build();
  const auto predicates = image.tables().predicates();
  const auto has_own = [](const auto& each) { return std::ranges::find(each.maps, layout::kOwn) != each.maps.end(); };
  const auto found = std::ranges::find_if(predicates, has_own);
  if (found == predicates.end()) return "no map of its own in the sample";
  return with_record(SectionId::predicates, static_cast<std::size_t>(found - predicates.begin()),
                     offsetof(layout::PredicateRecord, own) + offsetof(layout::OwnMap, values), value);
}

TEST(Image, IndexesOutsideTheirTablesAreRefused) {
  using namespace layout;
  constexpr std::uint32_t kFar = 0x5555'5555;
  const auto refused = [](const std::string& why, const std::string& section) {
    EXPECT_TRUE(why.starts_with("malformed: section " + section + ", record ")) << section << ": " << why;
  };
  refused(with_record(SectionId::options, 0, offsetof(OptionsRecord, named_interfaces), kFar), "options");
  refused(with_record(SectionId::options, 0, offsetof(OptionsRecord, tcp_pickup), 2U), "options");
  refused(with_record(SectionId::vpc_cidrs, 0, offsetof(PrefixRecord, length), 33U), "vpc_cidrs");
  refused(with_record(SectionId::subnets, 1, offsetof(SubnetRecord, acl), kFar), "subnets");
  refused(with_record(SectionId::subnets, 0, offsetof(SubnetRecord, table), kFar), "subnets");
  refused(with_record(SectionId::subnets, 0, offsetof(SubnetRecord, host_interface), 0U), "subnets");
  refused(with_record(SectionId::interface_groups, 0, 0, kFar), "interface_groups");
  refused(with_record(SectionId::interfaces, 0, offsetof(InterfaceRecord, address_begin), ~0U), "interfaces");
  refused(with_record(SectionId::interfaces, 0, offsetof(InterfaceRecord, publish_count), kFar), "interfaces");
  refused(with_record(SectionId::group_lists, 0, offsetof(GroupListRecord, count), kFar), "group_lists");
  refused(with_record(SectionId::list_groups, 0, 0, kFar), "list_groups");
  refused(with_record(SectionId::groups, 0, offsetof(TextRef, size), kFar), "groups");
  refused(with_record(SectionId::nat_gateways, 0, offsetof(NatRecord, public_count), kFar), "nat_gateways");
  refused(with_record(SectionId::publish, 0, offsetof(PublishInfo, target_first_port), std::uint16_t{65535}),
          "publish");
  refused(with_record(SectionId::owners, 4, offsetof(OwnerRecord, first), 0U), "owners");
  refused(with_record(SectionId::owners, 0, offsetof(OwnerRecord, kind), 1U), "owners");
  refused(with_record(SectionId::owners, 0, offsetof(OwnerRecord, kind), 99U), "owners");
  refused(with_record(SectionId::public_owners, 0, offsetof(PublicOwnerRecord, index), kFar), "public_owners");
  refused(with_record(SectionId::options, 0, offsetof(OptionsRecord, class_of), step_map::leaf(kFar)), "options");
  refused(with_record(SectionId::options, 0, offsetof(OptionsRecord, class_of), kFar), "options");
  refused(with_record(SectionId::options, 0, offsetof(OptionsRecord, owner_of), step_map::leaf(kFar)), "options");
  refused(with_record(SectionId::descriptors, 0, offsetof(DescriptorRecord, predicate), kFar), "descriptors");
  refused(with_record(SectionId::descriptors, 0, offsetof(DescriptorRecord, any), step_map::leaf(5)), "descriptors");
  refused(with_record(SectionId::descriptors, 0, offsetof(DescriptorRecord, buckets), kFar), "descriptors");
  refused(with_record(SectionId::descriptors, 0, offsetof(DescriptorRecord, mask), 2U), "descriptors");
  refused(with_record(SectionId::row_buckets, 0, offsetof(RowBucket, classes), kFar), "row_buckets");
  refused(with_record(SectionId::row_buckets, 0, offsetof(RowBucket, classes), layout::kNoObject), "row_buckets");
  refused(with_record(SectionId::row_buckets, 0, offsetof(RowBucket, predicates), kFar), "row_buckets");
  refused(with_record(SectionId::predicates, 1, offsetof(PredicateRecord, rule_count), kFar), "predicates");
  refused(with_record(SectionId::predicates, 1, offsetof(PredicateRecord, maps),
                      step_map::leaf(ruling(0, kMaxRules - 1, 0))),
          "predicates");
  refused(with_own_ruling(layout::kNothing + 1), "predicates");
  refused(with_record(SectionId::predicate_rules, 0, 0, kFar), "predicate_rules");
  refused(with_record(SectionId::rules, 0, offsetof(RuleRecord, owner), kFar), "rules");
  refused(with_record(SectionId::rules, 0, offsetof(RuleRecord, text), kFar), "rules");
  refused(with_record(SectionId::route_tables, 0, offsetof(RouteTableRecord, route_of), kFar), "route_tables");
  refused(with_record(SectionId::routes, 0, offsetof(RouteRecord, index), kFar), "routes");
}

}  // namespace
}  // namespace sallyport::rules
