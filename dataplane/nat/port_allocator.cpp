// Choosing ports. Owner: dataplane/nat.
#include "dataplane/nat/port_allocator.h"

#include <bit>
#include <cassert>

#include "dataplane/packet/wire.h"

namespace sallyport::dataplane {
namespace {

FlowTuple with_port(FlowTuple reply, std::uint16_t port) {
  reply.destination_port = port;
  if (reply.protocol() == kIcmp) reply.source_port = port;
  return reply;
}

}  // namespace

RandomSource::RandomSource(std::uint64_t seed) {
  for (auto& word : state_) word = split_mix(seed);
}

std::uint64_t RandomSource::next() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17U;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

std::uint32_t PortSlice::first() const {
  return kFirstNatPort + (worker + workers - kFirstNatPort % workers) % workers;
}

std::uint32_t PortAllocator::pages_for(std::uint64_t flows, const PortSlice& slice) {
  constexpr std::uint64_t kLeast = 2;
  return static_cast<std::uint32_t>(flows * 16 / slice.count() + kLeast);
}

PortAllocator::PortAllocator(std::uint64_t seed, const PortSlice& slice, std::span<std::byte> memory,
                             std::uint32_t pages)
    : random_(seed),
      workers_(slice.workers),
      first_(slice.first()),
      count_(slice.count()),
      pages_(memory, pages, count_) {
  assert(slice.worker < slice.workers && slice.workers <= 1024);
}

bool PortAllocator::is_free(const FlowTable& table, const FlowTuple& reply, std::uint16_t port) const {
  return is_own(port) && !table.find(with_port(reply, port));
}

PortPages::Index PortAllocator::page_of(const FlowTable& table, const FlowTuple& tuple) const {
  if (!pages_.any()) return PortPages::kNone;
  const auto destination = with_port(tuple, 0);
  return pages_.find(destination, table.hash(destination));
}

void PortAllocator::began(const FlowTable& table, const FlowTuple& reply) {
  const auto page = page_of(table, reply);
  if (page != PortPages::kNone && is_own(reply.destination_port)) pages_.set(page, index_of(reply.destination_port));
}

void PortAllocator::ended(const FlowTable& table, const FlowTuple& tuple) {
  const auto page = page_of(table, tuple);
  if (page != PortPages::kNone && is_own(tuple.destination_port)) pages_.clear(page, index_of(tuple.destination_port));
}

std::optional<std::uint16_t> PortAllocator::choose(const FlowTable& table, const FlowTuple& reply) {
  auto page = page_of(table, reply);
  if (page == PortPages::kNone) {
    if (const auto port = probe(table, reply, kRandomProbes)) return port;
    const auto destination = with_port(reply, 0);
    page = pages_.open(destination, table.hash(destination));
  }
  if (page != PortPages::kNone) return search(page, table, reply);
  ++shortages_;
  return probe(table, reply, kProbesAtMost - kRandomProbes);
}

std::optional<std::uint16_t> PortAllocator::probe(const FlowTable& table, const FlowTuple& reply, unsigned times) {
  for (; times > 0; --times) {
    const std::uint16_t port = port_at(random_.below(count_));
    ++probes_;
    if (!table.find(with_port(reply, port))) return port;
  }
  return std::nullopt;
}

// From a random port on: one look-up, and where that fails in steps whose memory accesses overlap.
std::optional<std::uint16_t> PortAllocator::search(PortPages::Index page, const FlowTable& table,
                                                   const FlowTuple& reply) {
  struct Candidate {
    std::uint32_t index;
    std::uint64_t hash;
  };
  std::array<Candidate, 16> candidates;
  std::uint32_t from = random_.below(count_);
  for (std::size_t wanted = 1; !pages_.is_full(page); wanted = candidates.size()) {
    std::size_t found = 0;
    while (found < wanted) {
      const auto index = pages_.next_clear(page, from);
      if (found > 0 && index == candidates[0].index) break;
      const auto hash = table.hash(with_port(reply, port_at(index)));
      table.prefetch_bucket(hash);
      candidates[found++] = {index, hash};
      from = index + 1 < count_ ? index + 1 : 0;
    }
    for (const auto& candidate : std::span(candidates).first(found)) {
      ++probes_;
      if (!table.find(with_port(reply, port_at(candidate.index)), candidate.hash)) return port_at(candidate.index);
      pages_.set(page, candidate.index);
    }
  }
  return std::nullopt;
}

}  // namespace sallyport::dataplane
