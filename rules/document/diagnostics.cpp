// Keeping, ordering and printing diagnostics.
//
// Owner: rules/document. Always: adding costs a comparison once the kept ones are full and lie before the new one, and
// rendering reads the source once, however many there are.
#include "rules/document/diagnostics.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

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

std::string position(std::string_view file, SourcePosition where) {
  std::string text(file);
  if (where.line > 0) text += ':' + std::to_string(where.line) + ':' + std::to_string(where.column);
  return text;
}

std::string headline(const Diagnostic& diagnostic, std::string_view file) {
  auto text = position(file, diagnostic.where);
  text += diagnostic.severity == Severity::error ? ": error: " : ": warning: ";
  text += diagnostic.message;
  if (!diagnostic.pointer.empty()) text += " in " + diagnostic.pointer;
  if (!diagnostic.nearest.empty()) text += "; did you mean \"" + diagnostic.nearest + "\"?";
  if (!diagnostic.remedy.empty()) text += "; " + diagnostic.remedy;
  if (!diagnostic.kind.empty()) text += " [" + diagnostic.kind + ']';
  return printable(text) + '\n';
}

std::string headline(const Place& place, std::string_view file) {
  auto text = position(file, place.where) + ": note: " + place.message;
  if (place.where.line == 0) text += " (by default)";
  if (!place.pointer.empty()) text += " in " + place.pointer;
  return printable(text) + '\n';
}

// The excerpts of many positions, found in one walk over the source.
class Excerpts {
 public:
  Excerpts(const std::vector<Diagnostic>& diagnostics, std::string_view source) {
    if (source.empty()) return;
    for (const auto& diagnostic : diagnostics) {
      want(diagnostic.where);
      for (const auto& place : diagnostic.also) want(place.where);
    }
    LineFinder lines(source);
    for (auto& [where, text] : texts_) {
      const SourcePosition at{where.first, where.second};
      const auto line = lines.line(at.line);
      text = excerpt(line, lines.byte_of(line, at));
    }
  }
  [[nodiscard]] std::string of(SourcePosition where) const {
    const auto found = texts_.find({where.line, where.column});
    return found == texts_.end() ? std::string{} : found->second;
  }

 private:
  void want(SourcePosition where) {
    if (where.line > 0) texts_.try_emplace({where.line, where.column});
  }
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::string> texts_;
};

std::string more(std::size_t count, std::size_t kept, std::string_view what, std::string_view kind) {
  if (count <= kept) return {};
  const auto left = count - kept;
  auto text = "... and " + std::to_string(left) + " more " + std::string(what) + (left == 1 ? "" : "s");
  if (!kind.empty()) text += " [" + std::string(kind) + ']';
  return text + '\n';
}

}  // namespace

std::string printable(std::string_view text) {
  std::string shown(text);
  std::ranges::replace_if(shown, [](char c) { return static_cast<unsigned char>(c) < 0x20U || c == 0x7F; }, '?');
  return shown;
}

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
  errors_.add({Severity::error, where, std::move(pointer), std::move(message), std::move(nearest), {}, {}, {}});
}

void Diagnostics::warning(SourcePosition where, std::string pointer, std::string message) {
  warning({Severity::warning, where, std::move(pointer), std::move(message), {}, {}, {}, {}});
}

void Diagnostics::warning(Diagnostic diagnostic) {
  diagnostic.severity = Severity::warning;
  auto found = warnings_.find(diagnostic.kind);
  if (found == warnings_.end()) {
    const auto most = diagnostic.kind.empty() ? kKept : kKeptOfKind;
    found = warnings_.try_emplace(diagnostic.kind, Kept{most, {}, 0}).first;
  }
  found->second.add(std::move(diagnostic));
}

std::size_t Diagnostics::warnings() const {
  std::size_t sum = 0;
  for (const auto& [kind, kept] : warnings_) sum += kept.count;
  return sum;
}

bool Diagnostics::keeps(Severity severity, SourcePosition where, std::string_view kind) const {
  if (severity == Severity::error) return errors_.keeps(where);
  const auto found = warnings_.find(kind);
  return found == warnings_.end() || found->second.keeps(where);
}

bool Diagnostics::Kept::keeps(SourcePosition where) const {
  return list.size() < most || before(where, list.back().where);
}

void Diagnostics::Kept::add(Diagnostic diagnostic) {
  ++count;
  if (!keeps(diagnostic.where)) return;
  const auto place = std::ranges::upper_bound(list, diagnostic.where, before, &Diagnostic::where);
  list.insert(place, std::move(diagnostic));
  if (list.size() > most) list.pop_back();
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  auto all = errors_.list;
  for (const auto& [kind, kept] : warnings_) all.insert(all.end(), kept.list.begin(), kept.list.end());
  std::ranges::stable_sort(all, before, &Diagnostic::where);
  return all;
}

std::string Diagnostics::left_out() const {
  auto text = more(errors_.count, errors_.most, "error", {});
  for (const auto& [kind, kept] : warnings_) text += more(kept.count, kept.most, "warning", kind);
  return text;
}

std::string render(const Diagnostics& diagnostics, std::string_view file, std::string_view source) {
  std::string text;
  const auto sorted = diagnostics.sorted();
  const Excerpts excerpts(sorted, source);
  for (const auto& diagnostic : sorted) {
    text += headline(diagnostic, file) + excerpts.of(diagnostic.where);
    for (const auto& place : diagnostic.also) text += headline(place, file) + excerpts.of(place.where);
  }
  return text + diagnostics.left_out();
}

}  // namespace sallyport::rules
