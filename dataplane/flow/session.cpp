// Lives of a session. Owner: dataplane/flow.
#include "dataplane/flow/session.h"

namespace sallyport::dataplane {

void set_lives(Session& session, SessionDetail& detail, Ticks from, Ticks to, Ticks mapping) {
  detail.life_from = from;
  detail.life_to = to;
  detail.life_mapping = mapping;
  const auto set_flag = [&session](std::uint8_t flag, bool on) {
    session.flags = static_cast<std::uint8_t>(on ? session.flags | flag : session.flags & ~flag);
  };
  set_flag(kTrackedFrom, from != 0);
  set_flag(kTrackedTo, to != 0);
  set_flag(kMapping, mapping != 0);
  Ticks soonest = session_life(detail);
  if (from != 0) soonest = std::min(soonest, from);
  if (to != 0) soonest = std::min(soonest, to);
  session.review_after = soonest;
}

}  // namespace sallyport::dataplane
