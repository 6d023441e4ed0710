// A flow table with memory of its own, for tests.
//
// Owner: tests. Always: the memory is of exactly the size the table asks for, so that a sanitizer sees a byte too far.
#pragma once

#include <cstdlib>
#include <cstring>
#include <memory>

#include "dataplane/flow/flow_table.h"

namespace sallyport::dataplane::testing {

class OwnedFlowTable {
 public:
  explicit OwnedFlowTable(std::uint64_t capacity, std::uint64_t seed = 1, unsigned tag_bits = 20)
      : bytes_(FlowTable::bytes_for(capacity)),
        memory_(static_cast<std::byte*>(std::aligned_alloc(64, bytes_)), &std::free),
        table_(zeroed(), capacity, seed, tag_bits) {}

  FlowTable* operator->() { return &table_; }
  FlowTable& operator*() { return table_; }

 private:
  std::span<std::byte> zeroed() {
    std::memset(memory_.get(), 0, bytes_);
    return {memory_.get(), bytes_};
  }

  std::size_t bytes_;
  std::unique_ptr<std::byte, decltype(&std::free)> memory_;
  FlowTable table_;
};

}  // namespace sallyport::dataplane::testing
