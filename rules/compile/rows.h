// The rows of one descriptor made buckets (layout::RowBucket).
//
// Owner: rules/compile.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rules/image/layout.h"

namespace sallyport::rules {

struct Row {
  std::uint32_t address_class = 0;
  std::uint32_t predicate = 0;
};

// Appends the smallest number of buckets, a power of two, that holds every row in its bucket or the next; returns one
// less than that number. Classes are distinct; equal rows give equal buckets.
[[nodiscard]] std::uint32_t write_rows(std::span<const Row> rows, std::vector<layout::RowBucket>& buckets);

}  // namespace sallyport::rules
