// Hosts and the internet: what passes between one end and every address outside of the VPC.
//
// Owner: rules/analyze. Internal to reach. Addresses are swept in intervals in which no rule, ACL or route changes.
#pragma once

#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "rules/analyze/reach_ends.h"

namespace sallyport::rules::reaching {

class Outside {
 public:
  Outside(Ground& ground, const std::vector<Range>& addresses, SetId asked);

  // From an end to these addresses, from these addresses to an end's public address. Ends that are judged alike share
  // the answer. By number of addresses, most first.
  [[nodiscard]] const std::vector<OutsidePart>* from_end(const End& end);
  [[nodiscard]] const std::vector<OutsidePart>* to_end(const End& end);
  [[nodiscard]] std::vector<std::unique_ptr<const std::vector<OutsidePart>>> take() { return std::move(kept_); }

 private:
  struct Outcome {
    SetId open = kNothing;
    SetId lost = kNothing;
    NamedInterface via = nullptr;
    auto operator<=>(const Outcome&) const = default;
  };
  // Where the groups' answer changes, and what it is from there on.
  using Steps = std::vector<std::pair<std::uint32_t, SetId>>;

  [[nodiscard]] Steps sweep(const std::vector<std::string>& groups, Side side);
  template <typename WayAt, typename OutcomeOf>
  const std::vector<OutsidePart>* gather(const Steps& steps, WayAt way_at, OutcomeOf outcome_of);
  [[nodiscard]] Outcome outcome(SetId both_groups, const Way& way);

  using Key = std::tuple<const std::vector<std::string>*, NamedSubnet, std::uint32_t, bool>;
  static Key key_of(const End& end) { return {end.host.groups, end.host.subnet, end.place, end.translated}; }

  Ground& ground_;
  const std::vector<Range>& addresses_;
  SetId asked_;
  std::vector<std::uint32_t> starts_;  // in which the way is one and the same
  std::map<Key, const std::vector<OutsidePart>*> from_, to_;
  std::map<std::pair<std::vector<std::string>, Side>, Steps> swept_;
  std::vector<std::unique_ptr<const std::vector<OutsidePart>>> kept_;
};

// Addresses outside the VPC that a packet on the wire may have, those of the policy's own left out.
[[nodiscard]] std::vector<Range> internet_of(const Policy& policy);

}  // namespace sallyport::rules::reaching
