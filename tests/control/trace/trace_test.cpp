// Traces against their golden text and JSON; NAT ports, gateway ports, wrong requests.
#include "control/trace/trace.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/control/trace/fixture.h"

namespace sallyport::control::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kTiers = R"({
  "version": 1,
  "vpc": { "cidr_blocks": ["10.0.0.0/16"], "internet_gateway": true },
  "security_groups": {
    "web": { "egress": [ { "protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"] } ] },
    "app": { "egress": [ { "protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"] } ] },
    "db": { "ingress": [ { "protocol": "tcp", "from_port": 5432, "to_port": 5432, "security_groups": ["app"] },
                         { "protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": ["10.0.4.0/24"] } ] }
  },
  "network_acls": {
    "half": {
      "ingress": [ { "rule_no": 10, "action": "allow", "protocol": "-1", "cidr_block": "10.0.0.0/16" },
                   { "rule_no": 20, "action": "allow", "protocol": "tcp", "cidr_block": "0.0.0.0/0", "from_port": 1024, "to_port": 1999 },
                   { "rule_no": 30, "action": "deny", "protocol": "tcp", "cidr_block": "0.0.0.0/0", "from_port": 3000, "to_port": 3000 },
                   { "rule_no": 40, "action": "allow", "protocol": "tcp", "cidr_block": "0.0.0.0/0", "from_port": 2000, "to_port": 65535 } ],
      "egress": [ { "rule_no": 10, "action": "allow", "protocol": "-1", "cidr_block": "0.0.0.0/0" } ] } },
  "route_tables": { "private": [ { "cidr_block": "0.0.0.0/0", "nat_gateway": "nat-a" } ],
                    "public": [ { "cidr_block": "0.0.0.0/0", "gateway": "internet" } ] },
  "subnets": { "app-a": { "cidr_block": "10.0.4.0/24", "route_table": "private" },
               "db-a": { "cidr_block": "10.0.5.0/24", "route_table": "private" },
               "pub-a": { "cidr_block": "10.0.1.0/24", "route_table": "public", "network_acl": "half" } },
  "interfaces": { "web-1": { "subnet": "app-a", "private_ips": ["10.0.4.9"], "security_groups": ["web"] },
                  "app-1": { "subnet": "app-a", "private_ips": ["10.0.4.10"], "security_groups": ["app"] },
                  "db-1": { "subnet": "db-a", "private_ips": ["10.0.5.10"], "security_groups": ["db"] } },
  "nat_gateways": { "nat-a": { "subnet": "pub-a", "private_ip": "10.0.1.5", "public_ips": ["203.0.113.5"] } }
})";

TEST(Trace, TellsARefusalStageByStage) {
  const auto result = traced(image_of(kTiers), {.protocol = "tcp", .from = "10.0.4.9:41000", .to = "10.0.5.10:5432"});
  EXPECT_EQ(
      to_text(result),
      " 1  source-check             web-1           pass\n"
      " 2  security-group-egress    web             allow   policy.json:5  all to 0.0.0.0/0\n"
      " 3  network-acl-egress       app-a/default   allow   rule 100 (default)\n"
      " 4  route                    private         local\n"
      " 5  network-acl-ingress      db-a/default    allow   rule 100 (default)\n"
      " 6  security-group-ingress   db              DENY    no rule of db admits tcp 5432 from 10.0.4.9\n"
      "                                                     nearest: policy.json:7  tcp 5432 from group app — web-1 "
      "(10.0.4.9) is not a member\n"
      "                                                     nearest: policy.json:8  tcp 22 from 10.0.4.0/24 — not "
      "tcp 5432\n"
      "verdict: DENY ENI_SG_RULES_MISMATCH (ingress, db-1)\n");
}

TEST(Trace, GivesTheContractsJson) {
  const auto json =
      to_json(traced(image_of(kTiers), {.protocol = "tcp", .from = "10.0.4.9:41000", .to = "10.0.5.10:5432"}));
  EXPECT_EQ(json.at("schema"), "sallyport/trace/1");
  EXPECT_EQ(json.at("verdict"), "deny");
  EXPECT_EQ(json.at("code"), "ENI_SG_RULES_MISMATCH");
  EXPECT_EQ(json.at("direction"), "ingress");
  EXPECT_EQ(json.at("path"), "forward");
  EXPECT_EQ(json.at("at"), nlohmann::json::parse(R"({"interface": "db-1", "subnet": "db-a"})"));
  EXPECT_TRUE(json.at("rule").is_null());
  EXPECT_EQ(json.at("from"), "10.0.4.9:41000");
  EXPECT_EQ(json.at("to"), "10.0.5.10:5432");
  EXPECT_EQ(json.at("protocol"), "tcp");
  EXPECT_EQ(json.at("translated"), nlohmann::json::parse(R"({"from": null, "to": null})"));
  const auto egress = nlohmann::json::parse(
      R"({"path": "forward", "stage": "security-group-egress", "at": "web-1", "verdict": "allow",
          "rule": {"name": "web/egress/0", "file": "policy.json", "line": 5}, "note": ""})");
  EXPECT_THAT(json.at("stages"), ::testing::Contains(egress));
}

TEST(Trace, AllowsAndTranslates) {
  const auto app = traced(image_of(kTiers), {.protocol = "tcp", .from = "10.0.4.10", .to = "10.0.5.10:5432"});
  EXPECT_TRUE(app.allow);
  EXPECT_EQ(app.from, "10.0.4.10:49152");
  EXPECT_FALSE(to_json(app).contains("direction"));
  EXPECT_TRUE(to_json(app).at("code").is_null());
}

TEST(Trace, NamesTheFirstNatPortThatIsRefused) {
  const auto result = traced(image_of(kTiers), {.protocol = "tcp", .from = "10.0.4.10", .to = "198.51.100.7:443"});
  EXPECT_FALSE(result.allow);
  EXPECT_EQ(result.path, "reply");
  EXPECT_EQ(result.code, "SUBNET_ACL_RESTRICTION");
  EXPECT_EQ(result.rule, "30");
  EXPECT_EQ(result.translated_from, "203.0.113.5");
  EXPECT_THAT(to_text(result), HasSubstr("NAT port 3000, the first refused of 1024-65535"));
}

// Only where another NAT port would do is the port the reason.
TEST(Trace, TellsTheNatPortOnlyWhereItMatters) {
  const std::string entries =
      R"("ingress": [ { "rule_no": 10, "action": "allow", "protocol": "-1", "cidr_block": "10.0.0.0/16" }, )";
  struct Case {
    std::string description, replies;
    bool told;
  };
  const std::vector<Case> cases{
      {"1024 alone is refused", R"("from_port": 1025, "to_port": 65535)", true},
      {"1024 alone is admitted", R"("from_port": 1024, "to_port": 1024)", true},
      {"none is admitted", R"("from_port": 443, "to_port": 443)", false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.description);
    auto text = kTiers;
    const auto from = text.find("\"ingress\": [ { \"rule_no\"");
    const auto to = text.find("\"egress\"", from);
    text.replace(from, to - from,
                 entries + R"({ "rule_no": 20, "action": "allow", "protocol": "tcp", "cidr_block": "0.0.0.0/0", )" +
                     c.replies + " } ], ");
    const auto result = traced(image_of(text), {.protocol = "tcp", .from = "10.0.4.10", .to = "198.51.100.7:443"});
    EXPECT_EQ(result.code, "SUBNET_ACL_RESTRICTION");
    EXPECT_EQ(to_text(result).find("NAT port") != std::string::npos, c.told) << to_text(result);
  }
}

// The replies are lost behind the NAT gateway, whatever its port: at the client's own ACL.
TEST(Trace, TellsNoNatPortWhereTheClientsPortIsRefused) {
  auto text = kTiers;
  const std::string home = R"("app-a": { "cidr_block": "10.0.4.0/24", "route_table": "private")";
  text.replace(text.find(home), home.size(), home + R"(, "network_acl": "forgot")");
  const std::string half = R"("half": {)";
  text.replace(
      text.find(half), half.size(),
      R"("forgot": { "egress": [ { "rule_no": 1, "action": "allow", "protocol": "-1", "cidr_block": "0.0.0.0/0" } ] },
    "half": {)");
  const auto result = traced(image_of(text), {.protocol = "tcp", .from = "10.0.4.10", .to = "198.51.100.7:443"});
  EXPECT_EQ(result.code, "SUBNET_ACL_RESTRICTION");
  EXPECT_EQ(result.path, "reply");
  EXPECT_EQ(result.at_subnet, "app-a");
  EXPECT_THAT(to_text(result), Not(HasSubstr("NAT port")));
}

TEST(Trace, KnowsPortsOfAGatewayDocument) {
  const std::string text = R"({ "version": 1, "ports": {
    "apps": { "device": "tap:a", "subnets": ["app-a"] }, "dbs": { "device": "tap:b", "subnets": ["db-a"] },
    "outside": { "device": "tap:c", "uplink": { "address": "198.51.100.2/24", "gateway": "198.51.100.1" } } } })";
  const auto gateway = rules::read_gateway(text, "gateway.json");
  ASSERT_TRUE(gateway) << rules::render(gateway.error(), "gateway.json", text);
  const auto image = image_of(kTiers);
  struct Case {
    std::string description, from, to;
    std::optional<std::string> in_port;
    std::string code;
  };
  const std::vector<Case> cases{
      {"the port of its subnet is found", "10.0.4.10", "10.0.5.10:5432", std::nullopt, ""},
      {"and may be named", "10.0.4.10", "10.0.5.10:5432", "apps", ""},
      {"by another's port it is forged", "10.0.4.10", "10.0.5.10:5432", "dbs", "GATEWAY_REJECTS_SPOOFED_TRAFFIC"},
      {"from outside as well", "10.0.4.10", "10.0.5.10:5432", "outside", "GATEWAY_REJECTS_SPOOFED_TRAFFIC"},
      {"nobody's address", "10.0.4.77", "10.0.5.10:5432", "apps", "UNKNOWN_HOST"},
      {"the internet", "198.51.100.7", "10.0.5.10:5432", std::nullopt, "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"},
      {"the uplink's broadcast", "198.51.100.255", "10.0.5.10:5432", std::nullopt, "MARTIAN_ADDRESS"},
      {"to the uplink's broadcast", "10.0.4.10", "198.51.100.255:53", std::nullopt, "MULTICAST_OR_BROADCAST"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.description);
    const RequestWords words{.protocol = "tcp", .from = c.from, .to = c.to, .in_port = c.in_port};
    EXPECT_EQ(traced(image, words, &gateway->config).code, c.code);
  }
}

TEST(Trace, SendsTheFlagsItIsGiven) {
  struct Case {
    std::optional<std::string> flags, state;
    std::string code;
  };
  const std::vector<Case> cases{
      {std::nullopt, std::nullopt, ""},
      {"S", std::nullopt, ""},
      {"", std::nullopt, "CONNTRACK_INVALID_STATE"},
      {"SF", std::nullopt, "CONNTRACK_INVALID_STATE"},
      {std::nullopt, "established", ""},
      {"A", "established", ""},
      {"", "established", "CONNTRACK_INVALID_STATE"},
  };
  const auto image = image_of(kTiers);
  for (const auto& c : cases) {
    SCOPED_TRACE(c.flags.value_or("none given") + ' ' + c.state.value_or(""));
    const RequestWords words{
        .protocol = "tcp", .from = "10.0.4.10", .to = "10.0.5.10:5432", .flags = c.flags, .state = c.state};
    EXPECT_EQ(traced(image, words).code, c.code);
  }
}

TEST(Trace, RefusesWhatIsNoRequest) {
  struct Case {
    RequestWords words;
    std::string word, message;
  };
  const std::vector<Case> cases{
      {{.protocol = "tpc", .from = "10.0.4.9", .to = "10.0.5.10:1"}, "protocol", "\"tpc\""},
      {{.protocol = "256", .from = "10.0.4.9", .to = "10.0.5.10"}, "protocol", "\"256\""},
      {{.protocol = "tcp", .from = "10.0.4", .to = "10.0.5.10:1"}, "from", "\"10.0.4\""},
      {{.protocol = "tcp", .from = "10.0.4.9", .to = "10.0.5.10"}, "to", "needs a destination port"},
      {{.protocol = "tcp", .from = "10.0.4.9", .to = "10.0.5.10:65536"}, "to", "65536"},
      {{.protocol = "esp", .from = "10.0.4.9", .to = "10.0.5.10:1"}, "to", "esp has no ports"},
      {{.protocol = "udp", .from = "10.0.4.9", .to = "10.0.5.10:1", .icmp = "8/0"}, "icmp", "no ICMP type"},
      {{.protocol = "icmp", .from = "10.0.4.9", .to = "10.0.5.10", .icmp = "8/x"}, "icmp", "8/x"},
      {{.protocol = "udp", .from = "10.0.4.9", .to = "10.0.5.10:1", .flags = "S"}, "flags", "no TCP flags"},
      {{.protocol = "tcp", .from = "10.0.4.9", .to = "10.0.5.10:1", .flags = "SX"}, "flags", "SX"},
      {{.protocol = "udp", .from = "10.0.4.9", .to = "10.0.5.10:1", .flags = ""}, "flags", "no TCP flags"},
      {{.protocol = "icmp", .from = "10.0.4.9", .to = "10.0.5.10", .icmp = ""}, "icmp", "found \"\""},
      {{.protocol = "tcp", .from = "10.0.4.9", .to = "10.0.5.10:1", .state = ""}, "state", "found \"\""},
      {{.protocol = "tcp", .from = "10.0.4.9", .to = "10.0.5.10:1", .state = "old"}, "state", "old"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.message);
    const auto request = read_request(c.words);
    ASSERT_FALSE(request);
    EXPECT_EQ(request.error().word, c.word);
    EXPECT_THAT(request.error().message, HasSubstr(c.message));
  }
  const auto image = image_of(kTiers);
  EXPECT_THAT(trace(image, nullptr,
                    *read_request({.protocol = "tcp", .from = "10.0.4.9", .to = "10.0.5.10:1", .via = "nobody"}))
                  .error(),
              HasSubstr("no interface \"nobody\""));
  EXPECT_THAT(
      trace(image, nullptr, *read_request({.protocol = "tcp", .from = "10.0.4.9", .to = "10.0.5.10:1", .in_port = "x"}))
          .error(),
      HasSubstr("gateway document"));
}

TEST(Trace, AnswersTheSameTwice) {
  const auto image = image_of(kTiers);
  const RequestWords words{.protocol = "udp", .from = "10.0.4.9", .to = "198.51.100.7:53"};
  EXPECT_EQ(to_json(traced(image, words)), to_json(traced(image, words)));
}

}  // namespace
}  // namespace sallyport::control::test
