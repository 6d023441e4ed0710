// What a replay is expected to give: `replay --expect`.
//
// Owner: control/replay. The file has the shape of the sum (`-o json`) and may have "per_packet", a list of objects
// with the shape of `-o ndjson`. Always: only what is given is compared; a key that neither has is an error.
#pragma once

#include <expected>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "control/replay/replay.h"

namespace sallyport::control {

class ReplayExpectation {
 public:
  [[nodiscard]] static std::expected<ReplayExpectation, std::string> read(std::string_view text);

  void see(const ReplayedPacket& packet);
  // Every difference, a line each. Error: a key that a replay does not have.
  [[nodiscard]] std::expected<std::vector<std::string>, std::string> differences(const ReplaySum& sum) const;

 private:
  nlohmann::json document_;
  std::map<std::uint64_t, nlohmann::json> packets_;  // expected, by number
  std::map<std::uint64_t, nlohmann::json> seen_;     // the same packets as they went
};

}  // namespace sallyport::control
