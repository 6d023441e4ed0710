// Numbers lists of indexes: the same list gets the same number, numbers rise as lists are first seen.
//
// Owner: rules/compile.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "rules/compile/hash_index.h"

namespace sallyport::rules {

class Interner {
 public:
  using List = std::span<const std::uint32_t>;

  // The number, and whether the list is new.
  std::pair<std::uint32_t, bool> add(List list) {
    const std::uint32_t next = size();
    const std::uint32_t number = index_.find_or_add(
        hash_of(list), next, [&](std::uint32_t each) { return std::ranges::equal((*this)[each], list); });
    if (number == next) {
      values_.insert(values_.end(), list.begin(), list.end());
      ends_.push_back(values_.size());
    }
    return {number, number == next};
  }
  // Until the next list is added.
  [[nodiscard]] List operator[](std::uint32_t number) const {
    return List(values_).subspan(ends_[number], ends_[number + 1] - ends_[number]);
  }
  // What a new list takes here.
  [[nodiscard]] static std::size_t bytes_of(List list) {
    return HashIndex::kBytes + 2 * sizeof(std::size_t) + 2 * list.size_bytes();
  }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(ends_.size() - 1); }

 private:
  static std::uint64_t hash_of(List list) {
    std::uint64_t hash = 0xCBF2'9CE4'8422'2325U ^ list.size();
    for (const std::uint32_t value : list) {
      hash = (hash ^ value) * 0x9E37'79B9'7F4A'7C15U;
      hash ^= hash >> 29U;
    }
    return hash;
  }

  HashIndex index_;
  std::vector<std::uint32_t> values_;  // of all lists
  std::vector<std::size_t> ends_{0};   // of each list in them, behind where the first begins
};

}  // namespace sallyport::rules
