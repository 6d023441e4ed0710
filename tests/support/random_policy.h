// Random policies and packets in a small world, so that rules, addresses and ports meet often.
//
// Owner: tests/support; used by the differential tests of every room. A seed gives the same world on every machine.
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "rules/analyze/reference.h"
#include "rules/document/documents.h"

namespace sallyport::test {

using Random = std::mt19937_64;

// 0 .. below-1; not std::uniform_int_distribution, whose results differ between libraries.
[[nodiscard]] std::uint64_t pick(Random& random, std::uint64_t below);

// A policy document that read_policy accepts.
[[nodiscard]] std::string random_policy(Random& random);

// What stands at a named object of such a policy, for changes of one that is there.
struct RandomObject {
  rules::Section section;
  std::string name;
  std::string text;
};
[[nodiscard]] RandomObject random_object(Random& random, const rules::Policy& policy);

// The same with IPv6 in subnets, interfaces, lists, groups and ACLs, for a reader of both families.
[[nodiscard]] std::string random_policy_of_both_families(Random& random);

// An address that means something in such a policy, or is near one that does.
[[nodiscard]] rules::Ipv6 random_ipv6_address(Random& random);

// A packet between addresses that mean something in such a policy.
[[nodiscard]] rules::reference::FirstPacket random_packet(Random& random);

[[nodiscard]] std::string describe(const rules::reference::FirstPacket& packet);

}  // namespace sallyport::test
