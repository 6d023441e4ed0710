// The inner checks of an image: every index, offset and range in its tables stays inside, and what is searched is
// sorted.
//
// Owner: rules/image. Whatever passed may be read without looking twice.
#pragma once

#include <optional>
#include <string>

#include "rules/image/tables.h"

namespace sallyport::rules {

// The first thing that is wrong ("malformed: section rows, record 12: no such predicate"), or nullopt.
[[nodiscard]] std::optional<std::string> verify_tables(const layout::Tables& tables);

}  // namespace sallyport::rules
