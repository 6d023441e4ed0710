// Positions after a live change: what stands in the document that was applied keeps its place there, the rest has none.
//
// Owner: rules/document. Always: positions follow from that document and from what stands in the policy now, not from
// the changes between. Implicit objects keep line 0.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "rules/document/documents.h"
#include "rules/model/policy.h"

namespace sallyport::rules {

// The line of what does not stand in the document that was applied: a change of the running policy added it.
inline constexpr std::uint32_t kAddedLive = 0xFFFFFFFFU;

// "policy.json:31", or "added live". `line` is not 0.
[[nodiscard]] std::string place_in_words(std::string_view file, std::uint32_t line);

// `applied` was changed live, and `policy` read from what came of it: every position of `policy` becomes that of the
// same thing in `applied`, or kAddedLive.
void keep_positions(Policy& policy, const Policy& applied);
// The same for one object of a section that changes alone.
void keep_positions(Policy& policy, Section section, std::string_view name, const Policy& applied);

}  // namespace sallyport::rules
