// What is wrong with a document, said so that a person can go and mend it.
//
// Owner: rules/document. Filled by the readers and the compiler, printed by the command line and the control server.
// Always: diagnostics keep the order of their positions; a list with an error means the document was refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "rules/model/policy.h"

namespace sallyport::rules {

enum class Severity : std::uint8_t { error, warning };

// Another place of the same document that a diagnostic is about.
struct Place {
  SourcePosition where;  // line 0: not written, exists by default
  std::string pointer;   // RFC 6901
  std::string message;   // what stands there; ends without a full stop
};

struct Diagnostic {
  Severity severity = Severity::error;
  SourcePosition where;     // line 0: the document as a whole
  std::string pointer;      // RFC 6901, e.g. "/security_groups/app/ingress/0/security_groups/0"
  std::string message;      // what was found, what was expected; ends without a full stop
  std::string nearest;      // the nearest known name, or empty
  std::string kind;         // of a warning that has a name of its own ("unused-group"), or empty
  std::string remedy;       // what to do about it, or empty
  std::vector<Place> also;  // the other places, the most telling first
};

// The first hundred errors by position are kept, and as many warnings; of those with a kind the first twenty of each,
// so that none drowns among many of another. All are counted.
class Diagnostics {
 public:
  static constexpr std::size_t kKept = 100;
  static constexpr std::size_t kKeptOfKind = 20;

  void error(SourcePosition where, std::string pointer, std::string message, std::string nearest = {});
  void warning(SourcePosition where, std::string pointer, std::string message);
  // With a kind, what to do and other places.
  void warning(Diagnostic diagnostic);

  [[nodiscard]] bool has_errors() const { return errors_.count > 0; }
  [[nodiscard]] std::size_t errors() const { return errors_.count; }
  [[nodiscard]] std::size_t warnings() const;
  // Would one at `where` be kept? If not, its text need not be worked out: adding it then only counts.
  [[nodiscard]] bool keeps(Severity severity, SourcePosition where, std::string_view kind = {}) const;
  // Kept ones, by position.
  [[nodiscard]] std::vector<Diagnostic> sorted() const;
  // How many more were found than are kept: "... and 3 more errors", a line each for errors and every kind of warning.
  [[nodiscard]] std::string left_out() const;

 private:
  struct Kept {
    std::size_t most = kKept;
    std::vector<Diagnostic> list;  // by position, the earlier found first where that is equal
    std::size_t count = 0;

    [[nodiscard]] bool keeps(SourcePosition where) const;
    void add(Diagnostic diagnostic);
  };

  Kept errors_;
  std::map<std::string, Kept, std::less<>> warnings_;  // by kind
};

// "policy.json:41:22: error: unknown group "wbe" in /security_groups/app/...; did you mean "web"?", the source line, a
// caret below the column (long lines are cut to a window around it); other places follow in the same way as notes; then
// the count when more than the kept ones were found.
[[nodiscard]] std::string render(const Diagnostics& diagnostics, std::string_view file, std::string_view source);

// `name` as a token of a JSON pointer.
[[nodiscard]] std::string pointer_token(std::string_view name);

// The text with a question mark for every control character: what a terminal or a log line may be handed.
[[nodiscard]] std::string printable(std::string_view text);

// The known name nearest to `name` (Damerau-Levenshtein, at most a third of its length), or "".
[[nodiscard]] std::string nearest_name(std::string_view name, const std::vector<std::string_view>& known);

}  // namespace sallyport::rules
