// The classes of an image held against the peers of the rules: which peers hold the addresses of each class.
//
// Owner: rules/prove. Part of prove(), once for each family. Always: two addresses of one family and class lie in the
// same peers, or there is no ClassSets.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "rules/analyze/literal_rules.h"
#include "rules/decide/policy_view.h"
#include "rules/image/tables.h"

namespace sallyport::rules::proof {

template <typename Address>
struct ClassSets {
  std::vector<std::vector<literal::PeerId>> peers_of;  // by class, ascending
  std::vector<std::vector<std::uint32_t>> classes_of;  // by peer
  std::vector<Address> witness;                        // by class: an address of it
  std::vector<bool> reached;                           // by class: some address has it
  std::vector<bool> everything;                        // by peer: it holds every address
  std::size_t cells = 0;
};

// The classes of both families; the error is the first difference.
struct FamilyClasses {
  ClassSets<Ipv4> ipv4;
  ClassSets<Ipv6> ipv6;
};
[[nodiscard]] std::expected<FamilyClasses, std::string> read_classes(const layout::Tables& tables,
                                                                     const literal::Rules& rules);

// Whether the image counts more classes than it has intervals of addresses, layout::kNoObject apart: none that was
// compiled whole does.
[[nodiscard]] bool has_spare_classes(const layout::Tables& tables);

}  // namespace sallyport::rules::proof
