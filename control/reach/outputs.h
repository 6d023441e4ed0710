// What reach found, in each of its formats.
//
// Owner: control/reach.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "control/reach/picture.h"
#include "rules/analyze/reach.h"

namespace sallyport::control {

// For a terminal: a line a pair with something open, at most `most` of them; of a small question also why others are
// closed.
[[nodiscard]] std::string reach_table(const rules::Reach& reach, const std::string& file, std::size_t most);
// Schema sallyport/reach/1, as text: of many pairs it is large.
[[nodiscard]] std::string reach_json(const rules::Reach& reach, const std::string& file);
// The graph of groups for graphviz: an arrow from each group that a rule names to the group whose rule it is.
[[nodiscard]] std::string reach_dot(const rules::Reach& reach, const std::string& file);
// One page that needs nothing else.
[[nodiscard]] std::string reach_html(const Picture& picture);

// At most this many pairs are told of even where nothing passes.
inline constexpr std::size_t kMostPairsExplained = 100;

}  // namespace sallyport::control
