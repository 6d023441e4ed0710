// How much compiling a policy may take and make. Over it a policy is refused by name before a process runs out.
//
// Owner: rules/model. Set in the gateway document for the daemon, by options for a command; used by rules/compile.
#pragma once

#include <cstdint>

namespace sallyport::rules {

struct Budget {
  // A row: what one list of groups or one ACL, in one direction, says to one kind of remote addresses.
  std::uint64_t rows = 8'000'000;
  // Different lists of rules in order, among all rows.
  std::uint64_t predicates = 2'000'000;
  // Bytes for the policy, all tables and the image made of them.
  std::uint64_t memory = std::uint64_t{2} << 30U;
  std::uint32_t seconds = 60;
  friend bool operator==(const Budget&, const Budget&) = default;
};

// The most that can be set: every index of an image has 32 bits, every line of its tables a number of 27
// (asserted where they are weighed).
inline constexpr Budget kLargestBudget{
    .rows = 64'000'000, .predicates = 64'000'000, .memory = std::uint64_t{16} << 30U, .seconds = 24 * 3600};
// The least memory: below it not even an empty policy compiles.
inline constexpr std::uint64_t kLeastMemory = std::uint64_t{1} << 20U;

}  // namespace sallyport::rules
