// Reading positions, texts and pointers off the tree.
//
// Owner: rules/document.
#include "rules/document/tree.h"

#include <algorithm>

#include "rules/document/documents.h"

namespace sallyport::rules {

std::uint32_t Tree::after(std::uint32_t index) const {
  const auto& node = nodes_[index];
  return node.kind == Kind::array || node.kind == Kind::object ? node.first : index + 1;
}

std::string_view Tree::text_of(const Node& node) const {
  return (node.unescaped ? std::string_view(unescaped_) : text_).substr(node.first, node.second);
}

Kind Value::kind() const { return tree_->nodes_[index_].kind; }

SourcePosition Value::where() const { return tree_->nodes_[index_].where; }

std::string_view Value::text() const { return tree_->text_of(tree_->nodes_[index_]); }

std::int64_t Value::integer() const {
  const auto& node = tree_->nodes_[index_];
  return static_cast<std::int64_t>(std::uint64_t{node.second} << 32U | node.first);
}

std::size_t Value::size() const { return tree_->nodes_[index_].second; }

Value::Bytes Value::bytes() const {
  const auto at = std::ranges::lower_bound(tree_->objects_, index_, {}, &Tree::Object::node);
  return at != tree_->objects_.end() && at->node == index_ ? at->bytes : Bytes{};
}

std::string Value::pointer() const {
  std::string pointer;
  for (std::uint32_t at = 0; at != index_;) {
    const bool object = tree_->nodes_[at].kind == Kind::object;
    const auto end = tree_->after(at);
    std::size_t position = 0;
    auto child = at + 1;
    for (; child < end; ++position) {
      const auto next = tree_->after(object ? child + 1 : child);
      if (index_ < next) break;
      child = next;
    }
    pointer += '/' + (object ? pointer_token(Value(tree_, child).text()) : std::to_string(position));
    if (object && child == index_) break;  // a key has the pointer of its value
    at = object ? child + 1 : child;
  }
  return pointer;
}

std::optional<std::string> doubled_key(std::string_view json) {
  Diagnostics diagnostics;
  if (!Tree::parse(json, diagnostics) || !diagnostics.has_errors()) return std::nullopt;
  return diagnostics.sorted().front().message;
}

}  // namespace sallyport::rules
