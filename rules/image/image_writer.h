// The tables of an image before they are bytes, and the bytes made of them.
//
// Owner: rules/image. Filled by rules/compile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rules/image/image_bytes.h"
#include "rules/image/layout.h"

namespace sallyport::rules {

struct ImageTables {
  std::string strings;
  std::string source;
  std::string file_name;
  layout::OptionsRecord options{};
  std::vector<layout::PrefixRecord> vpc_cidrs;
  std::vector<layout::SubnetRecord> subnets;
  std::vector<layout::InterfaceRecord> interfaces;
  std::vector<std::uint32_t> interface_groups;
  std::vector<Ipv4> private_ips;
  std::vector<layout::GroupListRecord> group_lists;
  std::vector<std::uint32_t> list_groups;
  std::vector<layout::TextRef> groups;
  std::vector<layout::TextRef> acls;
  std::vector<layout::NatRecord> nat_gateways;
  std::vector<std::uint32_t> nat_public_ips;
  std::vector<PublishInfo> publish;
  std::vector<layout::OwnerRecord> owners;
  std::vector<layout::PublicOwnerRecord> public_owners;
  std::vector<layout::DescriptorRecord> descriptors;
  std::vector<layout::DescriptorRecord> ipv6_descriptors;
  std::vector<layout::RowBucket> row_buckets;
  std::vector<layout::PredicateRecord> predicates;
  std::vector<std::uint32_t> predicate_rules;
  std::vector<layout::RuleRecord> rules;
  std::vector<layout::RouteTableRecord> route_tables;
  std::vector<layout::RouteRecord> routes;
  std::vector<Line> lines;

  // How many records precede those here: where tables are changed, they begin behind those they are changes of.
  struct Before {
    std::size_t strings = 0;
    std::size_t row_buckets = 0;
    std::size_t predicates = 0;
    std::size_t predicate_rules = 0;
    std::size_t lines = 0;
  };
  Before before;
};

// visit(id, records) for every section, in order of id.
template <typename Visit>
void each_section(const ImageTables& tables, Visit visit) {
  visit(layout::SectionId::strings, tables.strings);
  visit(layout::SectionId::source, tables.source);
  visit(layout::SectionId::file_name, tables.file_name);
  visit(layout::SectionId::options, std::vector{tables.options});
  visit(layout::SectionId::vpc_cidrs, tables.vpc_cidrs);
  visit(layout::SectionId::subnets, tables.subnets);
  visit(layout::SectionId::interfaces, tables.interfaces);
  visit(layout::SectionId::private_ips, tables.private_ips);
  visit(layout::SectionId::group_lists, tables.group_lists);
  visit(layout::SectionId::list_groups, tables.list_groups);
  visit(layout::SectionId::groups, tables.groups);
  visit(layout::SectionId::acls, tables.acls);
  visit(layout::SectionId::nat_gateways, tables.nat_gateways);
  visit(layout::SectionId::nat_public_ips, tables.nat_public_ips);
  visit(layout::SectionId::publish, tables.publish);
  visit(layout::SectionId::owners, tables.owners);
  visit(layout::SectionId::public_owners, tables.public_owners);
  visit(layout::SectionId::descriptors, tables.descriptors);
  visit(layout::SectionId::row_buckets, tables.row_buckets);
  visit(layout::SectionId::predicates, tables.predicates);
  visit(layout::SectionId::predicate_rules, tables.predicate_rules);
  visit(layout::SectionId::rules, tables.rules);
  visit(layout::SectionId::route_tables, tables.route_tables);
  visit(layout::SectionId::routes, tables.routes);
  visit(layout::SectionId::lines, tables.lines);
  visit(layout::SectionId::ipv6_descriptors, tables.ipv6_descriptors);
  visit(layout::SectionId::interface_groups, tables.interface_groups);
}

// Bytes of all records, as they are in an image (but for the alignment of sections), with those before them.
[[nodiscard]] std::size_t bytes_of(const ImageTables& tables);

[[nodiscard]] ImageBytes write_image(const ImageTables& tables);

// Puts the hash of what lies behind the header into it (the last step of writing).
void seal_image(std::span<std::byte> image);

}  // namespace sallyport::rules
