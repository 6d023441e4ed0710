// Sets of traffic by number: equal sets have equal numbers, and what was once worked out of two is remembered.
//
// Owner: rules/analyze; made for reach, which combines few distinct sets millions of times.
// Always: numbers stay valid and mean the same set as long as the table lives.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "rules/analyze/diff.h"

namespace sallyport::rules::reaching {

using SetId = std::uint32_t;
inline constexpr SetId kNothing = 0;
inline constexpr SetId kEverything = 1;

// A hash table from 64-bit keys to numbers; open addressing, never shrinks.
class NumberMap {
 public:
  NumberMap() : slots_(1024) {}
  // The value of a key; `make()` gives it when it is asked for the first time (and may use the map itself).
  template <typename Make>
  std::uint32_t get(std::uint64_t key, Make&& make) {
    if (const Slot& slot = slots_[find(key)]; slot.used) return slot.value;
    const std::uint32_t value = make();
    if (++used_ * 2 > slots_.size()) grow();
    slots_[find(key)] = {key, value, true};
    return value;
  }

  [[nodiscard]] std::size_t size() const { return used_; }

 private:
  struct Slot {
    std::uint64_t key = 0;
    std::uint32_t value = 0;
    bool used = false;
  };
  [[nodiscard]] std::size_t find(std::uint64_t key) const {
    auto at = static_cast<std::size_t>((key * 0x9E37'79B9'7F4A'7C15ULL) >> 20U) & (slots_.size() - 1);
    while (slots_[at].used && slots_[at].key != key) at = (at + 1) & (slots_.size() - 1);
    return at;
  }
  void grow();

  std::vector<Slot> slots_;
  std::size_t used_ = 0;
};

class SetTable {
 public:
  SetTable();
  SetTable(const SetTable&) = delete;
  SetTable& operator=(const SetTable&) = delete;

  [[nodiscard]] SetId intern(const TrafficSet& set);
  [[nodiscard]] const TrafficSet& at(SetId id) const { return *sets_[id]; }

  [[nodiscard]] SetId of(const Traffic& traffic);
  [[nodiscard]] SetId unite(SetId a, SetId b);
  [[nodiscard]] SetId intersect(SetId a, SetId b);
  [[nodiscard]] SetId subtract(SetId a, SetId b);
  // How many answers are remembered; 16 bytes each, or more.
  [[nodiscard]] std::size_t remembered() const { return known_.size(); }

 private:
  template <typename Combine>
  SetId combined(std::uint64_t operation, SetId a, SetId b, Combine combine);

  std::map<TrafficSet, SetId> ids_;
  std::vector<const TrafficSet*> sets_;
  NumberMap known_;
};

}  // namespace sallyport::rules::reaching
