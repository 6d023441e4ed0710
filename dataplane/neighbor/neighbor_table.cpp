// Learning, asking, waiting, giving up. Owner: dataplane/neighbor.
#include "dataplane/neighbor/neighbor_table.h"

#include <algorithm>
#include <bit>
#include <cassert>

#include "dataplane/flow/flow_hash.h"

namespace sallyport::dataplane {

NeighborTable::NeighborTable(const NeighborSettings& settings, std::uint64_t seed)
    : settings_(settings),
      seed_(seed),
      entries_(settings.capacity),
      packets_(settings.held_capacity),
      by_address_(std::bit_ceil(std::size_t{settings.capacity} + 1), kNoNeighbor),
      by_mac_(by_address_.size(), kNoNeighbor) {
  for (std::uint32_t i = settings.held_capacity; i > 0; --i) {
    packets_[i - 1].next = free_packet_;
    free_packet_ = i - 1;
  }
}

std::size_t NeighborTable::address_chain(std::uint32_t address) const {
  std::uint64_t state = seed_ ^ address;
  return split_mix(state) & (by_address_.size() - 1);
}

std::size_t NeighborTable::mac_chain(const rules::MacAddress& mac) const {
  std::uint64_t state = seed_;
  for (const std::uint8_t byte : mac.bytes) state = state << 8U ^ state >> 56U ^ byte;
  return split_mix(state) & (by_mac_.size() - 1);
}

NeighborIndex NeighborTable::index_of(std::uint32_t address) const {
  NeighborIndex at = by_address_[address_chain(address)];
  while (at != kNoNeighbor && entries_[at].address != address) at = entries_[at].next_by_address;
  return at;
}

const Neighbor* NeighborTable::find(std::uint32_t address) const {
  const NeighborIndex at = index_of(address);
  return at == kNoNeighbor ? nullptr : &entries_[at];
}

const rules::MacAddress* NeighborTable::resolve(std::uint32_t address, Time now) {
  const NeighborIndex at = index_of(address);
  if (at == kNoNeighbor || entries_[at].state == NeighborState::unresolved) return nullptr;
  entries_[at].used = now;
  return &entries_[at].mac;
}

const Neighbor* NeighborTable::first_with(const rules::MacAddress& mac) const {
  NeighborIndex at = by_mac_[mac_chain(mac)];
  while (at != kNoNeighbor && entries_[at].mac != mac) at = entries_[at].next_by_mac;
  return at == kNoNeighbor ? nullptr : &entries_[at];
}

const Neighbor* NeighborTable::next_with(const Neighbor& neighbor) const {
  NeighborIndex at = neighbor.next_by_mac;
  while (at != kNoNeighbor && entries_[at].mac != neighbor.mac) at = entries_[at].next_by_mac;
  return at == kNoNeighbor ? nullptr : &entries_[at];
}

bool NeighborTable::hold(std::uint32_t address, const Packet& packet, Time now, NeighborSink& sink) {
  NeighborIndex at = index_of(address);
  const bool is_new = at == kNoNeighbor;
  if (is_new && free_packet_ == kNoNeighbor) return false;
  if (is_new) at = enter(address, now);
  if (at == kNoNeighbor || !enqueue(entries_[at], packet)) return false;
  if (is_new) {
    entries_[at].attempts = 1;
    entries_[at].next_request = now + settings_.retry_after;
    sink.request(address, nullptr);
  }
  return true;
}

bool NeighborTable::learn(std::uint32_t address, const rules::MacAddress& mac, Time now, NeighborSink& sink) {
  NeighborIndex at = index_of(address);
  if (at == kNoNeighbor) at = enter(address, now);
  if (at == kNoNeighbor) return false;
  if (entries_[at].state == NeighborState::resolved && entries_[at].mac != mac) {
    dispute(address, now, sink);
    return false;
  }
  entries_[at].confirmed = now;
  set_mac(at, mac, sink);
  return true;
}

void NeighborTable::dispute(std::uint32_t address, Time now, NeighborSink& sink) {
  const NeighborIndex at = index_of(address);
  if (at == kNoNeighbor || entries_[at].state == NeighborState::unresolved) return;
  Neighbor& neighbor = entries_[at];
  if (neighbor.disputed || neighbor.attempts > 0) return;
  neighbor.disputed = true;
  neighbor.next_request = neighbor.confirmed + settings_.retry_after;
  look_after(at, now, sink);
}

void NeighborTable::remove(std::uint32_t address, NeighborSink& sink) {
  const NeighborIndex at = index_of(address);
  if (at != kNoNeighbor) end(at, sink);
}

void NeighborTable::tick(Time now, std::uint32_t budget, NeighborSink& sink) {
  const std::uint32_t count = std::min(budget, ever_used_);
  for (std::uint32_t i = 0; i < count; ++i) {
    if (cursor_ >= ever_used_) cursor_ = 0;
    if (entries_[cursor_].live) look_after(cursor_, now, sink);
    ++cursor_;
  }
}

void NeighborTable::look_after(NeighborIndex index, Time now, NeighborSink& sink) {
  Neighbor& neighbor = entries_[index];
  if (now < neighbor.next_request) return;
  const bool is_resolved = neighbor.state == NeighborState::resolved;
  if (is_resolved && !neighbor.disputed && neighbor.attempts == 0) {
    const bool is_stale = now - neighbor.confirmed >= settings_.stale_after;
    if (!is_stale || neighbor.used <= neighbor.confirmed) return;
  }
  if (neighbor.attempts >= settings_.attempts) {
    end(index, sink);
    return;
  }
  ++neighbor.attempts;
  neighbor.next_request = now + settings_.retry_after;
  sink.request(neighbor.address, is_resolved ? &neighbor.mac : nullptr);
}

NeighborIndex NeighborTable::enter(std::uint32_t address, Time now) {
  const NeighborIndex index = take_entry(now);
  if (index == kNoNeighbor) return kNoNeighbor;
  Neighbor& neighbor = entries_[index];
  neighbor = Neighbor{};
  neighbor.address = address;
  neighbor.live = true;
  NeighborIndex& head = by_address_[address_chain(address)];
  neighbor.next_by_address = head;
  head = index;
  ++size_;
  return index;
}

// A free entry, else that of a resolved neighbour long unused among the next few.
NeighborIndex NeighborTable::take_entry(Time now) {
  if (free_entry_ != kNoNeighbor) {
    const NeighborIndex index = free_entry_;
    free_entry_ = entries_[index].next_by_address;
    return index;
  }
  if (ever_used_ < entries_.size()) return ever_used_++;
  constexpr std::uint32_t kLookedAt = 16;
  for (std::uint32_t i = 0; i < std::min(kLookedAt, ever_used_); ++i) {
    replacement_ = replacement_ + 1 < ever_used_ ? replacement_ + 1 : 0;
    const Neighbor& neighbor = entries_[replacement_];
    const Time last = std::max(neighbor.used, neighbor.confirmed);
    if (neighbor.state == NeighborState::resolved && now >= last + settings_.replaceable_after) {
      unlink(replacement_);
      return take_entry(now);
    }
  }
  return kNoNeighbor;
}

// Out of both chains and onto the free list; nothing waits for it any more.
void NeighborTable::unlink(NeighborIndex index) {
  Neighbor& neighbor = entries_[index];
  unlink_mac(index);
  NeighborIndex* at = &by_address_[address_chain(neighbor.address)];
  while (*at != index) at = &entries_[*at].next_by_address;
  *at = neighbor.next_by_address;
  neighbor = Neighbor{};
  neighbor.next_by_address = free_entry_;
  free_entry_ = index;
  --size_;
}

void NeighborTable::end(NeighborIndex index, NeighborSink& sink) {
  while (const auto packet = dequeue(entries_[index])) sink.give_up(*packet);
  unlink(index);
}

void NeighborTable::link_mac(NeighborIndex index) {
  NeighborIndex& head = by_mac_[mac_chain(entries_[index].mac)];
  entries_[index].next_by_mac = head;
  entries_[index].previous_by_mac = kNoNeighbor;
  if (head != kNoNeighbor) entries_[head].previous_by_mac = index;
  head = index;
}

// One station may claim thousands of addresses, so that its chain is not walked for one of them.
void NeighborTable::unlink_mac(NeighborIndex index) {
  const Neighbor& neighbor = entries_[index];
  if (neighbor.state == NeighborState::unresolved) return;
  const NeighborIndex next = neighbor.next_by_mac;
  const NeighborIndex previous = neighbor.previous_by_mac;
  (previous == kNoNeighbor ? by_mac_[mac_chain(neighbor.mac)] : entries_[previous].next_by_mac) = next;
  if (next != kNoNeighbor) entries_[next].previous_by_mac = previous;
}

void NeighborTable::set_mac(NeighborIndex index, const rules::MacAddress& mac, NeighborSink& sink) {
  Neighbor& neighbor = entries_[index];
  unlink_mac(index);
  neighbor.mac = mac;
  neighbor.state = NeighborState::resolved;
  neighbor.attempts = 0;
  neighbor.disputed = false;
  neighbor.next_request = 0;
  link_mac(index);
  while (const auto packet = dequeue(neighbor)) sink.release(*packet, mac);
}

bool NeighborTable::enqueue(Neighbor& neighbor, const Packet& packet) {
  if (neighbor.held >= settings_.queue_limit || free_packet_ == kNoNeighbor) return false;
  const NeighborIndex index = free_packet_;
  free_packet_ = packets_[index].next;
  packets_[index] = {packet, kNoNeighbor};
  if (neighbor.last_held == kNoNeighbor) {
    neighbor.first_held = index;
  } else {
    packets_[neighbor.last_held].next = index;
  }
  neighbor.last_held = index;
  ++neighbor.held;
  return true;
}

std::optional<Packet> NeighborTable::dequeue(Neighbor& neighbor) {
  if (neighbor.first_held == kNoNeighbor) return std::nullopt;
  const NeighborIndex index = neighbor.first_held;
  neighbor.first_held = packets_[index].next;
  if (neighbor.first_held == kNoNeighbor) neighbor.last_held = kNoNeighbor;
  packets_[index].next = free_packet_;
  free_packet_ = index;
  --neighbor.held;
  return packets_[index].packet;
}

}  // namespace sallyport::dataplane
