// Binary searches over the sorted tables of an image.
//
// Owner: rules/decide. Hot: no allocation, no branches on the data besides the loop.
#pragma once

#include <cstddef>
#include <span>

namespace sallyport::rules {

// The last record whose key is not above `key`, or nullptr. `records` ascend by key.
template <typename Record, typename Key>
[[nodiscard]] const Record* last_not_above(std::span<const Record> records, Key key, auto&& key_of) {
  const Record* begin = records.data();
  std::size_t count = records.size();
  while (count > 1) {
    const std::size_t half = count / 2;
    begin += key_of(begin[half]) <= key ? half : 0;
    count -= half;
  }
  return count == 1 && key_of(*begin) <= key ? begin : nullptr;
}

}  // namespace sallyport::rules
