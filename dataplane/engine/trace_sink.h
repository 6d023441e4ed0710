// What the engine tells about a packet stage by stage, for trace and replay.
//
// Owner: dataplane/engine. Events are indexes into the policy in force; whoever prints them resolves names.
#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/engine/bound_policy.h"
#include "rules/model/drop_code.h"
#include "rules/model/stage.h"

namespace sallyport::dataplane {

enum class StageVerdict : std::uint8_t { pass, allow, deny };

enum class StageNote : std::uint8_t {
  none,
  tracked_reply,  // groups were not asked: the flow is tracked at this end
  exempt,         // resolver traffic
  same_subnet,    // neither ACL nor route asked
  local_route,
  internet_route,
  nat_route,
  interface_route,
  blackhole_route,
  new_flow,
  known_flow,
  related_error,
  one_to_one_out,
  one_to_one_in,
  reflected,
  nat_out,
  nat_back,
  published,
  published_back,
};

struct StageEvent {
  rules::Stage stage = rules::Stage::parse;
  StageVerdict verdict = StageVerdict::pass;
  StageNote note = StageNote::none;
  PlaceKind place = PlaceKind::none;
  std::uint32_t at = rules::kNone;       // index of the interface, subnet, NAT gateway or port
  rules::RuleIndex rule = rules::kNone;  // group rule or ACL entry
  rules::RouteIndex route = rules::kNone;
  rules::RouteTableIndex table = rules::kNone;
  rules::DropCode code = rules::DropCode::none;  // with deny
  std::uint32_t address = 0;                     // new address of a translation, or the address nobody owns
  std::uint16_t port = 0;
  rules::Query query{};  // what groups or the ACL were asked, for "nearest rule"
};

// One packet's account. The engine clears nothing: the driver does, between packets.
struct TraceSink {
  std::vector<StageEvent> events;
  // Group rules that matched at any stage, the deciding ones included.
  std::vector<rules::RuleIndex> matched;
};

}  // namespace sallyport::dataplane
