// The layout of an image: header, section table, and the records of every section.
//
// Owner: rules/image. Written by image_writer, checked by Image::load, read through Tables.
// Always: little-endian; sections lie in ascending order of id, each on the next multiple of 64 bytes, zero bytes
// between them and nothing behind the last; records are plain data without hidden padding; a change of any record
// raises kVersion. Sections that this program does not know: ids from kIgnorableFrom up may follow the known ones and
// are ignored, any other is refused.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "rules/image/public_records.h"
#include "rules/image/step_map.h"
#include "rules/model/address.h"
#include "rules/model/policy.h"

namespace sallyport::rules::layout {

static_assert(std::endian::native == std::endian::little, "images are read in place");

inline constexpr std::array<char, 8> kMagic{'S', 'A', 'L', 'L', 'Y', 'I', 'M', 'G'};
inline constexpr std::uint32_t kVersion = 6;
inline constexpr std::size_t kAlignment = 64;
inline constexpr std::uint32_t kIgnorableFrom = 0x8000'0000U;
inline constexpr std::uint32_t kMaxSections = 1024;
inline constexpr std::uint32_t kNoIndex = 0xFFFF'FFFFU;

struct Header {
  std::array<char, 8> magic;
  std::uint32_t version;
  std::uint32_t flags;  // none is defined: 0
  std::uint64_t size;   // of the whole image, bytes
  std::uint32_t sections;
  std::uint32_t unused;                 // 0
  std::array<std::uint8_t, 32> sha256;  // of everything behind the header
};
static_assert(sizeof(Header) == 64 && offsetof(Header, sha256) == 32);

struct Section {
  std::uint32_t id;
  std::uint32_t record_size;
  std::uint64_t offset;  // from the image's first byte
  std::uint64_t size;    // bytes: record_size * count
  std::uint64_t count;
};
static_assert(sizeof(Section) == 32);

// Bytes of the `strings` section.
struct TextRef {
  std::uint32_t offset;
  std::uint32_t size;
};

struct PrefixRecord {
  std::uint32_t base;
  std::uint32_t length;
};

struct OptionsRecord {
  std::uint32_t internet_gateway;
  std::uint32_t tcp_pickup;
  std::uint32_t allow_private_internet;
  std::uint32_t on_policy_change;
  std::uint32_t nat_timeout;  // seconds
  std::uint32_t resolver;     // address
  Timeouts timeouts;
  std::uint32_t named_interfaces;  // the rest are host interfaces of subnets
  std::uint32_t classes;
  // Maps over addresses: to a class; to a record of owners; to one of public_owners.
  step_map::Ref class_of;
  step_map::Ref owner_of;
  step_map::Ref public_owner_of;
  step_map::Ref class_of_ipv6;  // a wide map (rules/image/wide_map.h)
};
static_assert(sizeof(OptionsRecord) == 76);

// In the maps over addresses: nothing is there.
inline constexpr std::uint32_t kNothing = step_map::kMaxValue;

struct SubnetRecord {
  TextRef name;
  PrefixRecord prefix;
  std::uint32_t acl;
  std::uint32_t table;
  std::uint32_t host_interface;  // kNoIndex: the subnet names no groups
  std::uint32_t router;          // address
};
static_assert(sizeof(SubnetRecord) == 32);

inline constexpr std::uint32_t kSourceDestCheck = 1U;
inline constexpr std::uint32_t kIsHost = 2U;
inline constexpr std::uint32_t kHasMac = 4U;

// Named interfaces in order of name, then host interfaces in order of their subnets' names.
struct InterfaceRecord {
  TextRef name;
  std::uint32_t subnet;
  std::uint32_t address_begin;  // of private_ips; the first is primary
  std::uint32_t address_count;
  std::uint32_t publish_begin;
  std::uint32_t publish_count;
  std::uint32_t public_ip;  // 0: none
  std::uint32_t flags;
  std::array<std::uint8_t, 6> mac;
  std::array<std::uint8_t, 2> unused;
  Timeouts timeouts;
};
static_assert(sizeof(InterfaceRecord) == 72);

// A distinct ordered list of groups; `begin` points into list_groups. Which one an interface has stands in a table of
// its own, interface_groups, since that is all a decision asks of an interface.
struct GroupListRecord {
  std::uint32_t begin;
  std::uint32_t count;
};

struct NatRecord {
  TextRef name;
  std::uint32_t subnet;
  std::uint32_t private_ip;
  std::uint32_t public_begin;  // of nat_public_ips
  std::uint32_t public_count;
};
static_assert(sizeof(NatRecord) == 24);

// Disjoint and ascending; addresses between them are in no subnet. `kind` is OwnerKind.
struct OwnerRecord {
  std::uint32_t first;
  std::uint32_t last;
  std::uint32_t kind;
  std::uint32_t index;
  std::uint32_t subnet;
};
static_assert(sizeof(OwnerRecord) == 20);

// Ascending by address. `kind` is PublicKind.
struct PublicOwnerRecord {
  std::uint32_t address;
  std::uint32_t kind;
  std::uint32_t index;
};

// The other direction of the same groups admits 0.0.0.0/0, or ::/0 where the descriptor is IPv6's, on every port of the
// protocol by one rule.
inline constexpr std::uint32_t kReturnOpenTcp = 1U;
inline constexpr std::uint32_t kReturnOpenUdp = 2U;

// How a packet's protocol and ports become one key: TCP and UDP the destination port, ICMP and ICMPv6 type * 256 +
// code, anything else its protocol number. ICMP is a kind of IPv4 alone, ICMPv6 of IPv6 alone.
enum class TrafficKind : std::uint32_t { tcp, udp, icmp, other, icmpv6 };
inline constexpr std::size_t kTrafficKinds = 4;  // of a family

// What an ordered list of rules says of each kind of traffic of one family (of IPv6 ICMPv6 stands in the place of
// ICMP): a map of keys to Rulings, or to kNothing.
using Maps = std::array<step_map::Ref, kTrafficKinds>;

// The first rule that matches, 31 bits: where its group stands in the interface's list (0 in an ACL), the rule, flags.
// Of two rulings the lesser precedes.
inline constexpr std::uint32_t kAllows = 1U;
inline constexpr std::uint32_t kSomeAnyPeer = 2U;  // some rule that matches here has peer 0.0.0.0/0, or ::/0
inline constexpr std::uint32_t kRuleBits = 23;
inline constexpr std::uint32_t kMaxRules = 1U << kRuleBits;
inline constexpr std::uint32_t kMaxGroupsOfInterface = 63;  // the 64th place is kNothing's
[[nodiscard]] constexpr std::uint32_t ruling(std::uint32_t place, std::uint32_t rule, std::uint32_t flags) {
  return place << (kRuleBits + 2) | rule << 2U | flags;
}
[[nodiscard]] constexpr std::uint32_t rule_of(std::uint32_t ruling) { return ruling >> 2U & (kMaxRules - 1); }
[[nodiscard]] constexpr std::uint32_t place_of(std::uint32_t ruling) { return ruling >> (kRuleBits + 2); }
[[nodiscard]] constexpr std::uint32_t flags_of(std::uint32_t ruling) { return ruling & 3U; }

// Two for each group list, ingress and egress, then two for each ACL. What matches any remote address stands here, what
// matches a class besides stands in that class's row. There is one such table for each family; the two share their
// rows, since a class may hold addresses of both.
struct alignas(32) DescriptorRecord {
  Maps any;
  std::uint32_t buckets;  // the first of its row buckets
  std::uint32_t mask;     // one less than their number, a power of two
  std::uint32_t flags;
  std::uint32_t predicate;  // whose rules match any address
};
static_assert(sizeof(DescriptorRecord) == 32);

// The class of addresses that no rule names but by 0.0.0.0/0 or ::/0. It has no row.
inline constexpr std::uint32_t kNoObject = 0;

// Eight rows, a class and its predicate each; kNoIndex marks a free place, the used ones come first. A class stands in
// the bucket that bucket_of names or, if that one is full, in the next (the last one's next is the first).
struct alignas(64) RowBucket {
  std::array<std::uint32_t, 8> classes;
  std::array<std::uint32_t, 8> predicates;
};
static_assert(sizeof(RowBucket) == 64);

[[nodiscard]] constexpr std::uint32_t bucket_of(std::uint32_t address_class, std::uint32_t mask) {
  const std::uint32_t mixed = address_class * 0x9E37'79B1U;
  return (mixed ^ mixed >> 15U) & mask;
}

// A map of keys to rulings in the record that it is asked for with, so that most decisions need no line more. Each
// bound is the last key of an interval; unused ones are 0xFFFF and unused values repeat the last. All 0 where there is
// none.
struct OwnMap {
  std::array<std::uint16_t, 4> bounds;
  std::array<std::uint32_t, 5> values;
};
inline constexpr std::size_t kOwnSteps = 5;
// In place of a reference: the record's own map.
inline constexpr step_map::Ref kOwn = 7U << 28U;

// The predicate of a row may have one of its maps in itself; one of what matches any address has none.
struct alignas(64) PredicateRecord {
  Maps maps;                 // IPv4's
  std::uint32_t rule_begin;  // of predicate_rules, in order of preference
  std::uint32_t rule_count;
  step_map::Ref icmpv6;  // never kOwn
  OwnMap own;
  std::array<std::uint32_t, 2> unused;  // 0
};
static_assert(sizeof(PredicateRecord) == 64);

[[nodiscard]] constexpr std::uint32_t ruling_in(const OwnMap& map, step_map::Key key) {
  std::uint32_t interval = 0;
  for (const std::uint16_t bound : map.bounds) interval += bound < key ? 1U : 0U;
  return map.values[interval];
}

[[nodiscard]] constexpr Maps ipv6_maps(const PredicateRecord& predicate) {
  Maps maps = predicate.maps;
  maps[static_cast<std::size_t>(TrafficKind::icmp)] = predicate.icmpv6;
  return maps;
}

inline constexpr std::uint8_t kRuleIsEgress = 1U;
inline constexpr std::uint8_t kRuleIsAcl = 2U;
inline constexpr std::uint8_t kRuleAllows = 4U;
inline constexpr std::uint8_t kRuleIsGone = 8U;  // in derived images alone: nothing leads to it any more

// A group's rules follow each other in file order, an ACL's in order of rule number.
struct RuleRecord {
  TextRef name;
  TextRef text;
  TextRef description;
  std::uint32_t owner;  // group, or ACL
  std::uint32_t line;
  std::uint16_t rule_no;
  std::uint8_t flags;
  std::uint8_t unused;
  std::int16_t protocol;
  std::uint16_t from_port;
  std::uint16_t to_port;
  std::int16_t icmp_type;
  std::int16_t icmp_code;
  std::uint16_t unused2;
};
static_assert(sizeof(RuleRecord) == 48);

// `route_of`: a map over destinations to the route with the longest prefix, kLocalRoute or kNothing.
struct RouteTableRecord {
  TextRef name;
  step_map::Ref route_of;
};
inline constexpr std::uint32_t kLocalRoute = kNothing - 1;

struct RouteRecord {
  PrefixRecord destination;
  std::uint32_t target;  // RouteTarget, never local
  std::uint32_t index;   // interface or NAT gateway
  std::uint32_t line;
};
static_assert(sizeof(RouteRecord) == 20);

enum class SectionId : std::uint32_t {
  strings = 1,
  source,
  file_name,
  options,
  vpc_cidrs,
  subnets,
  interfaces,
  private_ips,
  group_lists,
  list_groups,
  groups,
  acls,
  nat_gateways,
  nat_public_ips,
  publish,
  owners,
  public_owners,
  descriptors,
  row_buckets,
  predicates,
  predicate_rules,
  rules,
  route_tables,
  routes,
  lines,
  ipv6_descriptors,
  interface_groups,
};

struct SectionKind {
  std::string_view name;
  std::uint32_t record_size;
};

// In order of id.
inline constexpr std::array<SectionKind, 27> kSections{{
    {"strings", 1},
    {"source", 1},
    {"file_name", 1},
    {"options", sizeof(OptionsRecord)},
    {"vpc_cidrs", sizeof(PrefixRecord)},
    {"subnets", sizeof(SubnetRecord)},
    {"interfaces", sizeof(InterfaceRecord)},
    {"private_ips", sizeof(Ipv4)},
    {"group_lists", sizeof(GroupListRecord)},
    {"list_groups", sizeof(std::uint32_t)},
    {"groups", sizeof(TextRef)},
    {"acls", sizeof(TextRef)},
    {"nat_gateways", sizeof(NatRecord)},
    {"nat_public_ips", sizeof(std::uint32_t)},
    {"publish", sizeof(PublishInfo)},
    {"owners", sizeof(OwnerRecord)},
    {"public_owners", sizeof(PublicOwnerRecord)},
    {"descriptors", sizeof(DescriptorRecord)},
    {"row_buckets", sizeof(RowBucket)},
    {"predicates", sizeof(PredicateRecord)},
    {"predicate_rules", sizeof(std::uint32_t)},
    {"rules", sizeof(RuleRecord)},
    {"route_tables", sizeof(RouteTableRecord)},
    {"routes", sizeof(RouteRecord)},
    {"lines", sizeof(Line)},
    {"ipv6_descriptors", sizeof(DescriptorRecord)},
    {"interface_groups", sizeof(std::uint32_t)},
}};
static_assert(kSections.size() == static_cast<std::size_t>(SectionId::interface_groups));

template <typename T>
concept Record = std::is_trivially_copyable_v<T> && std::is_standard_layout_v<T> && alignof(T) <= kAlignment;

[[nodiscard]] constexpr std::size_t aligned(std::size_t offset) {
  return (offset + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace sallyport::rules::layout
