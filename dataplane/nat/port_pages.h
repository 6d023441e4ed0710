// Which ports are in use towards busy destinations: a page of bits for each, found by the destination.
//
// Owner: dataplane/nat; a part of PortAllocator. A fixed number of pages, their bits in memory that the caller gives.
// Always: the next clear bit is found in a bounded number of steps, however few are left; a page whose last bit was
// cleared is free again; one that is little used gives way to another destination's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/flow/session.h"

namespace sallyport::dataplane {

class PortPages {
 public:
  using Index = std::uint32_t;
  static constexpr Index kNone = 0xFFFFFFFFU;

  [[nodiscard]] static std::size_t bytes_for(std::uint32_t pages, std::uint32_t ports);

  // `memory` is aligned to 8, of bytes_for(pages, ports) bytes, and outlives the pages. `ports`: bits of a page.
  PortPages(std::span<std::byte> memory, std::uint32_t pages, std::uint32_t ports);

  [[nodiscard]] bool any() const { return in_use_ > 0; }
  // `hash` is the same for the same destination.
  [[nodiscard]] Index find(const FlowTuple& destination, std::uint64_t hash) const;
  // A page for a destination that has none, all clear; kNone where all are in use and busy.
  [[nodiscard]] Index open(const FlowTuple& destination, std::uint64_t hash);

  [[nodiscard]] bool is_full(Index page) const { return pages_[page].used == ports_; }
  // The first clear bit from `from` on, beginning again at 0 behind the last. Precondition: the page is not full.
  [[nodiscard]] std::uint32_t next_clear(Index page, std::uint32_t from) const;
  // No effect where the bit stands so already. Clearing the last one ends the page.
  void set(Index page, std::uint32_t bit);
  void clear(Index page, std::uint32_t bit);

 private:
  struct Page {
    FlowTuple destination{};
    std::uint64_t hash = 0;
    std::uint32_t used = 0;
    Index next = kNone;  // of its chain, or of the free ones
  };

  [[nodiscard]] std::uint64_t* words_of(Index page) const { return words_.data() + std::size_t{page} * stride_; }
  [[nodiscard]] Index& chain_of(std::uint64_t hash) { return chains_[hash & (chains_.size() - 1)]; }
  [[nodiscard]] Index take();
  void end(Index page);

  std::uint32_t ports_;
  std::uint32_t word_count_;     // of a page's ports; behind them the summary, a bit for each word that is full
  std::uint32_t summary_count_;  // words of the summary
  std::size_t stride_;           // words from page to page
  std::span<std::uint64_t> words_;
  std::vector<Page> pages_;
  std::vector<Index> chains_;  // heads; a power of two
  Index first_free_ = kNone;
  Index hand_ = 0;  // where the next search for one that gives way begins
  std::uint32_t in_use_ = 0;
};

}  // namespace sallyport::dataplane
