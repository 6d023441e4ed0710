// Rows into buckets: as full as two lookups allow. Owner: rules/compile.
#include "rules/compile/rows.h"

#include <algorithm>
#include <bit>

namespace sallyport::rules {
namespace {

constexpr std::size_t kPlaces = 8;

bool put(layout::RowBucket& bucket, const Row& row) {
  const auto place = std::ranges::find(bucket.classes, layout::kNoIndex);
  if (place == bucket.classes.end()) return false;
  *place = row.address_class;
  bucket.predicates[static_cast<std::size_t>(place - bucket.classes.begin())] = row.predicate;
  return true;
}

bool fill(std::span<const Row> rows, std::span<layout::RowBucket> buckets) {
  layout::RowBucket empty{};
  empty.classes.fill(layout::kNoIndex);
  std::ranges::fill(buckets, empty);
  const auto mask = static_cast<std::uint32_t>(buckets.size() - 1);
  return std::ranges::all_of(rows, [&](const Row& row) {
    const std::uint32_t at = layout::bucket_of(row.address_class, mask);
    return put(buckets[at], row) || put(buckets[(at + 1) & mask], row);
  });
}

}  // namespace

std::uint32_t write_rows(std::span<const Row> rows, std::vector<layout::RowBucket>& buckets) {
  const std::size_t first = buckets.size();
  std::size_t count = std::bit_ceil(std::max<std::size_t>(1, (rows.size() + kPlaces - 1) / kPlaces));
  for (;; count *= 2) {
    buckets.resize(first + count);
    if (fill(rows, std::span(buckets).subspan(first))) return static_cast<std::uint32_t>(count - 1);
  }
}

}  // namespace sallyport::rules
