// One worker: polls its queues, hands packets to the worker that owns their flow, runs its engine, transmits.
//
// Owner: dataplane/ports. run() belongs to the worker's thread; begin(), publish(), mailbox(), counters and stop() to
// the control thread. Always: no allocation, lock, system call or log line between receive and transmit (drivers
// aside); every packet ends in one counter, packets that a full ring or transmit queue refused included
// (docs/counters.md).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dataplane/engine/engine.h"
#include "dataplane/ports/mailbox.h"
#include "dataplane/ports/transmitter.h"
#include "dataplane/ports/wiring.h"

struct rte_mbuf;

namespace sallyport::dataplane {

// What a worker adopts: the policy and counters for its rules. Kept alive by the control thread while a worker may use
// it.
struct Generation {
  std::shared_ptr<const BoundPolicy> policy;
  std::vector<std::span<CounterCell>> rule_counters;  // a worker each
};

class Worker {
 public:
  Worker(const Wiring& wiring, std::uint32_t number, std::unique_ptr<Engine> engine);

  void run();  // until stop()
  void begin() { receiving_.store(true, std::memory_order_relaxed); }
  void stop() { stopping_.store(true, std::memory_order_relaxed); }

  void publish(const Generation* generation) { next_.store(generation, std::memory_order_release); }
  [[nodiscard]] bool uses(const Generation* generation) const {
    return seen_.load(std::memory_order_acquire) == generation;
  }
  [[nodiscard]] Mailbox& mailbox() { return mailbox_; }
  [[nodiscard]] SampleRing& samples() { return engine_->samples(); }
  [[nodiscard]] const Counters& engine_counters() const { return engine_->counters(); }
  // What to add to the engine's: packets it never saw, what could not be transmitted.
  [[nodiscard]] const Counters& corrections() const { return corrections_; }
  [[nodiscard]] std::uint64_t handed_over() const { return handed_over_.get(); }

 private:
  struct Queue {
    PortIndex port;
    std::uint16_t device;
    std::uint16_t queue;
  };
  struct HandOver {
    std::uint32_t count = 0;
    rte_mbuf* buffers[kMaxBurst];
  };

  bool receive(const Queue& queue, Time now);
  bool receive_handed_over(Time now);
  // The packet, unless it cannot be judged or belongs to another worker.
  rte_mbuf* admit(rte_mbuf* buffer, PortIndex port);
  bool flatten(rte_mbuf* buffer, PortIndex port);
  void copy_to_others(const rte_mbuf* buffer);
  void hand_over(std::uint32_t worker, rte_mbuf* buffer);
  void flush_hand_over(std::uint32_t worker);
  void process(std::span<rte_mbuf*> buffers, Time now);
  void settle(const Packet& packet);
  void collect();  // what the engine made or let go
  void count_refused(const rte_mbuf* buffer, PortIndex port, rules::DropCode code);
  void adopt(Time now);
  void rest();

  const Wiring& wiring_;
  const std::uint32_t number_;
  std::unique_ptr<Engine> engine_;
  Clock clock_;
  std::vector<Queue> queues_;
  std::vector<HandOver> hand_overs_;
  Counters corrections_;
  Transmitter transmitter_;
  CounterCell handed_over_;
  const BoundPolicy* policy_ = nullptr;
  Time last_tick_ = 0;
  std::uint32_t idle_rounds_ = 0;

  alignas(64) std::atomic<const Generation*> next_{nullptr};
  std::atomic<const Generation*> seen_{nullptr};
  std::atomic<bool> receiving_{false};
  std::atomic<bool> stopping_{false};
  Mailbox mailbox_;
};

}  // namespace sallyport::dataplane
