// Sending parties that are alike for all receivers whose rules do not name them: the same groups' answer for most, the
// same places. What they get is worked out once for all of a kind.
//
// Owner: rules/analyze. Internal to reach.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rules/analyze/reach_ends.h"

namespace sallyport::rules::reaching {

struct SenderKind {
  std::uint32_t profile = 0;
  SetId leaving = kNothing;            // what their groups let out to most
  std::uint32_t leaving_number = 0;    // among all of these
  std::vector<std::uint32_t> places;   // each once, as the ends of a party have them
  std::vector<std::uint32_t> parties;  // ascending
};

class SenderKinds {
 public:
  // `leaving`: by set of groups; `profiles`: by party.
  SenderKinds(const Ends& senders, const std::vector<SetId>& leaving, std::span<const std::uint32_t> profiles);

  [[nodiscard]] const std::vector<SenderKind>& all() const { return kinds_; }  // alike ones beside each other
  // How many different `leaving` there are.
  [[nodiscard]] std::size_t leavings() const { return leavings_; }
  [[nodiscard]] std::uint32_t of(std::uint32_t party) const { return kind_of_[party]; }
  // The first end of a party at the place with this number in its kind's list.
  [[nodiscard]] std::uint32_t end_at(std::uint32_t party, std::uint32_t place) const {
    return place_ends_[place_ends_of_[party] + place];
  }
  // The ends of a party.
  [[nodiscard]] std::uint32_t begin_of(std::uint32_t party) const { return begins_[party]; }
  [[nodiscard]] std::uint32_t end_of(std::uint32_t party) const { return begins_[party + std::size_t{1}]; }

 private:
  std::vector<SenderKind> kinds_;
  std::size_t leavings_ = 0;
  std::vector<std::uint32_t> kind_of_;
  std::vector<std::uint32_t> begins_;
  std::vector<std::uint32_t> place_ends_;
  std::vector<std::size_t> place_ends_of_;
};

}  // namespace sallyport::rules::reaching
