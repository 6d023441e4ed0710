// Where tests find the files of the repository.
//
// Owner: tests/support. The one place that knows the path, so that every other test compiles the same everywhere.
#pragma once

#include <string>

namespace sallyport {

// The repository's folder, without a slash at the end.
[[nodiscard]] std::string source_folder();

}  // namespace sallyport
