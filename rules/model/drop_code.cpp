// The table of drop codes, expanded. Owner: rules/model.
#include "rules/model/drop_code.h"

#include <array>

namespace sallyport::rules {
namespace {

constexpr std::array<DropCodeText, kDropCodes> kTexts{{
    {"", "", ""},
#define SALLYPORT_DROP_CODE(code, meaning, remedy) {#code, meaning, remedy},
#include "rules/model/drop_code_table.inc"
#undef SALLYPORT_DROP_CODE
}};

}  // namespace

const DropCodeText& text_of(DropCode code) { return kTexts[static_cast<std::size_t>(code)]; }

std::optional<DropCode> drop_code_named(std::string_view name) {
  for (std::size_t i = 1; i < kDropCodes; ++i) {
    if (kTexts[i].name == name) return static_cast<DropCode>(i);
  }
  return std::nullopt;
}

}  // namespace sallyport::rules
