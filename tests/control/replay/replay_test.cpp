// Replays as typed: verdicts, books, captures of what leaves, expectations, reports; the same bytes every time.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "control/cli/command.h"
#include "tests/control/cli/run_cli.h"
#include "tests/control/replay/captures.h"

namespace sallyport::control::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kPolicy = R"({
  "version": 1,
  "vpc": { "cidr_blocks": ["10.0.0.0/16"], "internet_gateway": true },
  "security_groups": {
    "web": { "ingress": [ { "protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ["0.0.0.0/0"] },
                          { "protocol": "tcp", "from_port": 400, "to_port": 500, "cidr_blocks": ["0.0.0.0/0"] } ] },
    "app": { "egress": [ { "protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"] } ] } },
  "route_tables": { "private": [ { "cidr_block": "0.0.0.0/0", "nat_gateway": "nat" } ],
                    "public": [ { "cidr_block": "0.0.0.0/0", "gateway": "internet" } ] },
  "subnets": { "apps": { "cidr_block": "10.0.1.0/24", "route_table": "private" },
               "pub": { "cidr_block": "10.0.2.0/24", "route_table": "public" } },
  "interfaces": { "app-1": { "subnet": "apps", "private_ips": ["10.0.1.10"], "security_groups": ["app"] },
                  "web-1": { "subnet": "pub", "private_ips": ["10.0.2.10"], "public_ip": "203.0.113.10", "security_groups": ["web"] } },
  "nat_gateways": { "nat": { "subnet": "pub", "private_ip": "10.0.2.5", "public_ips": ["203.0.113.5"] } }
})";
const std::string kGateway = R"({ "version": 1, "max_flows": 1024, "ports": {
  "inside": { "device": "tap:a", "subnets": ["apps", "pub"] },
  "outside": { "device": "tap:b", "uplink": { "address": "198.51.100.2/24", "gateway": "198.51.100.1" } } } })";

Frame segment(std::uint32_t from, std::uint16_t from_port, std::uint32_t to, std::uint16_t to_port,
              std::uint8_t flags = 2) {
  Probe probe;
  probe.from_mac = {{2, 0, 0, 0, 0, 1}};
  probe.to_mac = {{2, 0, 0, 0, 0, 2}};
  probe.from = {from};
  probe.to = {to};
  probe.from_port = from_port;
  probe.to_port = to_port;
  probe.tcp_flags = flags;
  return build(probe);
}

constexpr std::uint32_t kApp = 0x0A00010A, kWebPublic = 0xCB00710A, kWeb = 0x0A00020A, kFar = 0xC6336407;
constexpr std::uint64_t kStart = 1'700'000'000'000'000'000;

class ReplayTest : public ::testing::Test {
 protected:
  [[nodiscard]] CliResult run(std::vector<std::string> more) const {
    std::vector<std::string> words{"replay", "--policy", policy_, "--gateway", gateway_};
    words.insert(words.end(), more.begin(), more.end());
    return run_cli(words);
  }
  [[nodiscard]] std::string mixed() const {
    return folder_.write("mixed.pcap", PcapFile()
                                           .record(kStart, segment(kApp, 40000, kFar, 443))
                                           .record(kStart + 1, segment(kFar, 50000, kWebPublic, 443))
                                           .record(kStart + 2, segment(kWeb, 443, kFar, 50000, 18))
                                           .record(kStart + 3, segment(kFar, 50000, kWebPublic, 22))
                                           .record(kStart + 4, segment(kApp, 40001, kWeb, 450))
                                           .bytes());
  }

  Folder folder_;
  std::string policy_ = folder_.write("policy.json", kPolicy);
  std::string gateway_ = folder_.write("gateway.json", kGateway);
};

TEST_F(ReplayTest, KeepsItsBooks) {
  const auto result = run({"--capture", mixed(), "-o", "json"});
  ASSERT_EQ(result.status, kYes) << result.err;
  const auto sum = json::parse(result.out);
  EXPECT_EQ(sum.at("schema"), "sallyport/replay/1");
  const auto& packets = sum.at("packets");
  EXPECT_EQ(packets.at("in"), 5);
  EXPECT_EQ(packets.at("forwarded"), 4);
  EXPECT_EQ(packets.at("dropped"), 1);
  EXPECT_EQ(packets.at("out"), packets.at("forwarded").get<int>() + packets.at("originated").get<int>());
  EXPECT_EQ(sum.at("drops"), json::parse(R"({"ENI_SG_RULES_MISMATCH": 1})"));
  std::map<std::string, std::pair<int, int>> rules;
  for (const auto& rule : sum.at("rules")) rules[rule.at("name")] = {rule.at("matched"), rule.at("decided")};
  EXPECT_EQ(rules.at("app/egress/0"), (std::pair{2, 2}));
  EXPECT_EQ(rules.at("web/ingress/1"), (std::pair{2, 1})) << "443 matched it too, decided by the rule before";
}

TEST_F(ReplayTest, TellsEachPacket) {
  const auto result = run({"--capture", mixed(), "-o", "ndjson"});
  std::vector<json> packets;
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) packets.push_back(json::parse(line));
  ASSERT_EQ(packets.size(), 5U);
  EXPECT_EQ(packets[0].at("number"), 1);
  EXPECT_EQ(packets[0].at("time"), "1700000000.000000000");
  EXPECT_EQ(packets[0].at("in"), "inside");
  EXPECT_EQ(packets[0].at("out"), "outside");
  EXPECT_EQ(packets[0].at("verdict"), "forward");
  EXPECT_EQ(packets[0].at("rule"), "app/egress/0");
  EXPECT_EQ(packets[0].at("before").at("from"), "10.0.1.10:40000");
  EXPECT_THAT(packets[0].at("after").at("from").get<std::string>(), HasSubstr("203.0.113.5:"));
  EXPECT_EQ(packets[1].at("after").at("to"), "10.0.2.10:443");
  EXPECT_EQ(packets[2].at("after").at("from"), "203.0.113.10:443");
  EXPECT_EQ(packets[3].at("verdict"), "drop");
  EXPECT_EQ(packets[3].at("code"), "ENI_SG_RULES_MISMATCH");
  EXPECT_EQ(packets[3].at("stage"), "security-group-ingress");
  EXPECT_TRUE(packets[3].at("out").is_null());
  EXPECT_TRUE(packets[3].at("after").is_null());
}

TEST_F(ReplayTest, GivesTheSameBytesEveryTime) {
  const auto capture = mixed();
  const auto once =
      run({"--capture", capture, "--out", folder_.file("a"), "--report", folder_.file("a.html"), "-o", "ndjson"});
  const auto twice =
      run({"--capture", capture, "--out", folder_.file("b"), "--report", folder_.file("b.html"), "-o", "ndjson"});
  EXPECT_EQ(once.out, twice.out);
  for (const auto* port : {"/inside.pcap", "/outside.pcap"}) {
    const auto bytes = Folder::read(folder_.file("a") + port);
    EXPECT_GT(bytes.size(), 24U) << port;
    EXPECT_EQ(bytes, Folder::read(folder_.file("b") + port));
  }
  EXPECT_EQ(Folder::read(folder_.file("a.html")), Folder::read(folder_.file("b.html")));
}

TEST_F(ReplayTest, MergesFilesAtTheirPorts) {
  const auto inside =
      folder_.write("in.pcap", PcapFile().record(kStart + 5, segment(kWeb, 443, kFar, 50000, 18)).bytes());
  const auto outside =
      folder_.write("out.pcap", PcapFile().record(kStart, segment(kFar, 50000, kWebPublic, 443)).bytes());
  const auto result = run({"--in", "inside=" + inside, "--in", "outside=" + outside, "-o", "json"});
  ASSERT_EQ(result.status, kYes) << result.err;
  EXPECT_EQ(json::parse(result.out).at("packets").at("forwarded"), 2)
      << "the answer is known although its file came first";
}

TEST_F(ReplayTest, ComparesWithExpectations) {
  struct Case {
    std::string description, expectation;
    int status;
    std::string text;
  };
  const std::vector<Case> cases{
      {"met", R"({"packets": {"in": 5, "dropped": 1}, "drops": {"UNKNOWN_HOST": 0}})", kYes, ""},
      {"packets met", R"({"per_packet": [{"number": 4, "verdict": "drop", "in": "outside"}]})", kYes, ""},
      {"a rule", R"({"rules": [{"name": "app/egress/0", "decided": 2}]})", kYes, ""},
      {"not met", R"({"packets": {"in": 6}})", kNo, "/packets/in: 5, expected 6"},
      {"a packet not met", R"({"per_packet": [{"number": 4, "verdict": "forward"}]})", kNo, "/per_packet/4/verdict"},
      {"a packet that is not there", R"({"per_packet": [{"number": 9, "verdict": "drop"}]})", kNo, "/per_packet/9"},
      {"a rule not met", R"({"rules": [{"name": "app/egress/0", "decided": 1}]})", kNo, "/rules/app/egress/0/decided"},
      {"an unknown key", R"({"packets": {"inn": 5}})", kBadInput, "no such key"},
      {"an unknown rule", R"({"rules": [{"name": "x"}]})", kBadInput, "no rule is named"},
      {"a rule without a name", R"({"rules": [{"name": "app/egress/0"}, {"decided": 1}]})", kBadInput,
       "/rules/1: expected an object with a rule's name"},
      {"a rule whose name is no string", R"({"rules": [{"name": 5}]})", kBadInput, "/rules/0: expected an object"},
      {"a rule that is no object", R"({"rules": ["app/egress/0"]})", kBadInput, "/rules/0: expected an object"},
      {"no object", "[]", kBadInput, "JSON object"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.description);
    const auto file = folder_.write("expect.json", c.expectation);
    const auto result = run({"--capture", mixed(), "--expect", file});
    EXPECT_EQ(result.status, c.status);
    EXPECT_THAT(result.err, HasSubstr(c.text));
  }
}

TEST_F(ReplayTest, ReplaysUpToTheDamage) {
  const auto whole = Folder::read(mixed());
  const auto cut = folder_.write("cut.pcap", whole.substr(0, whole.size() - 3));
  const auto result = run({"--capture", cut, "-o", "json"});
  EXPECT_EQ(result.status, kYes);
  EXPECT_THAT(result.err, HasSubstr("record 5 at byte "));
  EXPECT_EQ(json::parse(result.out).at("packets").at("in"), 4);
}

TEST_F(ReplayTest, ReportsOnOnePageThatNeedsNothingElse) {
  const auto page = folder_.file("r.html");
  ASSERT_EQ(run({"--capture", mixed(), "--report", page}).status, kYes);
  const auto html = Folder::read(page);
  EXPECT_THAT(html, HasSubstr("ENI_SG_RULES_MISMATCH"));
  EXPECT_THAT(html, HasSubstr("web/ingress/1"));
  EXPECT_THAT(html, HasSubstr("never hit"));
  EXPECT_THAT(html, Not(HasSubstr("http://")));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
}

TEST_F(ReplayTest, RefusesWrongUse) {
  const auto capture = mixed();
  EXPECT_EQ(run({}).status, kBadInput);
  EXPECT_EQ(run({"--capture", capture, "--in", "inside=" + capture}).status, kBadInput);
  EXPECT_EQ(run({"--in", "nowhere=" + capture}).status, kBadInput);
  EXPECT_EQ(run({"--in", capture}).status, kBadInput);
  EXPECT_EQ(run({"--capture", folder_.file("missing")}).status, kBadInput);
  EXPECT_EQ(run({"--capture", capture, "--out", "/proc/no"}).status, kBadInput);
}

}  // namespace
}  // namespace sallyport::control::test
