// The poll loop; see the header.
#include "dataplane/ports/worker.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_pause.h>
#include <rte_ring.h>
#include <sched.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "dataplane/engine/steer.h"

namespace sallyport::dataplane {

namespace {

constexpr std::uint16_t kBurst = 32;
constexpr Time kTickInterval = kSecond / 1000;
constexpr std::uint32_t kPatience = 64;  // empty rounds before an idle worker lets others run

// Marks in an mbuf on its way to another worker.
enum Mark : std::uint32_t { kOwned, kCopy };

std::span<const std::byte> bytes_of(const rte_mbuf* buffer) {
  return {rte_pktmbuf_mtod(buffer, const std::byte*), rte_pktmbuf_data_len(buffer)};
}

std::uint8_t flags_of(const rte_mbuf* buffer) {
  std::uint8_t flags = buffer->hash.usr == kCopy ? kCountedElsewhere : 0;
  if ((buffer->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_GOOD) flags |= kIpChecksumGood;
  if ((buffer->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_GOOD) flags |= kL4ChecksumGood;
  return flags;
}

}  // namespace

Worker::Worker(const Wiring& wiring, std::uint32_t number, std::unique_ptr<Engine> engine)
    : wiring_(wiring),
      number_(number),
      engine_(std::move(engine)),
      hand_overs_(wiring.workers),
      transmitter_(wiring, number, corrections_) {
  for (std::size_t port = 0; port < wiring.ports.size(); ++port) {
    const PortWiring& wired = wiring.ports[port];
    for (std::uint16_t queue = 0; queue < wired.receive_queues; ++queue) {
      if (wiring.poller(port, queue) == number) queues_.push_back({static_cast<PortIndex>(port), wired.device, queue});
    }
  }
}

void Worker::run() {
  while (!stopping_.load(std::memory_order_relaxed)) {
    const Time now = clock_.now();
    adopt(now);
    mailbox_.serve(*engine_, now);
    bool busy = false;
    if (receiving_.load(std::memory_order_relaxed)) {
      for (const Queue& queue : queues_) busy = receive(queue, now) || busy;
    }
    if (wiring_.workers > 1) busy = receive_handed_over(now) || busy;
    if (now - last_tick_ >= kTickInterval) {
      last_tick_ = now;
      engine_->tick(now);
      collect();
    }
    busy = transmitter_.flush() || busy;
    idle_rounds_ = busy ? 0 : idle_rounds_ + 1;
    if (!busy) rest();
  }
}

bool Worker::receive(const Queue& queue, Time now) {
  rte_mbuf* arrived[kBurst];
  const std::uint16_t count = rte_eth_rx_burst(queue.device, queue.queue, arrived, kBurst);
  if (count == 0) return false;
  rte_mbuf* mine[kBurst];
  std::size_t kept = 0;
  for (std::uint16_t i = 0; i < count; ++i) {
    if (rte_mbuf* buffer = admit(arrived[i], queue.port)) mine[kept++] = buffer;
  }
  for (std::uint32_t worker = 0; worker < wiring_.workers; ++worker) flush_hand_over(worker);
  process({mine, kept}, now);
  return true;
}

bool Worker::receive_handed_over(Time now) {
  rte_mbuf* buffers[kBurst];
  const unsigned count =
      rte_ring_dequeue_burst(wiring_.inboxes[number_], reinterpret_cast<void**>(buffers), kBurst, nullptr);
  if (count == 0) return false;
  process({buffers, count}, now);
  return true;
}

rte_mbuf* Worker::admit(rte_mbuf* buffer, PortIndex port) {
  if (buffer->nb_segs > 1 && !flatten(buffer, port)) return nullptr;
  buffer->hash.usr = kOwned;
  if (wiring_.workers == 1) return buffer;
  const std::uint32_t owner = owner_of(bytes_of(buffer), policy_, wiring_.workers, wiring_.seed);
  if (owner == kEveryWorker) {
    copy_to_others(buffer);
    return buffer;
  }
  if (owner == number_) return buffer;
  hand_over(owner, buffer);
  return nullptr;
}

// One segment is all the engine reads. What does not fit into one is an unsegmented super-frame.
bool Worker::flatten(rte_mbuf* buffer, PortIndex port) {
  if (rte_pktmbuf_linearize(buffer) == 0) return true;
  corrections_.ports[port].oversize_frames.add();
  count_refused(buffer, port, rules::DropCode::MTU_EXCEEDED);
  rte_pktmbuf_free(buffer);
  return false;
}

void Worker::copy_to_others(const rte_mbuf* buffer) {
  for (std::uint32_t worker = 0; worker < wiring_.workers; ++worker) {
    if (worker == number_) continue;
    rte_mbuf* copy = rte_pktmbuf_copy(buffer, wiring_.pool, 0, UINT32_MAX);
    if (copy == nullptr) continue;  // the neighbour will be asked for again
    copy->hash.usr = kCopy;
    hand_over(worker, copy);
  }
}

void Worker::hand_over(std::uint32_t worker, rte_mbuf* buffer) {
  HandOver& to = hand_overs_[worker];
  to.buffers[to.count++] = buffer;
  if (to.count == kMaxBurst) flush_hand_over(worker);
}

void Worker::flush_hand_over(std::uint32_t worker) {
  HandOver& to = hand_overs_[worker];
  if (to.count == 0) return;
  std::array<bool, kMaxBurst> owned;  // what the ring takes is the other worker's at once
  for (std::uint32_t i = 0; i < to.count; ++i) owned[i] = to.buffers[i]->hash.usr == kOwned;
  const unsigned taken =
      rte_ring_enqueue_burst(wiring_.inboxes[worker], reinterpret_cast<void**>(to.buffers), to.count, nullptr);
  handed_over_.add(static_cast<std::uint64_t>(std::count(owned.begin(), owned.begin() + taken, true)));
  for (std::uint32_t i = taken; i < to.count; ++i) {
    rte_mbuf* buffer = to.buffers[i];
    if (owned[i]) count_refused(buffer, wiring_.port_of_device[buffer->port], rules::DropCode::QUEUE_FULL);
    rte_pktmbuf_free(buffer);
  }
  to.count = 0;
}

void Worker::process(std::span<rte_mbuf*> buffers, Time now) {
  std::array<Packet, kBurst> packets;
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    rte_mbuf* buffer = buffers[i];
    packets[i] = Packet{.data = rte_pktmbuf_mtod(buffer, std::byte*),
                        .length = rte_pktmbuf_pkt_len(buffer),
                        .in_port = wiring_.port_of_device[buffer->port],
                        .flags = flags_of(buffer),
                        .handle = buffer};
  }
  const std::span<Packet> burst(packets.data(), buffers.size());
  if (burst.empty()) return;
  engine_->process(burst, now);
  for (const Packet& packet : burst) settle(packet);
  collect();
}

void Worker::settle(const Packet& packet) {
  auto* buffer = static_cast<rte_mbuf*>(packet.handle);
  switch (packet.disposition) {
    case Disposition::forward:
      rte_pktmbuf_data_len(buffer) = static_cast<std::uint16_t>(packet.length);
      rte_pktmbuf_pkt_len(buffer) = packet.length;
      buffer->ol_flags = 0;
      if ((packet.flags & kAnswer) != 0) {
        transmitter_.answer(buffer, packet.out_port);
      } else {
        transmitter_.forward(buffer, packet.out_port);
      }
      return;
    case Disposition::hold:
      return;
    case Disposition::pending:
    case Disposition::drop:
    case Disposition::consume:
      rte_pktmbuf_free(buffer);
      return;
  }
}

void Worker::collect() {
  for (const Originated& frame : engine_->originated()) transmitter_.originate(frame);
  for (const Packet& packet : engine_->released()) settle(packet);
}

// The engine never saw it.
void Worker::count_refused(const rte_mbuf* buffer, PortIndex port, rules::DropCode code) {
  corrections_.in.add();
  corrections_.dropped.add();
  corrections_.drops[static_cast<std::size_t>(code)].add();
  corrections_.ports[port].in_packets.add();
  corrections_.ports[port].in_bytes.add(rte_pktmbuf_pkt_len(buffer));
  corrections_.ports[port].dropped.add();
}

void Worker::adopt(Time now) {
  const Generation* next = next_.load(std::memory_order_acquire);
  if (next == seen_.load(std::memory_order_relaxed)) return;
  const std::span<CounterCell> cells = next->rule_counters[number_];
  if (const auto outgrown = engine_->rule_counters(); outgrown.data() != cells.data()) {
    for (std::size_t uid = 0; uid < outgrown.size(); ++uid) cells[uid].set(outgrown[uid].get());
    engine_->set_rule_counters(cells);
  }
  policy_ = next->policy.get();
  engine_->adopt(policy_, now);
  seen_.store(next, std::memory_order_release);
}

void Worker::rest() {
  if (wiring_.may_yield && idle_rounds_ > kPatience) {
    ::sched_yield();
  } else {
    rte_pause();
  }
}

}  // namespace sallyport::dataplane
