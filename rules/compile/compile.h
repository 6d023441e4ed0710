// From the model to the image. Deterministic; knows nothing of files, time or threads.
//
// Owner: rules/compile.
#pragma once

#include <cstddef>
#include <expected>

#include "rules/document/diagnostics.h"
#include "rules/image/image.h"
#include "rules/model/policy.h"

namespace sallyport::rules {

// What `compile` prints.
struct CompileReport {
  std::size_t interfaces = 0;
  std::size_t group_sets = 0;
  std::size_t rules = 0;
  std::size_t classes = 0;
  std::size_t rows = 0;
  std::size_t predicates = 0;
  std::size_t image_bytes = 0;
};

struct Compiled {
  Image image;
  CompileReport report;
};

// The policy must have come from read_policy (consistent). Errors are ceilings that were exceeded, by name.
[[nodiscard]] std::expected<Compiled, Diagnostics> compile(const Policy& policy);

}  // namespace sallyport::rules
