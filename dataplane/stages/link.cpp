// Owner: dataplane/stages. See link.h.
#include "dataplane/stages/link.h"

#include "dataplane/packet/originate.h"
#include "dataplane/stages/arp.h"

namespace sallyport::dataplane {
namespace {

// Under which of its addresses the gateway asks for `target`: the subnet's router, or its own on the link.
std::uint32_t asking_address(const World& world, const PortSettings& port, std::uint32_t target) {
  if (port.uplink && port.uplink->link.contains(ip(target))) return port.uplink->address.value;
  if (port.routed && port.routed->link.contains(ip(target))) return port.routed->address.value;
  if (world.policy == nullptr) return 0;
  const auto subnet = world.policy->view().owner_of(ip(target)).subnet;
  return subnet == rules::kNone ? 0 : world.policy->view().subnet(subnet).router.value;
}

}  // namespace

void Link::request(std::uint32_t address, const rules::MacAddress* known) {
  const auto& port = world_.settings.ports[port_];
  const auto from = asking_address(world_, port, address);
  auto* frame = from == 0 ? nullptr : world_.outbox.begin(port_);
  if (frame == nullptr) return;
  const ArpParty self{port.mac, from};
  frame->length = static_cast<std::uint16_t>(
      build_arp_request(frame->bytes, self, address, known == nullptr ? kBroadcastMac : *known));
  if (world_.outbox.commit()) world_.counters.arp_requests_sent.add();
}

void Link::release(Packet packet, const rules::MacAddress& mac) {
  set_link_addresses(packet.data, world_.settings.ports[packet.out_port].mac, mac);
  packet.disposition = Disposition::forward;
  world_.counters.held.subtract();
  finish_forward(world_.counters, packet);
  world_.released.push_back(packet);
}

void Link::give_up(Packet packet) {
  if (moved_to_ != kNoPort) {
    packet.out_port = moved_to_;
    release(packet, moved_mac_);
    return;
  }
  world_.counters.held.subtract();
  finish_drop(world_.counters, packet, rules::DropCode::NEIGHBOR_UNRESOLVED);
  world_.released.push_back(packet);
}

void announce(World& world, const BoundPolicy::Announcement& announcement) {
  auto* frame = world.outbox.begin(announcement.port);
  if (frame == nullptr) return;
  const ArpParty self{world.settings.ports[announcement.port].mac, announcement.address.value};
  frame->length = static_cast<std::uint16_t>(build_gratuitous_arp(frame->bytes, self));
  static_cast<void>(world.outbox.commit());
}

void forget_strangers(World& world, PortIndex port, std::span<std::uint32_t> scratch) {
  auto& neighbors = world.neighbors[port];
  std::size_t strangers = 0;
  neighbors.for_each([&](const Neighbor& neighbor) {
    if (neighbor.state == NeighborState::unresolved || may_learn(world, port, neighbor.address, neighbor.mac)) return;
    if (strangers < scratch.size()) scratch[strangers++] = neighbor.address;
  });
  Link link(world, port);
  for (const auto address : scratch.first(strangers)) neighbors.remove(address, link);
}

void finish_drop(Counters& counters, Packet& packet, rules::DropCode code) {
  packet.disposition = Disposition::drop;
  packet.code = code;
  counters.dropped.add();
  counters.drops[static_cast<std::size_t>(code)].add();
  counters.ports[packet.in_port].dropped.add();
}

void finish_forward(Counters& counters, const Packet& packet) {
  counters.forwarded.add();
  count_out(counters, packet.out_port, packet.length);
}

}  // namespace sallyport::dataplane
