// Owner: tests/support. See policy_world.h.
#include "tests/support/policy_world.h"

#include <stdexcept>
#include <utility>

#include "rules/compile/compile.h"

namespace sallyport::test {

rules::Policy policy_of(const std::string& text, rules::Families families) {
  auto read = rules::read_policy(text, "policy.json", {}, families);
  if (!read) throw std::runtime_error(render(read.error(), "policy.json", text));
  return std::move(read->policy);
}

PolicyWorld world_of(const std::string& text, rules::Families families) {
  auto policy = policy_of(text, families);
  auto compiled = rules::compile(policy);
  if (!compiled) throw std::runtime_error(render(compiled.error(), "policy.json", text));
  return {std::move(policy), std::move(compiled->image)};
}

PolicyWorld random_world(Random& random, rules::Families families) {
  const bool ipv4 = families == rules::Families::ipv4;
  return world_of(ipv4 ? random_policy(random) : random_policy_of_both_families(random), families);
}

}  // namespace sallyport::test
