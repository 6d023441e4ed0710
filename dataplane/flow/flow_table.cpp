// The index over sessions. Owner: dataplane/flow.
#include "dataplane/flow/flow_table.h"

#include <cassert>
#include <new>

namespace sallyport::dataplane {

std::uint64_t FlowTable::buckets_for(std::uint64_t capacity) {
  // Two entries a session; 10 of 14 slots, rounded up, and never a single bucket.
  return (capacity * 2 * 10 + 7 * kSlots - 1) / (7 * kSlots) + 1;
}

std::size_t FlowTable::bytes_for(std::uint64_t capacity) {
  return buckets_for(capacity) * sizeof(Bucket) + capacity * (sizeof(Session) + sizeof(SessionDetail));
}

FlowTable::FlowTable(std::span<std::byte> memory, std::uint64_t capacity, std::uint64_t seed, unsigned tag_bits)
    : hash_(seed),
      tag_mask_((std::uint64_t{1} << tag_bits) - 1),
      capacity_(capacity),
      bucket_count_(buckets_for(capacity)) {
  assert(memory.size() >= bytes_for(capacity) && capacity <= kMaxCapacity && tag_bits <= 20);
  // Zeroed memory of implicit-lifetime types: nothing is written here, so pages are touched when flows come.
  std::byte* at = memory.data();
  buckets_ = std::launder(reinterpret_cast<Bucket*>(at));
  at += bucket_count_ * sizeof(Bucket);
  sessions_ = std::launder(reinterpret_cast<Session*>(at));
  at += capacity * sizeof(Session);
  details_ = std::launder(reinterpret_cast<SessionDetail*>(at));
}

void FlowTable::prefetch_session(std::uint64_t hash) const {
  const std::uint64_t tag = tag_of(hash);
  const Bucket& bucket = buckets_[home_of(hash)];
  for (const std::uint64_t entry : bucket.slots) {
    if ((entry & kIdMask) != 0 && (entry & (tag_mask_ << kTagShift)) == tag) {
      __builtin_prefetch(&sessions_[(entry & kIdMask) - 1]);
      return;
    }
  }
}

std::optional<FoundFlow> FlowTable::find(const FlowTuple& tuple, std::uint64_t hash) const {
  const std::uint64_t tag = tag_of(hash);
  for (std::uint64_t at = home_of(hash);; at = next_bucket(at)) {
    const Bucket& bucket = buckets_[at];
    for (const std::uint64_t entry : bucket.slots) {
      if ((entry & kIdMask) == 0 || (entry & (tag_mask_ << kTagShift)) != tag) continue;
      const auto id = static_cast<SessionId>((entry & kIdMask) - 1);
      const bool is_back = (entry & kDirectionBit) != 0;
      const Session& candidate = sessions_[id];
      if ((is_back ? candidate.reply : candidate.opening) == tuple) {
        return FoundFlow{id, is_back ? Direction::back : Direction::out};
      }
    }
    if ((bucket.slots[0] & kPassedMask) == 0) return std::nullopt;
  }
}

void FlowTable::index(std::uint64_t hash, SessionId id, Direction direction) {
  const std::uint64_t direction_bit = direction == Direction::back ? kDirectionBit : 0;
  const std::uint64_t entry = tag_of(hash) | direction_bit | (std::uint64_t{id} + 1);
  for (std::uint64_t at = home_of(hash);; at = next_bucket(at)) {
    Bucket& bucket = buckets_[at];
    for (std::uint64_t& slot : bucket.slots) {
      if ((slot & kIdMask) == 0) {
        slot = (slot & kPassedMask) | entry;
        return;
      }
    }
    // A count that reached its end stays there: misses then look one bucket further, nothing is lost.
    if ((bucket.slots[0] & kPassedMask) != kPassedMask) bucket.slots[0] += kPassedOne;
  }
}

void FlowTable::unindex(std::uint64_t hash, SessionId id, Direction direction) {
  const std::uint64_t direction_bit = direction == Direction::back ? kDirectionBit : 0;
  const std::uint64_t entry = direction_bit | (std::uint64_t{id} + 1);
  for (std::uint64_t at = home_of(hash);; at = next_bucket(at)) {
    Bucket& bucket = buckets_[at];
    for (std::uint64_t& slot : bucket.slots) {
      if ((slot & (kDirectionBit | kIdMask)) == entry) {
        slot &= kPassedMask;
        return;
      }
    }
    const std::uint64_t passed = bucket.slots[0] & kPassedMask;
    assert(passed != 0);
    if (passed != kPassedMask) bucket.slots[0] -= kPassedOne;
  }
}

SessionId FlowTable::take_slot() {
  if (first_free_ == 0) return static_cast<SessionId>(ever_used_++);
  const auto id = static_cast<SessionId>(first_free_ - 1);
  first_free_ = sessions_[id].opening.source;
  return id;
}

std::expected<FlowTable::Vacancy, InsertError> FlowTable::vacancy(const FlowTuple& opening, const FlowTuple& reply,
                                                                  std::optional<SessionId> gives_way) const {
  if (size_ == capacity_ && !gives_way) return std::unexpected(InsertError::full);
  const Vacancy vacancy{opening, reply, hash(opening), hash(reply)};
  for (const auto& found : {find(opening, vacancy.opening_hash), find(reply, vacancy.reply_hash)}) {
    if (found && found->id != gives_way) return std::unexpected(InsertError::taken);
  }
  return vacancy;
}

SessionId FlowTable::insert(const Vacancy& vacancy, FlowState state) {
  assert(size_ < capacity_);
  const SessionId id = take_slot();
  sessions_[id] = Session{};
  details_[id] = SessionDetail{};
  sessions_[id].opening = vacancy.opening;
  sessions_[id].reply = vacancy.reply;
  sessions_[id].state = state;
  index(vacancy.opening_hash, id, Direction::out);
  index(vacancy.reply_hash, id, Direction::back);
  ++size_;
  return id;
}

std::expected<SessionId, InsertError> FlowTable::insert(const FlowTuple& opening, const FlowTuple& reply,
                                                        FlowState state) {
  const auto room = vacancy(opening, reply);
  if (!room) return std::unexpected(room.error());
  return insert(*room, state);
}

void FlowTable::erase(SessionId id) {
  Session& session = sessions_[id];
  assert(session.state != FlowState::free);
  unindex(hash(session.opening), id, Direction::out);
  unindex(hash(session.reply), id, Direction::back);
  session = Session{};
  session.opening.source = static_cast<std::uint32_t>(first_free_);
  first_free_ = std::uint64_t{id} + 1;
  --size_;
}

}  // namespace sallyport::dataplane
