// Who can talk to whom: through groups at both ends, ACLs both ways, routes and NAT, with the internet as a party.
//
// Owner: rules/analyze. Hosts whose packets are judged alike are one end; ends with the same groups, ACL, route table
// and kind of address are one party, a row and a column of the answer. Always: exact for first packets from source
// ports of 1024 and above and their replies: `open` holds what passes both ways between some pair of the two parties'
// addresses, `lost` what is let in and never answered.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/analyze/diff.h"
#include "rules/analyze/progress.h"
#include "rules/analyze/reach_ground.h"
#include "rules/analyze/reach_way.h"

namespace sallyport::rules {

// Whom a question is about. Empty ranges: nobody on that side of the uplink.
struct ReachSelection {
  std::string name;                     // as typed
  std::vector<literal::Range> inside;   // of the VPC; disjoint, ascending
  std::vector<literal::Range> outside;  // of the internet, addresses of the policy's own left out
  std::vector<Ipv4> public_addresses;   // of the policy's own that are meant as such
};

[[nodiscard]] ReachSelection everybody(const Policy& policy);
// An interface, a group, a subnet, a CIDR or an address, or "internet". The error is a sentence.
[[nodiscard]] std::expected<ReachSelection, std::string> selection_of(const Policy& policy, std::string_view text);

struct ReachQuestion {
  ReachSelection from, to;
  TrafficSet traffic;  // nothing else is looked at
};

struct ReachParty {
  enum class Kind : std::uint8_t {
    hosts,     // of the VPC
    internet,  // what most of the internet's addresses get
    listed,    // addresses of the internet that get more than most, because rules name them
    beyond,    // what an appliance is to forward
    address    // a public address of the policy's own, asked for as such
  };
  Kind kind = Kind::hosts;
  std::string name;                 // short, and no other party's
  std::vector<std::string> groups;  // of hosts
  std::vector<std::string> subnets;
  std::vector<std::string> interfaces;
  std::string network_acl, route_table;
  bool has_public_address = false;
  std::uint64_t addresses = 0;
  std::vector<Ipv4> samples;          // one or two of its addresses; none of `listed` and `beyond`
  std::optional<Ipv4> public_sample;  // the public address of the first
};

// Some addresses of the internet and what passes between them and a host.
struct OutsidePart {
  reaching::SetId open = reaching::kNothing;
  reaching::SetId lost = reaching::kNothing;
  std::vector<literal::Range> ranges;
  std::uint64_t addresses = 0;
  reaching::NamedInterface via = nullptr;  // handed to this appliance
};

struct ReachCell {
  std::uint32_t from = 0;  // party
  std::uint32_t to = 0;
  reaching::SetId open = reaching::kNothing;
  reaching::SetId lost = reaching::kNothing;
  bool all_alike = true;                            // between every two addresses of the parties
  bool hosts_alike = true;                          // of the internet: `parts` are the same for every host
  reaching::NamedInterface via = nullptr;           // an appliance stands between
  Ipv4 from_sample, to_sample;                      // two addresses with something open, or lost, if there are such
  const std::vector<OutsidePart>* parts = nullptr;  // of the internet, by size
};

// What most senders of a profile get at a receiver; cells tell only of those that get something else.
struct ReachUsual {
  reaching::SetId open = reaching::kNothing;
  reaching::SetId lost = reaching::kNothing;
  friend bool operator==(const ReachUsual&, const ReachUsual&) = default;
};

class Reach {
 public:
  // More pairs of parties than this, and `usual` says what most pairs get.
  static constexpr std::size_t kMostPairsListed = 10'000;

  std::vector<ReachParty> from, to;
  std::vector<ReachCell> cells;  // by `to`, then `from`
  bool complete = true;          // `usual` is nothing everywhere: every pair with something open or lost is in `cells`
  std::vector<std::uint32_t> profile;          // of each `from`
  std::vector<std::vector<ReachUsual>> usual;  // [to][profile]

  std::unique_ptr<reaching::Ground> ground;  // the sets' table, and what explains a pair
  reaching::SetId asked = reaching::kEverything;
  std::vector<std::unique_ptr<const std::vector<OutsidePart>>> kept_parts;

  [[nodiscard]] const TrafficSet& traffic(reaching::SetId id) const { return ground->sets.at(id); }
};

// Refuses with a sentence what would take too much memory, or what it was told to stop.
[[nodiscard]] std::expected<Reach, std::string> reach(const Policy& policy, const ReachQuestion& question,
                                                      const GoOn& told = {});

// What passes between two addresses, exactly.
[[nodiscard]] ReachUsual reach_between(reaching::Ground& ground, reaching::SetId asked, Ipv4 from, Ipv4 to);

// How much a set opens: nothing, some ports, ports for administration or databases among them, all TCP and UDP ports.
enum class ReachLevel : std::uint8_t { nothing, some, admin, everything };
[[nodiscard]] ReachLevel level_of(const TrafficSet& traffic);

// One packet that shows it, stage by stage, or the first stage that lets nothing of what was asked through.
struct ReachStep {
  bool reply = false;
  Stage stage = Stage::route;
  std::string place;  // the group, the ACL, the route table …
  bool passes = true;
  DropCode code = DropCode::none;
  std::string rule;        // "web/ingress/0", an ACL's number, "*"; empty where none decided
  std::uint32_t line = 0;  // of the rule; of the place where no rule decided; 0: not written
};
struct ReachProof {
  bool open = false;
  std::uint8_t protocol = kProtocolTcp;
  Ipv4 from, to;
  std::uint16_t from_port = 0, to_port = 0;  // TCP and UDP
  std::uint8_t icmp_type = 0, icmp_code = 0;
  std::vector<ReachStep> steps;  // of a blocked packet the last one is where it ends
};
// For traffic of `asked` between two addresses.
[[nodiscard]] ReachProof prove_reach(reaching::Ground& ground, reaching::SetId asked, Ipv4 from, Ipv4 to);

// The rules of groups behind what is `open` between two addresses: at each end, in the order in which rules are named,
// those that admit some of it that none before them does.
struct ReachRules {
  std::vector<ReachStep> leaving, arriving;
};
[[nodiscard]] ReachRules rules_behind(reaching::Ground& ground, reaching::SetId open, Ipv4 from, Ipv4 to);

}  // namespace sallyport::rules
