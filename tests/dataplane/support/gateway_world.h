// A small gateway for tests: policy text to engine, ports by name, virtual time, and outcomes as sentences.
//
// Owner: tests. Drives Binder and Engine and nothing beside them.
// Always: counters balance after every call (docs/counters.md); a frame that leaves has right sums.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/engine/bound_policy.h"
#include "dataplane/engine/engine.h"
#include "tests/dataplane/support/packet_builder.h"

namespace sallyport::dataplane::testing {

[[nodiscard]] PortSettings inside_port(std::string name, std::vector<std::string> subnets);
[[nodiscard]] PortSettings uplink_port(std::string name, std::string_view address = "198.51.100.2/24",
                                       std::string_view gateway = "198.51.100.1");
[[nodiscard]] PortSettings routed_port(std::string name, std::string_view address, std::string_view gateway);

// app ports "inside" (app, db), "dmz" (public) and "outside" (the uplink).
[[nodiscard]] std::vector<PortSettings> usual_ports();

// A policy's text to its image; throws what is wrong with it.
[[nodiscard]] rules::Image compiled(const std::string& policy);

struct Sent {
  std::string port;
  Frame frame;
  std::uint8_t flags = 0;  // PacketFlags
};

class GatewayWorld {
 public:
  explicit GatewayWorld(const std::string& policy, EngineSettings settings = {},
                        std::vector<PortSettings> ports = usual_ports());

  // Applies a policy; `new_meaning` false keeps the epoch, as for a change of text alone.
  void apply(const std::string& policy, bool new_meaning = true);
  void apply_none() { engine_->adopt(nullptr, now_); }

  // What became of a frame: "inside tcp 10.0.1.5:1 > 10.0.2.7:2 S ttl 63", "drop CODE", "consume" or "hold".
  std::string send(std::string_view port, const Frame& frame);
  std::vector<std::string> send_burst(const std::vector<Sent>& burst);
  void tick();
  void pass(double seconds);  // virtual time, with a tick at the end

  // Frames the gateway made, and packets it gave back, in the last call.
  [[nodiscard]] std::vector<std::string> originated() const { return originated_; }
  [[nodiscard]] std::vector<std::string> released() const { return released_; }
  // The last frame as it left.
  [[nodiscard]] const Frame& last() const { return last_; }
  [[nodiscard]] const std::vector<Sent>& originated_frames() const { return originated_frames_; }

  [[nodiscard]] Engine& engine() { return *engine_; }
  [[nodiscard]] const Counters& counters() const { return engine_->counters(); }
  [[nodiscard]] const BoundPolicy& policy() const { return *bound_; }
  [[nodiscard]] Time now() const { return now_; }
  [[nodiscard]] std::vector<FlowRecord> flows();
  [[nodiscard]] std::uint64_t dropped(rules::DropCode code) const;
  [[nodiscard]] std::uint64_t decided(std::string_view rule_name) const;
  [[nodiscard]] PortIndex port_named(std::string_view name) const;
  void check_balance() const;

 private:
  void collect();
  [[nodiscard]] std::string outcome(const Packet& packet) const;

  std::vector<PortSettings> ports_;
  Binder binder_;
  std::shared_ptr<const BoundPolicy> bound_;
  std::unique_ptr<Engine> engine_;
  std::vector<CounterCell> cells_;
  Time now_ = 1000 * kSecond;
  std::uint64_t generation_ = 0;
  std::uint32_t epoch_ = 0;
  std::vector<std::unique_ptr<Frame>> held_;
  std::vector<std::string> originated_, released_;
  std::vector<Sent> originated_frames_;
  Frame last_;
};

// Drop codes that any world of this process has seen.
[[nodiscard]] const std::array<bool, rules::kDropCodes>& seen_drop_codes();

}  // namespace sallyport::dataplane::testing
