// Owner: dataplane/stages. See outbox.h.
#include "dataplane/stages/outbox.h"

#include <algorithm>

namespace sallyport::dataplane {

bool TokenBucket::take(Time now) {
  const std::uint64_t room = per_second_ * kSecond;
  const std::uint64_t elapsed = std::min<std::uint64_t>(now - last_, kSecond);
  tokens_ = std::min(room, tokens_ + elapsed * per_second_);
  last_ = now;
  if (tokens_ < kSecond) return false;
  tokens_ -= kSecond;
  return true;
}

Originated* Outbox::begin(PortIndex port) {
  if (frames_.size() == kRoom) return nullptr;
  auto& frame = frames_.emplace_back();
  frame.port = port;
  return &frame;
}

bool Outbox::commit() {
  const auto& frame = frames_.back();
  if (frame.length == 0) {
    frames_.pop_back();
    return false;
  }
  counters_.originated.add();
  count_out(counters_, frame.port, frame.length);
  return true;
}

void count_out(Counters& counters, PortIndex port, std::uint64_t bytes) {
  counters.out.add();
  counters.ports[port].out_packets.add();
  counters.ports[port].out_bytes.add(bytes);
}

}  // namespace sallyport::dataplane
