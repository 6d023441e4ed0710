// What is wrong with a document, said so that a person can go and mend it.
//
// Owner: rules/document. Filled by the readers and the compiler, printed by the command line and the control server.
// Always: diagnostics keep the order of their positions; a list with an error means the document was refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rules/model/policy.h"

namespace sallyport::rules {

enum class Severity : std::uint8_t { error, warning };

struct Diagnostic {
  Severity severity = Severity::error;
  SourcePosition where;  // line 0: the document as a whole
  std::string pointer;   // RFC 6901, e.g. "/security_groups/app/ingress/0/security_groups/0"
  std::string message;   // what was found, what was expected; ends without a full stop
  std::string nearest;   // the nearest known name, or empty
};

// The first hundred errors by position are kept, and as many warnings; all are counted.
class Diagnostics {
 public:
  static constexpr std::size_t kKept = 100;

  void error(SourcePosition where, std::string pointer, std::string message, std::string nearest = {});
  void warning(SourcePosition where, std::string pointer, std::string message);

  [[nodiscard]] bool has_errors() const { return errors_.count > 0; }
  [[nodiscard]] std::size_t errors() const { return errors_.count; }
  [[nodiscard]] std::size_t warnings() const { return warnings_.count; }
  // Would one at `where` be kept? If not, its text need not be worked out: adding it then only counts.
  [[nodiscard]] bool keeps(Severity severity, SourcePosition where) const;
  // Kept ones, by position.
  [[nodiscard]] std::vector<Diagnostic> sorted() const;

 private:
  struct Kept {
    std::vector<Diagnostic> list;  // by position, the earlier found first where that is equal
    std::size_t count = 0;
  };
  void add(Diagnostic diagnostic);

  Kept errors_;
  Kept warnings_;
};

// "policy.json:41:22: error: unknown group "wbe" in /security_groups/app/...; did you mean "web"?", the source line, a
// caret below the column (long lines are cut to a window around it); then the count when more than the kept ones were
// found.
[[nodiscard]] std::string render(const Diagnostics& diagnostics, std::string_view file, std::string_view source);

// `name` as a token of a JSON pointer.
[[nodiscard]] std::string pointer_token(std::string_view name);

// The known name nearest to `name` (Damerau-Levenshtein, at most a third of its length), or "".
[[nodiscard]] std::string nearest_name(std::string_view name, const std::vector<std::string_view>& known);

}  // namespace sallyport::rules
