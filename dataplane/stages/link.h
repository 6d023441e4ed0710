// What the neighbour tables send and give back, on behalf of one port.
//
// Owner: dataplane/stages.
// Always: a packet that was held is counted out of `held` exactly when it is given back, forwarded or dropped.
#pragma once

#include "dataplane/stages/context.h"

namespace sallyport::dataplane {

class Link final : public NeighborSink {
 public:
  Link(World& world, PortIndex port) : world_(world), port_(port) {}
  // The neighbour answers on another port: what waited on this one leaves there.
  void move_to(PortIndex port, const rules::MacAddress& mac) {
    moved_to_ = port;
    moved_mac_ = mac;
  }

  void request(std::uint32_t address, const rules::MacAddress* known) override;
  void release(Packet packet, const rules::MacAddress& mac) override;
  void give_up(Packet packet) override;

 private:
  World& world_;
  PortIndex port_;
  PortIndex moved_to_ = kNoPort;
  rules::MacAddress moved_mac_;
};

// Announces a public address on its uplink.
void announce(World& world, const BoundPolicy::Announcement& announcement);

// Forgets neighbours that the policy in force no longer has on the port.
void forget_strangers(World& world, PortIndex port, std::span<std::uint32_t> scratch);

// Counts a packet's end: dropped under `code`, or forwarded by its out_port.
void finish_drop(Counters& counters, Packet& packet, rules::DropCode code);
void finish_forward(Counters& counters, const Packet& packet);

}  // namespace sallyport::dataplane
