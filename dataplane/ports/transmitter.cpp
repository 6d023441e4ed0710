// Bursts out; see the header.
#include "dataplane/ports/transmitter.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include <cstring>

namespace sallyport::dataplane {

namespace {

constexpr int kRetries = 4;  // a full transmit queue drains at line rate: worth a moment, not a wait

}  // namespace

Transmitter::Transmitter(const Wiring& wiring, std::uint32_t worker, Counters& corrections)
    : wiring_(wiring), worker_(worker), corrections_(corrections), gathered_(wiring.ports.size()) {}

void Transmitter::originate(const Originated& frame) {
  rte_mbuf* buffer = rte_pktmbuf_alloc(wiring_.pool);
  if (buffer == nullptr) {
    take_back(Kind::originated, kNoPort, frame.port, frame.length);
    return;
  }
  std::memcpy(rte_pktmbuf_append(buffer, frame.length), frame.bytes.data(), frame.length);
  add(buffer, frame.port, Kind::originated);
}

bool Transmitter::flush() {
  bool any = false;
  for (PortIndex port = 0; port < gathered_.size(); ++port) {
    any = any || gathered_[port].count > 0;
    send(port);
    any = empty_outbox(port) || any;
  }
  return any;
}

void Transmitter::add(rte_mbuf* buffer, PortIndex port, Kind kind) {
  buffer->hash.usr = static_cast<std::uint32_t>(kind);
  Gathered& gathered = gathered_[port];
  gathered.buffers[gathered.count++] = buffer;
  if (gathered.count == kBurst) send(port);
}

void Transmitter::send(PortIndex port) {
  Gathered& gathered = gathered_[port];
  if (gathered.count == 0) return;
  const PortWiring& wiring = wiring_.ports[port];
  std::uint32_t sent = 0;
  if (wiring.queue_each || wiring.transmitter == worker_) {
    sent = transmit(port, gathered.buffers, gathered.count);
  } else {
    sent = rte_ring_enqueue_burst(wiring.outbox, reinterpret_cast<void**>(gathered.buffers), gathered.count, nullptr);
  }
  refuse(gathered.buffers + sent, gathered.count - sent, port);
  gathered.count = 0;
}

std::uint32_t Transmitter::transmit(PortIndex port, rte_mbuf** buffers, std::uint32_t count) {
  const PortWiring& wiring = wiring_.ports[port];
  const auto queue = static_cast<std::uint16_t>(wiring.queue_each ? worker_ : 0);
  std::uint32_t sent = 0;
  for (int attempt = 0; sent < count && attempt < kRetries; ++attempt) {
    sent += rte_eth_tx_burst(wiring.device, queue, buffers + sent, static_cast<std::uint16_t>(count - sent));
  }
  return sent;
}

bool Transmitter::empty_outbox(PortIndex port) {
  const PortWiring& wiring = wiring_.ports[port];
  if (wiring.outbox == nullptr || wiring.transmitter != worker_) return false;
  rte_mbuf* buffers[kBurst];
  const std::uint32_t count = rte_ring_dequeue_burst(wiring.outbox, reinterpret_cast<void**>(buffers), kBurst, nullptr);
  if (count == 0) return false;
  const std::uint32_t sent = transmit(port, buffers, count);
  refuse(buffers + sent, count - sent, port);
  return true;
}

void Transmitter::refuse(rte_mbuf** buffers, std::uint32_t count, PortIndex port) {
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto kind = static_cast<Kind>(buffers[i]->hash.usr);
    const PortIndex in_port = kind == Kind::forwarded ? wiring_.port_of_device[buffers[i]->port] : kNoPort;
    take_back(kind, in_port, port, rte_pktmbuf_pkt_len(buffers[i]));
  }
  if (count > 0) rte_pktmbuf_free_bulk(buffers, count);
}

void Transmitter::take_back(Kind kind, PortIndex in_port, PortIndex out_port, std::uint32_t bytes) {
  corrections_.out.subtract();
  corrections_.ports[out_port].out_packets.subtract();
  corrections_.ports[out_port].out_bytes.subtract(bytes);
  if (kind == Kind::originated) {
    corrections_.originated.subtract();
    return;
  }
  corrections_.forwarded.subtract();
  corrections_.dropped.add();
  corrections_.drops[static_cast<std::size_t>(rules::DropCode::QUEUE_FULL)].add();
  corrections_.ports[in_port].dropped.add();
}

}  // namespace sallyport::dataplane
