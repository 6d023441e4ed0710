// Which port a new mapping takes: 1024-65535, at random, unique per source address, destination and protocol.
//
// Owner: dataplane/nat; one a worker, beside its flow table, which alone knows what is taken: a port is free when no
// session has the reply it would bring about. Worker w of n owns the ports with port mod n = w, so that replies find
// their worker. A quiet destination is probed at random; one where that fails has a page of bits from then on, which is
// told of every session that begins or ends. A set bit is a port that a session has; a clear one is looked up before it
// is lent, so a page may begin with what nobody knows of.
// Always: refusal means that every port of the slice is in use towards this destination, unless there was no page for
// it (shortages()); each look-up that fails sets a bit, so a choice costs little more than one, up to the last port.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/flow/flow_table.h"
#include "dataplane/nat/port_pages.h"

namespace sallyport::dataplane {

inline constexpr std::uint16_t kFirstNatPort = 1024;
inline constexpr std::uint32_t kNatPorts = 65536 - kFirstNatPort;

// xoshiro256**, seeded by split_mix.
class RandomSource {
 public:
  explicit RandomSource(std::uint64_t seed);
  [[nodiscard]] std::uint64_t next();
  [[nodiscard]] std::uint32_t below(std::uint32_t range) { return static_cast<std::uint32_t>(scaled(next(), range)); }

 private:
  std::array<std::uint64_t, 4> state_;
};

// Worker `worker` of `workers`. Precondition: worker < workers <= 1024.
struct PortSlice {
  std::uint32_t worker = 0, workers = 1;

  [[nodiscard]] std::uint32_t first() const;  // lowest port
  [[nodiscard]] std::uint32_t count() const { return (65535U - first()) / workers + 1; }
};

class PortAllocator {
 public:
  static constexpr unsigned kRandomProbes = 4;   // before a destination counts as busy
  static constexpr unsigned kProbesAtMost = 32;  // where there is no page for it

  // As many pages as this many flows of a worker can make destinations busy, at a sixteenth of the slice's ports each.
  [[nodiscard]] static std::uint32_t pages_for(std::uint64_t flows, const PortSlice& slice);

  // `memory` is for `pages` pages (PortPages).
  PortAllocator(std::uint64_t seed, const PortSlice& slice, std::span<std::byte> memory, std::uint32_t pages);

  // `reply` is the tuple of the answers: source the destination of the mapping, destination the NAT address. Its
  // destination port is what is chosen; for ICMP, both ports. nullopt: NAT_PORT_EXHAUSTED for this address.
  [[nodiscard]] std::optional<std::uint16_t> choose(const FlowTable& table, const FlowTuple& reply);

  // Whether this worker may use the port and no session does.
  [[nodiscard]] bool is_free(const FlowTable& table, const FlowTuple& reply, std::uint16_t port) const;

  // A session with this reply began; one with this tuple, as either of its two, ended. Any session may be told of.
  void began(const FlowTable& table, const FlowTuple& reply);
  void ended(const FlowTable& table, const FlowTuple& tuple);

  // How often a busy destination had no page, so that its ports were probed at random alone.
  [[nodiscard]] std::uint64_t shortages() const { return shortages_; }
  // Look-ups in the flow table so far: what choosing costs.
  [[nodiscard]] std::uint64_t probes() const { return probes_; }

 private:
  [[nodiscard]] bool is_own(std::uint16_t port) const { return port >= first_ && (port - first_) % workers_ == 0; }
  [[nodiscard]] std::uint16_t port_at(std::uint32_t index) const {
    return static_cast<std::uint16_t>(first_ + index * workers_);
  }
  [[nodiscard]] std::uint32_t index_of(std::uint16_t port) const { return (port - first_) / workers_; }
  [[nodiscard]] PortPages::Index page_of(const FlowTable& table, const FlowTuple& tuple) const;
  [[nodiscard]] std::optional<std::uint16_t> probe(const FlowTable& table, const FlowTuple& reply, unsigned times);
  [[nodiscard]] std::optional<std::uint16_t> search(PortPages::Index page, const FlowTable& table,
                                                    const FlowTuple& reply);

  RandomSource random_;
  std::uint32_t workers_;
  std::uint32_t first_;  // lowest port of the slice
  std::uint32_t count_;  // ports of the slice
  PortPages pages_;
  std::uint64_t shortages_ = 0;
  std::uint64_t probes_ = 0;
};

}  // namespace sallyport::dataplane
