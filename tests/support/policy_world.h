// From a policy's text to its model and its image, where nothing can be wrong with it; what is wrong is thrown.
//
// Owner: tests/support.
#pragma once

#include <string>

#include "rules/document/documents.h"
#include "rules/image/image.h"
#include "tests/support/random_policy.h"

namespace sallyport::test {

[[nodiscard]] rules::Policy policy_of(const std::string& text, rules::Families families = rules::Families::ipv4);

struct PolicyWorld {
  rules::Policy policy;
  rules::Image image;
};
[[nodiscard]] PolicyWorld world_of(const std::string& text, rules::Families families = rules::Families::ipv4);
[[nodiscard]] PolicyWorld random_world(Random& random, rules::Families families = rules::Families::ipv4);

}  // namespace sallyport::test
