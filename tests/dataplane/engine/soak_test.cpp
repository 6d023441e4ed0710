// Hours of a hostile wire in seconds: random and damaged frames while policies are swapped, and what must hold anyway.
//
// Owner: tests. SALLYPORT_SOAK_FRAMES in the environment makes it longer, SALLYPORT_SOAK_SEED another.
// Always: frames lie in heap memory of exactly their size, so that a sanitizer sees a byte too far.
#include <cstdlib>
#include <unordered_map>

#include "tests/dataplane/support/noise.h"
#include "tests/dataplane/support/steps.h"

namespace sallyport::dataplane::testing {
namespace {

using Json = nlohmann::ordered_json;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): tests have one thread
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::vector<std::string> policies() {
  std::vector<std::string> texts;
  const auto add = [&](auto change) {
    Json policy = usual_policy();
    change(policy);
    texts.push_back(policy.dump());
  };
  add([](Json&) {});
  add([](Json& policy) { policy["options"]["on_policy_change"] = "revalidate"; });
  add([](Json& policy) {
    policy["options"]["on_policy_change"] = "revalidate";
    policy["security_groups"]["db"]["ingress"] = Json::array();
    policy["security_groups"]["web"]["ingress"].erase(0);
  });
  add([](Json& policy) { policy["options"]["on_policy_change"] = "cut"; });
  add([](Json& policy) {
    policy["interfaces"].erase("db-1");
    policy["interfaces"]["docker"].erase("public_ip");
  });
  add([](Json& policy) {
    policy["nat_gateways"]["nat-a"]["public_ips"] = {"203.0.113.9"};
    policy["subnets"]["db"]["route_table"] = "private";
  });
  return texts;
}

// Flows, packets and frames as the wire sees them, held against the engine's books after every burst.
class Soak {
 public:
  Soak(std::uint64_t seed, EngineSettings settings)
      : noise_(seed), world_(policies().front(), std::move(settings)), texts_(policies()) {}

  void run(std::uint64_t frames);
  void die_out();

 private:
  void burst(std::size_t size);
  void change_something();
  void leaves(const Packet& packet);
  void ends(const Packet& packet);
  void settle_others();
  void check_flows() const;

  Noise noise_;
  GatewayWorld world_;
  std::vector<std::string> texts_;
  std::unordered_map<const std::byte*, std::unique_ptr<Frame>> memory_;  // of packets that are not settled
  std::unordered_map<const std::byte*, bool> right_sums_;
  std::uint64_t held_ = 0;
  Time now_ = 2000 * kSecond;
};

void Soak::leaves(const Packet& packet) {
  const std::span bytes(packet.data, packet.length);
  const Frame& arrived = *memory_.at(packet.data);
  ASSERT_LE(packet.length, arrived.size());
  ASSERT_LT(packet.out_port, usual_ports().size());
  ASSERT_EQ(packet.length, ethernet::kHeaderBytes + load_be16(packet.data + ethernet::kHeaderBytes + 2));
  if (right_sums_.at(packet.data)) {
    ASSERT_EQ(wrong_sum(bytes), "") << describe(bytes);
  }
  noise_.has_left({usual_ports()[packet.out_port].name, Frame(bytes.begin(), bytes.end())});
}

void Soak::ends(const Packet& packet) {
  ASSERT_NE(packet.disposition, Disposition::pending);
  ASSERT_EQ(packet.disposition == Disposition::drop, packet.code != rules::DropCode::none);
  if (packet.disposition == Disposition::forward) leaves(packet);
  if (packet.disposition == Disposition::hold) {
    ++held_;
    return;
  }
  right_sums_.erase(packet.data);
  memory_.erase(packet.data);
}

// What was held and is given back, and what the gateway made itself.
void Soak::settle_others() {
  for (const Packet& packet : world_.engine().released()) {
    ASSERT_TRUE(packet.disposition == Disposition::forward || packet.disposition == Disposition::drop);
    --held_;
    ends(packet);
  }
  for (const Originated& made : world_.engine().originated()) {
    const std::span bytes(made.bytes.data(), made.length);
    if (load_be16(&bytes[ethernet::kType]) == kEtherTypeIpv4) {
      const std::string wrong = wrong_sum(bytes);
      ASSERT_TRUE(wrong.empty() || wrong.starts_with("quoted")) << wrong << ": " << describe(bytes);
    }
  }
  ASSERT_EQ(world_.counters().held.get(), held_);
  world_.check_balance();
  check_flows();
}

void Soak::check_flows() const {
  const Counters& c = world_.counters();
  ASSERT_EQ(c.flows_created.get(), c.flows.get() + c.flows_expired.get() + c.flows_closed.get() + c.flows_cut.get());
}

void Soak::burst(std::size_t size) {
  std::vector<Packet> packets;
  for (std::size_t i = 0; i < size; ++i) {
    Sent sent = noise_.next();
    const PortIndex port = world_.port_named(sent.port);
    auto frame = std::make_unique<Frame>(std::move(sent.frame));
    frame->reserve(1);  // an address of its own for the empty frame
    const bool whole = frame->size() >= ethernet::kHeaderBytes + ipv4::kHeaderBytes &&
                       load_be16(frame->data() + ethernet::kType) == kEtherTypeIpv4;
    packets.push_back({.data = frame->data(), .length = static_cast<std::uint32_t>(frame->size()), .in_port = port});
    right_sums_[frame->data()] = whole && wrong_sum(*frame).empty();
    memory_[frame->data()] = std::move(frame);
  }
  const std::uint64_t created = world_.counters().flows_created.get();
  world_.engine().process(packets, now_);
  std::uint64_t passed = 0;
  for (const Packet& packet : packets) {
    passed += packet.disposition == Disposition::forward || packet.disposition == Disposition::hold ? 1U : 0U;
    ends(packet);
  }
  ASSERT_LE(world_.counters().flows_created.get() - created, passed) << "a packet that was refused made a flow";
  settle_others();
}

void Soak::change_something() {
  switch (noise_.below(4)) {
    case 0:
      now_ += noise_.below(40) * kSecond;
      break;
    case 1:
      world_.apply(texts_[noise_.below(texts_.size())], noise_.below(4) != 0);
      break;
    case 2:
      if (noise_.below(4) == 0) world_.apply_none();
      break;
    default:
      if (const auto flows = world_.flows(); !flows.empty() && noise_.below(4) == 0) {
        world_.engine().kill_flow(flows[noise_.below(flows.size())]);
      }
  }
}

void Soak::run(std::uint64_t frames) {
  for (std::uint64_t sent = 0; sent < frames;) {
    const std::size_t size = noise_.below(3) == 0 ? 1 : 1 + noise_.below(kMaxBurst);
    ASSERT_NO_FATAL_FAILURE(burst(size)) << "after " << sent << " frames";
    sent += size;
    if (noise_.below(16) == 0) change_something();
    now_ += noise_.below(50'000'000);
    world_.engine().tick(now_);
    ASSERT_NO_FATAL_FAILURE(settle_others()) << "after " << sent << " frames";
  }
}

// Long enough for every timeout, nothing is left.
void Soak::die_out() {
  for (int i = 0; i < 4; ++i) {
    now_ += 200'000 * kSecond;
    world_.engine().tick(now_);
    ASSERT_NO_FATAL_FAILURE(settle_others());
  }
  EXPECT_EQ(world_.counters().flows.get(), 0);
  EXPECT_EQ(world_.counters().held.get(), 0);
  EXPECT_TRUE(memory_.empty());
}

struct SoakRow {
  const char* description;
  bool neighbors_known;
  std::uint64_t max_flows;
};

void PrintTo(const SoakRow& row, std::ostream* out) { *out << row.description; }

class EngineSoak : public ::testing::TestWithParam<SoakRow> {};

TEST_P(EngineSoak, KeepsItsBooksOnAHostileWire) {
  EngineSettings settings;
  settings.assume_neighbors = GetParam().neighbors_known;
  settings.max_flows = GetParam().max_flows;
  Soak soak(from_environment("SALLYPORT_SOAK_SEED", 1), settings);
  ASSERT_NO_FATAL_FAILURE(soak.run(from_environment("SALLYPORT_SOAK_FRAMES", 60'000)));
  ASSERT_NO_FATAL_FAILURE(soak.die_out());
}

INSTANTIATE_TEST_SUITE_P(Rows, EngineSoak,
                         ::testing::Values(SoakRow{"every neighbour is known", true, 1024},
                                           SoakRow{"neighbours answer or do not", false, 1024},
                                           SoakRow{"the flow table is nearly always full", true, 8}));

}  // namespace
}  // namespace sallyport::dataplane::testing
