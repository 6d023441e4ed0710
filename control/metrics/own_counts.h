// What the control plane counts about itself, beside the packets.
//
// Owner: control/metrics; counted by the control server.
#pragma once

#include <cstdint>

namespace sallyport::control {

struct SelfCheckCounts {
  std::uint64_t checked = 0;
  std::uint64_t mismatched = 0;  // 0, or the image does not do what the rules say
  std::uint64_t skipped = 0;     // sampled, but their policy was gone
};

// Connections turned away because all their places were taken.
struct RefusedConnections {
  std::uint64_t control = 0;
  std::uint64_t metrics = 0;
};

}  // namespace sallyport::control
