// A policy from bytes, whichever of the two forms they have: a document, which is read and compiled, or a compiled
// image, which carries its document.
//
// Owner: rules/compile. Always: policy and image say the same.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "rules/compile/compiler.h"
#include "rules/document/diagnostics.h"
#include "rules/image/image.h"
#include "rules/model/policy.h"

namespace sallyport::rules {

struct LoadedPolicy {
  Policy policy;
  Image image;
  Diagnostics warnings;
  std::unique_ptr<Compiler> compiler = nullptr;  // of a document
};

// `file_name` is how the document is called in messages; an image keeps the name it was compiled under. What is wrong
// with an image is an error at line 0. A document that is over the budget is refused, before it is read where reading
// alone would be.
[[nodiscard]] std::expected<LoadedPolicy, Diagnostics> load_policy(std::string bytes, std::string file_name,
                                                                   const Budget& budget = {},
                                                                   const Elapsed& elapsed = {});

// Why a document of this size is not even read.
[[nodiscard]] std::optional<std::string> too_large_to_read(std::size_t document_bytes, const Budget& budget);

}  // namespace sallyport::rules
