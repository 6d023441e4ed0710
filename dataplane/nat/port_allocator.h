// Which port a new mapping takes: 1024-65535, at random, unique per source address, destination and protocol.
//
// Owner: dataplane/nat; one a worker, beside its flow table, which alone knows what is taken: a port is free when no
// session has the reply it would bring about. Worker w of n owns the ports with port mod n = w, so that replies find
// their worker. Always: refusal means that every port of the slice is in use towards this destination.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "dataplane/flow/flow_table.h"

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

class PortAllocator {
 public:
  // Precondition: worker < workers <= 1024.
  PortAllocator(std::uint64_t seed, std::uint32_t worker, std::uint32_t workers);

  // `reply` is the tuple of the answers: source the destination of the mapping, destination the NAT address. Its
  // destination port is what is chosen; for ICMP, both ports. nullopt: NAT_PORT_EXHAUSTED for this address.
  [[nodiscard]] std::optional<std::uint16_t> choose(const FlowTable& table, const FlowTuple& reply);

  // Whether this worker may use the port and no session does.
  [[nodiscard]] bool is_free(const FlowTable& table, const FlowTuple& reply, std::uint16_t port) const;

 private:
  struct Exhausted {
    std::uint64_t destination = 0;  // hash of the reply without its port
    std::uint64_t erasures = ~std::uint64_t{0};
  };
  static constexpr unsigned kRandomProbes = 4;

  [[nodiscard]] std::uint16_t port_at(std::uint32_t index) const {
    return static_cast<std::uint16_t>(first_ + index * workers_);
  }
  [[nodiscard]] std::optional<std::uint16_t> scan(const FlowTable& table, const FlowTuple& reply);

  RandomSource random_;
  std::uint32_t workers_;
  std::uint32_t first_;  // lowest port of the slice
  std::uint32_t count_;  // ports of the slice
  // Destinations found full, and when: spares the scan until some session ended.
  std::array<Exhausted, 64> exhausted_;
};

}  // namespace sallyport::dataplane
