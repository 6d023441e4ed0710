// A port allocator with memory of its own, for tests.
//
// Owner: tests. Always: the memory is of exactly the size the pages ask for, so that a sanitizer sees a word too far.
#pragma once

#include <vector>

#include "dataplane/nat/port_allocator.h"

namespace sallyport::dataplane::testing {

class OwnedPorts {
 public:
  explicit OwnedPorts(std::uint64_t seed, const PortSlice& slice = {}, std::uint32_t pages = 4)
      : words_(PortPages::bytes_for(pages, slice.count()) / sizeof(std::uint64_t)),
        ports_(seed, slice, std::as_writable_bytes(std::span(words_)), pages) {}

  PortAllocator* operator->() { return &ports_; }
  PortAllocator& operator*() { return ports_; }

 private:
  std::vector<std::uint64_t> words_;
  PortAllocator ports_;
};

}  // namespace sallyport::dataplane::testing
