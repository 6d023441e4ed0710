// Every key of the gateway document by name: those of ports by two documents that differ in the key alone, one packet
// and two fates; the others, which no engine sees, by the test that holds them.
//
// Owner: tests. Always: a key that the reader knows and nothing holds fails here, and so does a test that is gone.
#include <algorithm>

#include "tests/dataplane/support/key_rows.h"

namespace sallyport::dataplane::testing {
namespace {

using rules::ObjectKind;

const std::string kToDb = "inside tcp 10.0.3.11:40000 > 10.0.4.5:5432 S ttl 63";
const std::string kNoIpv6 = "refused: IPv6 is not enforced by this version: found the key ";
Frame syn(std::string_view from, std::string_view to) { return tcp(from, to, tcp::kSyn).frame(); }
const auto app_to_db = [] { return sends("inside", syn("10.0.3.11:40000", "10.0.4.5:5432")); };

// The usual ports.
Json base_gateway() {
  return Json::parse(R"({
    "version": 1,
    "ports": { "inside": { "device": "tap:a", "subnets": ["app", "db"] },
               "dmz": { "device": "tap:b", "subnets": ["public"] },
               "outside": { "device": "tap:c",
                            "uplink": { "address": "198.51.100.2/24", "gateway": "198.51.100.1" } } } })");
}

std::string fate_in(const Json& gateway, const KeyRow& row, EngineSettings settings) {
  const auto read = rules::read_gateway(gateway.dump(), "gateway.json");
  if (!read) return refusal(read.error(), row.pointer);
  std::vector<PortSettings> ports;
  for (const auto& port : read->config.ports) {
    ports.push_back(settings_of(port));
    ports.back().mac = kGatewayMac;
  }
  GatewayWorld world(usual_policy().dump(), std::move(settings), ports);
  return row.probe(world, gateway);
}

std::string fate_of(const Json& gateway, const KeyRow& row) { return fate_in(gateway, row, resolved()); }

// What the gateway says of its own accord when this comes in.
Probe asks(std::string port, Frame frame) {
  return [port = std::move(port), frame = std::move(frame)](GatewayWorld& world, const Json&) {
    static_cast<void>(world.send(port, frame));
    return world.originated().empty() ? std::string("silence") : world.originated().front();
  };
}

std::vector<KeyRow> rows() {
  const auto echo = [](const char* to) { return sends("outside", echo_request("198.18.0.7", to, 5).frame()); };
  return {
      {"/version", nullptr, "2", app_to_db(), kToDb, "refused: found the number 2, expected the version 1"},
      {"/ports", nullptr, "", app_to_db(), kToDb, "refused: missing key \"ports\""},
      {"/idle", "\"poll\"", "\"adaptive\"", app_to_db(), kToDb,
       "refused: idle \"adaptive\" is not enforced by this version: expected \"poll\""},
      {"/flow_log", R"({"path": "x"})", "", app_to_db(),
       "refused: The flow log is not enforced by this version: found the key \"flow_log\"", kToDb},
      {"/ports/inside/subnets", nullptr, R"(["app"])", app_to_db(), kToDb, "drop NO_ROUTE_TO_DESTINATION"},
      {"/ports/inside/proxy_arp", "true", "", asks("inside", arp_request(kHostMac, "10.0.3.11", "10.0.3.12")),
       "inside arp 10.0.3.12 is-at 02:00:00:00:00:fe", "silence"},
      {"/ports/inside/mtu", "600", "",
       sends("inside", tcp("10.0.3.11:40000", "10.0.4.5:5432", tcp::kSyn).payload(600).frame()), "drop MTU_EXCEEDED",
       kToDb},
      {"/ports/outside/routed", R"({"address": "198.51.100.2/24", "gateway": "198.51.100.1"})", "",
       sends("inside", syn("10.0.3.11:40000", "10.0.9.9:22")), "outside tcp 10.0.3.11:40000 > 10.0.9.9:22 S ttl 63",
       "drop NO_ROUTE_TO_DESTINATION"},
      {"/ports/dmz/uplink", R"({"address": "172.31.0.4/20", "gateway": "172.31.0.1"})", "",
       sends("dmz", syn("10.0.1.20:1", "172.31.0.9:1")), "dmz tcp 203.0.113.20:1 > 172.31.0.9:1 S ttl 63",
       "drop IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS"},
      {"/ports/outside/uplink/address", nullptr, "\"198.51.100.3/24\"", echo("198.51.100.2"),
       "outside icmp 0/0 198.51.100.2 > 198.18.0.7 id 5 ttl 64", "drop IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"},
      {"/ports/outside/uplink/ipv6_address", "\"2001:db8::2/64\"", "", app_to_db(), kNoIpv6 + "\"ipv6_address\"",
       kToDb},
      {"/ports/outside/uplink/ipv6_gateway", "\"2001:db8::1\"", "", app_to_db(), kNoIpv6 + "\"ipv6_gateway\"", kToDb},
  };
}

// Whom the gateway asks for on its uplink: here neighbours are not taken for granted.
std::vector<KeyRow> next_hops() {
  return {{"/ports/outside/uplink/gateway", nullptr, "\"198.51.100.9\"",
           asks("dmz", syn("10.0.1.20:1", "198.18.0.7:443")), "outside arp who-has 198.51.100.1 tell 198.51.100.2",
           "outside arp who-has 198.51.100.9 tell 198.51.100.2"}};
}

constexpr HeldElsewhere kElsewhere[] = {
    {ObjectKind::gateway, "workers", "tests/e2e/workers_test.sh", "packets were handed over"},
    {ObjectKind::gateway, "max_flows", "tests/e2e/link_test.sh", "one too many"},
    {ObjectKind::gateway, "memory", "tests/e2e/port_faults_test.sh", "pages that cannot be had", "hugepages"},
    {ObjectKind::gateway, "memory", "tests/ports/plan_test.cpp", "pages although there are hugepages", "pages"},
    {ObjectKind::gateway, "memory", "tests/ports/plan_test.cpp", "auto with too few", "auto"},
    {ObjectKind::gateway, "policy", "tests/e2e/gateway_keys_test.sh", "without a policy"},
    {ObjectKind::gateway, "budget", "tests/e2e/gateway_keys_test.sh", "a budget of one row"},
    {ObjectKind::gateway, "self_check", "tests/e2e/paths_test.sh", "decisions made again from the rules"},
    {ObjectKind::gateway, "control", "tests/e2e/gateway_keys_test.sh", "the socket that is written"},
    {ObjectKind::gateway, "metrics", "tests/e2e/gateway_keys_test.sh", "with a listener"},
    {ObjectKind::port, "device", "tests/e2e/ports_test.sh", "drivers"},
    {ObjectKind::budget, "rows", "tests/e2e/gateway_keys_test.sh", "a budget of one row"},
    {ObjectKind::budget, "predicates", "tests/e2e/gateway_keys_test.sh", "a budget of one predicate"},
    {ObjectKind::budget, "memory", "tests/e2e/gateway_keys_test.sh", "a budget of little memory"},
    {ObjectKind::budget, "seconds", "tests/rules/document/gateway_test.cpp", "KeepsItsBudget"},
    {ObjectKind::budget, "seconds", "tests/rules/compile/budget_test.cpp", "than 2 s, the budget time"},
    {ObjectKind::control, "socket", "tests/e2e/gateway_keys_test.sh", "the socket that is written"},
    {ObjectKind::control, "read_group", "tests/e2e/gateway_keys_test.sh", "one who may look"},
    {ObjectKind::control, "write_group", "tests/e2e/gateway_keys_test.sh", "one who may change"},
    {ObjectKind::metrics, "listen", "tests/e2e/gateway_keys_test.sh", "with a listener"},
};

TEST(EveryKey, OfPorts) {
  expect_fates(rows(), base_gateway(), fate_of);
  expect_fates(next_hops(), base_gateway(),
               [](const Json& gateway, const KeyRow& row) { return fate_in(gateway, row, {}); });
}

TEST(EveryKey, ThatTheGatewaysReaderKnowsIsHeld) {
  auto held = held_by(rows(), ObjectKind::gateway);
  held.merge(held_by(next_hops(), ObjectKind::gateway));
  held.merge(held_by(kElsewhere));
  expect_complete(held, ObjectKind::gateway, ObjectKind::metrics);
}

TEST(EveryKey, OfTheGatewayIsHeldInEachOfItsWords) {
  expect_all_choices(rows(), kElsewhere, ObjectKind::gateway, base_gateway(), [](const Json& document) {
    auto read = rules::read_gateway(document.dump(), "gateway.json");
    return read ? std::move(read->warnings) : std::move(read.error());
  });
}

}  // namespace
}  // namespace sallyport::dataplane::testing
