// Numbers lists of indexes: the same list gets the same number, numbers rise as lists are first seen.
//
// Owner: rules/compile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

namespace sallyport::rules {

class Interner {
 public:
  Interner() = default;
  Interner(Interner&&) = default;
  Interner& operator=(Interner&&) = default;
  // The number, and whether the list is new.
  std::pair<std::uint32_t, bool> add(const std::vector<std::uint32_t>& list) {
    const auto [found, added] = numbers_.try_emplace(list, static_cast<std::uint32_t>(numbers_.size()));
    if (added) lists_.push_back(&found->first);
    return {found->second, added};
  }
  [[nodiscard]] const std::vector<std::uint32_t>& operator[](std::uint32_t number) const { return *lists_[number]; }
  // What a new list takes here.
  [[nodiscard]] static std::size_t bytes_of(const std::vector<std::uint32_t>& list) {
    return kNode + list.size() * sizeof(std::uint32_t);
  }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(numbers_.size()); }

 private:
  static constexpr std::size_t kNode = 96;  // links, hash, vector, its place in the table, the allocator's bytes
  struct Hash {
    std::size_t operator()(const std::vector<std::uint32_t>& list) const {
      std::uint64_t hash = 0xCBF2'9CE4'8422'2325U ^ list.size();
      for (const std::uint32_t value : list) {
        hash = (hash ^ value) * 0x9E37'79B9'7F4A'7C15U;
        hash ^= hash >> 29U;
      }
      return hash;
    }
  };
  std::unordered_map<std::vector<std::uint32_t>, std::uint32_t, Hash> numbers_;
  std::vector<const std::vector<std::uint32_t>*> lists_;  // by number
};

}  // namespace sallyport::rules
