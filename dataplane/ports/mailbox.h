// A question of the control plane to one worker, answered between two bursts.
//
// Owner: dataplane/ports; one a worker. The control thread writes while the mailbox is empty or answered, the worker
// while it is asked; `state_` hands it back and forth.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <thread>

#include "dataplane/engine/engine.h"

namespace sallyport::dataplane {

class Mailbox {
 public:
  // Flows from `cursor` on into `out`; returns how many, moves the cursor (Engine::copy_flows).
  std::size_t list(std::uint64_t& cursor, std::span<FlowRecord> out) {
    cursor_ = cursor;
    flows_ = out;
    ask(Question::list);
    cursor = cursor_;
    return count_;
  }

  // Ends these flows; returns how many of them there still were.
  std::size_t kill(std::span<FlowRecord> flows) {
    flows_ = flows;
    ask(Question::kill);
    return count_;
  }

  // The worker's side; costs one load while nobody asks.
  void serve(Engine& engine, Time now) {
    if (state_.load(std::memory_order_relaxed) != State::asked) return;
    std::atomic_thread_fence(std::memory_order_acquire);
    answer(engine, now);
    state_.store(State::answered, std::memory_order_release);
  }

 private:
  enum class State : std::uint8_t { answered, asked };
  enum class Question : std::uint8_t { list, kill };

  void ask(Question question) {
    question_ = question;
    count_ = 0;
    state_.store(State::asked, std::memory_order_release);
    while (state_.load(std::memory_order_acquire) != State::answered) std::this_thread::yield();
  }

  void answer(Engine& engine, Time now) {
    if (question_ == Question::list) {
      count_ = engine.copy_flows(cursor_, flows_, now);
      return;
    }
    for (const FlowRecord& flow : flows_) count_ += engine.kill_flow(flow) ? 1U : 0U;
  }

  alignas(64) std::atomic<State> state_{State::answered};
  Question question_ = Question::list;
  std::uint64_t cursor_ = 0;
  std::span<FlowRecord> flows_;
  std::size_t count_ = 0;
};

}  // namespace sallyport::dataplane
