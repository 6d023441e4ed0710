// The engine: a burst of packets in, each with its fate out. The whole gateway but for I/O.
//
// Owner: dataplane/engine; one Engine a worker, used by that worker's thread alone. The daemon, replay, trace, fuzzers
// and benchmarks all drive this class and nothing beside it. Always: no allocation, lock, system call, log line or
// exception inside process() and tick(); time comes in as a parameter; every packet of a burst leaves with exactly one
// disposition, and the counters balance as docs/counters.md says.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "dataplane/engine/bound_policy.h"
#include "dataplane/engine/counters.h"
#include "dataplane/engine/decision_sample.h"
#include "dataplane/engine/trace_sink.h"
#include "dataplane/packet/packet.h"

namespace sallyport::dataplane {

inline constexpr std::size_t kMaxBurst = 64;

struct EngineSettings {
  std::vector<PortSettings> ports;
  std::uint64_t max_flows = 65536;  // this worker's share
  std::uint32_t worker = 0;
  std::uint32_t workers = 1;
  std::uint64_t seed = 0;            // of hashes and port choice; the daemon takes it from the system
  bool assume_neighbors = false;     // replay, trace: every next hop is resolved (to a made-up address)
  std::uint32_t self_check = 0;      // one decision in so many is sampled; 0: none
  bool any_destination_mac = false;  // replay: frames count as sent to the gateway
  // Memory for the big tables; zeroed, aligned to 64, freed by the caller after the engine. Default: the heap.
  std::function<void*(std::size_t bytes)> allocate;
};

// A frame the gateway makes itself: ARP, ICMP errors, RST. An echo request is answered in place: the packet is
// forwarded back, counted as consumed and originated.
struct Originated {
  PortIndex port = kNoPort;
  std::uint16_t length = 0;
  std::array<std::byte, 640> bytes;
};

// A live flow, for `sallyport flows`. Addresses as the opener sent them, and as the far side sees them.
struct FlowRecord {
  std::uint32_t from = 0, to = 0, translated_from = 0, translated_to = 0;
  std::uint16_t from_port = 0, to_port = 0, translated_from_port = 0, translated_to_port = 0;
  std::uint8_t protocol = 0;
  std::uint8_t state = 0;  // FlowState
  bool tracked_from = false, tracked_to = false;
  Uid from_interface = 0, to_interface = 0;  // 0: none (the internet)
  std::uint64_t packets_out = 0, packets_back = 0, bytes_out = 0, bytes_back = 0;
  std::uint32_t idle_seconds = 0, expires_in = 0;
};

class Engine {
 public:
  [[nodiscard]] static std::expected<std::unique_ptr<Engine>, std::string> create(EngineSettings settings);
  virtual ~Engine() = default;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Takes the policy from the next burst on; nullptr means none (NO_POLICY). The caller keeps it alive until the next
  // adopt.
  virtual void adopt(const BoundPolicy* policy, Time now) = 0;

  // Judges at most kMaxBurst packets; all belong to this worker (see steer.h).
  virtual void process(std::span<Packet> burst, Time now) = 0;

  // Bounded periodic work: a slice of the expiry sweep, ARP retries and give-ups, announcements. Call at least every 10
  // ms.
  virtual void tick(Time now) = 0;

  // Since the last call of process() or tick(); valid until the next one.
  [[nodiscard]] virtual std::span<const Originated> originated() const = 0;
  [[nodiscard]] virtual std::span<Packet> released() = 0;  // once held; now forward or drop

  [[nodiscard]] virtual const Counters& counters() const = 0;
  // Per rule uid: packets whose verdict it gave.
  [[nodiscard]] virtual std::span<const CounterCell> rule_counters() const = 0;
  // Room for rule uids up to `count`; called on the worker's own thread before adopt(), with memory the caller
  // provides.
  virtual void set_rule_counters(std::span<CounterCell> cells) = 0;

  // Copies live flows from `cursor` on; returns how many; cursor becomes kEnd after the last. Looks at a bounded number
  // of slots.
  static constexpr std::uint64_t kEnd = ~std::uint64_t{0};
  virtual std::size_t copy_flows(std::uint64_t& cursor, std::span<FlowRecord> out, Time now) = 0;
  // Ends the flow with this opening tuple; false if there is none.
  virtual bool kill_flow(const FlowRecord& flow) = 0;

  // Decisions to be made again from the rules; for one other thread.
  [[nodiscard]] virtual SampleRing& samples() = 0;

  // Stage by stage account of every packet from now on, or nullptr for none. Slow; verdicts stay the same.
  virtual void set_trace(TraceSink* sink) = 0;
  // Trace only: the NAT port the next new mapping takes; 0 for the engine's own choice.
  virtual void force_nat_port(std::uint16_t port) = 0;

 protected:
  Engine() = default;
};

}  // namespace sallyport::dataplane
