// A JSON document as a tree that knows where everything was written.
//
// Owner: rules/document. Small on purpose: 20 bytes a value, strings as views into the document, so that a policy of a
// million interfaces is a few hundred megabytes.
// Always: nodes stand in document order, a container before its contents, a member's key before its value; no object
// has a key twice; positions count characters, not bytes. The text outlives the tree.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/document/diagnostics.h"

namespace sallyport::rules {

enum class Kind : std::uint8_t { null, boolean, integer, other_number, string, array, object };

class Tree;

// One value of the tree; cheap to copy.
class Value {
 public:
  Value(const Tree* tree, std::uint32_t index) : tree_(tree), index_(index) {}

  [[nodiscard]] std::uint32_t index() const { return index_; }
  [[nodiscard]] Kind kind() const;
  [[nodiscard]] SourcePosition where() const;
  // Of a string: its characters, escapes undone. Of a number that is no 64-bit integer: as written.
  [[nodiscard]] std::string_view text() const;
  [[nodiscard]] std::int64_t integer() const;  // of an integer; 0 or 1 of a boolean
  [[nodiscard]] std::size_t size() const;      // elements of an array, members of an object
  // Of a container that is the value of a section's member: the bytes of the document it takes; else nothing.
  struct Bytes {
    std::uint32_t begin = 0;
    std::uint32_t size = 0;
  };
  [[nodiscard]] Bytes bytes() const;
  // RFC 6901. Takes time in proportion to what stands before the value.
  [[nodiscard]] std::string pointer() const;

  // Calls `visit(Value)` for each element of an array.
  template <typename Visit>
  void each_element(Visit visit) const;
  // Calls `visit(Value key, Value value)` for each member of an object.
  template <typename Visit>
  void each_member(Visit visit) const;

 private:
  const Tree* tree_;
  std::uint32_t index_;
};

class Tree {
 public:
  // Values and keys a document may have.
  static constexpr std::size_t kMaxNodes = std::size_t{1} << 26U;

  // Nothing where the text is no JSON, too deep, too large or empty. Duplicate keys are errors too, but leave a tree,
  // so that what else is wrong is found in the same run; of members with the same key the first is the one that counts.
  [[nodiscard]] static std::optional<Tree> parse(std::string_view text, Diagnostics& diagnostics);

  [[nodiscard]] Value root() const { return {this, 0}; }
  [[nodiscard]] Value at(std::uint32_t index) const { return {this, index}; }

 private:
  friend class Value;
  friend class TreeBuilder;

  struct Node {
    std::uint32_t first = 0;   // string: offset of its text; container: index after its last node; number: low half
    std::uint32_t second = 0;  // string: length in bytes; container: elements or members; number: high half
    SourcePosition where;
    Kind kind = Kind::null;
    bool unescaped = false;  // the text stands in unescaped_, not in the document
  };
  static_assert(sizeof(Node) == 20);

  [[nodiscard]] std::uint32_t after(std::uint32_t index) const;
  [[nodiscard]] std::string_view text_of(const Node& node) const;

  // Where a named object of a section stands in the text.
  struct Object {
    std::uint32_t node = 0;
    Value::Bytes bytes;
  };

  std::string_view text_;
  std::deque<Node> nodes_;
  std::vector<Object> objects_;  // ascending by node
  std::string unescaped_;
};

template <typename Visit>
void Value::each_element(Visit visit) const {
  for (auto i = index_ + 1; i < tree_->after(index_); i = tree_->after(i)) visit(Value(tree_, i));
}

template <typename Visit>
void Value::each_member(Visit visit) const {
  for (auto i = index_ + 1; i < tree_->after(index_); i = tree_->after(i + 1)) {
    visit(Value(tree_, i), Value(tree_, i + 1));
  }
}

}  // namespace sallyport::rules
