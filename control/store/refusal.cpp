// Owner: control/store. See refusal.h.
#include "control/store/refusal.h"

#include <fmt/format.h>

#include <utility>

namespace sallyport::control {

Refusal invalid(std::string message) { return {.kind = Refusal::Kind::invalid, .message = std::move(message)}; }

Refusal invalid_document(rules::Diagnostics details, const std::string& file, std::string_view source) {
  const std::size_t errors = details.errors();
  std::string rendered = rules::render(details, file, source);
  return {.kind = Refusal::Kind::invalid,
          .message = fmt::format("{}: {} error{}", file, errors, errors == 1 ? "" : "s"),
          .details = std::move(details),
          .rendered = std::move(rendered),
          .file = file};
}

}  // namespace sallyport::control
