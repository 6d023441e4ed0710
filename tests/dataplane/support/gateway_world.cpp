// Owner: tests. See gateway_world.h.
#include "tests/dataplane/support/gateway_world.h"

#include <gtest/gtest.h>

#include <numeric>
#include <stdexcept>
#include <utility>

#include "dataplane/packet/wire.h"
#include "rules/compile/compile.h"
#include "rules/document/documents.h"

namespace sallyport::dataplane::testing {
namespace {

std::array<bool, rules::kDropCodes> g_seen{};

rules::LinkAddress link_address(std::string_view address, std::string_view gateway) {
  const auto parsed = rules::parse_prefix(address).value();
  return {parsed.address, parsed.prefix, rules::parse_ipv4(gateway).value()};
}

}  // namespace

rules::Image compiled(const std::string& policy) {
  const auto read = rules::read_policy(policy, "policy.json");
  if (!read) throw std::runtime_error(render(read.error(), "policy.json", policy));
  auto result = rules::compile(read->policy);
  if (!result) throw std::runtime_error(render(result.error(), "policy.json", policy));
  return std::move(result->image);
}

PortSettings inside_port(std::string name, std::vector<std::string> subnets) {
  PortSettings port{.name = std::move(name), .mac = kGatewayMac};
  port.subnets = std::move(subnets);
  return port;
}

PortSettings uplink_port(std::string name, std::string_view address, std::string_view gateway) {
  PortSettings port{.name = std::move(name), .mac = kGatewayMac};
  port.uplink = link_address(address, gateway);
  return port;
}

PortSettings routed_port(std::string name, std::string_view address, std::string_view gateway) {
  PortSettings port{.name = std::move(name), .mac = kGatewayMac};
  port.routed = link_address(address, gateway);
  return port;
}

std::vector<PortSettings> usual_ports() {
  return {inside_port("inside", {"app", "db"}), inside_port("dmz", {"public"}), uplink_port("outside")};
}

GatewayWorld::GatewayWorld(const std::string& policy, EngineSettings settings, std::vector<PortSettings> ports)
    : ports_(std::move(ports)), binder_(ports_) {
  settings.ports = ports_;
  engine_ = Engine::create(std::move(settings)).value();
  if (!policy.empty()) apply(policy);
}

void GatewayWorld::apply(const std::string& policy, bool new_meaning) {
  if (new_meaning) ++epoch_;
  auto bound = binder_.bind(compiled(policy), ++generation_, epoch_, now_ / kSecond);
  if (!bound) throw std::runtime_error(bound.error());
  std::vector<CounterCell> cells(binder_.rule_uids());
  for (std::size_t i = 0; i < cells_.size(); ++i) cells[i].set(cells_[i].get());
  cells_.swap(cells);
  engine_->set_rule_counters(cells_);
  engine_->adopt(bound->get(), now_);
  bound_ = std::move(*bound);
}

PortIndex GatewayWorld::port_named(std::string_view name) const {
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    if (ports_[i].name == name) return static_cast<PortIndex>(i);
  }
  throw std::runtime_error("no port " + std::string(name));
}

std::string GatewayWorld::outcome(const Packet& packet) const {
  const std::span bytes(packet.data, packet.length);
  switch (packet.disposition) {
    case Disposition::forward:
      EXPECT_EQ(wrong_sum(bytes), "") << describe(bytes);
      EXPECT_EQ(load_mac(packet.data + ethernet::kSource), ports_[packet.out_port].mac);
      return ports_[packet.out_port].name + ' ' + describe(bytes);
    case Disposition::drop:
      g_seen[static_cast<std::size_t>(packet.code)] = true;
      EXPECT_NE(packet.code, rules::DropCode::none);
      return "drop " + std::string(name_of(packet.code));
    case Disposition::consume:
      return "consume";
    case Disposition::hold:
      return "hold";
    case Disposition::pending:
      break;
  }
  return "pending";
}

void GatewayWorld::collect() {
  originated_.clear();
  originated_frames_.clear();
  released_.clear();
  for (const auto& made : engine_->originated()) {
    const std::span bytes(made.bytes.data(), made.length);
    if (load_be16(made.bytes.data() + ethernet::kType) == kEtherTypeIpv4) {
      EXPECT_EQ(wrong_sum(bytes), "") << describe(bytes);
    }
    originated_.push_back(ports_[made.port].name + ' ' + describe(bytes));
    originated_frames_.push_back({ports_[made.port].name, Frame(bytes.begin(), bytes.end())});
  }
  for (const auto& packet : engine_->released()) released_.push_back(outcome(packet));
}

void GatewayWorld::check_balance() const {
  const auto& c = counters();
  EXPECT_EQ(c.in.get(), c.forwarded.get() + c.dropped.get() + c.consumed.get() + c.held.get());
  EXPECT_EQ(c.out.get(), c.forwarded.get() + c.originated.get() + c.fragments_added.get());
  const auto drops = std::accumulate(c.drops.begin(), c.drops.end(), std::uint64_t{0},
                                     [](std::uint64_t sum, const CounterCell& cell) { return sum + cell.get(); });
  EXPECT_EQ(c.dropped.get(), drops);
  std::uint64_t in = 0, out = 0, dropped = 0;
  for (const auto& port : c.ports) {
    in += port.in_packets.get();
    out += port.out_packets.get();
    dropped += port.dropped.get();
  }
  EXPECT_EQ(c.in.get(), in);
  EXPECT_EQ(c.out.get(), out);
  EXPECT_EQ(c.dropped.get(), dropped);
}

std::string GatewayWorld::send(std::string_view port, const Frame& frame) {
  return send_burst({{std::string(port), frame}}).front();
}

std::vector<std::string> GatewayWorld::send_burst(const std::vector<Sent>& burst) {
  std::vector<Packet> packets;
  std::vector<std::unique_ptr<Frame>> frames;
  for (const auto& sent : burst) {
    frames.push_back(std::make_unique<Frame>(sent.frame));
    packets.push_back({.data = frames.back()->data(),
                       .length = static_cast<std::uint32_t>(sent.frame.size()),
                       .in_port = port_named(sent.port),
                       .flags = sent.flags});
  }
  engine_->process(packets, now_);
  std::vector<std::string> outcomes;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    outcomes.push_back(outcome(packets[i]));
    last_.assign(packets[i].data, packets[i].data + packets[i].length);
    if (packets[i].disposition == Disposition::hold) held_.push_back(std::move(frames[i]));
  }
  collect();
  check_balance();
  return outcomes;
}

void GatewayWorld::tick() {
  engine_->tick(now_);
  collect();
  check_balance();
}

void GatewayWorld::pass(double seconds) {
  now_ += static_cast<Time>(seconds * static_cast<double>(kSecond));
  tick();
}

std::vector<FlowRecord> GatewayWorld::flows() {
  std::vector<FlowRecord> all, some(64);
  for (std::uint64_t cursor = 0; cursor != Engine::kEnd;) {
    const auto count = engine_->copy_flows(cursor, some, now_);
    all.insert(all.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(count));
  }
  return all;
}

std::uint64_t GatewayWorld::dropped(rules::DropCode code) const {
  return counters().drops[static_cast<std::size_t>(code)].get();
}

std::uint64_t GatewayWorld::decided(std::string_view rule_name) const {
  const auto& view = policy().view();
  for (rules::RuleIndex i = 0; i < view.rules(); ++i) {
    if (view.rule(i).name == rule_name) return cells_[policy().rule_uid(i)].get();
  }
  throw std::runtime_error("no rule " + std::string(rule_name));
}

const std::array<bool, rules::kDropCodes>& seen_drop_codes() { return g_seen; }

}  // namespace sallyport::dataplane::testing
