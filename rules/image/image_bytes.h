// The bytes of an image in memory: a vector whose first byte, and so every section, begins a cache line.
//
// Owner: rules/image.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace sallyport::rules {

template <typename T>
struct LineAllocator {
  using value_type = T;
  static constexpr std::align_val_t kAlignment{64};

  LineAllocator() = default;
  template <typename U>
  explicit LineAllocator(const LineAllocator<U>& /*other*/) {}

  T* allocate(std::size_t count) { return static_cast<T*>(::operator new(count * sizeof(T), kAlignment)); }
  void deallocate(T* at, std::size_t count) { ::operator delete(at, count * sizeof(T), kAlignment); }
  friend bool operator==(const LineAllocator&, const LineAllocator&) { return true; }
};

using ImageBytes = std::vector<std::byte, LineAllocator<std::byte>>;

}  // namespace sallyport::rules
