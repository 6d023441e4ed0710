// What would this policy have done to this capture? Captures through the real engine, on their own clock.
//
// Owner: control/replay. Always: no sleeping, no wall clock, no chance: the same input gives the same bytes.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "control/trace/world.h"
#include "dataplane/engine/counters.h"
#include "rules/model/gateway.h"

namespace sallyport::control {

struct ReplayInput {
  std::string file;
  std::string port;  // empty: each packet's source address says by which port it came
};

struct ReplaySettings {
  std::vector<ReplayInput> inputs;
  std::string out_folder;  // empty: no captures are written
  std::uint64_t max_flows = 1'000'000;
};

// Addresses and ports of an IPv4 packet, as text.
struct PacketTuple {
  std::string protocol, from, to;
  friend bool operator==(const PacketTuple&, const PacketTuple&) = default;
};

// One packet's fate.
struct ReplayedPacket {
  std::uint64_t number = 0;  // from 1, in the order of replay
  dataplane::Time time = 0;
  std::string in_port, out_port;
  std::string verdict;  // "forward", "drop", "consume", "hold"
  std::string code, stage, rule;
  std::optional<PacketTuple> before, after;  // nullopt: not IPv4; after: only where forwarded
};

struct RuleHits {
  std::string name, file, text;
  std::uint32_t line = 0;
  std::uint64_t matched = 0, decided = 0;
};

struct ReplaySum {
  std::uint64_t in = 0, forwarded = 0, dropped = 0, consumed = 0, held = 0, originated = 0, fragments_added = 0,
                out = 0;
  std::map<std::string, std::uint64_t> drops;  // only those that occurred
  std::uint64_t flows = 0;                     // created
  std::vector<RuleHits> rules;
  std::vector<std::string> messages;  // damaged files, times that went back
};

// Calls `visit` for every packet in order. Errors: a file that is no capture, a port that is none, a folder that cannot
// be written.
[[nodiscard]] std::expected<ReplaySum, std::string> replay(const World& world, const ReplaySettings& settings,
                                                           const std::function<void(const ReplayedPacket&)>& visit);

[[nodiscard]] nlohmann::json to_json(const ReplaySum& sum);  // schema sallyport/replay/1
[[nodiscard]] nlohmann::json to_json(const ReplayedPacket& packet);
// Seconds since 1970 with nine decimals.
[[nodiscard]] std::string time_text(dataplane::Time time);

}  // namespace sallyport::control
