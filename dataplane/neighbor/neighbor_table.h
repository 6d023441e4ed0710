// The neighbours behind one port: address to link address and back, and the packets that wait for an answer.
//
// Owner: dataplane/neighbor; one a port and worker, used by that worker's thread alone. Pure: what is to be sent or
// given back goes to a NeighborSink; what may be learnt is the caller's to decide (docs/packet-path.md "ARP"). Always:
// nothing is allocated after creation; a held packet is handed to the sink exactly once; a link address that is known
// gives way to another only after its station was asked and kept silent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "dataplane/packet/packet.h"
#include "rules/model/address.h"

namespace sallyport::dataplane {

enum class NeighborState : std::uint8_t {
  unresolved,  // asked for; packets may wait
  resolved,    // learnt
};

using NeighborIndex = std::uint32_t;
inline constexpr NeighborIndex kNoNeighbor = 0xFFFFFFFFU;

struct Neighbor {
  std::uint32_t address = 0;
  rules::MacAddress mac;
  NeighborState state = NeighborState::unresolved;
  std::uint8_t attempts = 0;  // requests since the last answer
  bool disputed = false;      // another link address was claimed for it since
  Time confirmed = 0;         // last learnt
  Time used = 0;              // last packet sent to it
  Time next_request = 0;      // not before
  std::uint32_t held = 0;
  NeighborIndex next_by_address = kNoNeighbor;  // chains, the table's own
  NeighborIndex next_by_mac = kNoNeighbor;
  NeighborIndex previous_by_mac = kNoNeighbor;
  NeighborIndex first_held = kNoNeighbor;
  NeighborIndex last_held = kNoNeighbor;
  bool live = false;
};

// What comes out of the table.
class NeighborSink {
 public:
  virtual ~NeighborSink() = default;
  // Send an ARP request: broadcast where `known` is null, else to that link address alone.
  virtual void request(std::uint32_t address, const rules::MacAddress* known) = 0;
  // A held packet whose next hop is known now.
  virtual void release(Packet packet, const rules::MacAddress& mac) = 0;
  // A held packet whose next hop did not answer (NEIGHBOR_UNRESOLVED).
  virtual void give_up(Packet packet) = 0;
};

struct NeighborSettings {
  std::uint32_t capacity = 4096;       // neighbours
  std::uint32_t held_capacity = 1024;  // packets, of all neighbours together
  std::uint32_t queue_limit = 16;      // packets, of one
  std::uint8_t attempts = 3;
  Time retry_after = kSecond;
  Time stale_after = 30 * kSecond;
  Time replaceable_after = 60 * kSecond;  // unused so long, it gives way when the table is full
};

class NeighborTable {
 public:
  NeighborTable(const NeighborSettings& settings, std::uint64_t seed);

  [[nodiscard]] const Neighbor* find(std::uint32_t address) const;
  // Link address of a resolved neighbour, noting that it is in use.
  [[nodiscard]] const rules::MacAddress* resolve(std::uint32_t address, Time now);

  // The neighbours that have this link address, one after the other; nullptr after the last.
  [[nodiscard]] const Neighbor* first_with(const rules::MacAddress& mac) const;
  [[nodiscard]] const Neighbor* next_with(const Neighbor& neighbor) const;

  // Keeps a packet until `address` answers; asks for it if nobody does yet. False: the neighbour's queue, or the table,
  // is full (QUEUE_FULL). Precondition: resolve(address) gave none.
  [[nodiscard]] bool hold(std::uint32_t address, const Packet& packet, Time now, NeighborSink& sink);

  // ARP said so: enters or refreshes, and releases what waited. False: the table is full, or another station is known
  // for the address; that disputes it.
  bool learn(std::uint32_t address, const rules::MacAddress& mac, Time now, NeighborSink& sink);
  // Somebody else claims the address: its station, if one is known, is probed at once, but not within a retry of its
  // last word. An answer settles it; a station that keeps silent is forgotten as a stale one is.
  void dispute(std::uint32_t address, Time now, NeighborSink& sink);
  // Forgets the neighbour; what waited is given up.
  void remove(std::uint32_t address, NeighborSink& sink);

  // Looks at `budget` entries: repeats requests, probes stale neighbours in use, ends those that do not answer.
  void tick(Time now, std::uint32_t budget, NeighborSink& sink);

  [[nodiscard]] std::uint32_t size() const { return size_; }
  // Visits every neighbour: visit(const Neighbor&).
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (NeighborIndex i = 0; i < ever_used_; ++i) {
      if (entries_[i].live) visit(entries_[i]);
    }
  }

 private:
  struct Held {
    Packet packet;
    NeighborIndex next = kNoNeighbor;
  };

  [[nodiscard]] std::size_t address_chain(std::uint32_t address) const;
  [[nodiscard]] std::size_t mac_chain(const rules::MacAddress& mac) const;
  [[nodiscard]] NeighborIndex index_of(std::uint32_t address) const;
  [[nodiscard]] NeighborIndex enter(std::uint32_t address, Time now);
  [[nodiscard]] NeighborIndex take_entry(Time now);
  void end(NeighborIndex index, NeighborSink& sink);
  void unlink(NeighborIndex index);
  void link_mac(NeighborIndex index);
  void unlink_mac(NeighborIndex index);
  void set_mac(NeighborIndex index, const rules::MacAddress& mac, NeighborSink& sink);
  void look_after(NeighborIndex index, Time now, NeighborSink& sink);
  [[nodiscard]] bool enqueue(Neighbor& neighbor, const Packet& packet);
  [[nodiscard]] std::optional<Packet> dequeue(Neighbor& neighbor);

  NeighborSettings settings_;
  std::uint64_t seed_;
  std::vector<Neighbor> entries_;
  std::vector<Held> packets_;
  std::vector<NeighborIndex> by_address_;  // heads of chains; a power of two
  std::vector<NeighborIndex> by_mac_;
  NeighborIndex free_entry_ = kNoNeighbor;
  NeighborIndex free_packet_ = kNoNeighbor;
  NeighborIndex ever_used_ = 0;
  NeighborIndex cursor_ = 0;       // of tick()
  NeighborIndex replacement_ = 0;  // where the next search for one that gives way begins
  std::uint32_t size_ = 0;
};

}  // namespace sallyport::dataplane
