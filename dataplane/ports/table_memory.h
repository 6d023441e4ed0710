// Memory for the engines' big tables: anonymous mappings, zeroed, page-aligned, given back at once when the owner goes.
//
// Owner: dataplane/ports; one a worker, used by control threads only (before the worker starts and after it ended).
// Always: what was handed out stays valid for the life of this object. Nothing here has a name on the host.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "rules/model/gateway.h"

namespace sallyport::dataplane {

class TableMemory {
 public:
  // `automatic` takes hugepages and falls back to ordinary pages, a mapping at a time.
  explicit TableMemory(rules::MemoryMode mode) : mode_(mode) {}
  ~TableMemory();
  TableMemory(const TableMemory&) = delete;
  TableMemory& operator=(const TableMemory&) = delete;

  // nullptr when the system has no such pages.
  [[nodiscard]] void* allocate(std::size_t bytes);

  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t refused_bytes() const { return refused_bytes_; }  // of the first request that failed
  [[nodiscard]] bool fell_back() const { return fell_back_; }

 private:
  struct Mapping {
    void* address;
    std::size_t bytes;
  };

  void* map_hugepages(std::size_t bytes);
  void* map_pages(std::size_t bytes);

  rules::MemoryMode mode_;
  std::vector<Mapping> mappings_;
  std::size_t bytes_ = 0;
  std::size_t refused_bytes_ = 0;
  bool fell_back_ = false;
};

// Free memory of the default hugepage size, and that size; zero where the kernel has none.
struct Hugepages {
  std::uint64_t free_bytes = 0;
  std::uint64_t page_bytes = 0;
};
[[nodiscard]] Hugepages hugepages_of_this_host();

}  // namespace sallyport::dataplane
