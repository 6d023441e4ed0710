// Public captures, each under a policy that allows all and behind source NAT: no crash, the books balance, the same
// bytes twice. Skipped, and said so, where the captures are not there.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "control/cli/command.h"
#include "tests/control/cli/run_cli.h"
#include "tests/support/paths.h"

namespace sallyport::control::test {
namespace {

const std::string kAllowAll = R"({
  "version": 1,
  "vpc": { "cidr_blocks": ["0.0.0.0/1", "128.0.0.0/1"] },
  "security_groups": { "open": { "ingress": [ { "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"] } ],
                                 "egress": [ { "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"] } ] } },
  "subnets": { "low": { "cidr_block": "0.0.0.0/1", "security_groups": ["open"] },
               "high": { "cidr_block": "128.0.0.0/1", "security_groups": ["open"] } }
})";

const std::string kBehindNat = R"({
  "version": 1,
  "vpc": { "cidr_blocks": ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"], "internet_gateway": true },
  "security_groups": { "open": { "ingress": [ { "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"] } ],
                                 "egress": [ { "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"] } ] } },
  "route_tables": { "nat": [ { "cidr_block": "0.0.0.0/0", "nat_gateway": "n" } ],
                    "internet": [ { "cidr_block": "0.0.0.0/0", "gateway": "internet" } ] },
  "subnets": { "ten": { "cidr_block": "10.0.0.0/9", "route_table": "nat", "security_groups": ["open"] },
               "nat": { "cidr_block": "10.255.0.0/24", "route_table": "internet" },
               "b": { "cidr_block": "172.16.0.0/12", "route_table": "nat", "security_groups": ["open"] },
               "c": { "cidr_block": "192.168.0.0/16", "route_table": "nat", "security_groups": ["open"] } },
  "nat_gateways": { "n": { "subnet": "nat", "private_ip": "10.255.0.10", "public_ips": ["203.0.113.5"] } }
})";

// A small flow table: two hundred replays shall not spend their time on clearing memory.
std::string gateway(const std::string& subnets, const std::string& more) {
  return R"({ "version": 1, "max_flows": 8192, "ports": { "inside": { "device": "tap:a", "mtu": 9216, "subnets": )" +
         subnets + " }" + more + " } }";
}
constexpr const char* kUplink =
    R"(, "internet": { "device": "tap:b", "uplink": { "address": "192.0.0.9/29", "gateway": "192.0.0.10" } })";

std::filesystem::path captures_folder() {
  const char* named = std::getenv("SALLYPORT_PCAPS");
  return named != nullptr ? std::filesystem::path(named) : std::filesystem::path(source_folder()) / "../shared/pcaps";
}

std::vector<std::string> captures() {
  std::vector<std::string> files;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(captures_folder(), missing)) {
    if (entry.path().extension() == ".pcap") files.push_back(entry.path().string());
  }
  std::ranges::sort(files);
  return files;
}

void expect_balanced(const nlohmann::json& sum) {
  const auto& p = sum.at("packets");
  const auto n = [&p](const char* key) { return p.at(key).get<std::uint64_t>(); };
  EXPECT_EQ(n("in"), n("forwarded") + n("dropped") + n("consumed") + n("held"));
  EXPECT_EQ(n("out"), n("forwarded") + n("originated") + n("fragments_added"));
  std::uint64_t drops = 0;
  for (const auto& count : sum.at("drops")) drops += count.get<std::uint64_t>();
  EXPECT_EQ(n("dropped"), drops);
}

void replay_all_twice(const std::string& policy_text, const std::string& gateway_text) {
  const auto files = captures();
  if (files.empty()) GTEST_SKIP() << "no captures in " << captures_folder() << " (SALLYPORT_PCAPS names a folder)";
  const Folder folder;
  const auto policy = folder.write("policy.json", policy_text);
  const auto ports = folder.write("gateway.json", gateway_text);
  for (const auto& file : files) {
    SCOPED_TRACE(file);
    std::vector<std::string> results;
    for (const auto* out : {"a", "b"}) {
      const auto result = run_cli({"replay", "--policy", policy, "--gateway", ports, "--capture", file, "--out",
                                   folder.file(out), "-o", "json"});
      ASSERT_EQ(result.status, kYes) << result.err;
      expect_balanced(nlohmann::json::parse(result.out));
      results.push_back(result.out + Folder::read(folder.file(out) + "/inside.pcap") +
                        Folder::read(folder.file(out) + "/internet.pcap"));
    }
    EXPECT_TRUE(results[0] == results[1]) << "two runs differ";
  }
}

TEST(PublicCaptures, BalanceAndRepeatWhereAllIsAllowed) {
  replay_all_twice(kAllowAll, gateway(R"(["low", "high"])", ""));
}

TEST(PublicCaptures, BalanceAndRepeatBehindNat) {
  replay_all_twice(kBehindNat, gateway(R"(["ten", "b", "c"])", kUplink));
}

}  // namespace
}  // namespace sallyport::control::test
