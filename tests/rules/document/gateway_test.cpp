// Every rule and refusal of the gateway document, and of the two documents together.
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/rules/document/documents_support.h"

namespace sallyport::rules {
namespace {

using testing_support::Change;
using testing_support::GatewayChange;

TEST_P(GatewayChange, IsSaidPlainly) { expect_said(); }

const Change kTop[] = {
    {"ports are required", "/ports", "", "missing key \"ports\""},
    {"at least one", "/ports", "{}", "found no port, expected at least one in /ports"},
    {"a misspelt key", "/worker", "2", "unknown key \"worker\" in /worker; did you mean \"workers\"?"},
    {"no worker", "/workers", "0", "found the number 0, expected a number of workers from 1 to 128 in /workers"},
    {"129 workers", "/workers", "129", "found the number 129, expected a number of workers from 1 to 128 in /workers"},
    {"no flows", "/max_flows", "0",
     "found the number 0, expected a number of flows from 1 to 1000000000 in /max_flows"},
    {"fewer flows than workers", "/max_flows", "1",
     "found 1, expected at least one flow for each worker in /max_flows"},
    {"memory", "/memory", "\"hugepages\"", ""},
    {"other memory", "/memory", "\"hugepage\"",
     "unknown memory \"hugepage\", expected \"auto\" or \"hugepages\" or \"pages\" in /memory; did you mean "
     "\"hugepages\"?"},
    {"poll", "/idle", "\"poll\"", ""},
    {"adaptive", "/idle", "\"adaptive\"",
     "idle \"adaptive\" is not enforced by this version: expected \"poll\" in /idle"},
    {"the flow log", "/flow_log", "{\"path\":\"x\"}",
     "The flow log is not enforced by this version: found the key \"flow_log\" in /flow_log"},
    {"a path is not empty", "/policy", "\"\"", "found an empty string, expected a path in /policy"},
    {"a socket's path is short", "/control/socket",
     "\"/run/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/"
     "s.sock\"",
     "the path of a socket has at most 107 bytes, found 110 in /control/socket"},
    {"a group has a name", "/control/read_group", "\"\"",
     "found \"\", expected the name of a group of users in /control/read_group"},
    {"a listener", "/metrics/listen", "\"[::1]:9467\"", ""},
    {"a listener by name", "/metrics/listen", "\"localhost:9467\"", ""},
    {"a listener without a port", "/metrics/listen", "\"127.0.0.1\"",
     "found \"127.0.0.1\": no address to listen on, expected HOST:PORT like 127.0.0.1:9467 in /metrics/listen"},
    {"a listener without a host", "/metrics/listen", "\":9467\"",
     "found \":9467\": no address to listen on, expected HOST:PORT like 127.0.0.1:9467 in /metrics/listen"},
    {"port 70000", "/metrics/listen", "\"127.0.0.1:70000\"",
     "found \"127.0.0.1:70000\": no address to listen on, expected HOST:PORT like 127.0.0.1:9467 in /metrics/listen"},
};

const Change kBudgets[] = {
    {"a budget", "/budget", R"({"rows":1,"predicates":64000000,"memory":"512MiB","seconds":86400})", ""},
    {"nothing of it", "/budget", "{}", ""},
    {"bytes", "/budget", R"({"memory":1048576})", ""},
    {"no budget", "/budget", "1", "found the number 1, expected an object in /budget"},
    {"a misspelt one", "/budget", R"({"row":1})", "unknown key \"row\" in /budget/row; did you mean \"rows\"?"},
    {"no rows", "/budget", R"({"rows":0})",
     "found the number 0, expected a number of rows from 1 to 64000000 in /budget/rows"},
    {"rows that no image holds", "/budget", R"({"rows":64000001})",
     "found the number 64000001, expected a number of rows from 1 to 64000000 in /budget/rows"},
    {"two days", "/budget", R"({"seconds":172800})",
     "found the number 172800, expected seconds from 1 to 86400 in /budget/seconds"},
    {"too few bytes", "/budget", R"({"memory":1048575})",
     "found the number 1048575, expected bytes or a size like \"2GiB\" from 1048576 to 17179869184 in /budget/memory"},
    {"a size without a unit known here", "/budget", R"({"memory":"2GB"})",
     "found \"2GB\", expected a size from 1MiB to 16GiB (examples: 512MiB, 2GiB, 1073741824) in /budget/memory"},
};

const Change kSelfChecks[] = {
    {"no self-check", "/self_check", "0", ""},
    {"every decision", "/self_check", "1", ""},
    {"one in a billion", "/self_check", "1000000000", ""},
    {"one in more", "/self_check", "1000000001",
     "found the number 1000000001, expected one decision in so many from 0 to 1000000000 in /self_check"},
    {"less than none", "/self_check", "-1",
     "found the number -1, expected one decision in so many from 0 to 1000000000 in /self_check"},
};

const Change kPorts[] = {
    {"a device is required", "/ports/dmz/device", "", "missing key \"device\" in /ports/dmz"},
    {"a misspelt device", "/ports/dmz", R"({"devise":"tap:x","subnets":["a"]})",
     "unknown key \"devise\" in /ports/dmz/devise; did you mean \"device\"?"},
    {"misspelt subnets", "/ports/dmz", R"({"device":"tap:x","subnet":["a"]})",
     "unknown key \"subnet\" in /ports/dmz/subnet; did you mean \"subnets\"?"},
    {"leads nowhere", "/ports/dmz/subnets", "",
     "a port that leads nowhere, expected subnets, routed or uplink in /ports/dmz"},
    {"leads nowhere, too", "/ports/dmz/subnets", "[]",
     "a port that leads nowhere, expected subnets, routed or uplink in /ports/dmz"},
    {"a subnet twice", "/ports/dmz/subnets/1", "\"public-a\"", "\"public-a\" is listed twice in /ports/dmz/subnets/1"},
    {"proxy_arp without subnets", "/ports/outside/proxy_arp", "true",
     "proxy_arp answers for the subnets of a port, expected the key subnets in /ports/outside/proxy_arp"},
    {"a port's flow log", "/ports/dmz/flow_log", "{}",
     "The flow log is not enforced by this version: found the key \"flow_log\" in /ports/dmz/flow_log"},
    {"a port that idles", "/ports/dmz/idle", "\"adaptive\"",
     "idle \"adaptive\" is not enforced by this version: found the key \"idle\" in /ports/dmz/idle"},
    {"mtu", "/ports/dmz/mtu", "9001", ""},
    {"mtu below 68", "/ports/dmz/mtu", "67", "found the number 67, expected bytes from 68 to 9216 in /ports/dmz/mtu"},
    {"one-armed", "/ports/outside/routed", R"({"address":"10.0.9.4/24","gateway":"10.0.9.1"})", ""},
    {"no gateway", "/ports/outside/uplink/gateway", "", "missing key \"gateway\" in /ports/outside/uplink"},
    {"no prefix length", "/ports/outside/uplink/address", "\"198.51.100.2\"",
     "found \"198.51.100.2\", expected an address with the link's prefix length like \"198.51.100.2/24\" in "
     "/ports/outside/uplink/address"},
    {"the network itself", "/ports/outside/uplink/address", "\"198.51.100.0/24\"",
     "\"198.51.100.0/24\" is the network's or the broadcast address, expected a host's in "
     "/ports/outside/uplink/address"},
    {"a link of two", "/ports/outside/uplink", R"({"address":"198.51.100.0/31","gateway":"198.51.100.1"})", ""},
    {"a link-local link", "/ports/outside/uplink", R"({"address":"169.254.7.2/30","gateway":"169.254.7.1"})", ""},
    {"loopback", "/ports/outside/uplink", R"({"address":"127.0.0.2/8","gateway":"127.0.0.1"})",
     "127.0.0.2 is never a host's: 127.0.0.0/8 is loopback in /ports/outside/uplink/address\n"
     "127.0.0.1 is never a host's: 127.0.0.0/8 is loopback in /ports/outside/uplink/gateway"},
    {"behind the broadcast address", "/ports/outside/uplink/gateway", "\"198.51.100.255\"",
     "\"198.51.100.255\" is the network's or the broadcast address, expected a host's in "
     "/ports/outside/uplink/gateway"},
    {"off the link", "/ports/outside/uplink/gateway", "\"198.51.101.1\"",
     "198.51.101.1 is not on the link, expected an address of 198.51.100.0/24 in /ports/outside/uplink/gateway"},
    {"itself", "/ports/outside/uplink/gateway", "\"198.51.100.2\"",
     "198.51.100.2 is the port's own address, expected that of the router behind the link in "
     "/ports/outside/uplink/gateway"},
    {"an IPv6 address", "/ports/outside/uplink/ipv6_address", "\"2001:db8:ff::2/64\"",
     "IPv6 is not enforced by this version: found the key \"ipv6_address\" in /ports/outside/uplink/ipv6_address"},
    {"an IPv6 gateway", "/ports/outside/uplink/ipv6_gateway", "\"2001:db8:ff::1\"",
     "IPv6 is not enforced by this version: found the key \"ipv6_gateway\" in /ports/outside/uplink/ipv6_gateway"},
};

const Change kDevices[] = {
    {"a PCI device", "/ports/dmz/device", "\"pci:0000:0a:1f.7\"", ""},
    {"a PCI device of domain 0", "/ports/dmz/device", "\"pci:0a:1f.7\"", ""},
    {"no PCI device", "/ports/dmz/device", "\"pci:eth0\"",
     "found \"pci:eth0\": no PCI address, expected one like pci:0000:00:06.0 in /ports/dmz/device"},
    {"af_xdp", "/ports/dmz/device", "\"af_xdp:eth1\"", ""},
    {"a name too long", "/ports/dmz/device", "\"tap:0123456789abcdef\"",
     "found \"tap:0123456789abcdef\": no interface name, expected 1 to 15 characters without / : , or blanks in "
     "/ports/dmz/device"},
    {"EAL's own", "/ports/dmz/device", "\"dpdk:net_null0,size=64\"", ""},
    {"nothing of EAL's", "/ports/dmz/device", "\"dpdk:\"",
     "found \"dpdk:\": no arguments, expected a device as EAL takes it, like dpdk:net_null0 in /ports/dmz/device"},
    {"captures", "/ports/dmz/device", "\"pcap:in.pcap,-\"", ""},
    {"one capture", "/ports/dmz/device", "\"pcap:in.pcap\"",
     "found \"pcap:in.pcap\": no pair of files, expected pcap:IN,OUT (- for none) in /ports/dmz/device"},
    {"a bare interface", "/ports/dmz/device", "\"eth1\"",
     "found \"eth1\": no known device, expected pci:BDF, af_packet:IFACE, af_xdp:IFACE, tap:IFACE, dpdk:VDEV-ARGS or "
     "pcap:IN,OUT in /ports/dmz/device"},
    {"the same device twice", "/ports/dmz/device", "\"af_packet:gw-in\"",
     "\"af_packet:gw-in\" is the device of port \"inside\" (line) already in /ports/dmz/device"},
};

INSTANTIATE_TEST_SUITE_P(Top, GatewayChange, testing::ValuesIn(kTop));
INSTANTIATE_TEST_SUITE_P(Budgets, GatewayChange, testing::ValuesIn(kBudgets));
INSTANTIATE_TEST_SUITE_P(SelfChecks, GatewayChange, testing::ValuesIn(kSelfChecks));
INSTANTIATE_TEST_SUITE_P(Ports, GatewayChange, testing::ValuesIn(kPorts));
INSTANTIATE_TEST_SUITE_P(Devices, GatewayChange, testing::ValuesIn(kDevices));

TEST(Gateway, ResolvesPathsAgainstItsFolder) {
  auto text = testing_support::changed(testing_support::data("gateway.json"), "/policy", "\"p/policy.json\"");
  text = testing_support::changed(text, "/ports/dmz/device", "\"pcap:in.pcap,/tmp/out.pcap\"");
  const auto read = read_gateway(text, "/etc/sallyport/gateway.json");
  ASSERT_TRUE(read) << testing_support::in_short(read.error());
  EXPECT_EQ(read->config.policy_path, "/etc/sallyport/p/policy.json");
  const auto& device = read->config.ports.front().device;
  EXPECT_EQ(device.pcap_input, "/etc/sallyport/in.pcap");
  EXPECT_EQ(device.pcap_output, "/tmp/out.pcap");
}

TEST(Gateway, KeepsItsBudget) {
  const auto read = read_gateway(R"({"version":1,"ports":{"a":{"device":"tap:x","subnets":["s"]}},
                                     "budget":{"rows":7,"memory":"3MiB","seconds":9}})",
                                 "g.json");
  ASSERT_TRUE(read) << testing_support::in_short(read.error());
  EXPECT_EQ(read->config.budget,
            (Budget{.rows = 7, .predicates = Budget{}.predicates, .memory = 3U << 20U, .seconds = 9}));
}

TEST(Gateway, HasDefaults) {
  const auto read = read_gateway(R"({"version":1,"ports":{"a":{"device":"tap:x","subnets":["s"]}}})", "g.json");
  ASSERT_TRUE(read) << testing_support::in_short(read.error());
  EXPECT_EQ(read->config.workers, 1U);
  EXPECT_EQ(read->config.max_flows, 1'000'000U);
  EXPECT_EQ(read->config.memory, MemoryMode::automatic);
  EXPECT_EQ(read->config.budget, Budget{});
  EXPECT_EQ(read->config.self_check, 10'000U);
  EXPECT_EQ(read->config.socket_path, "/run/sallyport/control.sock");
  EXPECT_TRUE(read->config.policy_path.empty());
  EXPECT_TRUE(read->config.metrics_listen.empty());
  ASSERT_EQ(read->config.ports.size(), 1U);
  EXPECT_FALSE(read->config.ports[0].proxy_arp);
  EXPECT_EQ(read->config.ports[0].mtu, 1500);
}

TEST(Gateway, TakesSixtyFourPortsAndNoMore) {
  for (const auto& [count, right] : {std::pair{64, true}, std::pair{65, false}}) {
    auto json = nlohmann::json::parse(R"({"version":1,"ports":{}})");
    for (int i = 0; i < count; ++i) {
      const auto number = std::to_string(i);
      json["ports"]["p" + number] = {{"device", "tap:t" + number}, {"subnets", {"s"}}};
    }
    EXPECT_EQ(read_gateway(json.dump(), "g.json").has_value(), right) << count;
  }
}

// The policy or the gateway changed at one place, and what the pair is then told.
struct PairRow {
  const char* description;
  const char* policy_pointer;
  const char* policy_value;
  const char* gateway_pointer;
  const char* gateway_value;
  std::size_t errors;
  const char* expected;  // a part of what is said
};

void PrintTo(const PairRow& row, std::ostream* out) { *out << row.description; }

class Pair : public testing::TestWithParam<PairRow> {};

TEST_P(Pair, IsChecked) {
  const auto& row = GetParam();
  auto policy_text = testing_support::data("format-example.json");
  auto gateway_text = testing_support::data("gateway.json");
  if (*row.policy_pointer != '\0') {
    policy_text = testing_support::changed(policy_text, row.policy_pointer, row.policy_value);
  }
  if (*row.gateway_pointer != '\0') {
    gateway_text = testing_support::changed(gateway_text, row.gateway_pointer, row.gateway_value);
  }
  const auto policy = read_policy(policy_text, "policy.json");
  const auto gateway = read_gateway(gateway_text, "gateway.json");
  ASSERT_TRUE(policy) << testing_support::in_short(policy.error());
  ASSERT_TRUE(gateway) << testing_support::in_short(gateway.error());
  const auto said = check_together(policy->policy, gateway->config);
  EXPECT_EQ(said.errors(), row.errors) << testing_support::in_short(said);
  EXPECT_THAT(testing_support::in_short(said), testing::HasSubstr(row.expected));
}

constexpr const char* kOwn = "/ports/outside/uplink";
INSTANTIATE_TEST_SUITE_P(
    Rows, Pair,
    testing::Values(
        PairRow{"the format's own pair", "", "", "", "", 0, ""},
        PairRow{"an unknown subnet", "", "", "/ports/inside/subnets/0", "\"app-b\"", 1,
                "unknown subnet \"app-b\" in /ports/inside/subnets/0; did you mean \"app-a\"?"},
        PairRow{"an interface's address", "", "", kOwn, R"({"address":"10.0.1.20/24","gateway":"10.0.1.1"})", 1,
                "10.0.1.20 belongs to interface \"alb-1\" of the policy in /ports/outside/uplink/address"},
        PairRow{"a router's address", "", "", kOwn, R"({"address":"10.0.1.1/24","gateway":"10.0.1.7"})", 1,
                "10.0.1.1 belongs to the router of subnet \"public-a\" of the policy in /ports/outside/uplink/address"},
        PairRow{"a NAT gateway may share an uplink's address", "", "", kOwn,
                R"({"address":"203.0.113.5/24","gateway":"203.0.113.1"})", 0, ""},
        PairRow{"an interface may not", "", "", kOwn, R"({"address":"203.0.113.20/24","gateway":"203.0.113.1"})", 1,
                "203.0.113.20 belongs to interface \"alb-1\" of the policy in /ports/outside/uplink/address"},
        PairRow{"the next hop is somebody's", "", "", kOwn, R"({"address":"203.0.113.2/24","gateway":"203.0.113.6"})",
                1, "203.0.113.6 belongs to NAT gateway \"nat-a\" of the policy in /ports/outside/uplink/gateway"},
        PairRow{"a public address that is the uplink's network", "/interfaces/alb-1/public_ip", "\"198.51.100.0\"", "",
                "", 1,
                "198.51.100.0, which belongs to interface \"alb-1\" of the policy, is the network's or the broadcast "
                "address of 198.51.100.0/24 in /ports/outside/uplink/address"},
        PairRow{"a NAT gateway's that is the uplink's broadcast", "/nat_gateways/nat-a/public_ips/0",
                "\"198.51.100.255\"", "", "", 1,
                "198.51.100.255, which belongs to NAT gateway \"nat-a\" of the policy, is the network's or the "
                "broadcast address of 198.51.100.0/24 in /ports/outside/uplink/address"},
        PairRow{"of a link of two both are somebody's", "/interfaces/alb-1/public_ip", "\"198.51.100.4\"", kOwn,
                R"({"address":"198.51.100.2/31","gateway":"198.51.100.3"})", 0, ""},
        PairRow{"one address on two ports", "", "", "/ports/inside/routed",
                R"({"address":"198.51.100.2/24","gateway":"198.51.100.1"})", 1,
                "198.51.100.2 is an address of port \"inside\" already in /ports/outside/uplink/address"},
        PairRow{"no uplink", "", "", "/ports/outside", R"({"device":"tap:x","subnets":["app-a"]})", 0,
                "no port has an uplink: nothing reaches the internet"},
        PairRow{
            "rules that no port enforces", "", "", "", "", 0,
            "hosts of subnet \"app-a\" reach each other past the gateway (no proxy_arp); not enforced between them: "
            "app/ingress/2 (policy.json:19) in /ports/inside/subnets"}));

TEST(PciAddress, IsCompletedByItsDomain) {
  const auto text =
      testing_support::changed(testing_support::data("gateway.json"), "/ports/outside/device", "\"pci:0a:1f.7\"");
  const auto gateway = read_gateway(text, "gateway.json");
  ASSERT_TRUE(gateway);
  const auto outside = std::ranges::find(gateway->config.ports, "outside", &Port::name);
  EXPECT_EQ(outside->device.argument, "0000:0a:1f.7");
  EXPECT_EQ(outside->device.text, "pci:0a:1f.7");
}

TEST(ProxyArp, LeavesNoTrafficUnseen) {
  auto text = testing_support::changed(testing_support::data("gateway.json"), "/ports/inside/proxy_arp", "true");
  text = testing_support::changed(text, "/ports/dmz/proxy_arp", "true");
  const auto policy = read_policy(testing_support::data("format-example.json"), "policy.json");
  const auto gateway = read_gateway(text, "gateway.json");
  ASSERT_TRUE(policy && gateway);
  EXPECT_EQ(testing_support::in_short(check_together(policy->policy, gateway->config)), "");
}

}  // namespace
}  // namespace sallyport::rules
