// A worker's way out: packets gathered a port, sent in bursts, by the worker itself or through the port's outbox.
//
// Owner: dataplane/ports; a part of a Worker, used by its thread alone.
// Always: what a queue refuses is freed and taken back in the counters: a forwarded packet becomes a QUEUE_FULL drop,
// one the gateway made itself was never made.
#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/engine/counters.h"
#include "dataplane/engine/engine.h"
#include "dataplane/ports/wiring.h"

struct rte_mbuf;

namespace sallyport::dataplane {

class Transmitter {
 public:
  Transmitter(const Wiring& wiring, std::uint32_t worker, Counters& corrections);

  void forward(rte_mbuf* buffer, PortIndex port) { add(buffer, port, Kind::forwarded); }
  void answer(rte_mbuf* buffer, PortIndex port) { add(buffer, port, Kind::originated); }
  // Copies the frame; a pool without buffers counts as a full queue.
  void originate(const Originated& frame);

  // Sends what is gathered and what other workers left for this one. True if there was anything.
  bool flush();

 private:
  enum class Kind : std::uint32_t { forwarded, originated };
  static constexpr std::uint32_t kBurst = 32;
  struct Gathered {
    std::uint32_t count = 0;
    rte_mbuf* buffers[kBurst];
  };

  void add(rte_mbuf* buffer, PortIndex port, Kind kind);
  void send(PortIndex port);
  [[nodiscard]] std::uint32_t transmit(PortIndex port, rte_mbuf** buffers, std::uint32_t count);
  bool empty_outbox(PortIndex port);
  void refuse(rte_mbuf** buffers, std::uint32_t count, PortIndex port);
  void take_back(Kind kind, PortIndex in_port, PortIndex out_port, std::uint32_t bytes);

  const Wiring& wiring_;
  const std::uint32_t worker_;
  Counters& corrections_;
  std::vector<Gathered> gathered_;
};

}  // namespace sallyport::dataplane
