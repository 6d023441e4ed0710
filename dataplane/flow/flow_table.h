// The flows of one worker: sessions found by either tuple in two cache lines, in memory that the caller gives.
//
// Owner: dataplane/flow; one table a worker, used by its thread alone. Of fixed capacity; nothing is allocated or
// evicted. Index: buckets of eight words {tag, direction, session}, two entries a session, at most 0.7 full; an entry
// that finds its bucket full goes to the next one and is counted in those it passed, so that a miss ends at the first
// that none passed. Always: every live session has exactly two entries; a tag that matches wrongly is told by the tuple
// and costs time alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>

#include "dataplane/flow/flow_hash.h"
#include "dataplane/flow/session.h"

namespace sallyport::dataplane {

using SessionId = std::uint32_t;

struct FoundFlow {
  SessionId id = 0;
  Direction direction = Direction::out;
  friend constexpr bool operator==(const FoundFlow&, const FoundFlow&) = default;
};

enum class InsertError : std::uint8_t {
  full,   // no room for another session
  taken,  // one of the two tuples belongs to a live session
};

class FlowTable {
 public:
  static constexpr std::uint64_t kMaxCapacity = 0xFFFFFFF0U;

  // Bytes of memory for this many flows.
  [[nodiscard]] static std::size_t bytes_for(std::uint64_t capacity);

  // `memory` is zeroed, aligned to 64, of bytes_for(capacity) bytes, and outlives the table. `tag_bits` (0-20) is
  // shortened by tests that want wrong matches.
  FlowTable(std::span<std::byte> memory, std::uint64_t capacity, std::uint64_t seed, unsigned tag_bits = 20);
  FlowTable(const FlowTable&) = delete;
  FlowTable& operator=(const FlowTable&) = delete;

  // Stages of a burst: hash and prefetch_bucket for all, then prefetch_session for all, then find.
  [[nodiscard]] std::uint64_t hash(const FlowTuple& tuple) const { return hash_(tuple); }
  void prefetch_bucket(std::uint64_t hash) const { __builtin_prefetch(&buckets_[home_of(hash)]); }
  // The line of the session that find will most likely look at.
  void prefetch_session(std::uint64_t hash) const;
  [[nodiscard]] std::optional<FoundFlow> find(const FlowTuple& tuple, std::uint64_t hash) const;
  [[nodiscard]] std::optional<FoundFlow> find(const FlowTuple& tuple) const { return find(tuple, hash(tuple)); }

  // Room for a session of these tuples, where `gives_way` (if any) ends first. Good until the table changes otherwise.
  struct Vacancy {
    FlowTuple opening{}, reply{};
    std::uint64_t opening_hash = 0, reply_hash = 0;
  };
  [[nodiscard]] std::expected<Vacancy, InsertError> vacancy(const FlowTuple& opening, const FlowTuple& reply,
                                                            std::optional<SessionId> gives_way = {}) const;
  // A session in this state (not free); everything else in it is zero. Precondition: what gives way has ended.
  SessionId insert(const Vacancy& vacancy, FlowState state);
  [[nodiscard]] std::expected<SessionId, InsertError> insert(const FlowTuple& opening, const FlowTuple& reply,
                                                             FlowState state);
  // Precondition: the session is live.
  void erase(SessionId id);

  // Tuples are not to be changed, nor the state to or from free.
  [[nodiscard]] Session& session(SessionId id) { return sessions_[id]; }
  [[nodiscard]] const Session& session(SessionId id) const { return sessions_[id]; }
  [[nodiscard]] SessionDetail& detail(SessionId id) { return details_[id]; }
  [[nodiscard]] const SessionDetail& detail(SessionId id) const { return details_[id]; }

  [[nodiscard]] std::uint64_t size() const { return size_; }

  // Visits live sessions among the next `slots` from `cursor` on; `visit(SessionId)` may erase the one it is given.
  // Returns where to go on, 0 after the last: expiry and listings walk the table with it, a bounded piece at a time.
  template <typename Visit>
  std::uint64_t sweep(std::uint64_t cursor, std::uint64_t slots, Visit&& visit) {
    const std::uint64_t end = cursor + slots < ever_used_ ? cursor + slots : ever_used_;
    for (std::uint64_t id = cursor; id < end; ++id) {
      if (sessions_[id].state != FlowState::free) visit(static_cast<SessionId>(id));
    }
    return end >= ever_used_ ? 0 : end;
  }

 private:
  static constexpr std::size_t kSlots = 8;
  struct alignas(64) Bucket {
    std::uint64_t slots[kSlots];
  };

  [[nodiscard]] static std::uint64_t buckets_for(std::uint64_t capacity);
  [[nodiscard]] std::uint64_t home_of(std::uint64_t hash) const { return scaled(hash, bucket_count_); }
  [[nodiscard]] std::uint64_t tag_of(std::uint64_t hash) const { return (hash & tag_mask_) << kTagShift; }
  [[nodiscard]] std::uint64_t next_bucket(std::uint64_t bucket) const {
    return bucket + 1 == bucket_count_ ? 0 : bucket + 1;
  }
  void index(std::uint64_t hash, SessionId id, Direction direction);
  void unindex(std::uint64_t hash, SessionId id, Direction direction);
  [[nodiscard]] SessionId take_slot();

  // An entry: tag (20 bits) | passed (10 bits, in a bucket's first word alone) | unused | direction | session + 1 (0:
  // empty).
  static constexpr unsigned kTagShift = 44;
  static constexpr unsigned kPassedShift = 34;
  static constexpr std::uint64_t kPassedOne = std::uint64_t{1} << kPassedShift;
  static constexpr std::uint64_t kPassedMask = std::uint64_t{0x3FF} << kPassedShift;
  static constexpr std::uint64_t kDirectionBit = std::uint64_t{1} << 32U;
  static constexpr std::uint64_t kIdMask = 0xFFFFFFFFU;

  FlowHash hash_;
  std::uint64_t tag_mask_;
  std::uint64_t capacity_;
  std::uint64_t bucket_count_;
  Bucket* buckets_;
  Session* sessions_;
  SessionDetail* details_;
  std::uint64_t size_ = 0;
  std::uint64_t ever_used_ = 0;   // sessions from here on are untouched memory
  std::uint64_t first_free_ = 0;  // session + 1 of a chain through opening.source of freed sessions; 0: none
};

}  // namespace sallyport::dataplane
