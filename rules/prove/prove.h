// Proof by exhaustion that an image decides as the rules of its policy do.
//
// Owner: rules/prove. Both sides are constant over intervals: the image's real tables are walked as intervals of
// addresses and of keys, merged with every place where a rule begins or ends, and each cell of that grid is decided
// once by the production lookup and once literally (rules/analyze/literal_*). Where all cells agree, all packets do.
// Subnets, interfaces, NAT gateways, published ports and options are compared record by record. What only people see
// (texts of rules, lines) is left to verify(). Always: for an image that this program compiled; one from elsewhere is
// held against a fresh compilation first, since its maps may share lines in ways that make walking them long.
#pragma once

#include <cstddef>
#include <expected>
#include <string>

#include "rules/compile/meter.h"
#include "rules/image/image.h"
#include "rules/model/policy.h"

namespace sallyport::rules {

// What was looked at.
struct Proof {
  std::size_t address_cells = 0;   // intervals of addresses, whose class, owner or route was compared
  std::size_t descriptors = 0;     // lists of groups and ACLs, each in both directions
  std::size_t rows = 0;            // a descriptor and a class of addresses
  std::size_t decision_cells = 0;  // a row, a kind of traffic and an interval of its keys
  friend bool operator==(const Proof&, const Proof&) = default;
};

// The error names the first cell that differs, with a packet that shows it: what the rules say and what the image does.
[[nodiscard]] std::expected<Proof, std::string> prove(const Policy& policy, const Image& image);

// The same for an image that was derived from `base`, which was proven of `before`, by a change of rules, memberships
// and prefix lists: the addresses are walked whole, decisions only where the tables or the rules are others now. An
// error too where the two differ in more.
[[nodiscard]] std::expected<Proof, std::string> prove_update(const Policy& before, const Image& base,
                                                             const Policy& policy, const Image& image);

// For an image from elsewhere: that every byte of it is what compiling its policy gives, then the proof. The budget is
// that of compiling.
[[nodiscard]] std::expected<Proof, std::string> verify(const Policy& policy, const Image& image,
                                                       const Budget& budget = {}, const Elapsed& elapsed = {});

}  // namespace sallyport::rules
