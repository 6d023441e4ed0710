// What sets of groups admit of the ends of the other side.
//
// Owner: rules/analyze. Internal to reach.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rules/analyze/reach_ends.h"

namespace sallyport::rules::reaching {

using Hits = std::vector<std::uint32_t>;
// Addresses that stand for ends, ascending, with the number of the end.
using Samples = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

// What one set of groups admits, by the other end: for most of them, and for those that rules name.
struct Admitted {
  SetId mostly = kNothing;
  std::vector<std::pair<std::uint32_t, SetId>> others;  // ascending
};

// Of one set of groups after the other, against all ends of the other side.
class Admitting {
 public:
  Admitting(Ground& ground, const Ends& others);

  Admitted by(const std::vector<std::string>& groups, Side side);
  [[nodiscard]] const Samples& samples() const { return samples_; }

 private:
  void add(const literal::Rule& rule, Admitted& result, std::vector<std::pair<std::uint32_t, SetId>>& found);

  Ground& ground_;
  const Samples samples_;
  std::vector<std::optional<Hits>> known_;  // by peer
};

}  // namespace sallyport::rules::reaching
