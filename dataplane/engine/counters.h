// A worker's counters: written by its thread alone, read by others at any time.
//
// Owner: dataplane/engine. Cells are relaxed atomics with one writer: a plain load, add and store.
// Always (docs/counters.md): in = forwarded + dropped + consumed + held, dropped = sum of drops,
// out = forwarded + originated + fragments_added.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "rules/model/drop_code.h"

namespace sallyport::dataplane {

class CounterCell {
 public:
  void add(std::uint64_t n = 1) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  void subtract(std::uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) - n, std::memory_order_relaxed);
  }
  void set(std::uint64_t n) { value_.store(n, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

inline constexpr std::size_t kMaxPorts = 64;

struct PortCounters {
  CounterCell in_packets, in_bytes, out_packets, out_bytes, dropped;
  // Signs of a peer that leaves work to hardware that is not there.
  CounterCell unfinished_checksums;  // TCP or UDP sums over the pseudo-header alone
  CounterCell oversize_frames;       // larger than the port's MTU: unsegmented super-frames
};

struct Counters {
  CounterCell in, forwarded, dropped, consumed, originated, fragments_added, out;
  CounterCell held;  // a gauge: waiting for a neighbour now
  std::array<CounterCell, rules::kDropCodes> drops;
  std::array<PortCounters, kMaxPorts> ports;
  CounterCell flows;  // a gauge
  CounterCell flows_created, flows_expired, flows_closed, flows_cut, flows_rejudged;
  CounterCell nat_port_errors, nat_page_shortages, nat_idle_timeouts;
  CounterCell icmp_errors_sent, icmp_errors_limited, resets_sent;
  CounterCell arp_requests_sent, arp_replies_sent, neighbors;
  CounterCell samples_skipped;  // decisions that were due to be made again, but the ring was full
};

}  // namespace sallyport::dataplane
