// The workers' clock: nanoseconds from the CPU's time stamp counter, without a system call.
//
// Owner: dataplane/ports; made once EAL runs. Starts at an hour, so that nothing ever lies before the beginning.
#pragma once

#include <rte_cycles.h>

#include "dataplane/packet/packet.h"

namespace sallyport::dataplane {

class Clock {
 public:
  Clock() : start_(rte_get_tsc_cycles()), scale_((static_cast<Wide>(kSecond) << 32U) / rte_get_tsc_hz()) {}

  [[nodiscard]] Time now() const {
    return kBeginning + static_cast<Time>((static_cast<Wide>(rte_get_tsc_cycles() - start_) * scale_) >> 32U);
  }

 private:
  __extension__ using Wide = unsigned __int128;
  static constexpr Time kBeginning = 3600 * kSecond;

  std::uint64_t start_;
  Wide scale_;
};

}  // namespace sallyport::dataplane
