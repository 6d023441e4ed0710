// Keeping, ordering and printing diagnostics.
//
// Owner: rules/document. Always: adding costs a comparison once the kept ones are full and lie before the new one, and
// rendering reads the source once, however many there are.
#include "rules/document/diagnostics.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <tuple>
#include <utility>

namespace sallyport::rules {
namespace {

// Columns of a source line that are shown at most, and how many of them stand before the one that is pointed at.
constexpr std::size_t kShownColumns = 160;
constexpr std::size_t kShownBefore = 80;

bool before(SourcePosition a, SourcePosition b) { return std::tie(a.line, a.column) < std::tie(b.line, b.column); }

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

// Walks the source forward to the lines that are asked for, in ascending order.
class LineFinder {
 public:
  explicit LineFinder(std::string_view source) : source_(source) {}

  std::string_view line(std::uint32_t number) {
    while (line_ < number) {
      const auto end = source_.find('\n', start_);
      if (end == std::string_view::npos) return {};
      start_ = end + 1;
      ++line_;
    }
    const auto end = source_.find('\n', start_);
    auto text = source_.substr(start_, end == std::string_view::npos ? end : end - start_);
    if (text.ends_with('\r')) text.remove_suffix(1);
    return text;
  }

  // The byte of the line in which the character at `column` (1-based) begins. Continues from the last answer where it
  // can: a document may be one line of 200 MB.
  std::size_t byte_of(std::string_view text, SourcePosition where) {
    if (where.line != column_line_ || where.column < column_)
      std::tie(column_line_, column_, byte_) = std::tuple{where.line, 1U, 0};
    while (column_ < where.column && byte_ < text.size()) {
      ++byte_;
      while (byte_ < text.size() && continues_character(text[byte_])) ++byte_;
      ++column_;
    }
    return byte_;
  }

 private:
  std::string_view source_;
  std::size_t start_ = 0;
  std::uint32_t line_ = 1;
  std::uint32_t column_line_ = 0;
  std::uint32_t column_ = 1;
  std::size_t byte_ = 0;
};

std::size_t start_of_character(std::string_view text, std::size_t at) {
  while (at > 0 && at < text.size() && continues_character(text[at])) --at;
  return at;
}

// The line, or a window of it, and a caret below byte `at`. Tabs are copied into the caret's line so that both align.
std::string excerpt(std::string_view text, std::size_t at) {
  const bool cut_left = at > kShownBefore && text.size() > kShownColumns;
  const auto from = cut_left ? start_of_character(text, at - kShownBefore) : 0;
  const auto to = start_of_character(text, std::min(text.size(), from + kShownColumns));
  std::string shown = cut_left ? "    ..." : "    ";
  std::string caret(shown.size(), ' ');
  for (auto i = from; i < to; ++i) {
    const bool control = static_cast<unsigned char>(text[i]) < 0x20U && text[i] != '\t';
    shown += control ? '?' : text[i];
    if (i < at && !continues_character(text[i])) caret += text[i] == '\t' ? '\t' : ' ';
  }
  if (to < text.size()) shown += "...";
  return shown + '\n' + caret + "^\n";
}

std::string headline(const Diagnostic& diagnostic, std::string_view file) {
  std::string text(file);
  if (diagnostic.where.line > 0) {
    text += ':' + std::to_string(diagnostic.where.line) + ':' + std::to_string(diagnostic.where.column);
  }
  text += diagnostic.severity == Severity::error ? ": error: " : ": warning: ";
  text += diagnostic.message;
  if (!diagnostic.pointer.empty()) text += " in " + diagnostic.pointer;
  if (!diagnostic.nearest.empty()) text += "; did you mean \"" + diagnostic.nearest + "\"?";
  return text + '\n';
}

std::string more(std::size_t count, std::size_t kept, std::string_view what) {
  if (count <= kept) return {};
  const auto left = count - kept;
  return "... and " + std::to_string(left) + " more " + std::string(what) + (left == 1 ? "\n" : "s\n");
}

}  // namespace

std::string pointer_token(std::string_view name) {
  std::string token;
  for (const char c : name) {
    if (c == '~') {
      token += "~0";
    } else if (c == '/') {
      token += "~1";
    } else {
      token += c;
    }
  }
  return token;
}

void Diagnostics::error(SourcePosition where, std::string pointer, std::string message, std::string nearest) {
  add({Severity::error, where, std::move(pointer), std::move(message), std::move(nearest)});
}

void Diagnostics::warning(SourcePosition where, std::string pointer, std::string message) {
  add({Severity::warning, where, std::move(pointer), std::move(message), {}});
}

bool Diagnostics::keeps(Severity severity, SourcePosition where) const {
  const auto& kept = severity == Severity::error ? errors_ : warnings_;
  return kept.list.size() < kKept || before(where, kept.list.back().where);
}

void Diagnostics::add(Diagnostic diagnostic) {
  auto& kept = diagnostic.severity == Severity::error ? errors_ : warnings_;
  ++kept.count;
  if (!keeps(diagnostic.severity, diagnostic.where)) return;
  const auto place = std::ranges::upper_bound(kept.list, diagnostic.where, before, &Diagnostic::where);
  kept.list.insert(place, std::move(diagnostic));
  if (kept.list.size() > kKept) kept.list.pop_back();
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  std::vector<Diagnostic> all;
  all.reserve(errors_.list.size() + warnings_.list.size());
  std::ranges::merge(errors_.list, warnings_.list, std::back_inserter(all), before, &Diagnostic::where,
                     &Diagnostic::where);
  return all;
}

std::string render(const Diagnostics& diagnostics, std::string_view file, std::string_view source) {
  std::string text;
  LineFinder lines(source);
  for (const auto& diagnostic : diagnostics.sorted()) {
    text += headline(diagnostic, file);
    if (diagnostic.where.line == 0 || source.empty()) continue;
    const auto line = lines.line(diagnostic.where.line);
    text += excerpt(line, lines.byte_of(line, diagnostic.where));
  }
  text += more(diagnostics.errors(), Diagnostics::kKept, "error");
  text += more(diagnostics.warnings(), Diagnostics::kKept, "warning");
  return text;
}

}  // namespace sallyport::rules
