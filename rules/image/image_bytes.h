// The bytes of an image in memory: a vector whose first byte, and so every section, begins a cache line.
//
// Owner: rules/image.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace sallyport::rules {

// Memory that begins a cache line; from kLargeBytes on it is whole large pages, where the kernel gives them.
[[nodiscard]] void* allocate_lines(std::size_t bytes);
void deallocate_lines(void* at, std::size_t bytes);
inline constexpr std::size_t kLargeBytes = std::size_t{256} << 10U;

template <typename T>
struct LineAllocator {
  using value_type = T;

  LineAllocator() = default;
  template <typename U>
  explicit LineAllocator(const LineAllocator<U>& /*other*/) {}

  T* allocate(std::size_t count) { return static_cast<T*>(allocate_lines(count * sizeof(T))); }
  void deallocate(T* at, std::size_t count) { deallocate_lines(at, count * sizeof(T)); }
  friend bool operator==(const LineAllocator&, const LineAllocator&) { return true; }
};

using ImageBytes = std::vector<std::byte, LineAllocator<std::byte>>;

}  // namespace sallyport::rules
