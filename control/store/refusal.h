// Why a change was refused.
//
// Owner: control/store. Always: what was in force stays in force.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "rules/document/diagnostics.h"

namespace sallyport::control {

struct Refusal {
  enum class Kind : std::uint8_t {
    invalid,  // the document, image or edit is wrong
    pending,  // a confirmation is awaited
    missing,  // nothing to roll back to, nothing to confirm, no policy to change
    stale,    // the policy changed since the caller looked
    beyond,   // it would open more than max_opened says
  };
  Kind kind = Kind::invalid;
  std::string message;
  rules::Diagnostics details = {};  // of an invalid document
  std::string rendered = {};        // the same with source lines and carets
  std::string file = {};            // that they point into; empty: the one that was sent
};

[[nodiscard]] Refusal invalid(std::string message);
// `source`: the text that the diagnostics point into, or empty.
[[nodiscard]] Refusal invalid_document(rules::Diagnostics details, const std::string& file, std::string_view source);

}  // namespace sallyport::control
