// Choosing ports. Owner: dataplane/nat.
#include "dataplane/nat/port_allocator.h"

#include <algorithm>
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

PortAllocator::PortAllocator(std::uint64_t seed, std::uint32_t worker, std::uint32_t workers)
    : random_(seed),
      workers_(workers),
      first_(kFirstNatPort + (worker + workers - kFirstNatPort % workers) % workers),
      count_((65535U - first_) / workers + 1) {
  assert(worker < workers && workers <= 1024);
}

bool PortAllocator::is_free(const FlowTable& table, const FlowTuple& reply, std::uint16_t port) const {
  return port >= first_ && (port - first_) % workers_ == 0 && !table.find(with_port(reply, port));
}

std::optional<std::uint16_t> PortAllocator::choose(const FlowTable& table, const FlowTuple& reply) {
  for (unsigned probe = 0; probe < kRandomProbes; ++probe) {
    const std::uint16_t port = port_at(random_.below(count_));
    if (!table.find(with_port(reply, port))) return port;
  }
  const std::uint64_t destination = table.hash(with_port(reply, 0));
  Exhausted& known = exhausted_[destination % exhausted_.size()];
  if (known.destination == destination && known.erasures == table.erasures()) return std::nullopt;
  const auto port = scan(table, reply);
  if (!port) known = {destination, table.erasures()};
  return port;
}

// All ports of the slice once, from a random one on, in steps that overlap the memory accesses of several look-ups.
std::optional<std::uint16_t> PortAllocator::scan(const FlowTable& table, const FlowTuple& reply) {
  constexpr std::uint32_t kStep = 16;
  std::array<std::uint64_t, kStep> hashes;
  std::uint32_t index = random_.below(count_);
  for (std::uint32_t seen = 0; seen < count_; seen += kStep) {
    const std::uint32_t step = std::min(kStep, count_ - seen);
    const auto at = [&](std::uint32_t i) { return port_at(index + i < count_ ? index + i : index + i - count_); };
    for (std::uint32_t i = 0; i < step; ++i) {
      hashes[i] = table.hash(with_port(reply, at(i)));
      table.prefetch_bucket(hashes[i]);
    }
    for (std::uint32_t i = 0; i < step; ++i) {
      if (!table.find(with_port(reply, at(i)), hashes[i])) return at(i);
    }
    index = index + step < count_ ? index + step : index + step - count_;
  }
  return std::nullopt;
}

}  // namespace sallyport::dataplane
