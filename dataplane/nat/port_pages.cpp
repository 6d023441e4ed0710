// Owner: dataplane/nat. See port_pages.h.
#include "dataplane/nat/port_pages.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace sallyport::dataplane {
namespace {

constexpr std::uint32_t kWordBits = 64;
constexpr std::uint64_t kFull = ~std::uint64_t{0};
constexpr std::size_t kLineWords = 8;

constexpr std::uint32_t words_for(std::uint32_t bits) { return (bits + kWordBits - 1) / kWordBits; }
constexpr std::uint64_t bit_of(std::uint32_t index) { return std::uint64_t{1} << (index % kWordBits); }

constexpr std::size_t stride_for(std::uint32_t ports) {
  const std::size_t words = words_for(ports) + words_for(words_for(ports));
  return (words + kLineWords - 1) / kLineWords * kLineWords;
}

// All clear but for what stands behind the last bit.
void wipe(std::span<std::uint64_t> words, std::uint32_t bits) {
  std::ranges::fill(words, 0);
  if (bits % kWordBits != 0) words[bits / kWordBits] = kFull << (bits % kWordBits);
}

}  // namespace

std::size_t PortPages::bytes_for(std::uint32_t pages, std::uint32_t ports) {
  return pages * stride_for(ports) * sizeof(std::uint64_t);
}

PortPages::PortPages(std::span<std::byte> memory, std::uint32_t pages, std::uint32_t ports)
    : ports_(ports),
      word_count_(words_for(ports)),
      summary_count_(words_for(word_count_)),
      stride_(stride_for(ports)),
      words_(reinterpret_cast<std::uint64_t*>(memory.data()), pages * stride_),
      pages_(pages),
      chains_(std::bit_ceil(std::size_t{pages} + 1), kNone) {
  assert(memory.size() >= bytes_for(pages, ports));
  for (Index page = pages; page > 0; --page) {
    pages_[page - 1].next = first_free_;
    first_free_ = page - 1;
  }
}

PortPages::Index PortPages::find(const FlowTuple& destination, std::uint64_t hash) const {
  Index page = chains_[hash & (chains_.size() - 1)];
  while (page != kNone && (pages_[page].hash != hash || pages_[page].destination != destination)) {
    page = pages_[page].next;
  }
  return page;
}

PortPages::Index PortPages::open(const FlowTuple& destination, std::uint64_t hash) {
  const Index page = take();
  if (page == kNone) return kNone;
  const std::span words(words_of(page), stride_);
  wipe(words.first(word_count_), ports_);
  wipe(words.subspan(word_count_, summary_count_), word_count_);
  Index& chain = chain_of(hash);
  pages_[page] = {destination, hash, 0, chain};
  chain = page;
  ++in_use_;
  return page;
}

// A free page, else the least used of the next few, if it is not busy.
PortPages::Index PortPages::take() {
  if (first_free_ == kNone && !pages_.empty()) {
    constexpr std::uint32_t kLookedAt = 8;
    Index least = hand_;
    for (std::uint32_t i = 0; i < kLookedAt; ++i) {
      hand_ = hand_ + 1 < pages_.size() ? hand_ + 1 : 0;
      if (pages_[hand_].used < pages_[least].used) least = hand_;
    }
    if (pages_[least].used < ports_ / 8) end(least);
  }
  const Index page = first_free_;
  if (page != kNone) first_free_ = pages_[page].next;
  return page;
}

void PortPages::end(Index page) {
  Index* at = &chain_of(pages_[page].hash);
  while (*at != page) at = &pages_[*at].next;
  *at = pages_[page].next;
  pages_[page] = Page{.next = first_free_};
  first_free_ = page;
  --in_use_;
}

std::uint32_t PortPages::next_clear(Index page, std::uint32_t from) const {
  const std::uint64_t* words = words_of(page);
  const std::uint64_t* summary = words + word_count_;
  std::uint32_t word = from / kWordBits;
  if (const auto clear = ~words[word] & kFull << (from % kWordBits); clear != 0) {
    return word * kWordBits + static_cast<std::uint32_t>(std::countr_zero(clear));
  }
  ++word;
  std::uint32_t part = word / kWordBits % summary_count_;
  std::uint64_t open = ~summary[part] & kFull << (word % kWordBits);
  while (open == 0) {
    part = part + 1 < summary_count_ ? part + 1 : 0;
    open = ~summary[part];
  }
  word = part * kWordBits + static_cast<std::uint32_t>(std::countr_zero(open));
  return word * kWordBits + static_cast<std::uint32_t>(std::countr_zero(~words[word]));
}

void PortPages::set(Index page, std::uint32_t bit) {
  std::uint64_t* words = words_of(page);
  std::uint64_t& word = words[bit / kWordBits];
  if ((word & bit_of(bit)) != 0) return;
  word |= bit_of(bit);
  ++pages_[page].used;
  if (word == kFull) words[word_count_ + bit / kWordBits / kWordBits] |= bit_of(bit / kWordBits);
}

void PortPages::clear(Index page, std::uint32_t bit) {
  std::uint64_t* words = words_of(page);
  std::uint64_t& word = words[bit / kWordBits];
  if ((word & bit_of(bit)) == 0) return;
  word &= ~bit_of(bit);
  words[word_count_ + bit / kWordBits / kWordBits] &= ~bit_of(bit / kWordBits);
  if (--pages_[page].used == 0) end(page);
}

}  // namespace sallyport::dataplane
