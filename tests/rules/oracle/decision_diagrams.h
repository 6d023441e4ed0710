// Sets of packets as binary decision diagrams: an oracle beside the proof that shares nothing with it but the model.
//
// Owner: tests/rules. A packet is one of IPv4, 56 bits: protocol, key (port, or ICMP type and code), remote address.
// Diagrams are canonical: two sets are equal exactly if they are the same node. Always: one Diagrams at a time (BuDDy
// is global).
#pragma once

#include <bdd.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "rules/image/image.h"
#include "rules/model/policy.h"

namespace sallyport::rules::oracle {

class Diagrams {
 public:
  Diagrams();
  ~Diagrams();
  Diagrams(const Diagrams&) = delete;
  Diagrams& operator=(const Diagrams&) = delete;

  [[nodiscard]] bdd protocol(std::uint32_t number) const;
  [[nodiscard]] bdd keys(std::uint32_t first, std::uint32_t last) const;
  [[nodiscard]] bdd addresses(std::uint32_t first, std::uint32_t last) const;
  // TCP, UDP, ICMP, or anything else.
  [[nodiscard]] bdd kind(std::uint32_t kind) const;

 private:
  // Bits first_bit .. first_bit+bits-1, the most significant first, hold a number from `first` to `last`.
  [[nodiscard]] static bdd number_between(int first_bit, int bits, std::uint32_t first, std::uint32_t last);
};

// What a list of groups or an ACL says in one direction.
struct Decision {
  std::map<std::string, bdd> by_rule;  // where this rule decides; empty sets are left out
  bdd allowed = bddfalse;
  bdd untracked = bddfalse;
  friend bool operator==(const Decision&, const Decision&);
};

// By name: "interface web-1 ingress", "ACL public egress".
using Decisions = std::map<std::string, Decision>;

[[nodiscard]] Decisions decisions_of(const Diagrams& diagrams, const Policy& policy);
// From the image's own tables, walked; of interfaces with the same groups each.
[[nodiscard]] Decisions decisions_of(const Diagrams& diagrams, const Image& image);

}  // namespace sallyport::rules::oracle
