// Several workers: what every one is told is counted by one, learnt by all and answered by the first.
//
// Owner: tests.
#include <cstring>

#include "tests/dataplane/support/steps.h"

namespace sallyport::dataplane::testing {
namespace {

constexpr std::uint32_t kWorkers = 3;
const auto kDbMac = mac("02:00:00:00:04:05");

// Engines of one gateway; a frame comes from its port to one of them, and the others get a copy.
class Workers {
 public:
  Workers() {
    for (std::uint32_t i = 0; i < kWorkers; ++i) {
      EngineSettings settings;
      settings.worker = i;
      settings.workers = kWorkers;
      worlds_.push_back(std::make_unique<GatewayWorld>(usual_policy().dump(), settings));
    }
  }

  // How many frames were made in answer.
  std::size_t tell(std::uint32_t receiver, const Frame& frame) {
    std::size_t made = 0;
    for (std::uint32_t i = 0; i < kWorkers; ++i) {
      const std::uint8_t flags = i == receiver ? 0 : kCountedElsewhere;
      const auto outcome = worlds_[i]->send_burst({{"inside", frame, flags}}).front();
      EXPECT_TRUE(i == receiver || outcome == "consume") << outcome;
      made += worlds_[i]->originated().size();
    }
    return made;
  }

  [[nodiscard]] GatewayWorld& operator[](std::uint32_t worker) { return *worlds_[worker]; }
  [[nodiscard]] std::uint64_t sum(CounterCell Counters::* cell) const {
    std::uint64_t sum = 0;
    for (const auto& world : worlds_) sum += (world->counters().*cell).get();
    return sum;
  }
  [[nodiscard]] std::uint64_t arrived() const {
    std::uint64_t sum = 0;
    for (const auto& world : worlds_) sum += world->counters().ports[0].in_packets.get();
    return sum;
  }

 private:
  std::vector<std::unique_ptr<GatewayWorld>> worlds_;
};

TEST(Workers, AnArpFrameIsCountedOnce) {
  Workers workers;
  std::uint64_t frames = 0, dropped = 0;
  auto malformed = arp_request(kHostMac, "10.0.3.11", "10.0.3.1");
  malformed[18] = std::byte{7};
  auto for_another = arp_reply(kDbMac, "10.0.4.5", kHostMac, "10.0.3.11");
  const auto elsewhere = mac("02:00:00:00:77:77");
  std::memcpy(for_another.data(), &elsewhere, sizeof(elsewhere));
  for (std::uint32_t receiver = 0; receiver < kWorkers; ++receiver) {
    EXPECT_EQ(workers.tell(receiver, arp_request(kHostMac, "10.0.3.11", "10.0.3.1")), 1) << "answered once";
    EXPECT_EQ(workers.tell(receiver, arp_reply(kDbMac, "10.0.4.5", kGatewayMac, "10.0.4.1")), 0);
    EXPECT_EQ(workers.tell(receiver, malformed), 0);
    EXPECT_EQ(workers.tell(receiver, for_another), 0);
    frames += 4;
    dropped += 2;
    EXPECT_EQ(workers.sum(&Counters::in), frames);
    EXPECT_EQ(workers.arrived(), frames);
    EXPECT_EQ(workers.sum(&Counters::consumed), frames - dropped);
    EXPECT_EQ(workers.sum(&Counters::dropped), dropped);
  }
  EXPECT_EQ(workers.sum(&Counters::arp_replies_sent), kWorkers);
}

TEST(Workers, EachLearnsFromIt) {
  Workers workers;
  workers.tell(1, arp_reply(kDbMac, "10.0.4.5", kGatewayMac, "10.0.4.1"));
  for (std::uint32_t i = 0; i < kWorkers; ++i) {
    EXPECT_EQ(workers[i].send("inside", tcp("10.0.3.11:1", "10.0.4.5:5432", tcp::kSyn).frame()),
              "inside tcp 10.0.3.11:1 > 10.0.4.5:5432 S ttl 63");
  }
}

// What waited for the neighbour leaves wherever the answer came in.
TEST(Workers, ACopyReleasesWhatWaits) {
  Workers workers;
  EXPECT_EQ(workers[2].send("inside", tcp("10.0.3.11:1", "10.0.4.5:5432", tcp::kSyn).frame()), "hold");
  workers.tell(0, arp_reply(kDbMac, "10.0.4.5", kGatewayMac, "10.0.4.1"));
  EXPECT_EQ(workers[2].released().size(), 1);
  EXPECT_EQ(workers[2].counters().forwarded.get(), 1);
}

// So that an answer that finds no room on the wire is not taken back as a forwarded packet.
TEST(Workers, AnswersAreToldFromForwardedPackets) {
  GatewayWorld world(usual_policy().dump(), resolved());
  auto ping = echo_request("10.0.3.11", "10.0.3.1", 5).frame(),
       through = echo_request("10.0.3.11", "10.0.3.12", 5).frame();
  std::array<Packet, 2> burst;
  burst[0] = {.data = ping.data(), .length = static_cast<std::uint32_t>(ping.size()), .in_port = 0};
  burst[1] = {.data = through.data(), .length = static_cast<std::uint32_t>(through.size()), .in_port = 0};
  world.engine().process(burst, world.now());
  EXPECT_EQ(burst[0].disposition, Disposition::forward);
  EXPECT_EQ(burst[0].flags, kAnswer);
  EXPECT_EQ(burst[1].disposition, Disposition::forward);
  EXPECT_EQ(burst[1].flags, 0);
}

TEST(Workers, WhatIsNoArpIsNotListenedTo) {
  Workers workers;
  auto& world = workers[1];
  for (const auto& frame : {tcp("10.0.3.11:1", "10.0.4.5:5432", tcp::kSyn).frame(), Frame(10)}) {
    EXPECT_EQ(world.send_burst({{"inside", frame, kCountedElsewhere}}).front(), "consume");
  }
  EXPECT_EQ(world.counters().in.get(), 0);
  EXPECT_EQ(world.flows().size(), 0);
}

}  // namespace
}  // namespace sallyport::dataplane::testing
