// Whose each address is, as disjoint ranges that a reader searches.
//
// Owner: rules/compile. An address that an interface or NAT gateway names is theirs even where a subnet reserves it
// (the resolver may be owned); reserved addresses come next, unnamed ones last.
#include <algorithm>
#include <map>

#include "rules/compile/step_map_writer.h"
#include "rules/compile/steps.h"

namespace sallyport::rules {
namespace {

using layout::OwnerRecord;

// The addresses of one subnet that are somebody's in particular.
using Points = std::map<std::uint32_t, OwnerRecord>;

OwnerRecord owner(std::uint32_t first, std::uint32_t last, OwnerKind kind, std::uint32_t index, std::uint32_t subnet) {
  return {.first = first, .last = last, .kind = static_cast<std::uint32_t>(kind), .index = index, .subnet = subnet};
}

void add_reserved(Points& points, const Prefix& prefix, std::uint32_t subnet) {
  const std::uint32_t first = prefix.first().value;
  const std::uint32_t last = prefix.last().value;
  points.try_emplace(last, owner(last, last, OwnerKind::broadcast, kNone, subnet));
  for (std::uint32_t offset = 0; offset < 4 && offset < last - first; ++offset) {
    const OwnerKind kind = offset == 1 ? OwnerKind::router : OwnerKind::reserved;
    points.try_emplace(first + offset, owner(first + offset, first + offset, kind, kNone, subnet));
  }
}

// The ranges of a subnet from its points; what lies between them is the host interface's or nobody's.
void add_ranges(std::vector<OwnerRecord>& owners, const Points& points, const layout::SubnetRecord& record,
                std::uint32_t subnet) {
  const Prefix prefix{.base = Ipv4{record.prefix.base}, .length = static_cast<std::uint8_t>(record.prefix.length)};
  const OwnerKind unnamed = record.host_interface == kNone ? OwnerKind::nobody : OwnerKind::host;
  std::uint64_t next = prefix.first().value;
  for (const auto& [address, point] : points) {
    if (next < address) {
      owners.push_back(owner(static_cast<std::uint32_t>(next), address - 1, unnamed, record.host_interface, subnet));
    }
    owners.push_back(point);
    next = std::uint64_t{address} + 1;
  }
}

std::vector<Points> named_points(const CompileContext& context) {
  const ImageTables& tables = context.tables;
  std::vector<Points> points(tables.subnets.size());
  for (std::uint32_t i = 0; i < tables.options.named_interfaces; ++i) {
    const auto& interface = tables.interfaces[i];
    for (std::uint32_t a = 0; a < interface.address_count; ++a) {
      const std::uint32_t address = tables.private_ips[interface.address_begin + a].value;
      points[interface.subnet].try_emplace(address, owner(address, address, OwnerKind::interface, i, interface.subnet));
    }
  }
  for (std::uint32_t i = 0; i < tables.nat_gateways.size(); ++i) {
    const auto& nat = tables.nat_gateways[i];
    points[nat.subnet].try_emplace(nat.private_ip,
                                   owner(nat.private_ip, nat.private_ip, OwnerKind::nat_gateway, i, nat.subnet));
  }
  return points;
}

void add_public_owners(ImageTables& tables) {
  const auto add = [&](std::uint32_t address, PublicKind kind, std::uint32_t index) {
    tables.public_owners.push_back({.address = address, .kind = static_cast<std::uint32_t>(kind), .index = index});
  };
  for (std::uint32_t i = 0; i < tables.interfaces.size(); ++i) {
    if (tables.interfaces[i].public_ip != 0) add(tables.interfaces[i].public_ip, PublicKind::interface, i);
  }
  for (std::uint32_t i = 0; i < tables.nat_gateways.size(); ++i) {
    const auto& nat = tables.nat_gateways[i];
    for (std::uint32_t p = 0; p < nat.public_count; ++p) {
      add(tables.nat_public_ips[nat.public_begin + p], PublicKind::nat_gateway, i);
    }
  }
  std::ranges::sort(tables.public_owners, {}, &layout::PublicOwnerRecord::address);
}

// Records that ascend and do not overlap as a map of addresses to their numbers; kNothing lies between them.
template <typename Record>
std::vector<AddressStep> steps_of(const std::vector<Record>& records, auto first, auto last) {
  std::vector<AddressStep> steps;
  std::uint64_t next = 0;
  for (std::uint32_t i = 0; i < records.size(); ++i) {
    if (records[i].*first > next)
      steps.push_back({.first = static_cast<std::uint32_t>(next), .value = layout::kNothing});
    steps.push_back({.first = records[i].*first, .value = i});
    next = std::uint64_t{records[i].*last} + 1;
  }
  if (next <= 0xFFFF'FFFFU) steps.push_back({.first = static_cast<std::uint32_t>(next), .value = layout::kNothing});
  return steps;
}

}  // namespace

void compile_owners(CompileContext& context) {
  ImageTables& tables = context.tables;
  std::vector<Points> points = named_points(context);
  std::vector<std::uint32_t> by_address(tables.subnets.size());
  for (std::uint32_t i = 0; i < by_address.size(); ++i) by_address[i] = i;
  std::ranges::sort(by_address, {}, [&](std::uint32_t i) { return tables.subnets[i].prefix.base; });
  for (const std::uint32_t subnet : by_address) {
    const auto& record = tables.subnets[subnet];
    add_reserved(points[subnet],
                 {.base = Ipv4{record.prefix.base}, .length = static_cast<std::uint8_t>(record.prefix.length)}, subnet);
    add_ranges(tables.owners, points[subnet], record, subnet);
  }
  add_public_owners(tables);
  StepMapWriter maps(tables.lines);
  tables.options.owner_of = maps.addresses(steps_of(tables.owners, &OwnerRecord::first, &OwnerRecord::last));
  using layout::PublicOwnerRecord;
  tables.options.public_owner_of =
      maps.addresses(steps_of(tables.public_owners, &PublicOwnerRecord::address, &PublicOwnerRecord::address));
}

}  // namespace sallyport::rules
