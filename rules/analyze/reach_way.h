// The way between two addresses, for all traffic at once: what each stage lets through, and which replies come back.
//
// Owner: rules/analyze. The reference evaluator's path (reference_path.cpp) on sets instead of packets; the tests hold
// the two together.
// Always: the groups of the sender and of the receiver are not in `passes`: the first is asked before the way, the
// other at its end.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "rules/analyze/reach_ground.h"
#include "rules/model/drop_code.h"
#include "rules/model/stage.h"

namespace sallyport::rules::reaching {

// Replies are looked for at source ports that hosts ask from; a service that only answers to ports below is none.
inline constexpr literal::Keys kAskingPorts{1024, 65535};
// ICMP that asks (RFC 792, RFC 950). Messages that ask for nothing count only where these come through both ways.
inline constexpr std::array<std::uint32_t, 4> kAskingTypes{8, 13, 15, 17};

struct WayStep {
  Stage stage = Stage::route;
  DropCode code = DropCode::none;  // of what it does not let through
  SetId admits = kEverything;
  NamedSubnet subnet = nullptr;        // of an ACL or a route table
  NamedInterface interface = nullptr;  // of a destination check
  NamedNat nat = nullptr;
  Ipv4 remote;                   // whom an ACL was asked about, where a route leads to
  const Route* route = nullptr;  // that decided; null: none, or the local one
  bool far = false;              // of a reply: addressed to the source as the far side sees it
};

struct Way {
  std::vector<WayStep> forward;
  std::vector<WayStep> reply;
  SetId passes = kEverything;    // the forward steps together
  SetId answered = kEverything;  // traffic whose reply comes back to one of `reply_ports`
  std::array<literal::KeySet, 2> reply_ports{{{{1024, 65535}}, {{1024, 65535}}}};  // source ports, of TCP and of UDP

  std::optional<Host> receiver;      // none: the internet, or nobody
  bool reaches_internet = false;     // it ends there
  bool handed_to_appliance = false;  // the receiver is to forward it
  bool crossed_internet_gateway = false;
  bool exempt = false;     // from groups, too
  NamedNat nat = nullptr;  // it went through
  Ipv4 seen_from;          // the source as the far side sees it
  Ipv4 seen_to;
};

// What of the traffic that gets there is never answered.
[[nodiscard]] SetId lost_of(Ground& ground, SetId passed, SetId answered);

// A flow that lives already: its ends are known by name, and addresses that left the policy drain.
struct KnownFlow {
  std::optional<Host> sender;      // none: the internet
  std::optional<Host> receiver;    // whose the destination was, if it still is there
  Ipv4 leaving_from;               // the source as it was translated
  const Ground* before = nullptr;  // the policy under which it lived
};

// `from` is the address of a host of the VPC or lies outside of it; anybody else sends nothing.
[[nodiscard]] Way way_between(Ground& ground, Ipv4 from, Ipv4 to);
[[nodiscard]] Way way_of(Ground& ground, const KnownFlow& flow, Ipv4 from, Ipv4 to);

}  // namespace sallyport::rules::reaching
