// The hosts of a policy, put together where no rule, ACL or route tells them apart.
//
// Owner: rules/analyze. Internal to reach.
#pragma once

#include <string>
#include <vector>

#include "rules/analyze/reach.h"

namespace sallyport::rules::reaching {

// Addresses of which each may stand for all.
struct End {
  Host host;  // of the sample
  std::vector<Range> addresses;
  std::uint64_t count = 0;
  Ipv4 sample;
  std::uint32_t groups = 0;  // a number of the set of groups
  std::uint32_t place = 0;   // ACLs and routes do not tell ends of one place apart
  std::uint32_t party = 0;
  bool translated = false;  // primary addresses with a public one
  bool exempt = false;
};

struct Ends {
  std::vector<End> ends;  // by party
  std::vector<ReachParty> parties;
  std::vector<const std::vector<std::string>*> group_sets;
  std::vector<std::uint32_t> place_samples;  // of each place an end
};

[[nodiscard]] Ends ends_of(const Ground& ground, const std::vector<Range>& selected);

// Starts of the intervals in which ACLs and routes treat addresses alike.
[[nodiscard]] std::vector<std::uint32_t> way_starts(const Policy& policy);
// Sorted, each once.
void tidy(std::vector<std::uint32_t>& starts);
void add_bounds(const Prefix& prefix, std::vector<std::uint32_t>& starts);
[[nodiscard]] std::vector<Range> intersected(const std::vector<Range>& a, const std::vector<Range>& b);
[[nodiscard]] std::vector<Range> subtracted(const std::vector<Range>& a, const std::vector<Range>& b);

}  // namespace sallyport::rules::reaching
