// Sizes with units; see the header. Owner: rules/document.
#include "rules/document/parse_size.h"

#include <charconv>

#include "rules/model/budget.h"

namespace sallyport::rules {

std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number > kLargestBudget.memory) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  unsigned shift = 0;
  if (unit == "KiB") {
    shift = 10;
  } else if (unit == "MiB") {
    shift = 20;
  } else if (unit == "GiB") {
    shift = 30;
  } else if (!unit.empty() && unit != "B") {
    return std::nullopt;
  }
  if (number > kLargestBudget.memory >> shift) return std::nullopt;
  const std::uint64_t bytes = number << shift;
  return bytes < kLeastMemory ? std::nullopt : std::optional(bytes);
}

}  // namespace sallyport::rules
