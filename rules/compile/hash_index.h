// Finds among numbered things the one that was seen before, without an allocation for each.
//
// Owner: rules/compile. The things lie with the caller, who numbers them from 0 on and tells whether two are the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sallyport::rules {

class HashIndex {
 public:
  // What a thing takes here while the table grows.
  static constexpr std::size_t kBytes = 40;

  // The number of a thing of this hash that same(number) says yes to; where there is none, `next`, which it has from
  // now on.
  template <typename Same>
  std::uint32_t find_or_add(std::uint64_t hash, std::uint32_t next, Same&& same) {
    if (2 * (count_ + 1) > slots_.size()) grow();
    const auto tag = static_cast<std::uint32_t>(hash ^ hash >> 32U);
    std::size_t at = tag & mask();
    for (; slots_[at].number != kFree; at = (at + 1) & mask()) {
      if (slots_[at].tag == tag && same(slots_[at].number)) return slots_[at].number;
    }
    slots_[at] = {.tag = tag, .number = next};
    ++count_;
    return next;
  }
  void clear() {
    slots_ = {};
    count_ = 0;
  }

 private:
  static constexpr std::uint32_t kFree = 0xFFFF'FFFFU;
  struct Slot {
    std::uint32_t tag = 0;
    std::uint32_t number = kFree;
  };

  [[nodiscard]] std::size_t mask() const { return slots_.size() - 1; }
  void grow() {
    std::vector<Slot> before(slots_.empty() ? 16 : 2 * slots_.size());
    before.swap(slots_);
    for (const Slot& slot : before) {
      if (slot.number == kFree) continue;
      std::size_t at = slot.tag & mask();
      while (slots_[at].number != kFree) at = (at + 1) & mask();
      slots_[at] = slot;
    }
  }

  std::vector<Slot> slots_;  // a power of two of them, at most half in use
  std::size_t count_ = 0;
};

}  // namespace sallyport::rules
