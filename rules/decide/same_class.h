// Where a class stands in a row bucket.
//
// Owner: rules/decide. Hot.
#pragma once

#include <array>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace sallyport::rules {

using RowClasses = std::array<std::uint32_t, 8>;

// A bit for each place that has this class.
[[nodiscard]] inline std::uint32_t same_class_scalar(const RowClasses& classes, std::uint32_t address_class) {
  std::uint32_t mask = 0;
  for (std::uint32_t i = 0; i < 8; ++i) mask |= (classes[i] == address_class ? 1U : 0U) << i;
  return mask;
}

#if defined(__SSE2__)
// Precondition: `classes` begin a cache line.
[[nodiscard]] inline std::uint32_t same_class(const RowClasses& classes, std::uint32_t address_class) {
  const auto* at = reinterpret_cast<const __m128i*>(classes.data());
  const __m128i wanted = _mm_set1_epi32(static_cast<std::int32_t>(address_class));
  const __m128i low = _mm_cmpeq_epi32(_mm_load_si128(at), wanted);
  const __m128i high = _mm_cmpeq_epi32(_mm_load_si128(at + 1), wanted);
  const __m128i both = _mm_packs_epi16(_mm_packs_epi32(low, high), _mm_setzero_si128());
  return static_cast<std::uint32_t>(_mm_movemask_epi8(both));
}
#else
[[nodiscard]] inline std::uint32_t same_class(const RowClasses& classes, std::uint32_t address_class) {
  return same_class_scalar(classes, address_class);
}
#endif

}  // namespace sallyport::rules
