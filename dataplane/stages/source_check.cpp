// Who sent a packet: the table of docs/packet-path.md "Who sent it".
//
// Owner: dataplane/stages. Link addresses come from `mac` in the policy and from ARP.
#include <optional>

#include "dataplane/neighbor/assumed_neighbor.h"
#include "dataplane/stages/stages.h"

namespace sallyport::dataplane {
namespace {

using rules::OwnerKind;

struct Question {
  World& world;
  PacketContext& context;
  const rules::PolicyView& view;
  PortIndex port;
  rules::Ipv4 source;
  rules::Owner owner;
  rules::MacAddress mac;
};

bool is_host(const rules::Owner& owner) { return owner.kind == OwnerKind::interface || owner.kind == OwnerKind::host; }

void sent_by(Question& q, rules::InterfaceIndex interface, Uid hop) {
  q.context.sender.interface = interface;
  q.context.subnet = q.view.interface(interface).subnet;
  q.context.hop = hop;
}

// The link address of the source itself, where it is known.
std::optional<rules::MacAddress> link_address_of_source(const Question& q) {
  const auto info = q.view.interface(q.owner.index);
  if (info.has_mac) return info.mac;
  const auto* neighbor = q.world.neighbors[q.port].find(q.source.value);
  if (neighbor == nullptr || neighbor->state == NeighborState::unresolved) return std::nullopt;
  return neighbor->mac;
}

// A station that claims more addresses than any interface has is asked for no more of them.
constexpr int kMostAddressesOfAStation = 256;

// Calls `visit` with each interface that has the frame's source link address, until it returns true.
template <typename Visit>
bool any_interface_with_mac(const Question& q, Visit&& visit) {
  for (const auto& written : q.world.policy->interfaces_with(q.mac)) {
    if (visit(written.interface)) return true;
  }
  if (const auto address = assumed_address(q.mac); address && q.world.settings.assume_neighbors) {
    const auto owner = q.view.owner_of(*address);
    if (is_host(owner) && visit(owner.index)) return true;
  }
  const auto& neighbors = q.world.neighbors[q.port];
  int left = kMostAddressesOfAStation;
  for (const auto* n = neighbors.first_with(q.mac); n != nullptr && left > 0; n = neighbors.next_with(*n), --left) {
    const auto owner = q.view.owner_of(ip(n->address));
    if (is_host(owner) && visit(owner.index)) return true;
  }
  return false;
}

bool publishes(const Question& q, rules::InterfaceIndex interface) {
  for (const auto& publish : q.view.publishes(interface)) {
    if (publish.target == q.source.value) return true;
  }
  return false;
}

StageResult restriction(Question& q, rules::InterfaceIndex interface) {
  q.context.sender.interface = interface;
  return StageResult::ENI_SOURCE_DEST_CHECK_RESTRICTION;
}

// The source is not the sending station's own. `otherwise` is the answer where the station is nobody's.
StageResult foreign_source(Question& q, StageResult otherwise) {
  auto found = rules::kNone;
  const bool may_send = any_interface_with_mac(q, [&](rules::InterfaceIndex interface) {
    if (found == rules::kNone) found = interface;
    const bool forwards = !q.view.interface(interface).source_dest_check;
    if (!forwards && !publishes(q, interface)) return false;
    q.context.publishing_host = !forwards;
    found = interface;
    return true;
  });
  if (found == rules::kNone) return otherwise;
  if (!may_send) return restriction(q, found);
  sent_by(q, found, q.world.policy->uid_of(found));
  return kPass;
}

StageResult own_source(Question& q) {
  const auto known = link_address_of_source(q);
  const bool own = (known && *known == q.mac) || any_interface_with_mac(q, [&](rules::InterfaceIndex interface) {
                     return interface == q.owner.index && (q.owner.kind == OwnerKind::interface || !known);
                   });
  if (!own) {
    const auto result = foreign_source(q, StageResult::GATEWAY_REJECTS_SPOOFED_TRAFFIC);
    const bool strangers = result == StageResult::GATEWAY_REJECTS_SPOOFED_TRAFFIC;
    if (!strangers || known) return result;
  }
  sent_by(q, q.owner.index, kOwnHop);
  return kPass;
}

StageResult on_link_source(Question& q) {
  if (is_host(q.owner)) {
    if (q.world.policy->on_link(q.owner.subnet, q.port)) return own_source(q);
    return foreign_source(q, StageResult::GATEWAY_REJECTS_SPOOFED_TRAFFIC);
  }
  const bool somebody = q.owner.kind == OwnerKind::nat_gateway || q.owner.kind == OwnerKind::router;
  return foreign_source(q, somebody ? StageResult::GATEWAY_REJECTS_SPOOFED_TRAFFIC : StageResult::UNKNOWN_HOST);
}

// Behind a router the address alone decides.
StageResult routed_source(Question& q) {
  if (q.owner.kind == OwnerKind::nat_gateway || q.owner.kind == OwnerKind::router) {
    return StageResult::GATEWAY_REJECTS_SPOOFED_TRAFFIC;
  }
  if (!is_host(q.owner)) return StageResult::UNKNOWN_HOST;
  if (!q.world.policy->ports_of(q.owner.subnet).empty()) return StageResult::GATEWAY_REJECTS_SPOOFED_TRAFFIC;
  sent_by(q, q.owner.index, kOwnHop);
  return kPass;
}

StageResult outside_source(Question& q) {
  const bool own = q.view.public_owner_of(q.source).kind != rules::PublicKind::nobody ||
                   q.world.policy->is_gateway_address(q.source);
  if (own || q.view.in_vpc(q.source)) return StageResult::GATEWAY_REJECTS_SPOOFED_TRAFFIC;
  q.context.hop = kInternetHop;
  return kPass;
}

// An address that left the policy drains: its flows may still send from it, by the station that always did.
bool drains(Question& q) {
  if (q.owner.kind != OwnerKind::nobody) return false;
  const auto& context = q.context;
  const FlowTuple tuple{context.source.address, context.destination.address, context.source.port,
                        context.destination.port, FlowTuple::pack(kOwnHop, context.parsed.protocol)};
  const auto found = q.world.flows.find(tuple);
  if (!found) return false;
  const auto& detail = q.world.flows.detail(found->id);
  const auto interface =
      q.world.policy->interface_of(found->direction == Direction::out ? detail.interface_from : detail.interface_to);
  if (interface == rules::kNone) return false;
  bool somebodys = false;
  const bool own = any_interface_with_mac(q, [&](rules::InterfaceIndex candidate) {
    somebodys = true;
    return candidate == interface;
  });
  if (somebodys && !own) return false;
  sent_by(q, interface, kOwnHop);
  return true;
}

StageResult check(Question& q) {
  const auto& port = q.world.settings.ports[q.port];
  const bool inside = !port.subnets.empty() || port.routed;
  if (port.uplink &&
      (!inside || !q.view.in_vpc(q.source) || q.view.public_owner_of(q.source).kind != rules::PublicKind::nobody)) {
    return outside_source(q);
  }
  const bool by_address = port.routed && !q.world.policy->on_link(q.owner.subnet, q.port);
  const auto result = by_address ? routed_source(q) : on_link_source(q);
  return result != kPass && drains(q) ? kPass : result;
}

}  // namespace

StageResult source_check_stage(World& world, PacketContext& context) {
  const auto& view = world.policy->view();
  const auto source = ip(context.parsed.source);
  Question q{world,
             context,
             view,
             context.packet->in_port,
             source,
             view.owner_of(source),
             load_mac(context.packet->data + ethernet::kSource)};
  const auto result = check(q);
  const bool from_interface = context.sender.interface != rules::kNone;
  record(world, context,
         {.stage = rules::Stage::source_check,
          .verdict = result == kPass ? StageVerdict::pass : StageVerdict::deny,
          .place = from_interface ? PlaceKind::interface : PlaceKind::port,
          .at = from_interface ? context.sender.interface : context.packet->in_port,
          .code = result,
          .address = source.value});
  return result;
}

}  // namespace sallyport::dataplane
