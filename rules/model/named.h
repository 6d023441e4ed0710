// The named objects of a policy's section, in order of name, shared between copies until one of them is changed.
//
// Owner: rules/model. A change of one object in a policy of a million must not copy the others: copying a section
// copies a pointer for every few hundred objects, changing an object of a copy copies that object alone. Always:
// objects that are not changed stay where they are, in every copy; two copies hold the same object at the same place
// exactly if neither changed it (same_place). Copies may be read and changed in different threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::rules {

template <typename T>
class Named {
 public:
  using value_type = std::pair<const std::string, T>;

 private:
  static constexpr std::size_t kMostInChunk = 512;
  using Chunk = std::vector<std::shared_ptr<value_type>>;
  using Chunks = std::vector<std::shared_ptr<Chunk>>;

 public:
  class const_iterator {
   public:
    using iterator_category = std::bidirectional_iterator_tag;
    using value_type = Named::value_type;
    using difference_type = std::ptrdiff_t;
    using pointer = const value_type*;
    using reference = const value_type&;

    const_iterator() = default;
    reference operator*() const { return *(**chunk_)[place_]; }
    pointer operator->() const { return &**this; }
    const_iterator& operator++() {
      if (++place_ == (*chunk_)->size()) {
        ++chunk_;
        place_ = 0;
      }
      return *this;
    }
    const_iterator operator++(int) {
      auto before = *this;
      ++*this;
      return before;
    }
    const_iterator& operator--() {
      if (place_ == 0) place_ = (*--chunk_)->size();
      --place_;
      return *this;
    }
    const_iterator operator--(int) {
      auto before = *this;
      --*this;
      return before;
    }
    friend bool operator==(const const_iterator&, const const_iterator&) = default;
    // Passes over what follows, as far as both copies hold the same objects for sure; how many those were.
    friend std::size_t skip_shared(const_iterator& a, const_iterator& b) {
      if (a.place_ != b.place_ || *a.chunk_ != *b.chunk_) return 0;
      const std::size_t rest = (*a.chunk_)->size() - a.place_;
      ++a.chunk_;
      ++b.chunk_;
      a.place_ = b.place_ = 0;
      return rest;
    }

   private:
    friend class Named;
    const_iterator(typename Chunks::const_iterator chunk, std::size_t place) : chunk_(chunk), place_(place) {}

    typename Chunks::const_iterator chunk_{};
    std::size_t place_ = 0;
  };

  // To an object that is this copy's own and may be changed.
  class iterator : public const_iterator {
   public:
    using pointer = value_type*;
    using reference = value_type&;

    iterator() = default;
    reference operator*() const { return const_cast<reference>(const_iterator::operator*()); }
    pointer operator->() const { return &**this; }

   private:
    friend class Named;
    explicit iterator(const_iterator at) : const_iterator(at) {}
  };

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] const_iterator begin() const { return {chunks_.begin(), 0}; }
  [[nodiscard]] const_iterator end() const { return {chunks_.end(), 0}; }

  [[nodiscard]] const_iterator find(std::string_view name) const {
    const const_iterator at = lower_bound(name);
    return at != end() && at->first == name ? at : end();
  }
  [[nodiscard]] iterator find(std::string_view name) {
    const const_iterator at = std::as_const(*this).find(name);
    return at == end() ? iterator(at) : own(at);
  }
  [[nodiscard]] bool contains(std::string_view name) const { return find(name) != end(); }
  // The name is known.
  [[nodiscard]] const T& at(std::string_view name) const { return find(name)->second; }
  [[nodiscard]] T& at(std::string_view name) { return find(name)->second; }
  T& operator[](std::string_view name) { return try_emplace(std::string(name)).first->second; }

  // An object made of `made` unless the name is known; where it stands, and whether it is new.
  template <typename... Made>
  std::pair<iterator, bool> try_emplace(std::string name, Made&&... made) {
    const const_iterator at = lower_bound(name);
    if (at != end() && at->first == name) return {own(at), false};
    auto object = std::make_shared<value_type>(std::piecewise_construct, std::forward_as_tuple(std::move(name)),
                                               std::forward_as_tuple(std::forward<Made>(made)...));
    ++size_;
    return {iterator(insert(at, std::move(object))), true};
  }

  std::size_t erase(std::string_view name) {
    const const_iterator at = std::as_const(*this).find(name);
    if (at == end()) return 0;
    Chunk& chunk = own_chunk(at.chunk_);
    chunk.erase(chunk.begin() + static_cast<std::ptrdiff_t>(at.place_));
    if (chunk.empty()) chunks_.erase(at.chunk_);
    --size_;
    return 1;
  }
  void clear() { *this = {}; }

  // Calls `change` with each object, which then is this copy's own.
  template <typename Change>
  void change_each(Change change) {
    for (auto at = begin(); at != end(); ++at) change(own(at)->second);
  }

 private:
  [[nodiscard]] const_iterator lower_bound(std::string_view name) const {
    auto chunk = std::ranges::lower_bound(chunks_, name, {},
                                          [](const auto& each) { return std::string_view(each->back()->first); });
    if (chunk == chunks_.end()) return end();
    const auto at =
        std::ranges::lower_bound(**chunk, name, {}, [](const auto& each) { return std::string_view(each->first); });
    return {chunk, static_cast<std::size_t>(at - (*chunk)->begin())};
  }

  // What is held once belongs to this copy alone; others that held it are done with it.
  template <typename Shared>
  static bool is_own(const std::shared_ptr<Shared>& held) {
    if (held.use_count() != 1) return false;
    std::atomic_thread_fence(std::memory_order_acquire);
    return true;
  }
  Chunk& own_chunk(typename Chunks::const_iterator at) {
    auto& chunk = chunks_[static_cast<std::size_t>(at - chunks_.begin())];
    if (!is_own(chunk)) chunk = std::make_shared<Chunk>(*chunk);
    return *chunk;
  }
  iterator own(const_iterator at) {
    auto& object = own_chunk(at.chunk_)[at.place_];
    if (!is_own(object)) object = std::make_shared<value_type>(*object);
    return iterator(at);
  }

  // Before `at`; names mostly come in order, so that chunks are filled to the end.
  const_iterator insert(const_iterator at, std::shared_ptr<value_type> object) {
    if (at == end()) {
      if (chunks_.empty() || chunks_.back()->size() == kMostInChunk) chunks_.push_back(std::make_shared<Chunk>());
      Chunk& last = own_chunk(std::prev(chunks_.end()));
      last.push_back(std::move(object));
      return {std::prev(chunks_.cend()), last.size() - 1};
    }
    auto index = static_cast<std::size_t>(at.chunk_ - chunks_.begin());
    std::size_t place = at.place_;
    if (own_chunk(at.chunk_).size() == kMostInChunk) {
      constexpr std::size_t kHalf = kMostInChunk / 2;
      Chunk& full = *chunks_[index];
      auto rest = std::make_shared<Chunk>(full.begin() + kHalf, full.end());
      full.resize(kHalf);
      chunks_.insert(chunks_.begin() + static_cast<std::ptrdiff_t>(index) + 1, std::move(rest));
      if (place > kHalf) {
        ++index;
        place -= kHalf;
      }
    }
    Chunk& chunk = *chunks_[index];
    chunk.insert(chunk.begin() + static_cast<std::ptrdiff_t>(place), std::move(object));
    return {chunks_.cbegin() + static_cast<std::ptrdiff_t>(index), place};
  }

  Chunks chunks_;
  std::size_t size_ = 0;
};

// Whether both are one object in memory, so that it need not be looked at to know that it did not change.
template <typename T>
[[nodiscard]] bool same_place(const std::pair<const std::string, T>& a, const std::pair<const std::string, T>& b) {
  return &a == &b;
}

}  // namespace sallyport::rules
