// Engine: three plain loops over a burst — arrive, fetch, judge — and the periodic work.
//
// Owner: dataplane/engine. What happens to a packet stands in dataplane/stages; here is only in which order, and what
// is counted.
#include "dataplane/engine/engine.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "dataplane/stages/lifetime.h"
#include "dataplane/stages/link.h"
#include "dataplane/stages/stages.h"

namespace sallyport::dataplane {
namespace {

constexpr std::uint64_t kSweepSlots = 512;  // after a change of policy each flow's whole path is walked again
constexpr std::uint64_t kListingSlots = 4096;
constexpr std::uint32_t kNeighborBudget = 64;
constexpr std::size_t kAnnouncementsPerTick = 16;
constexpr std::size_t kAlignment = 64;
constexpr NeighborSettings kNeighbors{.capacity = 16384};

using Memory = std::unique_ptr<void, void (*)(void*)>;

// Zeroed and aligned; what the caller's allocator gave is the caller's to free.
Memory take_memory(const EngineSettings& settings, std::size_t bytes) {
  const std::size_t whole = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  if (settings.allocate) return {settings.allocate(whole), [](void*) {}};
  void* memory = std::aligned_alloc(kAlignment, whole);
  if (memory != nullptr) std::memset(memory, 0, whole);
  return {memory, std::free};
}

std::span<std::byte> bytes_of(const Memory& memory, std::size_t bytes) {
  return {static_cast<std::byte*>(memory.get()), bytes};
}

PortSlice slice_of(const EngineSettings& settings) { return {settings.worker, settings.workers}; }

std::size_t page_bytes(const EngineSettings& settings) {
  const auto slice = slice_of(settings);
  return PortPages::bytes_for(PortAllocator::pages_for(settings.max_flows, slice), slice.count());
}

class BurstEngine final : public Engine {
 public:
  BurstEngine(EngineSettings settings, Memory flow_memory, Memory way_memory, Memory page_memory)
      : settings_(std::move(settings)),
        flow_memory_(std::move(flow_memory)),
        way_memory_(std::move(way_memory)),
        page_memory_(std::move(page_memory)),
        flows_(bytes_of(flow_memory_, FlowTable::bytes_for(settings_.max_flows)), settings_.max_flows, settings_.seed),
        neighbors_(settings_.ports.size(), NeighborTable(kNeighbors, settings_.seed)),
        nat_ports_(settings_.seed, slice_of(settings_), bytes_of(page_memory_, page_bytes(settings_)),
                   PortAllocator::pages_for(settings_.max_flows, slice_of(settings_))),
        outbox_(counters_) {
    released_.reserve(settings_.ports.size() * kNeighbors.held_capacity);
    strangers_.resize(kNeighbors.capacity);
  }

  void adopt(const BoundPolicy* policy, Time now) override;
  void process(std::span<Packet> burst, Time now) override;
  void tick(Time now) override;

  [[nodiscard]] std::span<const Originated> originated() const override { return outbox_.frames(); }
  [[nodiscard]] std::span<Packet> released() override { return released_; }
  [[nodiscard]] const Counters& counters() const override { return counters_; }
  [[nodiscard]] std::span<const CounterCell> rule_counters() const override { return world_.rule_cells; }
  void set_rule_counters(std::span<CounterCell> cells) override { world_.rule_cells = cells; }

  std::size_t copy_flows(std::uint64_t& cursor, std::span<FlowRecord> out, Time now) override;
  bool kill_flow(const FlowRecord& flow) override;

  [[nodiscard]] SampleRing& samples() override { return samples_; }
  void set_trace(TraceSink* sink) override { world_.trace = sink; }
  void force_nat_port(std::uint16_t port) override { world_.forced_nat_port = port; }

 private:
  void begin(Time now);
  void arrive(PacketContext& context);
  void listen(PacketContext& context);
  void judge(PacketContext& context);
  [[nodiscard]] StageResult arrival_stages(PacketContext& context);
  [[nodiscard]] StageResult judging_stages(PacketContext& context);
  [[nodiscard]] FlowRecord record_of(SessionId id, Time now) const;

  EngineSettings settings_;
  Memory flow_memory_, way_memory_, page_memory_;
  FlowTable flows_;
  std::vector<NeighborTable> neighbors_;
  PortAllocator nat_ports_;
  Counters counters_;
  Outbox outbox_;
  std::vector<Packet> released_;
  std::vector<std::uint32_t> strangers_;
  std::array<PacketContext, kMaxBurst> contexts_;
  SampleRing samples_;
  std::uint64_t sweep_cursor_ = 0;
  std::size_t announced_ = 0;
  World world_{.settings = settings_,
               .flows = flows_,
               .ways = {static_cast<FlowWay*>(way_memory_.get()), settings_.max_flows},
               .neighbors = neighbors_,
               .nat_ports = nat_ports_,
               .counters = counters_,
               .outbox = outbox_,
               .released = released_,
               .samples = samples_,
               .sampler = Sampler(settings_.self_check, settings_.seed + settings_.worker)};
};

void BurstEngine::adopt(const BoundPolicy* policy, Time now) {
  world_.policy = policy;
  world_.now = world_.adopted = now;
  announced_ = 0;
  if (policy == nullptr) return;
  for (std::size_t port = 0; port < neighbors_.size(); ++port) {
    forget_strangers(world_, static_cast<PortIndex>(port), strangers_);
  }
}

void BurstEngine::begin(Time now) {
  world_.now = now;
  outbox_.clear();
  released_.clear();
}

StageResult BurstEngine::arrival_stages(PacketContext& context) {
  if (const auto code = parse_stage(world_, context); code != kPass) return code;
  if (context.parsed.is_arp) return neighbor_stage(world_, context);
  if (world_.policy == nullptr) return gateway_address_stage(world_, context);
  if (const auto code = source_check_stage(world_, context); code != kPass) return code;
  if (const auto code = gateway_address_stage(world_, context); code != kPass) return code;
  if (context.packet->disposition == Disposition::pending) prepare_flow(world_, context);
  return kPass;
}

// Who is where is every worker's to know; the frame itself is another's.
void BurstEngine::listen(PacketContext& context) {
  if (parse_stage(world_, context) == kPass && context.parsed.is_arp) {
    static_cast<void>(neighbor_stage(world_, context));
  }
  context.packet->disposition = Disposition::consume;
}

void BurstEngine::arrive(PacketContext& context) {
  auto& packet = *context.packet;
  if ((packet.flags & kCountedElsewhere) != 0) return listen(context);
  counters_.in.add();
  counters_.ports[packet.in_port].in_packets.add();
  counters_.ports[packet.in_port].in_bytes.add(packet.length);
  if (const auto code = arrival_stages(context); code != kPass) finish_drop(counters_, packet, code);
  if (context.parsed.is_arp && packet.disposition == Disposition::consume) counters_.consumed.add();
}

StageResult BurstEngine::judging_stages(PacketContext& context) {
  if (const auto code = flow_stage(world_, context); code != kPass) return code;
  if (!known_way(world_, context)) {
    if (const auto code = walk_stage(world_, context); code != kPass) return code;
  }
  return forward_stage(world_, context);
}

void BurstEngine::judge(PacketContext& context) {
  auto& packet = *context.packet;
  if (const auto code = judging_stages(context); code != kPass) {
    finish_drop(counters_, packet, code);
  } else if (packet.disposition == Disposition::hold) {
    counters_.held.add();
  } else {
    finish_forward(counters_, packet);
  }
}

void BurstEngine::process(std::span<Packet> burst, Time now) {
  begin(now);
  const auto contexts = std::span(contexts_).first(std::min(burst.size(), kMaxBurst));
  for (std::size_t i = 0; i < contexts.size(); ++i) {
    contexts[i] = PacketContext{};
    contexts[i].packet = &burst[i];
    arrive(contexts[i]);
  }
  for (const auto& context : contexts) {
    if (context.packet->disposition == Disposition::pending) flows_.prefetch_session(context.hash);
  }
  for (auto& context : contexts) {
    if (context.packet->disposition == Disposition::pending) judge(context);
  }
}

void BurstEngine::tick(Time now) {
  begin(now);
  sweep_cursor_ =
      flows_.sweep(sweep_cursor_, kSweepSlots, [&](SessionId id) { static_cast<void>(is_live(world_, id)); });
  std::uint64_t known = 0;
  for (std::size_t port = 0; port < neighbors_.size(); ++port) {
    Link link(world_, static_cast<PortIndex>(port));
    neighbors_[port].tick(now, kNeighborBudget, link);
    known += neighbors_[port].size();
  }
  counters_.neighbors.set(known);
  counters_.nat_page_shortages.set(nat_ports_.shortages());
  if (world_.policy == nullptr || settings_.worker != 0) return;
  const auto announcements = world_.policy->announcements();
  const auto end = std::min(announcements.size(), announced_ + kAnnouncementsPerTick);
  for (; announced_ < end; ++announced_) announce(world_, announcements[announced_]);
}

FlowRecord BurstEngine::record_of(SessionId id, Time now) const {
  const auto& session = flows_.session(id);
  const auto& detail = flows_.detail(id);
  const auto leaving = leaving_tuple(session, Direction::out);
  const auto idle = idle_time(session, ticks_at(now));
  const auto life = session_life(detail);
  return {.from = session.opening.source,
          .to = session.opening.destination,
          .translated_from = leaving.source,
          .translated_to = leaving.destination,
          .from_port = session.opening.source_port,
          .to_port = session.opening.destination_port,
          .translated_from_port = leaving.source_port,
          .translated_to_port = leaving.destination_port,
          .protocol = session.opening.protocol(),
          .state = static_cast<std::uint8_t>(session.state),
          .tracked_from = (session.flags & kTrackedFrom) != 0,
          .tracked_to = (session.flags & kTrackedTo) != 0,
          .from_interface = detail.interface_from,
          .to_interface = detail.interface_to,
          .packets_out = packets_of(session, detail, Direction::out),
          .packets_back = packets_of(session, detail, Direction::back),
          .bytes_out = dataplane::bytes_of(session, detail, Direction::out),
          .bytes_back = dataplane::bytes_of(session, detail, Direction::back),
          .idle_seconds = idle / kTicksPerSecond,
          .expires_in = life > idle ? (life - idle) / kTicksPerSecond : 0};
}

std::size_t BurstEngine::copy_flows(std::uint64_t& cursor, std::span<FlowRecord> out, Time now) {
  if (cursor == kEnd || out.empty()) return 0;
  std::size_t copied = 0;
  const auto slots = std::min<std::uint64_t>(kListingSlots, out.size());
  const auto next = flows_.sweep(cursor, slots, [&](SessionId id) {
    if (is_expired(flows_.session(id), flows_.detail(id), ticks_at(now))) return;
    out[copied++] = record_of(id, now);
  });
  cursor = next == 0 ? kEnd : next;
  return copied;
}

bool BurstEngine::kill_flow(const FlowRecord& flow) {
  const auto hops =
      flow.from_interface == 0 ? std::array{kInternetHop, kInternetHop} : std::array{kOwnHop, flow.from_interface};
  for (const auto hop : hops) {
    const auto found =
        flows_.find({flow.from, flow.to, flow.from_port, flow.to_port, FlowTuple::pack(hop, flow.protocol)});
    if (!found || found->direction != Direction::out) continue;
    if (flows_.detail(found->id).interface_from != flow.from_interface) continue;
    end_flow(world_, found->id, counters_.flows_closed);
    return true;
  }
  return false;
}

}  // namespace

std::expected<std::unique_ptr<Engine>, std::string> Engine::create(EngineSettings settings) {
  if (settings.ports.empty() || settings.ports.size() > kMaxPorts) {
    return std::unexpected("a gateway has 1 to " + std::to_string(kMaxPorts) + " ports");
  }
  if (settings.max_flows == 0 || settings.max_flows > FlowTable::kMaxCapacity) {
    return std::unexpected("a worker's flow table holds 1 to " + std::to_string(FlowTable::kMaxCapacity) + " flows");
  }
  if (settings.workers == 0 || settings.worker >= settings.workers) return std::unexpected("no such worker");
  auto flow_memory = take_memory(settings, FlowTable::bytes_for(settings.max_flows));
  auto way_memory = take_memory(settings, settings.max_flows * sizeof(FlowWay));
  auto page_memory = take_memory(settings, page_bytes(settings));
  if (!flow_memory || !way_memory || !page_memory)
    return std::unexpected("no memory for " + std::to_string(settings.max_flows) + " flows");
  return std::make_unique<BurstEngine>(std::move(settings), std::move(flow_memory), std::move(way_memory),
                                       std::move(page_memory));
}

}  // namespace sallyport::dataplane
