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

// How large an image may be (documents have ceilings of their own). Far above what AWS allows; they keep every index of
// an image in 32 bits.
struct ImageCeilings {
  std::size_t interfaces = 4'000'000;
  std::size_t security_groups = 1'000'000;
  std::size_t rules_per_group = 100'000;  // a direction
  std::size_t rules = 16'000'000;         // of all groups and ACLs
  std::size_t prefix_list_entries = 16'000'000;
  std::size_t rows = 64'000'000;
};

// The policy must have come from read_policy (consistent). Errors are ceilings that were exceeded, by name.
[[nodiscard]] std::expected<Compiled, Diagnostics> compile(const Policy& policy, const ImageCeilings& ceilings = {});

}  // namespace sallyport::rules
