// What each key of the two documents means, in one line: the table behind `sallyport explain KEY`.
//
// Owner: control/cli. Always: every key the documents' readers know stands here.
#pragma once

#include <span>
#include <string_view>

namespace sallyport::control {

struct DocumentKey {
  std::string_view key;
  std::string_view where;  // "policy: security_groups.NAME"
  std::string_view meaning;
};

// Keys may occur several times, in the order of the documents.
[[nodiscard]] std::span<const DocumentKey> document_keys();

}  // namespace sallyport::control
