// What becomes of a live flow when one policy takes the place of another: as docs/packet-path.md says under "When the
// policy's epoch changed", read literally.
//
// Owner: rules/analyze. The tests hold it against the engine.
// Always: flows that no session stands for (untracked at both ends, not translated) are not seen here; what they were
// admitted by shows in the difference of the policies.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "rules/analyze/reach_way.h"

namespace sallyport::rules {

// As the gateway lists it. Interfaces by name ("net/*" for the unnamed hosts of a subnet), empty for the internet.
struct LiveFlow {
  std::uint8_t protocol = kProtocolTcp;
  Ipv4 from, to, translated_from, translated_to;
  std::uint16_t from_port = 0, to_port = 0, translated_from_port = 0, translated_to_port = 0;
  std::string from_interface, to_interface;
  bool tracked_from = true, tracked_to = true;
};

enum class Fate : std::uint8_t {
  lives,
  cut,      // its session ends
  dropped,  // it stays, and its packets do not pass any more, in one direction at least
};

struct FlowFate {
  Fate fate = Fate::lives;
  std::string reason;      // in words; of a drop the stage, with its rule
  bool reply = false;      // of a drop: what comes back
  std::uint32_t line = 0;  // of the new policy; 0: none is to blame
};

class FlowJudge {
 public:
  // Both policies outlive this object.
  FlowJudge(const Policy& before, const Policy& after);
  ~FlowJudge();
  [[nodiscard]] FlowFate judge(const LiveFlow& flow);

 private:
  struct Sides;
  std::unique_ptr<Sides> sides_;
};

}  // namespace sallyport::rules
