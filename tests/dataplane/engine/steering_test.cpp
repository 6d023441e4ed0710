// The same random traffic through one engine, and through three that share it by owner_of, must fare alike.
//
// Owner: tests. A small world of hosts talks at random: opens, answers, errors, nonsense; what an engine sends to a
// host is what the host answers, so NAT ports need not be known.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>

#include "dataplane/engine/steer.h"
#include "dataplane/packet/parse.h"
#include "tests/dataplane/support/steps.h"

namespace sallyport::dataplane::testing {
namespace {

constexpr std::uint64_t kSeed = 42;

EngineSettings worker_settings(std::uint32_t worker, std::uint32_t workers) {
  auto settings = resolved();
  settings.worker = worker;
  settings.workers = workers;
  settings.seed = kSeed;
  return settings;
}

// One gateway of `workers` engines behind owner_of.
class Cluster {
 public:
  explicit Cluster(std::uint32_t workers) {
    for (std::uint32_t i = 0; i < workers; ++i) {
      engines_.push_back(std::make_unique<GatewayWorld>(usual_policy().dump(), worker_settings(i, workers)));
    }
  }

  std::string send(const Sent& sent) {
    auto& world = engine_for(sent);
    auto result = world.send(sent.port, sent.frame);
    last_ = world.last();
    return result;
  }
  [[nodiscard]] const Frame& last() const { return last_; }
  void pass(double seconds) {
    for (auto& engine : engines_) engine->pass(seconds);
  }
  [[nodiscard]] std::vector<FlowRecord> flows() {
    std::vector<FlowRecord> all;
    for (auto& engine : engines_) {
      const auto some = engine->flows();
      all.insert(all.end(), some.begin(), some.end());
    }
    return all;
  }

 private:
  GatewayWorld& engine_for(const Sent& sent) {
    const auto workers = static_cast<std::uint32_t>(engines_.size());
    auto& first = *engines_.front();
    const auto owner = owner_of(sent.frame, &first.policy(), workers, kSeed);
    return *engines_.at(owner == kEveryWorker ? 0 : owner);
  }

  std::vector<std::unique_ptr<GatewayWorld>> engines_;
  Frame last_;
};

struct Host {
  std::string port;
  std::string address;
  rules::MacAddress mac = kHostMac;
};

const std::vector<Host>& hosts() {
  static const std::vector<Host> all{{"inside", "10.0.3.11"},       {"inside", "10.0.3.12"},
                                     {"inside", "10.0.3.99"},       {"inside", "10.0.4.5"},
                                     {"dmz", "10.0.1.20"},          {"dmz", "10.0.1.30"},
                                     {"dmz", "10.0.1.9", kVpnMac},  {"dmz", "10.0.1.100", kDockerMac},
                                     {"dmz", "192.0.2.9", kVpnMac}, {"dmz", "172.17.0.2", kDockerMac},
                                     {"outside", "198.18.0.7"},     {"outside", "198.18.0.8"},
                                     {"outside", "198.19.66.1"}};
  return all;
}

const std::vector<std::string>& destinations() {
  static const std::vector<std::string> all{"10.0.3.11",     "10.0.3.12",   "10.0.4.5",   "10.0.1.20",  "10.0.1.21",
                                            "10.0.1.30",     "10.0.1.5",    "10.0.1.100", "192.0.2.9",  "203.0.113.20",
                                            "203.0.113.100", "203.0.113.5", "198.18.0.7", "198.18.0.8", "10.0.9.9"};
  return all;
}

class Traffic {
 public:
  explicit Traffic(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] Sent opening() {
    const auto& from = pick(hosts());
    const auto port = ":" + std::to_string(30000 + below(40));
    const auto source = from.address + port;
    static const std::vector<int> ports{80, 443, 3000, 5432, 8080, 8082, 25, 22};
    const auto to = pick(destinations());
    const auto destination = to + ":" + std::to_string(pick(ports));
    switch (below(6)) {
      case 0:
        return {from.port, udp(source, destination).from(from.mac).payload(below(64)).frame()};
      case 1:
        return {from.port,
                echo_request(from.address, to, static_cast<std::uint16_t>(below(20))).from(from.mac).frame()};
      case 2:
        return {from.port, tcp(source, destination, tcp::kAck).from(from.mac).frame()};
      default:
        return {from.port, tcp(source, destination, tcp::kSyn).from(from.mac).frame()};
    }
  }

  // What the host that got `frame` on `port` says to it; `error` asks for an ICMP error about it.
  [[nodiscard]] static std::optional<Sent> answer(const std::string& port, const Frame& frame, bool error) {
    const auto parsed = parse(frame, {.any_destination_mac = true});
    if (parsed.drop != rules::DropCode::none || parsed.is_icmp_error) return std::nullopt;
    const auto source = rules::to_string(rules::Ipv4{parsed.source});
    const auto destination = rules::to_string(rules::Ipv4{parsed.destination});
    const auto by = sender_mac(port, destination, frame);
    if (error) {
      const Frame inner(frame.begin() + ethernet::kHeaderBytes, frame.end());
      return Sent{port, icmp_error(destination, source, 3, 3, inner).from(by).frame()};
    }
    const auto from = destination + ":" + std::to_string(parsed.destination_port);
    const auto to = source + ":" + std::to_string(parsed.source_port);
    if (parsed.protocol == kTcp) {
      return Sent{port, tcp(from, to, parsed.tcp_flags == tcp::kSyn ? kSynAck : tcp::kAck).from(by).frame()};
    }
    if (parsed.protocol == kUdp) return Sent{port, udp(from, to).from(by).frame()};
    if (parsed.icmp_type != icmp::kEchoRequest) return std::nullopt;
    return Sent{port, echo_reply(destination, source, parsed.source_port).from(by).frame()};
  }

  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }

 private:
  template <typename T>
  const T& pick(const std::vector<T>& from) {
    return from[below(static_cast<std::uint32_t>(from.size()))];
  }
  static rules::MacAddress sender_mac(const std::string& port, const std::string& address, const Frame& frame) {
    if (port != "dmz") return kHostMac;
    for (const auto& host : hosts()) {
      if (host.address == address) return host.mac;
    }
    const auto to = load_mac(frame.data() + ethernet::kDestination);
    return to == kVpnMac || to == kDockerMac ? to : kHostMac;
  }

  std::mt19937_64 random_;
};

// The sentence with what a NAT gateway chose left out.
std::string without_nat_port(std::string text) {
  for (const std::string address : {"203.0.113.5:", "10.0.1.5:"}) {
    for (auto at = text.find(address); at != std::string::npos; at = text.find(address, at + address.size())) {
      auto end = at + address.size();
      while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end])) != 0) ++end;
      text.replace(at, end - at, address + "*");
    }
  }
  const auto id = text.find(" id ");
  if (id != std::string::npos && text.find("203.0.113.5") != std::string::npos) text.erase(id);
  return text;
}

struct Told {
  std::string port;
  Frame frame;
};

std::optional<Told> left_by(const std::string& outcome, const Frame& frame) {
  const auto port = outcome.substr(0, outcome.find(' '));
  if (port != "inside" && port != "dmz" && port != "outside") return std::nullopt;
  return Told{port, frame};
}

void no_two_flows_share_an_outside_tuple(const std::vector<FlowRecord>& flows) {
  std::set<std::tuple<std::uint8_t, std::uint32_t, std::uint16_t, std::uint32_t, std::uint16_t, Uid>> seen;
  for (const auto& flow : flows) {
    if (flow.translated_from == flow.from) continue;
    EXPECT_TRUE(seen.emplace(flow.protocol, flow.translated_from, flow.translated_from_port, flow.translated_to,
                             flow.translated_to_port, flow.to_interface)
                    .second);
  }
}

TEST(Steering, ThreeWorkersFareAsOne) {
  Cluster one(1), three(3);
  Traffic traffic(7);
  std::deque<std::pair<Told, Told>> waiting;
  std::map<std::string, int> outcomes;
  const auto both = [&](const Sent& to_one, const Sent& to_three) {
    const auto first = one.send(to_one), second = three.send(to_three);
    ASSERT_EQ(without_nat_port(first), without_nat_port(second));
    ++outcomes[first.substr(0, first.find(' ')) + (first.starts_with("drop") ? first.substr(4) : "")];
    auto a = left_by(first, one.last()), b = left_by(second, three.last());
    if (a && b) waiting.emplace_back(std::move(*a), std::move(*b));
  };
  for (int i = 0; i < 20000 && !::testing::Test::HasFatalFailure(); ++i) {
    if (waiting.empty() || traffic.below(3) == 0) {
      const auto sent = traffic.opening();
      both(sent, sent);
    } else {
      const auto [a, b] = waiting.front();
      waiting.pop_front();
      const bool error = traffic.below(8) == 0;
      const auto first = Traffic::answer(a.port, a.frame, error), second = Traffic::answer(b.port, b.frame, error);
      ASSERT_EQ(first.has_value(), second.has_value());
      if (first) both(*first, *second);
    }
    if (waiting.size() > 200) waiting.pop_front();
    if (i % 500 == 0) {
      one.pass(10);
      three.pass(10);
    }
  }
  EXPECT_EQ(one.flows().size(), three.flows().size());
  no_two_flows_share_an_outside_tuple(one.flows());
  no_two_flows_share_an_outside_tuple(three.flows());
  EXPECT_GT(outcomes["inside"], 500);
  EXPECT_GT(outcomes["dmz"], 500);
  EXPECT_GT(outcomes["outside"], 500);
  EXPECT_GT(outcomes["drop ENI_SG_RULES_MISMATCH"], 100);
}

// What the account of a packet says must be what became of it, and nothing passes without a rule or a flow.
void check_account(const std::vector<StageEvent>& events, const std::string& outcome) {
  ASSERT_FALSE(events.empty());
  bool known = false, allowed = false, exempt = false;
  for (const auto& event : events) {
    known = known || event.note == StageNote::known_flow || event.note == StageNote::related_error;
    exempt = exempt || event.note == StageNote::exempt;
    const bool groups =
        event.stage == rules::Stage::security_group_egress || event.stage == rules::Stage::security_group_ingress;
    allowed = allowed || (groups && event.verdict == StageVerdict::allow);
  }
  const auto& last = events.back();
  if (outcome.starts_with("drop ")) {
    EXPECT_EQ(last.verdict, StageVerdict::deny) << outcome;
    EXPECT_EQ(name_of(last.code), outcome.substr(5));
  } else {
    EXPECT_NE(last.verdict, StageVerdict::deny) << outcome;
    EXPECT_TRUE(known || allowed || exempt) << outcome;
  }
}

TEST(Steering, TracedPacketsFareAsOthers) {
  GatewayWorld plain(usual_policy().dump(), worker_settings(0, 1)),
      traced(usual_policy().dump(), worker_settings(0, 1));
  TraceSink sink;
  traced.engine().set_trace(&sink);
  Traffic traffic(11);
  std::deque<Told> waiting;
  for (int i = 0; i < 5000 && !::testing::Test::HasFatalFailure(); ++i) {
    std::optional<Sent> sent = traffic.opening();
    if (!waiting.empty() && traffic.below(3) != 0) {
      sent = Traffic::answer(waiting.front().port, waiting.front().frame, traffic.below(8) == 0);
      waiting.pop_front();
    }
    if (!sent) continue;
    sink = {};
    const auto expected = plain.send(sent->port, sent->frame);
    ASSERT_EQ(traced.send(sent->port, sent->frame), expected);
    check_account(sink.events, expected);
    if (auto told = left_by(expected, plain.last())) waiting.push_back(std::move(*told));
    if (waiting.size() > 100) waiting.pop_front();
  }
  const auto a = plain.flows(), b = traced.flows();
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(std::tie(a[i].packets_out, a[i].packets_back, a[i].state, a[i].expires_in),
              std::tie(b[i].packets_out, b[i].packets_back, b[i].state, b[i].expires_in));
  }
  for (const auto* rule :
       {"web/ingress/0", "web/ingress/1", "app/egress/0", "public/ingress/100", "public/egress/100"}) {
    EXPECT_EQ(plain.decided(rule), traced.decided(rule)) << rule;
  }
}

TEST(Steering, ABurstFaresAsItsPackets) {
  GatewayWorld single(usual_policy().dump(), worker_settings(0, 1)),
      burst(usual_policy().dump(), worker_settings(0, 1));
  Traffic traffic(13);
  for (int round = 0; round < 100; ++round) {
    std::vector<Sent> packets;
    std::vector<std::string> expected;
    for (std::size_t i = 0; i < kMaxBurst; ++i) packets.push_back(traffic.opening());
    for (const auto& packet : packets) expected.push_back(single.send(packet.port, packet.frame));
    EXPECT_EQ(burst.send_burst(packets), expected);
  }
}

TEST(Steering, ArpGoesToEveryWorker) {
  GatewayWorld world(usual_policy().dump(), resolved());
  EXPECT_EQ(owner_of(arp_request(kHostMac, "10.0.3.11", "10.0.3.1"), &world.policy(), 3, kSeed), kEveryWorker);
}

}  // namespace
}  // namespace sallyport::dataplane::testing
