// Neighbours in virtual time: what is asked when, who waits, who is given up.
#include "dataplane/neighbor/neighbor_table.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/dataplane/support/packet_builder.h"

namespace sallyport::dataplane {
namespace {

using testing::ip;
using testing::mac;

// Writes down what comes out, a line each.
class Log : public NeighborSink {
 public:
  void request(std::uint32_t address, const rules::MacAddress* known) override {
    note((known != nullptr ? "probe " + rules::to_string(*known) + " for " : "ask for ") + name(address));
  }
  void release(Packet packet, const rules::MacAddress& to) override {
    note("release " + std::to_string(packet.length) + " to " + rules::to_string(to));
  }
  void give_up(Packet packet) override { note("give up " + std::to_string(packet.length)); }

  std::vector<std::string> take() { return std::exchange(lines_, {}); }

 private:
  static std::string name(std::uint32_t address) { return rules::to_string(rules::Ipv4{address}); }
  void note(std::string line) { lines_.push_back(std::move(line)); }
  std::vector<std::string> lines_;
};

using Lines = std::vector<std::string>;

std::uint32_t held(const NeighborTable& table) {
  std::uint32_t sum = 0;
  table.for_each([&](const Neighbor& neighbor) { sum += neighbor.held; });
  return sum;
}

constexpr const char* kA = "02:00:00:00:00:0a";
constexpr const char* kB = "02:00:00:00:00:0b";

class Neighbors : public ::testing::Test {
 protected:
  // Packets are told apart by their length.
  bool hold(const char* address, std::uint32_t packet) {
    return table_.hold(ip(address), {.data = nullptr, .length = packet}, now_, log_);
  }
  bool learn(const char* address, const char* link) { return table_.learn(ip(address), mac(link), now_, log_); }
  std::string resolve(const char* address) {
    const auto* found = table_.resolve(ip(address), now_);
    return found != nullptr ? rules::to_string(*found) : "";
  }
  Lines tick_at(Time now) {
    now_ = now;
    table_.tick(now, 1000, log_);
    return log_.take();
  }
  std::set<std::string> addresses_of(const char* link) {
    std::set<std::string> result;
    for (const auto* n = table_.first_with(mac(link)); n != nullptr; n = table_.next_with(*n)) {
      EXPECT_TRUE(result.insert(rules::to_string(rules::Ipv4{n->address})).second);
    }
    return result;
  }

  Time now_ = 5 * kSecond;
  NeighborTable table_{{.capacity = 8, .held_capacity = 20}, 1};
  Log log_;
};

TEST_F(Neighbors, PacketsWaitForTheAnswerInOrder) {
  EXPECT_EQ(resolve("10.0.1.5"), "");
  EXPECT_TRUE(hold("10.0.1.5", 1));
  EXPECT_TRUE(hold("10.0.1.5", 2));
  EXPECT_EQ(log_.take(), (Lines{"ask for 10.0.1.5"}));
  EXPECT_EQ(held(table_), 2U);
  EXPECT_TRUE(learn("10.0.1.5", kA));
  EXPECT_EQ(log_.take(), (Lines{"release 1 to 02:00:00:00:00:0a", "release 2 to 02:00:00:00:00:0a"}));
  EXPECT_EQ(resolve("10.0.1.5"), kA);
  EXPECT_EQ(held(table_), 0U);
}

TEST_F(Neighbors, ThreeRequestsASecondApartAndThenNoMore) {
  EXPECT_TRUE(hold("10.0.1.5", 1));
  log_.take();
  const Time start = now_;
  EXPECT_EQ(tick_at(start + kSecond - 1), Lines{});
  EXPECT_EQ(tick_at(start + kSecond), Lines{"ask for 10.0.1.5"});
  EXPECT_EQ(tick_at(start + kSecond), Lines{});
  EXPECT_TRUE(hold("10.0.1.5", 2));
  EXPECT_EQ(log_.take(), Lines{});
  EXPECT_EQ(tick_at(start + 2 * kSecond), Lines{"ask for 10.0.1.5"});
  EXPECT_EQ(tick_at(start + 3 * kSecond - 1), Lines{});
  EXPECT_EQ(tick_at(start + 3 * kSecond), (Lines{"give up 1", "give up 2"}));
  EXPECT_EQ(table_.size(), 0U);
  EXPECT_EQ(held(table_), 0U);
  EXPECT_TRUE(hold("10.0.1.5", 3));
  EXPECT_EQ(log_.take(), Lines{"ask for 10.0.1.5"});
}

TEST_F(Neighbors, QueuesAreBounded) {
  for (std::uint32_t i = 0; i < 16; ++i) EXPECT_TRUE(hold("10.0.1.5", i));
  EXPECT_FALSE(hold("10.0.1.5", 16));
  for (std::uint32_t i = 0; i < 4; ++i) EXPECT_TRUE(hold("10.0.1.6", i));
  EXPECT_FALSE(hold("10.0.1.6", 4));  // 20 of all together
  EXPECT_FALSE(hold("10.0.1.7", 0));
  EXPECT_EQ(table_.find(ip("10.0.1.7")), nullptr);
  EXPECT_EQ(held(table_), 20U);
  learn("10.0.1.5", kA);
  EXPECT_EQ(log_.take().size(), 2 + 16U);
  EXPECT_TRUE(hold("10.0.1.7", 0));
}

TEST_F(Neighbors, AStaleOneInUseIsProbedAndEndsUnanswered) {
  learn("10.0.1.5", kA);
  const Time learnt = now_;
  now_ += kSecond;
  resolve("10.0.1.5");
  EXPECT_EQ(tick_at(learnt + 30 * kSecond - 1), Lines{});
  const Lines probe{"probe 02:00:00:00:00:0a for 10.0.1.5"};
  EXPECT_EQ(tick_at(learnt + 30 * kSecond), probe);
  EXPECT_EQ(resolve("10.0.1.5"), kA);  // still good while it is asked
  EXPECT_EQ(tick_at(learnt + 31 * kSecond), probe);
  EXPECT_EQ(tick_at(learnt + 32 * kSecond), probe);
  EXPECT_EQ(resolve("10.0.1.5"), kA);
  EXPECT_EQ(tick_at(learnt + 33 * kSecond), Lines{});
  EXPECT_EQ(resolve("10.0.1.5"), "");
  EXPECT_EQ(addresses_of(kA), std::set<std::string>{});
}

TEST_F(Neighbors, AnAnswerEndsTheProbing) {
  learn("10.0.1.5", kA);
  now_ += kSecond;
  resolve("10.0.1.5");
  EXPECT_EQ(tick_at(40 * kSecond).size(), 1U);
  learn("10.0.1.5", kA);
  EXPECT_EQ(tick_at(69 * kSecond), Lines{});
  EXPECT_EQ(tick_at(200 * kSecond), Lines{});  // not in use since
  EXPECT_EQ(resolve("10.0.1.5"), kA);
}

TEST_F(Neighbors, AClaimIsBelievedWhenTheStationItDisputesIsSilent) {
  learn("10.0.1.5", kA);
  now_ += 5 * kSecond;
  EXPECT_FALSE(learn("10.0.1.5", kB));
  const Lines probe{"probe 02:00:00:00:00:0a for 10.0.1.5"};
  EXPECT_EQ(log_.take(), probe);
  const Time start = now_;
  EXPECT_FALSE(learn("10.0.1.5", kB));
  EXPECT_EQ(tick_at(start + kSecond - 1), Lines{}) << "one round of probes, however often it is claimed";
  EXPECT_EQ(tick_at(start + kSecond), probe);
  EXPECT_EQ(tick_at(start + 2 * kSecond), probe);
  EXPECT_EQ(resolve("10.0.1.5"), kA);
  EXPECT_FALSE(learn("10.0.1.5", kB));
  EXPECT_EQ(tick_at(start + 3 * kSecond), Lines{});
  EXPECT_EQ(resolve("10.0.1.5"), "");
  EXPECT_TRUE(learn("10.0.1.5", kB));
  EXPECT_EQ(resolve("10.0.1.5"), kB);
}

TEST_F(Neighbors, AnAnswerSettlesADispute) {
  learn("10.0.1.5", kA);
  now_ += 5 * kSecond;
  learn("10.0.1.5", kB);
  EXPECT_EQ(log_.take().size(), 1U);
  now_ += kSecond / 2;
  const Time answered = now_;
  EXPECT_TRUE(learn("10.0.1.5", kA));
  EXPECT_FALSE(learn("10.0.1.5", kB));
  EXPECT_EQ(log_.take(), Lines{}) << "it has just spoken";
  EXPECT_EQ(tick_at(answered + kSecond - 1), Lines{});
  EXPECT_EQ(tick_at(answered + kSecond), Lines{"probe 02:00:00:00:00:0a for 10.0.1.5"});
  EXPECT_TRUE(learn("10.0.1.5", kA));
  EXPECT_EQ(tick_at(answered + 25 * kSecond), Lines{});
  EXPECT_EQ(resolve("10.0.1.5"), kA);
}

TEST_F(Neighbors, WhatIsNotKnownIsNotDisputed) {
  table_.dispute(ip("10.0.1.5"), now_, log_);
  EXPECT_EQ(table_.size(), 0U);
  hold("10.0.1.5", 1);
  log_.take();
  table_.dispute(ip("10.0.1.5"), now_, log_);
  EXPECT_EQ(log_.take(), Lines{});
  EXPECT_TRUE(learn("10.0.1.5", kB));
}

TEST_F(Neighbors, BothWaysThroughChanges) {
  learn("10.0.1.5", kA);
  learn("10.0.1.6", kA);
  learn("10.0.1.7", kB);
  EXPECT_EQ(addresses_of(kA), (std::set<std::string>{"10.0.1.5", "10.0.1.6"}));
  EXPECT_EQ(addresses_of(kB), (std::set<std::string>{"10.0.1.7"}));
  table_.remove(ip("10.0.1.5"), log_);
  learn("10.0.1.5", kB);
  EXPECT_EQ(addresses_of(kA), (std::set<std::string>{"10.0.1.6"}));
  EXPECT_EQ(addresses_of(kB), (std::set<std::string>{"10.0.1.5", "10.0.1.7"}));
  EXPECT_EQ(resolve("10.0.1.5"), kB);
  table_.remove(ip("10.0.1.7"), log_);
  EXPECT_EQ(addresses_of(kB), (std::set<std::string>{"10.0.1.5"}));
  EXPECT_EQ(addresses_of("02:00:00:00:00:0c"), std::set<std::string>{});
}

TEST_F(Neighbors, AWaitingOneHasNoLinkAddress) {
  hold("10.0.1.5", 1);
  EXPECT_EQ(addresses_of("00:00:00:00:00:00"), std::set<std::string>{});
  EXPECT_EQ(resolve("10.0.1.5"), "");
}

TEST_F(Neighbors, AFullTableReplacesOnlyWhatIsLongUnused) {
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(learn(("10.0.1." + std::to_string(10 + i)).c_str(), kA));
  EXPECT_FALSE(learn("10.0.1.99", kB));
  EXPECT_FALSE(hold("10.0.1.99", 1));
  now_ += 59 * kSecond;
  resolve("10.0.1.10");
  EXPECT_FALSE(learn("10.0.1.99", kB));
  now_ += kSecond;
  EXPECT_TRUE(learn("10.0.1.99", kB));
  EXPECT_EQ(table_.size(), 8U);
  EXPECT_EQ(resolve("10.0.1.10"), kA);
  EXPECT_EQ(addresses_of(kA).size(), 7U);
}

TEST_F(Neighbors, ATickLooksAtNoMoreThanItsBudget) {
  for (int i = 0; i < 8; ++i) hold(("10.0.1." + std::to_string(10 + i)).c_str(), 1);
  log_.take();
  now_ += kSecond;
  table_.tick(now_, 3, log_);
  EXPECT_EQ(log_.take().size(), 3U);
  table_.tick(now_, 3, log_);
  table_.tick(now_, 3, log_);
  EXPECT_EQ(log_.take().size(), 5U);
}

TEST_F(Neighbors, ForgottenPacketsComeBack) {
  hold("10.0.1.5", 1);
  hold("10.0.1.6", 2);
  hold("10.0.1.6", 3);
  log_.take();
  table_.remove(ip("10.0.1.5"), log_);
  EXPECT_EQ(log_.take(), Lines{"give up 1"});
  table_.remove(ip("10.0.1.6"), log_);
  EXPECT_EQ(log_.take(), (Lines{"give up 2", "give up 3"}));
  EXPECT_EQ(held(table_), 0U);
}

// Whoever has a link address is found by it, once.
void expect_chains_of_link_addresses(const NeighborTable& table) {
  std::map<rules::MacAddress, std::multiset<std::uint32_t>> expected;
  table.for_each([&](const Neighbor& n) {
    if (n.state == NeighborState::resolved) expected[n.mac].insert(n.address);
  });
  for (const auto& [mac, addresses] : expected) {
    std::multiset<std::uint32_t> found;
    for (const auto* n = table.first_with(mac); n != nullptr; n = table.next_with(*n)) found.insert(n->address);
    ASSERT_EQ(found, addresses);
  }
}

// Random work in random order against plain bookkeeping: every packet comes out exactly once.
TEST(NeighborsChurn, EveryPacketComesOutOnce) {
  class Count : public NeighborSink {
   public:
    void request(std::uint32_t, const rules::MacAddress*) override {}
    void release(Packet packet, const rules::MacAddress&) override { note(packet); }
    void give_up(Packet packet) override { note(packet); }
    void note(const Packet& packet) { EXPECT_TRUE(seen.insert(packet.length).second); }
    std::set<std::uint32_t> seen;
  };
  NeighborTable table({.capacity = 50, .held_capacity = 64}, 3);
  Count count;
  std::uint64_t random = 11;
  const auto below = [&random](std::uint32_t n) {
    random = random * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::uint32_t>((random >> 33U) % n);
  };
  Time now = 0;
  std::uint32_t given = 0;
  for (int step = 0; step < 50'000; ++step) {
    const std::uint32_t address = 100 + below(80);
    const rules::MacAddress link{{2, 0, 0, 0, 0, static_cast<std::uint8_t>(below(9))}};
    switch (below(5)) {
      case 0:
      case 1:
        if (table.resolve(address, now) == nullptr &&
            table.hold(address, {.data = nullptr, .length = given}, now, count))
          ++given;
        break;
      case 2:
        table.learn(address, link, now, count);
        break;
      case 3:
        now += kSecond / 5;
        table.tick(now, 20, count);
        break;
      default:
        if (below(20) == 0) table.remove(address, count);
    }
    ASSERT_EQ(count.seen.size() + held(table), given);
    ASSERT_LE(table.size(), 50U);
    if (step % 100 == 0) expect_chains_of_link_addresses(table);
  }
  std::uint32_t listed = 0;
  table.for_each([&](const Neighbor& n) {
    ++listed;
    EXPECT_EQ(table.find(n.address), &n);
  });
  EXPECT_EQ(listed, table.size());
  for (std::uint32_t address = 100; address < 180; ++address) table.remove(address, count);
  EXPECT_EQ(count.seen.size(), given);
  EXPECT_GT(given, 1000U);
}

}  // namespace
}  // namespace sallyport::dataplane
