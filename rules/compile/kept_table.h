// Tables that grow while images made of them are in use.
//
// Owner: rules/compile. Always: what was handed out stays as it is and where it is, as long as its holder lives:
// records are only appended, and when there is no room left they are copied to a larger place, the old one staying for
// its holders. One thread appends; others read what was handed out.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace sallyport::rules {

template <typename T>
class KeptTable {
 public:
  explicit KeptTable(std::vector<T> records) : records_(std::make_shared<std::vector<T>>(std::move(records))) {}

  // Takes the records out of `more`.
  void append(std::vector<T>& more) {
    const std::size_t size = records_->size() + more.size();
    if (size > records_->capacity()) {
      auto larger = std::make_shared<std::vector<T>>();
      larger->reserve(size + size / 4);
      larger->insert(larger->end(), records_->begin(), records_->end());
      records_ = std::move(larger);
    }
    records_->insert(records_->end(), more.begin(), more.end());
    more.clear();
  }

  [[nodiscard]] const T& operator[](std::size_t index) const { return (*records_)[index]; }
  [[nodiscard]] std::size_t size() const { return records_->size(); }
  [[nodiscard]] std::span<const T> records() const { return *records_; }
  // What the records lie in.
  [[nodiscard]] std::shared_ptr<const void> holder() const { return records_; }
  [[nodiscard]] std::size_t held_bytes() const { return records_->capacity() * sizeof(T); }

 private:
  std::shared_ptr<std::vector<T>> records_;
};

}  // namespace sallyport::rules
