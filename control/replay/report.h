// A replay as one page for a browser: sums, drops and what to do about them, rules, packets.
//
// Owner: control/replay. Always: self-contained (no script, nothing fetched); the same replay gives the same bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "control/replay/replay.h"

namespace sallyport::control {

// Packets beyond these are counted, not listed.
inline constexpr std::size_t kReportedPackets = 2000;

[[nodiscard]] std::string html_report(const std::string& policy_file, const ReplaySum& sum,
                                      const std::vector<ReplayedPacket>& packets);

}  // namespace sallyport::control
