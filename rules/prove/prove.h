// Proof by exhaustion that an image decides as the rules of its policy do.
//
// Owner: rules/prove. Both sides are constant over intervals: the image's real tables are walked as intervals of
// addresses and of keys, merged with every place where a rule begins or ends, and each cell of that grid is decided
// once by the production lookup and once literally (rules/prove/literal_rules.h). Where all cells agree, all packets
// do. What no packet can observe (names, unreachable entries) is compared with a fresh compilation instead: see
// verify().
#pragma once

#include <cstddef>
#include <expected>
#include <string>

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

// The proof, and that every byte of the image is what compiling its policy gives.
[[nodiscard]] std::expected<Proof, std::string> verify(const Policy& policy, const Image& image);

}  // namespace sallyport::rules
