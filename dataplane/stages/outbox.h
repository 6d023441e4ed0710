// What the gateway sends of its own: frames it builds, at the rates it allows itself.
//
// Owner: dataplane/stages. One a worker; emptied at the start of each burst and tick.
// Always: bounded; a frame that finds no room is not sent.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/engine/counters.h"
#include "dataplane/engine/engine.h"

namespace sallyport::dataplane {

// So many a second on average, and as many at once.
class TokenBucket {
 public:
  explicit TokenBucket(std::uint32_t per_second) : per_second_(per_second), tokens_(per_second * kSecond) {}
  [[nodiscard]] bool take(Time now);

 private:
  std::uint64_t per_second_;
  std::uint64_t tokens_;  // in units of a token by a nanosecond
  Time last_ = 0;
};

class Outbox {
 public:
  static constexpr std::size_t kRoom = 1024;
  static constexpr std::uint32_t kIcmpErrorsPerSecond = 1000;
  static constexpr std::uint32_t kEchoRepliesPerSecond = 1000;
  static constexpr std::uint32_t kResetsPerSecond = 1000;

  explicit Outbox(Counters& counters) : counters_(counters) { frames_.reserve(kRoom); }

  void clear() { frames_.clear(); }
  [[nodiscard]] std::span<const Originated> frames() const { return frames_; }

  // Room for one more frame, or nullptr. commit() sends it, unless its length stayed 0.
  [[nodiscard]] Originated* begin(PortIndex port);
  bool commit();

  TokenBucket icmp_errors{kIcmpErrorsPerSecond};
  TokenBucket echo_replies{kEchoRepliesPerSecond};
  TokenBucket resets{kResetsPerSecond};

 private:
  Counters& counters_;
  std::vector<Originated> frames_;
};

// Counts what leaves by a port.
void count_out(Counters& counters, PortIndex port, std::uint64_t bytes);

}  // namespace sallyport::dataplane
