// Lives, time and counters of a session, in virtual time.
#include "dataplane/flow/session.h"

#include <gtest/gtest.h>

namespace sallyport::dataplane {
namespace {

TEST(Ticks, OfTime) {
  EXPECT_EQ(ticks_at(0), 0U);
  EXPECT_EQ(ticks_at(kSecond - 1), 15U);
  EXPECT_EQ(ticks_at(kSecond), 16U);
  EXPECT_EQ(ticks_of(432000), 6'912'000U);
  EXPECT_EQ(ticks_of(0xFFFFFFFF), 0x7FFFFFFFU);
}

TEST(FlowTuple, TurnedRound) {
  const FlowTuple tuple{1, 2, 3, 4, FlowTuple::pack(77, 6)};
  const FlowTuple back = tuple.turned_round(1);
  EXPECT_EQ(back, (FlowTuple{2, 1, 4, 3, FlowTuple::pack(1, 6)}));
  EXPECT_EQ(back.hop(), 1U);
  EXPECT_EQ(back.protocol(), 6);
  EXPECT_EQ(back.turned_round(77), tuple);
}

struct LifeCase {
  const char* what;
  Ticks from, to, mapping;
  Ticks idle;
  bool expired, from_expired, to_expired;
};

TEST(Lives, Table) {
  const LifeCase cases[] = {
      {"both ends, young", 100, 200, 0, 99, false, false, false},
      {"one end's time is out", 100, 200, 0, 100, false, true, false},
      {"both", 100, 200, 0, 200, true, true, true},
      {"one end alone", 100, 0, 0, 100, true, true, false},
      {"the other alone, young", 0, 100, 0, 99, false, false, false},
      {"the mapping outlives the end", 100, 0, 300, 299, false, true, false},
      {"the mapping ends", 100, 0, 300, 300, true, true, false},
      {"the mapping is shorter than the end", 500, 0, 300, 300, true, false, false},
      {"the clock has wrapped", 100, 200, 0, 150, false, true, false},
  };
  for (const auto& c : cases) {
    Session session{};
    SessionDetail detail{};
    session.last_seen = 0xFFFFFFF0U;
    set_lives(session, detail, c.from, c.to, c.mapping);
    const Ticks now = session.last_seen + c.idle;
    EXPECT_EQ(is_expired(session, detail, now), c.expired) << c.what;
    EXPECT_EQ(from_end_expired(session, detail, now), c.from_expired) << c.what;
    EXPECT_EQ(to_end_expired(session, detail, now), c.to_expired) << c.what;
    if (c.expired || c.from_expired || c.to_expired) {
      EXPECT_GE(c.idle, session.review_after) << c.what;
    }
  }
}

TEST(Lives, FlagsFollow) {
  Session session{};
  SessionDetail detail{};
  session.flags = kJudgedOut;
  set_lives(session, detail, 1, 0, 2);
  EXPECT_EQ(session.flags, kJudgedOut | kTrackedFrom | kMapping);
  set_lives(session, detail, 0, 1, 0);
  EXPECT_EQ(session.flags, kJudgedOut | kTrackedTo);
}

TEST(Counts, GoOnBeyondTheHotLine) {
  Session session{};
  SessionDetail detail{};
  for (int i = 0; i < 200'000; ++i) count_packet(session, detail, Direction::out, 65535);
  count_packet(session, detail, Direction::back, 60);
  EXPECT_EQ(packets_of(session, detail, Direction::out), 200'000U);
  EXPECT_EQ(bytes_of(session, detail, Direction::out), 200'000ULL * 65535);
  EXPECT_EQ(packets_of(session, detail, Direction::back), 1U);
  EXPECT_EQ(bytes_of(session, detail, Direction::back), 60U);
}

}  // namespace
}  // namespace sallyport::dataplane
