// What `diff` says becomes of live flows against what the engine does with them: random policies, flows opened under
// the one, the other adopted, sessions counted and packets sent both ways.
#include "rules/analyze/flow_fate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "rules/document/documents.h"
#include "tests/dataplane/support/steps.h"
#include "tests/support/random_policy.h"

namespace sallyport::dataplane::testing {
namespace {

using nlohmann::json;
using rules::Fate;
using test::pick;
using test::Random;

std::string at(std::uint32_t address, std::uint16_t port) {
  return to_string(rules::Ipv4{address}) + ':' + std::to_string(port);
}

// What a flow's packets look like as they arrive, from its opener and from the far side.
struct Talk {
  FlowRecord flow;
  rules::LiveFlow live;

  [[nodiscard]] Frame out(bool opening) const {
    if (flow.protocol == 1) return echo_request(alone(flow.from), alone(flow.to), flow.from_port).frame();
    if (flow.protocol == 17) return udp(at(flow.from, flow.from_port), at(flow.to, flow.to_port)).frame();
    return tcp(at(flow.from, flow.from_port), at(flow.to, flow.to_port), opening ? tcp::kSyn : tcp::kAck).frame();
  }
  [[nodiscard]] Frame back(bool opening) const {
    const auto from = at(flow.translated_to, flow.translated_to_port);
    const auto to = at(flow.translated_from, flow.translated_from_port);
    if (flow.protocol == 1) {
      return echo_reply(alone(flow.translated_to), alone(flow.translated_from), flow.translated_from_port).frame();
    }
    if (flow.protocol == 17) return udp(from, to).frame();
    return tcp(from, to, opening ? kSynAck : std::uint8_t{tcp::kAck}).frame();
  }
  static std::string alone(std::uint32_t address) { return to_string(rules::Ipv4{address}); }
};

const char* port_of(std::uint32_t address) { return address >> 16U == 0x0A00U ? "inside" : "internet"; }
bool passes(const std::string& outcome) { return outcome.starts_with("inside ") || outcome.starts_with("internet "); }

std::string name_of(const GatewayWorld& world, Uid uid) {
  if (uid == 0) return "";
  return std::string(world.policy().view().interface(world.policy().interface_of(uid)).name);
}

rules::LiveFlow live_flow(const GatewayWorld& world, const FlowRecord& flow) {
  return {.protocol = flow.protocol,
          .from = {flow.from},
          .to = {flow.to},
          .translated_from = {flow.translated_from},
          .translated_to = {flow.translated_to},
          .from_port = flow.from_port,
          .to_port = flow.to_port,
          .translated_from_port = flow.translated_from_port,
          .translated_to_port = flow.translated_to_port,
          .from_interface = name_of(world, flow.from_interface),
          .to_interface = name_of(world, flow.to_interface),
          .tracked_from = flow.tracked_from,
          .tracked_to = flow.tracked_to};
}

bool same(const FlowRecord& a, const FlowRecord& b) {
  return a.from == b.from && a.to == b.to && a.from_port == b.from_port && a.to_port == b.to_port &&
         a.protocol == b.protocol && a.translated_from == b.translated_from &&
         a.translated_from_port == b.translated_from_port;
}

// An appliance has it in hand.
bool is_forwarded(const GatewayWorld& world, const FlowRecord& flow) {
  if (flow.to_interface == 0) return false;
  const auto owner = world.policy().view().owner_of(rules::Ipv4{flow.translated_to});
  return owner.index != world.policy().interface_of(flow.to_interface);
}

// Flows that talk both ways. What appliances and publishing hosts forward comes back by ways that this test does not
// send.
std::vector<Talk> open_flows(GatewayWorld& world, Random& random) {
  for (int i = 0; i < 60; ++i) {
    const auto packet = test::random_packet(random);
    if (packet.protocol == 47 || packet.icmp_type != 8) continue;
    Talk talk;
    talk.flow = {.from = packet.from.value,
                 .to = packet.to.value,
                 .from_port = static_cast<std::uint16_t>(packet.protocol == 1 ? 7 + i : packet.from_port),
                 .to_port = packet.to_port,
                 .protocol = packet.protocol};
    static_cast<void>(world.send(port_of(talk.flow.from), talk.out(true)));
  }
  std::vector<Talk> talks;
  for (const auto& flow : world.flows()) {
    Talk talk{flow, live_flow(world, flow)};
    const bool to_itself = flow.translated_to == flow.from;
    if (flow.translated_to >> 16U == 0xAC11U || to_itself || is_forwarded(world, flow)) continue;
    const bool answered = passes(world.send(port_of(flow.translated_to), talk.back(true)));
    if (answered && passes(world.send(port_of(flow.from), talk.out(false)))) talks.push_back(talk);
  }
  return talks;
}

// A policy with a section or two of another one.
json changed(json policy, const json& other, Random& random) {
  static constexpr const char* kSections[] = {"security_groups", "network_acls", "route_tables",
                                              "subnets",         "interfaces",   "interfaces"};
  for (auto n = 1 + pick(random, 2); n > 0; --n) {
    const char* section = kSections[pick(random, std::size(kSections))];
    policy[section] = other[section];
  }
  if (pick(random, 4) == 0) policy["interfaces"].erase(pick(random, 2) == 0 ? "pub-a-1" : "priv-a-1");
  if (pick(random, 6) == 0) policy["nat_gateways"]["nat"]["public_ips"] = {"203.0.113.6"};
  if (pick(random, 5) == 0) {
    auto& one = policy["interfaces"]["priv-b-2"];
    one["private_ips"] = {"10.0.4.6", "10.0.4.9"};
  }
  static constexpr const char* kModes[] = {"keep", "keep", "keep", "revalidate", "revalidate", "cut"};
  policy["options"]["on_policy_change"] = kModes[pick(random, std::size(kModes))];
  policy["options"]["allow_private_internet"] = true;
  return policy;
}

std::string words(const Talk& talk, const rules::FlowFate& fate) {
  const auto& flow = talk.flow;
  return "protocol " + std::to_string(flow.protocol) + ' ' + at(flow.from, flow.from_port) + " to " +
         at(flow.to, flow.to_port) + " as " + at(flow.translated_from, flow.translated_from_port) + " to " +
         at(flow.translated_to, flow.translated_to_port) + ": " + fate.reason + (fate.reply ? " (reply)" : "");
}

TEST(FlowFate, IsWhatTheEngineDoes) {
  std::map<Fate, std::size_t> seen;
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    auto before = json::parse(test::random_policy(random));
    before["options"]["allow_private_internet"] = true;
    const auto after = changed(before, json::parse(test::random_policy(random)), random);
    auto settings = resolved();
    settings.max_flows = 256;
    GatewayWorld world(before.dump(), settings,
                       {inside_port("inside", {"pub-a", "pub-b", "priv-a", "priv-b"}), uplink_port("internet")});
    const auto talks = open_flows(world, random);
    const auto old_policy = rules::read_policy(before.dump(), "old.json");
    const auto new_policy = rules::read_policy(after.dump(), "new.json");
    if (!new_policy) continue;  // sections that do not go together
    const bool new_meaning = !same_meaning(old_policy->policy, new_policy->policy);
    rules::FlowJudge judge(old_policy->policy, new_policy->policy);
    world.apply(after.dump(), new_meaning);
    for (int i = 0; i < 4; ++i) world.tick();
    const auto alive = world.flows();
    for (const auto& talk : talks) {
      const auto fate = judge.judge(talk.live);
      ++seen[fate.fate];
      const bool is_alive = std::ranges::any_of(alive, [&](const auto& flow) { return same(flow, talk.flow); });
      ASSERT_EQ(fate.fate != Fate::cut, is_alive) << words(talk, fate);
      if (!is_alive) continue;
      const auto out = world.send(port_of(talk.flow.from), talk.out(false));
      const auto back = world.send(port_of(talk.flow.translated_to), talk.back(false));
      ASSERT_EQ(fate.fate == Fate::lives, passes(out) && passes(back)) << words(talk, fate) << '\n'
                                                                       << out << '\n'
                                                                       << back;
    }
  }
  for (const auto fate : {Fate::lives, Fate::cut, Fate::dropped}) {
    EXPECT_GT(seen[fate], 15U) << "flows with fate " << static_cast<int>(fate);
  }
}

}  // namespace
}  // namespace sallyport::dataplane::testing
