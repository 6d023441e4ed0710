// The classes of an image held against the peers of the rules: which peers hold the addresses of each class.
//
// Owner: rules/prove. Part of prove(). Always: two addresses of one class lie in the same peers, or there is no
// ClassSets.
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

struct ClassSets {
  std::vector<std::vector<literal::PeerId>> peers_of;  // by class, ascending
  std::vector<std::vector<std::uint32_t>> classes_of;  // by peer
  std::vector<Ipv4> witness;                           // by class: an address of it
  std::vector<bool> reached;                           // by class: some address has it
  std::size_t cells = 0;
};

[[nodiscard]] std::expected<ClassSets, std::string> read_classes(const layout::Tables& tables,
                                                                 const literal::Rules& rules);

}  // namespace sallyport::rules::proof
