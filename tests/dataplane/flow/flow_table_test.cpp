// The flow table against a map, with tags short enough to match wrongly all the time.
#include "dataplane/flow/flow_table.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <random>
#include <set>
#include <tuple>

#include "tests/dataplane/support/flow_memory.h"

namespace sallyport::dataplane {
namespace {

using testing::OwnedFlowTable;

FlowTuple opening_of(std::uint32_t n) { return {0x0A000000U + n, 0xC0000201U, 40000, 443, FlowTuple::pack(0, 6)}; }
FlowTuple reply_of(std::uint32_t n) {
  return {0xC0000201U, 0xCB007101U, 443, static_cast<std::uint16_t>(1024 + n), FlowTuple::pack(1, 6)};
}

TEST(FlowTable, FindsBothWays) {
  OwnedFlowTable table(100);
  const auto id = table->insert(opening_of(1), reply_of(1), FlowState::tcp_syn);
  ASSERT_TRUE(id);
  EXPECT_EQ(table->find(opening_of(1)), (FoundFlow{*id, Direction::out}));
  EXPECT_EQ(table->find(reply_of(1)), (FoundFlow{*id, Direction::back}));
  EXPECT_FALSE(table->find(opening_of(2)));
  EXPECT_EQ(table->session(*id).state, FlowState::tcp_syn);
  EXPECT_EQ(table->size(), 1U);
  table->erase(*id);
  EXPECT_FALSE(table->find(opening_of(1)));
  EXPECT_FALSE(table->find(reply_of(1)));
  EXPECT_EQ(table->size(), 0U);
}

TEST(FlowTable, EveryFieldOfATupleCounts) {
  OwnedFlowTable table(100, 1, 0);
  ASSERT_TRUE(table->insert(opening_of(1), reply_of(1), FlowState::other));
  const FlowTuple t = opening_of(1);
  for (const auto& changed :
       {FlowTuple{t.source + 1, t.destination, t.source_port, t.destination_port, t.hop_and_protocol},
        FlowTuple{t.source, t.destination + 1, t.source_port, t.destination_port, t.hop_and_protocol},
        FlowTuple{t.source, t.destination, 1, t.destination_port, t.hop_and_protocol},
        FlowTuple{t.source, t.destination, t.source_port, 1, t.hop_and_protocol},
        FlowTuple{t.source, t.destination, t.source_port, t.destination_port, FlowTuple::pack(0, 17)},
        FlowTuple{t.source, t.destination, t.source_port, t.destination_port, FlowTuple::pack(16, 6)}}) {
    EXPECT_FALSE(table->find(changed));
    EXPECT_NE(table->hash(changed), table->hash(t));
  }
}

TEST(FlowTable, FullIsRefusedAndNothingIsEvicted) {
  OwnedFlowTable table(1000);
  for (std::uint32_t n = 0; n < 1000; ++n)
    ASSERT_TRUE(table->insert(opening_of(n), reply_of(n), FlowState::other)) << n;
  EXPECT_EQ(table->insert(opening_of(1000), reply_of(1000), FlowState::other).error(), InsertError::full);
  for (std::uint32_t n = 0; n < 1000; ++n) ASSERT_TRUE(table->find(opening_of(n)) && table->find(reply_of(n))) << n;
  table->erase(table->find(opening_of(500))->id);
  EXPECT_TRUE(table->insert(opening_of(1000), reply_of(1000), FlowState::other));
}

TEST(FlowTable, ATupleInUseIsRefused) {
  OwnedFlowTable table(10);
  ASSERT_TRUE(table->insert(opening_of(1), reply_of(1), FlowState::other));
  EXPECT_EQ(table->insert(opening_of(1), reply_of(2), FlowState::other).error(), InsertError::taken);
  EXPECT_EQ(table->insert(opening_of(2), reply_of(1), FlowState::other).error(), InsertError::taken);
  EXPECT_EQ(table->insert(reply_of(1), opening_of(2), FlowState::other).error(), InsertError::taken);
  EXPECT_EQ(table->insert(opening_of(2), opening_of(1), FlowState::other).error(), InsertError::taken);
  EXPECT_EQ(table->size(), 1U);
}

TEST(FlowTable, OneThatGivesWayLeavesItsPlaceAndItsTuples) {
  OwnedFlowTable table(2);
  const auto old = table->insert(opening_of(1), reply_of(1), FlowState::other);
  ASSERT_TRUE(old && table->insert(opening_of(2), reply_of(2), FlowState::other));
  EXPECT_EQ(table->vacancy(opening_of(3), reply_of(3)).error(), InsertError::full);
  EXPECT_EQ(table->vacancy(opening_of(1), reply_of(2), *old).error(), InsertError::taken) << "the other's";
  EXPECT_EQ(table->vacancy(opening_of(2), reply_of(3), *old).error(), InsertError::taken) << "the other's";
  for (const auto& [opening, reply] : {std::pair{opening_of(1), reply_of(1)},
                                       {opening_of(1), reply_of(3)},
                                       {reply_of(1), opening_of(1)},
                                       {opening_of(3), reply_of(3)}}) {
    const auto id = table->find(opening_of(1))->id;
    const auto room = table->vacancy(opening, reply, id);
    ASSERT_TRUE(room);
    EXPECT_EQ(table->size(), 2U) << "nothing has changed yet";
    table->erase(id);
    const auto next = table->insert(*room, FlowState::other);
    EXPECT_EQ(table->find(opening), (FoundFlow{next, Direction::out}));
    EXPECT_EQ(table->find(reply), (FoundFlow{next, Direction::back}));
    table->erase(next);
    ASSERT_TRUE(table->insert(opening_of(1), reply_of(1), FlowState::other));
  }
}

TEST(FlowTable, AFlowThatIsItsOwnReply) {
  OwnedFlowTable table(10);
  const FlowTuple self{5, 5, 7, 7, FlowTuple::pack(0, 17)};
  const auto id = table->insert(self, self.turned_round(0), FlowState::udp_request);
  ASSERT_TRUE(id);
  EXPECT_EQ(table->find(self), (FoundFlow{*id, Direction::out}));
  table->erase(*id);
  EXPECT_FALSE(table->find(self));
}

TEST(FlowTable, ANewSessionIsClean) {
  OwnedFlowTable table(1);
  auto id = table->insert(opening_of(1), reply_of(1), FlowState::other);
  table->session(*id).packets[0] = 9;
  table->session(*id).epoch = 9;
  table->detail(*id).bytes[1] = 9;
  table->erase(*id);
  id = table->insert(opening_of(2), reply_of(2), FlowState::other);
  EXPECT_EQ(table->session(*id).packets[0], 0);
  EXPECT_EQ(table->session(*id).epoch, 0U);
  EXPECT_EQ(table->detail(*id).bytes[1], 0U);
}

TEST(FlowTable, ASweepVisitsEachLiveSessionOnceInBoundedSteps) {
  OwnedFlowTable table(100);
  for (std::uint32_t n = 0; n < 50; ++n) ASSERT_TRUE(table->insert(opening_of(n), reply_of(n), FlowState::other));
  table->erase(7);
  std::set<SessionId> seen;
  std::uint64_t cursor = 0;
  int steps = 0;
  do {
    std::size_t visited = 0;
    cursor = table->sweep(cursor, 8, [&](SessionId id) {
      EXPECT_TRUE(seen.insert(id).second);
      ++visited;
      if (id % 2 == 0) table->erase(id);
    });
    EXPECT_LE(visited, 8U);
    ++steps;
  } while (cursor != 0);
  EXPECT_EQ(steps, 7);
  EXPECT_EQ(seen.size(), 49U);
  EXPECT_FALSE(seen.contains(7));
  EXPECT_EQ(table->size(), 24U);
  EXPECT_EQ(table->sweep(0, 0, [](SessionId) {}), 0U);
}

TEST(FlowTable, SeedsGiveOtherHashes) {
  std::set<std::uint64_t> hashes;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) hashes.insert(FlowHash(seed)(opening_of(1)));
  EXPECT_EQ(hashes.size(), 1000U);
}

// A bit of the tuple flips every bit of the hash about every second time.
TEST(FlowHash, Avalanches) {
  const FlowHash hash(42);
  std::mt19937 random(3);
  std::array<std::array<int, 64>, 128> flips{};
  constexpr int kRounds = 2000;
  for (int round = 0; round < kRounds; ++round) {
    std::array<std::uint32_t, 4> words{};
    for (auto& word : words) word = static_cast<std::uint32_t>(random());
    const auto tuple_of = [](const std::array<std::uint32_t, 4>& w) {
      return FlowTuple{w[0], w[1], static_cast<std::uint16_t>(w[2] >> 16U), static_cast<std::uint16_t>(w[2]), w[3]};
    };
    const std::uint64_t base = hash(tuple_of(words));
    for (std::size_t bit = 0; bit < 128; ++bit) {
      auto changed = words;
      changed[bit / 32] ^= 1U << (bit % 32);
      const std::uint64_t difference = base ^ hash(tuple_of(changed));
      for (std::size_t out = 0; out < 64; ++out) flips[bit][out] += static_cast<int>(difference >> out & 1U);
    }
  }
  for (const auto& row : flips) {
    for (const int count : row) ASSERT_NEAR(count, kRounds / 2, kRounds / 8);
  }
}

// Any history of insertions and erasures, at any length of tag: the table says what a map says.
class FlowTableModel : public ::testing::TestWithParam<unsigned> {};

using Key = std::tuple<std::uint32_t, std::uint32_t, std::uint16_t, std::uint16_t, std::uint32_t>;
Key key_of(const FlowTuple& t) {
  return {t.source, t.destination, t.source_port, t.destination_port, t.hop_and_protocol};
}

TEST_P(FlowTableModel, AgreesWithAMap) {
  const unsigned tag_bits = GetParam();
  EXPECT_TRUE(rc::check("table equals map", [tag_bits] {
    constexpr std::uint32_t kCapacity = 40;
    constexpr std::uint32_t kKeys = 60;
    OwnedFlowTable table(kCapacity, *rc::gen::arbitrary<std::uint64_t>(), tag_bits);
    std::map<Key, FoundFlow> model;
    const auto steps = *rc::gen::container<std::vector<std::pair<std::uint32_t, std::uint32_t>>>(
        rc::gen::pair(rc::gen::inRange<std::uint32_t>(0, kKeys), rc::gen::inRange<std::uint32_t>(0, kKeys)));
    for (const auto& [a, b] : steps) {
      const FlowTuple opening = opening_of(a);
      const FlowTuple reply = reply_of(b);
      const auto known = model.find(key_of(opening));
      if (known != model.end()) {
        const SessionId id = known->second.id;
        std::erase_if(model, [id](const auto& entry) { return entry.second.id == id; });
        table->erase(id);
      } else {
        const auto id = table->insert(opening, reply, FlowState::other);
        const bool taken = model.contains(key_of(reply));
        RC_ASSERT(id.has_value() == (!taken && model.size() < 2 * kCapacity));
        if (id) {
          model[key_of(opening)] = {*id, Direction::out};
          model[key_of(reply)] = {*id, Direction::back};
        }
      }
      RC_ASSERT(table->size() == model.size() / 2);
    }
    for (std::uint32_t n = 0; n < kKeys; ++n) {
      for (const auto& tuple : {opening_of(n), reply_of(n)}) {
        const auto expected = model.find(key_of(tuple));
        const auto found = table->find(tuple);
        RC_ASSERT(found.has_value() == (expected != model.end()));
        if (found) RC_ASSERT(*found == expected->second);
      }
    }
  }));
}

INSTANTIATE_TEST_SUITE_P(TagBits, FlowTableModel, ::testing::Values(0U, 1U, 3U, 20U));

// Long churn at full load: buckets overflow into the next ones, their counts go up and down again.
TEST(FlowTable, ChurnAtFullLoad) {
  for (const unsigned tag_bits : {4U, 20U}) {
    constexpr std::uint32_t kCapacity = 3000;
    OwnedFlowTable table(kCapacity, 5, tag_bits);
    std::mt19937 random(9);
    std::map<std::uint32_t, SessionId> live;
    for (int step = 0; step < 100'000; ++step) {
      const auto n = static_cast<std::uint32_t>(random() % (kCapacity * 5 / 4));
      const auto at = live.find(n);
      ASSERT_EQ(table->find(opening_of(n)).has_value(), at != live.end());
      ASSERT_EQ(table->find(reply_of(n)).has_value(), at != live.end());
      if (at != live.end() && random() % 4 == 0) {
        table->erase(at->second);
        live.erase(at);
      } else if (at == live.end()) {
        const auto id = table->insert(opening_of(n), reply_of(n), FlowState::other);
        ASSERT_EQ(id.has_value(), live.size() < kCapacity);
        if (id) live[n] = *id;
      }
    }
    for (const auto& [n, id] : live) table->erase(id);
    for (std::uint32_t n = 0; n < kCapacity * 5 / 4; ++n) ASSERT_FALSE(table->find(opening_of(n)));
    EXPECT_EQ(table->size(), 0U);
  }
}

}  // namespace
}  // namespace sallyport::dataplane
