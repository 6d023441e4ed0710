// The benchmark's methods agree on small policies, and its reports are what they should be.
#include "tools/bench/classify.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "rules/compile/compile.h"
#include "rules/decide/policy_view.h"
#include "tools/bench/report.h"

namespace sallyport::bench {
namespace {

ClassifyRequest small_request(std::uint64_t seed, Shape shape) {
  ClassifyRequest request{
      .rules = {7, 250}, .shapes = {shape}, .seed = seed, .packets = 600, .runs = 1, .round_cycles = 1};
  request.acl = {.time = std::chrono::seconds(20), .bytes = std::size_t{512} << 20U};
  return request;
}

TEST(Classify, AllMethodsAgree) {
  for (const Shape shape : {Shape::vpc, Shape::sets, Shape::one}) {
    const ClassifyResult result = run_classify(small_request(2, shape), [](const auto&) {});
    ASSERT_EQ(result.measurements.size(), 2U * 2 * 2 * 4);
    for (const Measurement& m : result.measurements) {
      EXPECT_EQ(m.wrong, 0U) << m.name << ' ' << m.method << ' ' << m.rules;
      EXPECT_GT(m.cycles.median, 0) << m.name << ' ' << m.method;
    }
    for (const BuildMeasurement& b : result.builds) EXPECT_EQ(b.problem, "") << b.method << ' ' << b.rules;
  }
}

TEST(Workload, TheOracleSaysWhatAScanSays) {
  for (const auto& [shape, family] : {std::pair(Shape::sets, Family::ipv4), std::pair(Shape::one, Family::ipv4),
                                      std::pair(Shape::vpc, Family::ipv4), std::pair(Shape::sets, Family::ipv6),
                                      std::pair(Shape::one, Family::ipv6), std::pair(Shape::vpc, Family::ipv6)}) {
    const Workload workload = make_workload({.rules = 350, .shape = shape, .family = family, .seed = 3});
    const Oracle oracle(workload);
    for (const Packet& packet : hits(workload, 1000, 4)) {
      EXPECT_NE(oracle.decide(packet), kNoRule);
      EXPECT_EQ(oracle.decide(packet), scan(workload.rules, packet));
    }
    for (const Packet& packet : misses(workload, oracle, 1000, 5)) {
      EXPECT_EQ(scan(workload.rules, packet), kNoRule);
    }
  }
}

TEST(Workload, ASeedGivesTheSameRules) {
  const Workload a = make_workload({.rules = 300, .shape = Shape::sets, .seed = 9});
  const Workload b = make_workload({.rules = 300, .shape = Shape::sets, .seed = 9});
  EXPECT_EQ(a.sets.size(), 3U);
  EXPECT_EQ(a.policy.interfaces.size(), 3U);
  for (std::size_t i = 0; i < a.rules.size(); ++i) EXPECT_EQ(a.rules[i].base, b.rules[i].base);
}

TEST(AclPeer, SaysWhyItCouldNotBuild) {
  const Workload workload = make_workload({.rules = 20'000, .shape = Shape::sets, .seed = 1});
  const std::vector<std::vector<Packet>> traffics{hits(workload, 10, 1)};
  const auto late = AclPeer::start(workload, traffics, AclOrder::set_first, {.time = std::chrono::seconds(0)});
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error(), "not built within 0 s");
  const auto tight = AclPeer::start(workload, traffics, AclOrder::set_first, {.bytes = std::size_t{64} << 20U});
  ASSERT_FALSE(tight.has_value());
  EXPECT_NE(tight.error(), "");
}

ClassifyResult sample_result() {
  ClassifyResult result{.request = {}, .machine = {.cpu = "a <processor>", .processors = 2, .tsc_hz = 2'000'000'000}};
  for (const std::uint32_t rules : {10U, 1000U}) {
    for (const char* method : {"sallyport", "sallyport-burst", "rte_acl", "scan"}) {
      result.measurements.push_back({.name = "classify/sets/ipv4/hit",
                                     .method = method,
                                     .rules = rules,
                                     .packets = 100,
                                     .pages = "small",
                                     .cycles = {.min = 19.96, .median = 40, .max = 50},
                                     .checksum = 0xAB});
    }
  }
  result.builds.push_back({.shape = "sets",
                           .family = "ipv4",
                           .method = "sallyport",
                           .rules = 10,
                           .seconds = 0.5,
                           .table_bytes = 100,
                           .peak_bytes = 200});
  result.builds.push_back(
      {.shape = "sets", .family = "ipv4", .method = "rte_acl", .rules = 10, .problem = "not built within 300 s"});
  return result;
}

TEST(Report, JsonHasWhatTheSchemaSays) {
  const auto json = to_json(sample_result());
  EXPECT_EQ(json.at("schema"), "sallyport/bench/1");
  EXPECT_EQ(json.at("machine").at("cpu"), "a <processor>");
  EXPECT_EQ(json.at("wrong"), 0);
  ASSERT_EQ(json.at("results").size(), 8U);
  const auto& first = json.at("results").at(0);
  EXPECT_EQ(first.at("case"), "classify/sets/ipv4/hit");
  EXPECT_EQ(first.at("method"), "sallyport");
  EXPECT_EQ(first.at("cycles_per_packet").dump(), R"({"min":20.0,"median":40.0,"max":50.0})");
  EXPECT_EQ(first.at("mpps").dump(), R"({"median":50.0})");
  EXPECT_EQ(first.at("checksum"), "00000000000000ab");
  for (const char* key : {"rules", "packets", "burst", "pages", "protocol", "runs", "tsc_hz", "wrong"}) {
    EXPECT_TRUE(first.contains(key)) << key;
  }
  EXPECT_EQ(json.at("builds").at(0).at("table_bytes"), 100);
  EXPECT_EQ(json.at("builds").at(1).at("problem"), "not built within 300 s");
  EXPECT_FALSE(json.at("builds").at(1).contains("seconds"));
}

TEST(Report, WrongAnswersAreTold) {
  ClassifyResult result = sample_result();
  EXPECT_NE(to_table(result).find("all methods gave the same answers"), std::string::npos);
  result.measurements[3].wrong = 2;
  EXPECT_EQ(to_json(result).at("wrong"), 2);
  EXPECT_NE(to_table(result).find("FAILED: 2 answers differ"), std::string::npos);
}

TEST(Report, ThePlotIsDrawnFromTheJson) {
  const auto svg = to_plot(to_json(sample_result()).dump());
  ASSERT_TRUE(svg.has_value());
  EXPECT_TRUE(svg->starts_with("<svg "));
  EXPECT_TRUE(svg->ends_with("</svg>\n"));
  EXPECT_NE(svg->find("a &lt;processor&gt;"), std::string::npos);
  EXPECT_NE(svg->find("rte_acl"), std::string::npos);
  for (const char* bad : {"", "[]", "{}", R"({"schema":"other/1"})", R"({"schema":"sallyport/bench/1","results":[]})",
                          R"({"schema":"sallyport/bench/1","results":[{"case":1}]})"}) {
    EXPECT_FALSE(to_plot(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace sallyport::bench
