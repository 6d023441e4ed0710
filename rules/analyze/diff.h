// What a change of policy changes: traffic that is now allowed or now denied, routes that lead elsewhere, what came and
// went.
//
// Owner: rules/analyze. Reads both models literally. Traffic is judged where the rules stand: at each interface, for
// each direction, by its groups and the ACL of its subnet together, for the first packet of a connection.
// Always: two policies without a difference in traffic admit the same first packets at every interface; interfaces that
// see the same change are told of together.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rules/analyze/key_sets.h"
#include "rules/analyze/literal_rules.h"
#include "rules/analyze/progress.h"
#include "rules/model/policy.h"

namespace sallyport::rules {

// By kind of traffic.
using TrafficSet = std::array<literal::KeySet, literal::kKinds>;

// Traffic of some interfaces with some remote addresses that one policy allows and the other denies.
struct TrafficChange {
  bool opened = false;  // now allowed; else now denied
  literal::Side side = literal::Side::ingress;
  std::vector<std::string> interfaces;  // "net/*" stands for the unnamed hosts of subnet net
  std::vector<literal::Range> remotes;  // disjoint, ascending
  TrafficSet traffic;
};

// Subnets that are gone are not told of here.
struct RouteChange {
  std::vector<std::string> subnets;
  std::vector<literal::Range> destinations;
  std::string before;  // "NAT gateway nat-a", "nothing"
  std::string after;
};

// A change that lets packets with these addresses pass that rules admitted before: a public address, something
// published, a check that is off, a subnet with other routes.
struct Door {
  std::string what;  // a sentence
  std::vector<literal::Range> remotes;
};

struct PolicyDiff {
  std::vector<TrafficChange> traffic;
  std::vector<RouteChange> routes;
  std::vector<std::string> others;  // a sentence each
  std::vector<Door> doors;          // behind some of these
  [[nodiscard]] bool empty() const { return traffic.empty() && routes.empty() && others.empty(); }
};

[[nodiscard]] PolicyDiff diff(const Policy& before, const Policy& after);
// Nothing where it was told to stop.
[[nodiscard]] std::optional<PolicyDiff> diff(const Policy& before, const Policy& after, const GoOn& told);

// The first traffic that was opened with a remote address outside these prefixes, in words: by rules, by a route to
// such addresses where there was none or another, or by a door.
[[nodiscard]] std::optional<std::string> opened_beyond(const PolicyDiff& diff, const std::vector<Prefix>& limits);

// The fewest prefixes that hold exactly these addresses.
[[nodiscard]] std::vector<Prefix> prefixes_of(const std::vector<literal::Range>& ranges);

// "tcp 443", "udp 1000-2000", "icmp 8/0", "protocol 50"; "all" for all of everything.
[[nodiscard]] std::vector<std::string> in_words(const TrafficSet& traffic);

}  // namespace sallyport::rules
