// One packet through an engine, with its account.
//
// Owner: control/trace.
#pragma once

#include <algorithm>

#include "control/trace/probe.h"
#include "dataplane/engine/engine.h"

namespace sallyport::control {

struct Judged {
  dataplane::Disposition disposition = dataplane::Disposition::pending;
  rules::DropCode code = rules::DropCode::none;
  Frame frame;  // as it leaves
  dataplane::PortIndex out_port = dataplane::kNoPort;
  dataplane::TraceSink account;

  // Passed on, or answered by the gateway itself.
  [[nodiscard]] bool allowed() const {
    return disposition == dataplane::Disposition::forward || disposition == dataplane::Disposition::consume;
  }
  [[nodiscard]] const dataplane::StageEvent* event_with(dataplane::StageNote note) const {
    const auto found = std::ranges::find(account.events, note, &dataplane::StageEvent::note);
    return found == account.events.end() ? nullptr : &*found;
  }
  // The event that refused it.
  [[nodiscard]] const dataplane::StageEvent* refusal() const {
    const auto found =
        std::ranges::find(account.events, dataplane::StageVerdict::deny, &dataplane::StageEvent::verdict);
    return found == account.events.end() ? nullptr : &*found;
  }
};

[[nodiscard]] inline Judged judge(dataplane::Engine& engine, Frame frame, dataplane::PortIndex in_port,
                                  dataplane::Time now) {
  Judged judged;
  judged.frame = std::move(frame);
  dataplane::Packet packet;
  packet.data = judged.frame.data();
  packet.length = static_cast<std::uint32_t>(judged.frame.size());
  packet.in_port = in_port;
  engine.set_trace(&judged.account);
  engine.process({&packet, 1}, now);
  engine.set_trace(nullptr);
  judged.disposition = packet.disposition;
  judged.code = packet.code;
  judged.out_port = packet.out_port;
  judged.frame.resize(packet.length);
  return judged;
}

// The reply of a packet that came as `opening` must reach the station that sent it, from the address it was sent to. A
// reply that goes anywhere else is lost where its route led it astray (the packets of an untracked flow are all judged
// by themselves, so the engine cannot know).
void lose_if_astray(Judged& reply, const Probe& opening);

}  // namespace sallyport::control
