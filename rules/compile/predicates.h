// Ordered lists of rules resolved to segments, so that a lookup costs one search whatever the number of rules.
//
// Owner: rules/compile. Always: equal lists share one predicate.
#pragma once

#include <cstdint>
#include <vector>

#include "rules/compile/interner.h"
#include "rules/image/image_writer.h"

namespace sallyport::rules {

class PredicateWriter {
 public:
  // `any_peer[rule]`: the rule has peer 0.0.0.0/0.
  PredicateWriter(ImageTables& tables, const std::vector<bool>& any_peer) : tables_(tables), any_peer_(any_peer) {}

  // The predicate of these rules, the first of which that matches decides.
  std::uint32_t add(const std::vector<std::uint32_t>& rules);

 private:
  void resolve(const std::vector<std::uint32_t>& rules, layout::TrafficKind kind);

  ImageTables& tables_;
  const std::vector<bool>& any_peer_;
  Interner lists_;
};

}  // namespace sallyport::rules
