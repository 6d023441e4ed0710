// diff --running over many flows: all are judged, few are kept, the counts are whole.
#include <gmock/gmock.h>

#include "control/cli/command.h"
#include "tests/control/server/running_server.h"

namespace sallyport::control::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

using DiffFlows = RunningServer;

// Two hosts of app-a, the second of which asks the first.
std::string two_hosts(const std::string& rule, const std::string& on_change) {
  auto text = small_policy(rule);
  text.insert(text.find("\"subnets\""), R"("options": { "on_policy_change": ")" + on_change + R"(" }, )");
  text.insert(text.find("\"app-1\""),
              R"("app-2": { "subnet": "app-a", "private_ips": ["10.0.3.12"], "security_groups": ["web"] }, )");
  text.insert(text.rfind("] }", text.find("\"options\"")) + 1, R"(, "egress": [ { "protocol": "-1", "self": true } ])");
  return text;
}

dataplane::FlowRecord flow_of(std::uint16_t port, dataplane::Uid from, dataplane::Uid to) {
  return {.from = 0x0A00'030C,
          .to = 0x0A00'030B,
          .translated_from = 0x0A00'030C,
          .translated_to = 0x0A00'030B,
          .from_port = port,
          .to_port = 80,
          .translated_from_port = port,
          .translated_to_port = 80,
          .protocol = 6,
          .tracked_from = true,
          .tracked_to = true,
          .from_interface = from,
          .to_interface = to};
}

TEST_F(DiffFlows, AreCountedAndAFewAreTold) {
  constexpr std::uint16_t kFlows = 5'000;
  start_with(two_hosts(tcp_rule(80), "keep"));
  const auto& policy = *runtime.published.back();
  for (std::uint16_t i = 0; i < kFlows; ++i) {
    runtime.flows.push_back(flow_of(static_cast<std::uint16_t>(1024 + i), policy.uid_of(1), policy.uid_of(0)));
  }
  const auto kept = folder.write("kept.json", two_hosts(tcp_rule(443), "keep"));
  const auto again = folder.write("again.json", two_hosts(tcp_rule(443), "revalidate"));

  const auto lives = json::parse(cli({"diff", kept, "--running", "-o", "json"}).out).at("flows");
  EXPECT_EQ(lives.at("total"), kFlows);
  EXPECT_EQ(lives.at("lives"), kFlows);
  const auto told = cli({"diff", again, "--running", "--flows", "2"});
  EXPECT_EQ(told.status, kNo);
  EXPECT_THAT(told.out, HasSubstr("of 5000 flows 5000 would be cut, 0 would have packets dropped"));
  EXPECT_THAT(told.out, HasSubstr("cut  tcp 10.0.3.12:1024 (app-2) → 10.0.3.11:80 (app-1)\n"
                                  "      no ingress rule of web admits it\n"));
  EXPECT_THAT(told.out, HasSubstr("and 4998 more"));
  EXPECT_EQ(cli({"diff", again, kept, "--flows", "2"}).status, kBadInput);
}

}  // namespace
}  // namespace sallyport::control::test
