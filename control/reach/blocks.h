// Many parties as few blocks of neighbours: by the parts of their names where those are few, else in runs.
//
// Owner: control/reach.
#pragma once

#include <string>
#include <vector>

#include "rules/analyze/reach.h"

namespace sallyport::control {

struct Block {
  std::string label;                   // "app-1 … app-9", or what the names begin with
  std::vector<std::uint32_t> parties;  // ascending
};

// At most `most` blocks, in the natural order of names (app-9 before app-10).
[[nodiscard]] std::vector<Block> blocks_of(const std::vector<rules::ReachParty>& parties,
                                           std::vector<std::uint32_t> members, std::size_t most);

// Digits count as numbers.
[[nodiscard]] bool natural_less(std::string_view a, std::string_view b);

}  // namespace sallyport::control
