// A policy from bytes, whichever of the two forms they have: a document, which is read and compiled, or a compiled
// image, which carries its document.
//
// Owner: rules/compile. Always: policy and image say the same.
#pragma once

#include <expected>
#include <string>

#include "rules/document/diagnostics.h"
#include "rules/image/image.h"
#include "rules/model/policy.h"

namespace sallyport::rules {

struct LoadedPolicy {
  Policy policy;
  Image image;
  Diagnostics warnings;
};

// `file_name` is how the document is called in messages; an image keeps the name it was compiled under. What is wrong
// with an image is an error at line 0.
[[nodiscard]] std::expected<LoadedPolicy, Diagnostics> load_policy(std::string bytes, std::string file_name);

}  // namespace sallyport::rules
