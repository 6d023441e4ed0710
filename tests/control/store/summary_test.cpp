// What a change is said to do; durations as they are typed.
#include "tests/control/store/store_fixture.h"

namespace sallyport::control {
namespace {

using Summaries = PolicyStoreTest;

TEST_F(Summaries, TheSummaryCountsRules) {
  ASSERT_TRUE(apply(small_policy(tcp_rule(80))));
  EXPECT_EQ(apply(small_policy(tcp_rule(22) + ", " + tcp_rule(443)))->summary, "2 rules added, 1 rule removed");
}

TEST_F(Summaries, TheSummaryNamesWhatChanged) {
  const auto start = small_policy(tcp_rule(80));
  ASSERT_TRUE(apply(start));
  auto edited = nlohmann::json::parse(start);
  const struct {
    const char* patch;
    const char* summary;
  } rows[] = {
      {R"([{"op":"add","path":"/interfaces/app-1/security_groups/-","value":"default"}])",
       "interface app-1 changed: joins default"},
      {R"([{"op":"replace","path":"/interfaces/app-1/security_groups","value":["web"]}])",
       "interface app-1 changed: leaves default"},
      {R"([{"op":"add","path":"/interfaces/app-1/source_dest_check","value":false}])", "interface app-1 changed"},
      {R"([{"op":"add","path":"/prefix_lists","value":{"office":["192.0.2.0/24"]}}])", "1 prefix list added"},
      {R"([{"op":"replace","path":"/prefix_lists/office","value":["192.0.2.7/32","192.0.2.8/32"]}])",
       "prefix list office changed: 2 added, 1 removed"},
      {R"([{"op":"add","path":"/options","value":{"tcp_pickup":false}}])", "options changed"},
      {R"([{"op":"add","path":"/route_tables","value":{"spare":[]}}])", "1 route table added"},
      {R"([{"op":"add","path":"/route_tables/spare/-","value":{"cidr_block":"192.0.2.0/24","blackhole":true}}])",
       "route table spare changed"},
      {R"([{"op":"remove","path":"/route_tables/spare"}])", "1 route table removed"},
      {R"([{"op":"add","path":"/vpc/cidr_blocks/-","value":"10.9.0.0/16"}])", "VPC changed"},
  };
  for (const auto& row : rows) {
    edited.patch_inplace(nlohmann::json::parse(row.patch));
    const auto outcome = apply(edited.dump());
    ASSERT_TRUE(outcome) << row.summary << outcome.error().rendered;
    EXPECT_EQ(outcome->summary, row.summary);
  }
}

TEST(Durations, TakeUnitsAndBounds) {
  const struct {
    const char* text;
    std::int64_t seconds;  // 0: refused
  } rows[] = {{"60s", 60},
              {"5m", 300},
              {"2h", 7200},
              {"90", 90},
              {"24h", 86400},
              {"25h", 0},
              {"0s", 0},
              {"", 0},
              {"-5s", 0},
              {"5d", 0},
              {"s", 0},
              {"1m30s", 0},
              {"99999999999999999999s", 0}};
  for (const auto& row : rows) {
    const auto parsed = parse_duration(row.text);
    EXPECT_EQ(parsed ? parsed->count() : 0, row.seconds) << row.text;
  }
}

}  // namespace
}  // namespace sallyport::control
