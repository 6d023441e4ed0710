// A network ACL asked about sets of packets at once: what does it admit, what do its entries leave out? Internal to
// lint.
//
// Owner: rules/analyze. A set is a prefix of far-side addresses times a box of traffic. Addresses that do not matter to
// a question are put aside: they count as answered.
#pragma once

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "rules/analyze/cover.h"
#include "rules/analyze/lint_report.h"

namespace sallyport::rules::linting {

// Kinds of addresses to put aside, as bits.
inline constexpr unsigned kAsideVpc = 1;         // the VPC's CIDRs
inline constexpr unsigned kAsideUnroutable = 2;  // of nobody: 0/8, 127/8, link-local, multicast and beyond
inline constexpr unsigned kAsidePrivate = 4;     // RFC 1918 and 6598
inline constexpr unsigned kAsideNoSubnet = 8;    // of the VPC, in no subnet
inline constexpr unsigned kAsideOwnSubnet = 16;  // the only subnet behind the ACL: nothing inside it meets the ACL
using Aside = std::pair<Prefix, unsigned>;

// The ports that Linux asks from; whatever is said of replies concerns at least these.
inline constexpr Interval kHostPorts{32768, 60999};

// What every ACL of a policy may put aside.
[[nodiscard]] std::vector<Aside> common_asides(const Policy& policy);

// The smaller one of two prefixes that meet.
[[nodiscard]] std::optional<Prefix> common(const Prefix& a, const Prefix& b);
// The traffic that two boxes share; addresses are left alone.
[[nodiscard]] std::optional<Box> common(const Box& a, const Box& b);
[[nodiscard]] Box traffic_of(std::int16_t protocol, const Interval& keys = kEveryKey);

class AclSets {
 public:
  AclSets(const NetworkAcl& acl, std::vector<Aside> asides);

  // Packets that one entry decides.
  struct Requests {
    Side side = Side::ingress;
    std::uint32_t entry = 0;
    Box traffic;
  };
  // Packets that get nowhere.
  struct Lost {
    Box what;
    const AclEntry* denied_by = nullptr;  // null: they match no entry
    unsigned aside = 0;                   // what was put aside
  };

  // A packet among these that the ACL admits, by an entry whose prefix is no longer than `longest`.
  [[nodiscard]] std::optional<Box> admitted(Side side, const Prefix& at, const Box& traffic, unsigned aside,
                                            Budget& budget, std::uint8_t longest = 32) const;
  // Packets among these that no entry mentions. An entry that denies them all counts as if nothing came after it; one
  // that denies a part of them is taken as meant. With `requests`, of addresses whose requests those entries decide.
  // The keys of `traffic` contain kHostPorts.
  [[nodiscard]] std::optional<Lost> lost(Side side, const Prefix& at, const Box& traffic, unsigned aside,
                                         Budget& budget, const Requests* requests = nullptr) const;
  // An entry that denies a part of these, not all, and decides.
  [[nodiscard]] std::optional<Lost> partly_denied(Side side, const Prefix& at, const Box& traffic, unsigned aside,
                                                  Budget& budget) const;
  // The first entry that admits a part of these, and not only what is put aside.
  [[nodiscard]] const AclEntry* nearest(Side side, const Prefix& at, const Box& traffic, unsigned aside) const;

  [[nodiscard]] const std::vector<AclEntry>& entries(Side side) const { return entries_of(acl_, side); }
  [[nodiscard]] const Box& box(Side side, std::uint32_t entry) const { return boxes_[item_of(side, entry)]; }

 private:
  [[nodiscard]] std::uint32_t item_of(Side side, std::uint32_t entry) const {
    return side == Side::ingress ? entry : entry + static_cast<std::uint32_t>(acl_.ingress.size());
  }
  // How many entries stand before the first that denies all of it; all of them where none does.
  [[nodiscard]] std::uint32_t before_denial(Side side, const Prefix& at, const Box& traffic) const;
  // What is left of a set by the entries before `entry`, and by what is put aside.
  [[nodiscard]] std::optional<Box> decided_by(Side side, std::uint32_t entry, const Prefix& at, const Box& traffic,
                                              unsigned aside, Budget& budget) const;

  const NetworkAcl& acl_;
  std::vector<Aside> asides_;
  std::vector<Box> boxes_;  // of ingress, then egress entries; the items behind those are the asides
  std::array<std::vector<std::uint32_t>, 2> broad_denials_;  // a side; entries that deny kHostPorts
  PrefixIndex index_;
};

// What an ACL keeps back, by protocol; the first part is the one that is told of.
struct Refused {
  struct Part {
    std::int16_t protocol = kProtocolTcp;
    AclSets::Lost lost;
  };
  Side side = Side::ingress;
  Prefix far_side;
  std::vector<Part> parts;
};
// "tcp and udp 1024-65535 from 0.0.0.0/0 match no ingress entry", or are denied by one.
[[nodiscard]] std::string words(const Refused& refused);
// "allow tcp and udp 1024-65535 from 0.0.0.0/0 in ingress", before the entry that denies it.
[[nodiscard]] std::string remedy(const Refused& refused);
// The entry that denies it, else one that admits a part of it, else the ACL.
[[nodiscard]] Place place_of(const Refused& refused, const AclSets& sets, const std::string& acl, SourcePosition where);

}  // namespace sallyport::rules::linting
