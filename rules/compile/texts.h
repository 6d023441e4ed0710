// Texts of an image, each stored once.
//
// Owner: rules/compile. Texts that were moved elsewhere with the tables are not looked for any more: they may be stored
// again.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include "rules/compile/hash_index.h"
#include "rules/image/image_writer.h"

namespace sallyport::rules {

class Texts {
 public:
  // What a new text takes besides its characters.
  static constexpr std::size_t kBytes = HashIndex::kBytes + 2 * sizeof(layout::TextRef);

  // The tables outlive this.
  explicit Texts(ImageTables& tables) : tables_(tables) {}

  // A text that nothing else has: stored without looking.
  layout::TextRef append(std::string_view value) {
    const layout::TextRef ref{.offset = static_cast<std::uint32_t>(tables_.before.strings + tables_.strings.size()),
                              .size = static_cast<std::uint32_t>(value.size())};
    tables_.strings += value;
    return ref;
  }
  // One that others may have.
  layout::TextRef find_or_append(std::string_view value) {
    if (tables_.before.strings != moved_) forget();
    const auto next = static_cast<std::uint32_t>(refs_.size());
    const std::uint32_t number =
        index_.find_or_add(std::hash<std::string_view>()(value), next, [&](std::uint32_t each) {
          return std::string_view(tables_.strings).substr(refs_[each].offset - moved_, refs_[each].size) == value;
        });
    if (number == next) refs_.push_back(append(value));
    return refs_[number];
  }
  [[nodiscard]] std::size_t size() const { return refs_.size(); }

 private:
  void forget() {
    moved_ = tables_.before.strings;
    refs_ = {};
    index_.clear();
  }

  ImageTables& tables_;
  HashIndex index_;
  std::vector<layout::TextRef> refs_;
  std::size_t moved_ = 0;  // characters that are elsewhere
};

}  // namespace sallyport::rules
