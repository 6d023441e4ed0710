// From text to tree: nlohmann's SAX parser over an iterator that tells how far it has read.
//
// Owner: rules/document. The parser judges the grammar and the UTF-8; what stands here adds positions, and refuses what
// the parser lets pass: duplicate keys, depth, NUL bytes.
#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_map>
#include <vector>

#include "rules/document/documents.h"
#include "rules/document/tree.h"

namespace sallyport::rules {
namespace {

// Reads the text and leaves in `*read` how many bytes were taken.
class CountingIterator {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator() = default;
  CountingIterator(const char* begin, const char* at, std::size_t* read) : begin_(begin), at_(at), read_(read) {}

  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    ++at_;
    *read_ = static_cast<std::size_t>(at_ - begin_);
    return *this;
  }
  CountingIterator operator++(int) {
    auto before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const CountingIterator& a, const CountingIterator& b) { return a.at_ == b.at_; }

 private:
  const char* begin_ = nullptr;
  const char* at_ = nullptr;
  std::size_t* read_ = nullptr;
};

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// A place in the text that moves forward only and knows its line and column.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {
    if (text.starts_with(kByteOrderMark)) offset_ = kByteOrderMark.size();
  }

  [[nodiscard]] std::size_t offset() const { return offset_; }
  [[nodiscard]] SourcePosition where() const { return where_; }

  void advance_to(std::size_t offset) {
    for (; offset_ < std::min(offset, text_.size()); ++offset_) {
      if (text_[offset_] == '\n') {
        ++where_.line;
        where_.column = 1;
      } else if ((static_cast<unsigned char>(text_[offset_]) & 0xC0U) != 0x80U) {
        ++where_.column;
      }
    }
  }

  // To the next token, over what may stand between two of them.
  void advance_to_token() {
    const auto token = text_.find_first_not_of(" \t\r\n,:", offset_);
    advance_to(token == std::string_view::npos ? text_.size() : token);
  }

 private:
  std::string_view text_;
  std::size_t offset_ = 0;
  SourcePosition where_{1, 1};
};

std::string position_text(SourcePosition where) {
  return std::to_string(where.line) + ':' + std::to_string(where.column);
}

// What the parser says, without its preamble and without the token it last read (which may be megabytes).
std::string parser_message(std::string message) {
  if (const auto origin = message.find("] "); origin != std::string::npos) message.erase(0, origin + 2);
  if (message.starts_with("parse error")) message.erase(0, message.find(": ") + 2);
  if (const auto last = message.find("; last read: '"); last != std::string::npos) {
    const auto rest = message.rfind("'; expected");
    message.erase(last, rest == std::string::npos ? rest : rest + 1 - last);
  }
  if (message.starts_with("syntax error")) message.erase(0, message.find(" - ") + 3);
  return "invalid JSON: " + message;
}

// What people bring along from JavaScript and other formats: the hint for the character at `at`.
std::string foreign_syntax(std::string_view text, std::size_t at) {
  if (at >= text.size()) return {};
  const auto rest = text.substr(at);
  if (rest.starts_with("//") || rest.starts_with("/*") || rest.starts_with('#')) return "; JSON has no comments";
  if (rest.starts_with('\'')) return "; JSON's strings stand in double quotes";
  const auto before = text.find_last_not_of(" \t\r\n", at == 0 ? 0 : at - 1);
  const bool closes = rest.front() == '}' || rest.front() == ']';
  const bool behind_comma = at > 0 && before != std::string_view::npos && text[before] == ',';
  return closes && behind_comma ? "; JSON has no comma behind the last element" : "";
}

}  // namespace

class TreeBuilder {
 public:
  TreeBuilder(Tree& tree, Diagnostics& diagnostics) : tree_(tree), diagnostics_(diagnostics), cursor_(tree.text_) {}

  [[nodiscard]] std::size_t* read() { return &read_; }

  bool null() { return add_word(Kind::null, 4, 0); }
  bool boolean(bool value) { return add_word(Kind::boolean, value ? 4 : 5, value ? 1 : 0); }
  bool number_integer(std::int64_t value) { return add_number(value); }
  bool number_unsigned(std::uint64_t value) {
    return add_number(std::in_range<std::int64_t>(value) ? std::optional(static_cast<std::int64_t>(value))
                                                         : std::nullopt);
  }
  bool number_float(double /*value*/, const std::string& /*text*/) { return add_number(std::nullopt); }
  bool string(const std::string& text) { return add_string(text, true); }
  bool binary(const std::vector<std::uint8_t>& /*bytes*/) { return false; }  // JSON has none
  bool start_object(std::size_t /*size*/) { return open(Kind::object); }
  bool start_array(std::size_t /*size*/) { return open(Kind::array); }
  bool key(const std::string& name) { return add_string(name, false); }
  bool end_object() {
    const auto start = open_.back();
    check_duplicates(start);
    return close();
  }
  bool end_array() { return close(); }

  bool parse_error(std::size_t position, const std::string& /*token*/, const nlohmann::json::exception& error) {
    if (dynamic_cast<const nlohmann::json::out_of_range*>(&error) != nullptr) {
      cursor_.advance_to_token();  // a whole number is meant, not the character behind it
    } else {
      cursor_.advance_to(position > 0 ? position - 1 : 0);
    }
    const bool cut = position > tree_.text_.size() && !open_.empty();
    diagnostics_.error(
        cursor_.where(), {},
        cut ? unfinished() : parser_message(error.what()) + foreign_syntax(tree_.text_, cursor_.offset()));
    return false;
  }

 private:
  static constexpr std::size_t kSectionDepth = 2;  // the document and a section are open

  [[nodiscard]] std::string unfinished() const {
    const auto& opened = tree_.nodes_[open_.back()];
    return std::string("the document ends inside the ") + (opened.kind == Kind::object ? "object" : "array") +
           " that begins at " + position_text(opened.where);
  }

  Tree::Node* add(Kind kind, bool counts_as_element) {
    cursor_.advance_to_token();
    if (tree_.nodes_.size() >= Tree::kMaxNodes) {
      diagnostics_.error(cursor_.where(), {}, "more than " + std::to_string(Tree::kMaxNodes) + " values in a document");
      return nullptr;
    }
    if (counts_as_element && !open_.empty()) ++tree_.nodes_[open_.back()].second;
    auto& node = tree_.nodes_.emplace_back();
    node.kind = kind;
    node.where = cursor_.where();
    return &node;
  }

  bool add_word(Kind kind, std::size_t length, std::uint32_t value) {
    auto* node = add(kind, true);
    if (node == nullptr) return false;
    node->first = value;
    cursor_.advance_to(cursor_.offset() + length);
    return true;
  }

  bool add_number(std::optional<std::int64_t> value) {
    auto* node = add(value ? Kind::integer : Kind::other_number, true);
    if (node == nullptr) return false;
    const auto begin = cursor_.offset();
    const auto end = std::min(tree_.text_.find_first_not_of("+-.0123456789Ee", begin), tree_.text_.size());
    if (value) {
      node->first = static_cast<std::uint32_t>(static_cast<std::uint64_t>(*value));
      node->second = static_cast<std::uint32_t>(static_cast<std::uint64_t>(*value) >> 32U);
    } else {
      node->first = static_cast<std::uint32_t>(begin);
      node->second = static_cast<std::uint32_t>(end - begin);
    }
    cursor_.advance_to(end);
    return true;
  }

  bool add_string(const std::string& text, bool counts_as_element) {
    auto* node = add(Kind::string, counts_as_element);
    if (node == nullptr) return false;
    const auto begin = cursor_.offset() + 1;
    node->unescaped = read_ - begin - 1 != text.size();
    node->first = static_cast<std::uint32_t>(node->unescaped ? tree_.unescaped_.size() : begin);
    node->second = static_cast<std::uint32_t>(text.size());
    if (node->unescaped) tree_.unescaped_ += text;
    cursor_.advance_to(read_);
    return true;
  }

  bool open(Kind kind) {
    auto* node = add(kind, true);
    if (node == nullptr) return false;
    if (open_.size() >= static_cast<std::size_t>(kMaxDepth)) {
      diagnostics_.error(node->where, {}, "nested more than " + std::to_string(kMaxDepth) + " deep");
      return false;
    }
    const auto index = static_cast<std::uint32_t>(tree_.nodes_.size() - 1);
    if (open_.size() == kSectionDepth) {
      tree_.objects_.push_back({.node = index, .bytes = {.begin = static_cast<std::uint32_t>(cursor_.offset())}});
    }
    open_.push_back(index);
    node->second = 0;
    cursor_.advance_to(cursor_.offset() + 1);
    return true;
  }

  bool close() {
    tree_.nodes_[open_.back()].first = static_cast<std::uint32_t>(tree_.nodes_.size());
    open_.pop_back();
    cursor_.advance_to(read_);
    if (open_.size() == kSectionDepth) {
      Value::Bytes& bytes = tree_.objects_.back().bytes;
      bytes.size = static_cast<std::uint32_t>(read_) - bytes.begin;
    }
    return true;
  }

  void check_duplicates(std::uint32_t start) {
    constexpr std::uint32_t kFew = 16;
    tree_.nodes_[start].first = static_cast<std::uint32_t>(tree_.nodes_.size());
    const auto object = tree_.at(start);
    const bool few = object.size() <= kFew;
    seen_.clear();
    seen_by_name_.clear();
    object.each_member([&](Value key, Value) {
      const auto name = key.text();
      if (few) {
        const auto found = std::ranges::find(seen_, name, &Value::text);
        found == seen_.end() ? seen_.push_back(key) : duplicate(key, *found);
      } else if (const auto [found, added] = seen_by_name_.try_emplace(name, key.index()); !added) {
        duplicate(key, tree_.at(found->second));
      }
    });
  }

  void duplicate(Value key, Value first) {
    if (!diagnostics_.keeps(Severity::error, key.where())) return diagnostics_.error(key.where(), {}, {});
    diagnostics_.error(key.where(), pointer_of_open(key),
                       "duplicate key \"" + std::string(key.text()) + "\", first at " + position_text(first.where()));
  }

  // Containers that are still open do not know their end yet; for a pointer they end where the nodes do.
  std::string pointer_of_open(Value key) {
    for (const auto index : open_) tree_.nodes_[index].first = static_cast<std::uint32_t>(tree_.nodes_.size());
    return key.pointer();
  }

  Tree& tree_;
  Diagnostics& diagnostics_;
  Cursor cursor_;
  std::size_t read_ = 0;
  std::vector<std::uint32_t> open_;  // indices of the containers around the cursor
  std::vector<Value> seen_;
  std::unordered_map<std::string_view, std::uint32_t> seen_by_name_;
};

namespace {

// What makes a document no JSON before it is parsed; an error was added then.
bool refused_at_sight(std::string_view text, Diagnostics& diagnostics) {
  if (text.size() > kMaxDocumentBytes) {
    diagnostics.error({}, {}, "the document is larger than " + std::to_string(kMaxDocumentBytes) + " bytes");
  } else if (text.find_first_not_of(" \t\r\n") == std::string_view::npos || text == kByteOrderMark) {
    diagnostics.error({}, {}, "the document is empty");
  } else if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
    Cursor cursor(text);
    cursor.advance_to(nul);
    diagnostics.error(cursor.where(), {}, "invalid JSON: a NUL byte");
  }
  return diagnostics.has_errors();
}

}  // namespace

std::optional<Tree> Tree::parse(std::string_view text, Diagnostics& diagnostics) {
  if (refused_at_sight(text, diagnostics)) return std::nullopt;
  std::optional<Tree> tree(std::in_place);
  tree->text_ = text;
  TreeBuilder builder(*tree, diagnostics);
  const auto* begin = text.data();
  const auto* end = begin + text.size();
  const bool whole = nlohmann::json::sax_parse(CountingIterator(begin, begin, builder.read()),
                                               CountingIterator(begin, end, builder.read()), &builder);
  if (!whole) tree.reset();
  return tree;
}

}  // namespace sallyport::rules
