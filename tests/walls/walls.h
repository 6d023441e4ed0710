// The walls of the house, read from the text of the sources: who may include what.
//
// Owner: tests. Rules are data (kWalls in walls.cpp); the test walks the tree and also shows that each rule can fail.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::tests {

struct Source {
  std::string path;  // from the repository's root, "rules/model/policy.h"
  std::string text;
};

// Every .h, .cpp and .inc of the rooms, in order of path.
[[nodiscard]] std::vector<Source> read_rooms(const std::string& root);

// What the source does that its room may not, a line each: "rules/x.h:3: includes rte_mbuf.h: ...".
[[nodiscard]] std::vector<std::string> violations(const Source& source);

}  // namespace sallyport::tests
