// ARP: who is believed, whom the gateway answers for.
//
// Owner: dataplane/stages. docs/packet-path.md "ARP".
// Always: with several workers each learns and the first alone answers.
#include "dataplane/stages/arp.h"

#include <algorithm>

#include "dataplane/packet/originate.h"
#include "dataplane/stages/link.h"
#include "dataplane/stages/stages.h"

namespace sallyport::dataplane {
namespace {

using rules::OwnerKind;

bool on_link_of(const std::optional<rules::LinkAddress>& link, std::uint32_t address) {
  return link && link->link.contains(ip(address));
}

bool is_own_of(const std::optional<rules::LinkAddress>& link, std::uint32_t address) {
  return link && link->address.value == address;
}

bool is_public(const BoundPolicy& policy, std::uint32_t address) {
  if (policy.view().public_owner_of(ip(address)).kind != rules::PublicKind::nobody) return true;
  return policy.draining(ip(address)) != nullptr;
}

// With proxy_arp: everybody in the subnet but the asker.
bool stands_in(const BoundPolicy& policy, const rules::Owner& owner, std::uint32_t asker) {
  switch (owner.kind) {
    case OwnerKind::host:
    case OwnerKind::nobody:
      return true;
    case OwnerKind::interface:
      break;
    default:
      return false;
  }
  const auto other = policy.view().owner_of(ip(asker));
  return other.kind != OwnerKind::interface || other.index != owner.index;
}

bool answers_for(const World& world, PortIndex index, const ParsedArp& arp) {
  const auto& port = world.settings.ports[index];
  if (is_own_of(port.uplink, arp.target) || is_own_of(port.routed, arp.target)) return true;
  if (world.policy == nullptr) return false;
  const auto& policy = *world.policy;
  if (on_link_of(port.uplink, arp.target) && is_public(policy, arp.target)) return true;
  const auto owner = policy.view().owner_of(ip(arp.target));
  if (!policy.on_link(owner.subnet, index)) return false;
  if (owner.kind == OwnerKind::router || owner.kind == OwnerKind::nat_gateway) return true;
  return port.proxy_arp && stands_in(policy, owner, arp.sender);
}

bool is_resolved(const World& world, PortIndex port, std::uint32_t address) {
  const auto* known = world.neighbors[port].find(address);
  return known != nullptr && known->state != NeighborState::unresolved;
}

// The ports on which the address may be found besides this one.
std::span<const PortIndex> ports_of(const World& world, std::uint32_t address) {
  if (world.policy == nullptr) return {};
  return world.policy->ports_of(world.policy->view().owner_of(ip(address)).subnet);
}

void learn(World& world, PortIndex port, const ParsedArp& arp) {
  const auto ports = ports_of(world, arp.sender);
  const auto known_on = [&](PortIndex at) { return is_resolved(world, at, arp.sender); };
  if (arp.is_gratuitous && !known_on(port) && std::ranges::none_of(ports, known_on)) return;
  if (!may_learn(world, port, arp.sender, arp.sender_mac)) return;
  for (const auto other : ports) {
    if (other == port || !known_on(other)) continue;
    Link elsewhere(world, other);
    world.neighbors[other].dispute(arp.sender, world.now, elsewhere);
    return;
  }
  Link link(world, port);
  if (!world.neighbors[port].learn(arp.sender, arp.sender_mac, world.now, link)) return;
  for (const auto other : ports) {
    if (other == port || world.neighbors[other].find(arp.sender) == nullptr) continue;
    Link left(world, other);
    left.move_to(port, arp.sender_mac);
    world.neighbors[other].remove(arp.sender, left);
  }
}

void answer(World& world, PortIndex port, const ParsedArp& arp) {
  auto* frame = world.outbox.begin(port);
  if (frame == nullptr) return;
  const ArpParty self{world.settings.ports[port].mac, arp.target};
  frame->length = static_cast<std::uint16_t>(build_arp_reply(frame->bytes, self, {arp.sender_mac, arp.sender}));
  if (world.outbox.commit()) world.counters.arp_replies_sent.add();
}

}  // namespace

bool may_learn(const World& world, PortIndex index, std::uint32_t address, const rules::MacAddress& mac) {
  const auto& port = world.settings.ports[index];
  const auto* policy = world.policy;
  if (on_link_of(port.uplink, address) || on_link_of(port.routed, address)) {
    const bool ours = is_own_of(port.uplink, address) || is_own_of(port.routed, address) ||
                      (policy != nullptr && is_public(*policy, address));
    return !ours;
  }
  if (policy == nullptr) return false;
  const auto owner = policy->view().owner_of(ip(address));
  if (!policy->on_link(owner.subnet, index)) return false;
  if (owner.kind == OwnerKind::nobody || owner.kind == OwnerKind::host) return true;
  if (owner.kind != OwnerKind::interface) return false;
  const auto info = policy->view().interface(owner.index);
  return !info.has_mac || info.mac == mac;
}

StageResult neighbor_stage(World& world, PacketContext& context) {
  auto& packet = *context.packet;
  const auto arp = parse_arp({packet.data, packet.length});
  record(world, context,
         {.stage = rules::Stage::neighbor,
          .verdict = arp.drop == kPass ? StageVerdict::pass : StageVerdict::deny,
          .place = PlaceKind::port,
          .at = packet.in_port,
          .code = arp.drop,
          .address = arp.sender});
  if (arp.drop != kPass) return arp.drop;
  packet.disposition = Disposition::consume;
  if (arp.is_probe) return kPass;
  learn(world, packet.in_port, arp);
  const bool asked = arp.is_request && !arp.is_gratuitous && world.settings.worker == 0;
  if (asked && answers_for(world, packet.in_port, arp)) answer(world, packet.in_port, arp);
  return kPass;
}

}  // namespace sallyport::dataplane
