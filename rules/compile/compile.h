// From the model to the image. Deterministic; knows nothing of files, time or threads.
//
// Owner: rules/compile.
#pragma once

#include <cstddef>
#include <expected>

#include "rules/compile/meter.h"
#include "rules/document/diagnostics.h"
#include "rules/image/image.h"
#include "rules/model/policy.h"

namespace sallyport::rules {

// What `compile` prints besides the policy's own size.
struct CompileReport {
  std::size_t group_sets = 0;
  std::size_t classes = 0;
  std::size_t rows = 0;
  std::size_t predicates = 0;
  std::size_t image_bytes = 0;
  std::size_t memory_bytes = 0;  // the most that compiling held, as the budget counts it
  // The cost estimate: cache lines that one decision touches at most.
  std::size_t lines = 0;
  std::size_t ipv6_lines = 0;
};

struct Compiled {
  Image image;
  CompileReport report;
};

// What an image may hold of things that a document's own ceilings do not bound. They keep every index in 32 bits.
struct ImageCeilings {
  std::size_t rules = 8'000'000;    // of all groups and ACLs
  std::size_t routes = 16'000'000;  // one for each entry of a prefix list
  std::size_t groups_per_interface = 63;
};

// The policy must have come from read_policy (consistent). Errors are ceilings that were exceeded, by name, and the
// budget, with the groups, lists or route tables that cause it.
[[nodiscard]] std::expected<Compiled, Diagnostics> compile(const Policy& policy, const Budget& budget = {},
                                                           const Elapsed& elapsed = {},
                                                           const ImageCeilings& ceilings = {});

}  // namespace sallyport::rules
