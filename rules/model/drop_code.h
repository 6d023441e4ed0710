// The one table of drop codes: every dropped packet has exactly one, spelt the same in counters, metrics, trace, replay
// and `explain`.
//
// Owner: rules/model. Always: a code stands in drop_code_table.inc with meaning and remedy, or it does not exist.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport::rules {

enum class DropCode : std::uint8_t {
  none,  // not dropped
#define SALLYPORT_DROP_CODE(code, meaning, remedy) code,
#include "rules/model/drop_code_table.inc"
#undef SALLYPORT_DROP_CODE
  count_
};

inline constexpr std::size_t kDropCodes = static_cast<std::size_t>(DropCode::count_);

struct DropCodeText {
  std::string_view name;     // as printed, e.g. "ENI_SG_RULES_MISMATCH"
  std::string_view meaning;  // one line
  std::string_view remedy;   // what to do about it, one line
};

// The table's row; `none` has the name "" and no text.
[[nodiscard]] const DropCodeText& text_of(DropCode code);
[[nodiscard]] inline std::string_view name_of(DropCode code) { return text_of(code).name; }
[[nodiscard]] std::optional<DropCode> drop_code_named(std::string_view name);

}  // namespace sallyport::rules
