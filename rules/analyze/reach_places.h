// What lies between the places of senders and of receivers, worked out once for every two of them.
//
// Owner: rules/analyze. Internal to reach. Always: ends of one place meet the same ACLs and routes.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "rules/analyze/progress.h"
#include "rules/analyze/reach_ends.h"

namespace sallyport::rules::reaching {

// What is of interest of the way between two places.
struct WayFacts {
  SetId passes = kEverything;
  SetId answered = kEverything;
  std::optional<Ipv4> translated_from;  // as the receiver's groups see the source
  NamedInterface appliance = nullptr;   // is handed the packet instead
  bool exempt = false;                  // from groups
};

class Places {
 public:
  // False where it was told to stop.
  [[nodiscard]] bool make(Ground& ground, const Ends& senders, const Ends& receivers, const GoOn& told);

  // The number of what lies between two places, and how many such numbers there are.
  [[nodiscard]] std::uint32_t between(std::uint32_t sender, std::uint32_t receiver) const {
    return ways_[std::size_t{sender} * receivers_ + receiver];
  }
  [[nodiscard]] const WayFacts& operator[](std::uint32_t number) const { return facts_[number]; }
  [[nodiscard]] std::size_t size() const { return facts_.size(); }

 private:
  std::size_t receivers_ = 0;
  std::vector<std::uint32_t> ways_;
  std::vector<WayFacts> facts_;
};

}  // namespace sallyport::rules::reaching
