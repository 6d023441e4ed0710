// Some of a worker's decisions, handed to the control thread, which decides them again from the rules as written.
//
// Owner: dataplane/engine; one ring a worker. The worker pushes, the control thread pops. Always: no allocation, lock
// or system call; a full ring loses the sample, never the packet's time.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "rules/decide/policy_view.h"

namespace sallyport::dataplane {

// What groups or an ACL were asked, and what the image said. Indexes are those of the image of this edition of the
// generation.
struct DecisionSample {
  std::uint64_t generation = 0;
  std::uint32_t edition = 0;
  std::uint32_t place = rules::kNone;  // an interface, or an ACL
  rules::RuleIndex rule = rules::kNone;
  rules::Query query;
  rules::Direction direction = rules::Direction::ingress;
  bool acl = false;
  bool allow = false;
  bool untracked = false;
};

// One writer, one reader.
class SampleRing {
 public:
  static constexpr std::uint32_t kCapacity = 256;

  // The worker's side: false where there is no room.
  bool push(const DecisionSample& sample) {
    const std::uint32_t end = end_.load(std::memory_order_relaxed);
    if (end - begin_.load(std::memory_order_acquire) == kCapacity) return false;
    samples_[end % kCapacity] = sample;
    end_.store(end + 1, std::memory_order_release);
    return true;
  }

  // The control thread's: false where there is none.
  bool pop(DecisionSample& sample) {
    const std::uint32_t begin = begin_.load(std::memory_order_relaxed);
    if (begin == end_.load(std::memory_order_acquire)) return false;
    sample = samples_[begin % kCapacity];
    begin_.store(begin + 1, std::memory_order_release);
    return true;
  }

 private:
  alignas(64) std::atomic<std::uint32_t> begin_{0};
  alignas(64) std::atomic<std::uint32_t> end_{0};
  alignas(64) std::array<DecisionSample, kCapacity> samples_{};
};

// When to take a sample: one decision in `every` on average, at distances that no pattern of traffic keeps step with.
class Sampler {
 public:
  // 0: never.
  Sampler(std::uint32_t every, std::uint64_t seed) : every_(every), random_(seed | 1U) { wind(); }

  // For each decision; a subtraction and a branch.
  [[nodiscard]] bool due() {
    if (--left_ != 0) return false;
    wind();
    return every_ != 0;
  }

 private:
  void wind() {
    random_ ^= random_ << 13U;
    random_ ^= random_ >> 7U;
    random_ ^= random_ << 17U;
    // From 1 to 2 * every - 1, `every` on average.
    left_ = every_ == 0 ? 0 : 1 + static_cast<std::uint32_t>((random_ >> 32U) * (2 * std::uint64_t{every_} - 1) >> 32U);
  }

  std::uint32_t every_;
  std::uint32_t left_ = 0;  // 0 takes 2^32 decisions to come round
  std::uint64_t random_;
};

}  // namespace sallyport::dataplane
