// What is written is read again as the same policy; same_meaning tells text from behaviour.
#include <gmock/gmock.h>

#include <random>

#include "tests/rules/document/documents_support.h"
#include "tests/support/paths.h"

namespace sallyport::rules {
namespace {

Policy read_right(const std::string& text) {
  auto read = read_policy(text, "policy.json");
  EXPECT_TRUE(read) << testing_support::in_short(read.error()) << '\n' << text;
  return read ? std::move(read->policy) : Policy{};
}

void expect_round_trip(const std::string& text) {
  const auto policy = read_right(text);
  const auto written = write_policy(policy);
  const auto again = read_right(written);
  EXPECT_TRUE(same_meaning(policy, again)) << written;
  EXPECT_EQ(write_policy(again), written);
}

TEST(WritePolicy, WhatIsWrittenIsReadAgain) {
  expect_round_trip(testing_support::data("format-example.json"));
  for (const auto* name :
       {"networking-module", "ecs-behind-alb", "three-tier", "docker-host", "fargate-microservices", "appliance"}) {
    expect_round_trip(testing_support::read_file(source_folder() + "/examples/" + name + "/policy.json"));
  }
}

// A random small policy that uses every section and option.
class RandomDocument {
 public:
  explicit RandomDocument(std::uint32_t seed) : random_(seed) {}

  std::string text() {
    nlohmann::json document{{"version", 1}, {"vpc", {{"cidr_blocks", {"10.0.0.0/16"}}, {"internet_gateway", true}}}};
    document["prefix_lists"]["p"] = {"192.0.2.0/24", "198.51.100.0/24"};
    for (const auto* group : {"a", "b", "default"}) {
      for (const auto* direction : {"ingress", "egress"}) {
        for (auto rules = below(4); rules > 0; --rules) document["security_groups"][group][direction].push_back(rule());
      }
    }
    for (const auto* group : {"a", "b"}) document["security_groups"][group]["description"] = std::string(below(3), 'd');
    for (int number = 1; number < 9; ++number) {
      if (chance()) document["network_acls"]["n"][chance() ? "ingress" : "egress"].push_back(entry(number * 100));
    }
    document["network_acls"]["n"].emplace("ingress", nlohmann::json::array());
    document["route_tables"]["r"] =
        nlohmann::json::array({route("cidr_block", "0.0.0.0/0"), route("prefix_list", "p")});
    document["subnets"] = {{"s", {{"cidr_block", "10.0.1.0/24"}, {"route_table", "r"}, {"network_acl", "n"}}},
                           {"t", {{"cidr_block", "10.0.2.0/24"}, {"security_groups", {"a"}}}}};
    document["interfaces"]["i"] = interface();
    document["nat_gateways"]["g"] = {{"subnet", "t"}, {"private_ip", "10.0.2.9"}, {"public_ips", {"203.0.113.9"}}};
    document["options"] = options();
    return document.dump();
  }

 private:
  std::uint32_t below(std::uint32_t limit) {
    return std::uniform_int_distribution<std::uint32_t>(0, limit - 1)(random_);
  }
  bool chance() { return below(2) == 0; }

  void add_traffic(nlohmann::json& object, const char* type, const char* code) {
    switch (below(4)) {
      case 0:
        object["protocol"] = chance() ? nlohmann::json("udp") : nlohmann::json(6);
        object["from_port"] = below(1000);
        object["to_port"] = 1000 + below(64536);
        break;
      case 1:
        object["protocol"] = "icmp";
        object[type] = below(256);
        if (chance()) object[code] = below(256);
        break;
      case 2:
        object["protocol"] = below(256) / 6 * 6 + 2;  // no 1, 6, 17 or 58 among them
        break;
      default:
        object["protocol"] = "all";
    }
  }

  nlohmann::json rule() {
    nlohmann::json rule;
    add_traffic(rule, "from_port", "to_port");
    if (chance()) rule["cidr_blocks"] = {"10.0.0.0/" + std::to_string(8 + below(9)), "0.0.0.0/0"};
    if (chance()) rule["security_groups"] = {"b", "default"};
    if (chance()) rule["prefix_lists"] = {"p"};
    if (chance()) rule["description"] = "\u00e4 \"quoted\"";
    rule["self"] = rule.size() < 3 || chance() ||
                   !(rule.contains("cidr_blocks") || rule.contains("security_groups") || rule.contains("prefix_lists"));
    return rule;
  }

  nlohmann::json entry(int number) {
    nlohmann::json entry{{"rule_no", number}, {"action", chance() ? "allow" : "deny"}, {"cidr_block", "192.0.2.0/24"}};
    add_traffic(entry, "icmp_type", "icmp_code");
    return entry;
  }

  nlohmann::json route(const char* kind, const char* destination) {
    nlohmann::json route{{kind, destination}};
    switch (below(4)) {
      case 0:
        route["gateway"] = "internet";
        break;
      case 1:
        route["nat_gateway"] = "g";
        break;
      case 2:
        route["interface"] = "i";
        break;
      default:
        route["blackhole"] = true;
    }
    return route;
  }

  nlohmann::json interface() {
    nlohmann::json interface{
        {"subnet", "s"}, {"private_ips", {"10.0.1.9", "10.0.1.7"}}, {"source_dest_check", chance()}};
    if (chance()) interface["public_ip"] = "203.0.113.7";
    if (chance()) interface["security_groups"] = {"b", "a"};
    if (chance()) interface["mac"] = "02:00:00:00:00:AA";
    if (chance()) interface["timeouts"] = {{"udp", 30 + below(31)}, {"other", 1 + below(1000)}};
    if (chance()) interface["publish"] = {"80-81:172.17.0.2:8080-8081/udp", "10.0.1.7:80:172.17.0.2:80"};
    return interface;
  }

  nlohmann::json options() {
    constexpr std::array<const char*, 3> kChanges{"keep", "revalidate", "cut"};
    return {{"on_policy_change", kChanges[below(3)]},
            {"tcp_pickup", chance()},
            {"allow_private_internet", chance()},
            {"timeouts", {{"tcp_syn", 1 + below(100)}, {"nat", 1 + below(1000)}, {"udp_stream", 60 + below(100)}}}};
  }

  std::mt19937 random_;
};

TEST(WritePolicy, RandomPoliciesSurviveTheRoundTrip) {
  for (std::uint32_t seed = 0; seed < 500; ++seed) {
    SCOPED_TRACE(seed);
    expect_round_trip(RandomDocument(seed).text());
    if (HasFailure()) break;
  }
}

TEST(WriteSection, GivesASectionOrOneObjectOfIt) {
  const auto policy = read_right(testing_support::data("format-example.json"));
  EXPECT_EQ(write_section(policy, "prefix_lists", "office"), "[\n  \"198.51.100.0/24\"\n]\n");
  EXPECT_EQ(write_section(policy, "prefix_lists", ""), "{\n  \"office\": [\n    \"198.51.100.0/24\"\n  ]\n}\n");
  EXPECT_THAT(*write_section(policy, "interfaces", "app-1"), testing::HasSubstr("\"source_dest_check\": true"));
  EXPECT_THAT(*write_section(policy, "options", ""), testing::HasSubstr("\"tcp_time_wait\": 60"));
  EXPECT_EQ(write_section(policy, "options", "timeouts"), std::nullopt);
  EXPECT_EQ(write_section(policy, "interfaces", "app-2"), std::nullopt);
  EXPECT_EQ(write_section(policy, "interface", ""), std::nullopt);
}

struct MeaningRow {
  const char* description;
  const char* pointer;
  const char* value;
  bool same;
};

void PrintTo(const MeaningRow& row, std::ostream* out) { *out << row.description; }

class Meaning : public testing::TestWithParam<MeaningRow> {};

TEST_P(Meaning, IsThatOfEveryPacket) {
  const auto text = testing_support::data("format-example.json");
  const auto& row = GetParam();
  const auto changed = read_right(testing_support::changed(text, row.pointer, row.value));
  EXPECT_EQ(same_meaning(read_right(text), changed), row.same);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Meaning,
    testing::Values(MeaningRow{"a rule's description", "/security_groups/app/ingress/1/description", "\"x\"", true},
                    MeaningRow{"a group's description", "/security_groups/app/description", "\"x\"", true},
                    MeaningRow{"a default written out", "/interfaces/app-1/source_dest_check", "true", true},
                    MeaningRow{"a protocol by number", "/security_groups/app/ingress/0/protocol", "6", true},
                    MeaningRow{"a CIDR twice", "/security_groups/app/egress/0/cidr_blocks/1", "\"0.0.0.0/0\"", true},
                    MeaningRow{"a port", "/security_groups/app/ingress/0/to_port", "3001", false},
                    MeaningRow{"a peer", "/security_groups/app/ingress/0/self", "true", false},
                    MeaningRow{"an ACL's action", "/network_acls/public/ingress/0/action", "\"allow\"", false},
                    MeaningRow{"an ACL's number", "/network_acls/public/ingress/0/rule_no", "51", false},
                    MeaningRow{"a route", "/route_tables/private/1/cidr_block", "\"192.0.2.0/25\"", false},
                    MeaningRow{"a prefix list", "/prefix_lists/office/1", "\"192.0.2.0/25\"", false},
                    MeaningRow{"a subnet's groups", "/subnets/app-a/security_groups", "", false},
                    MeaningRow{"a public address", "/interfaces/alb-1/public_ip", "", false},
                    MeaningRow{"a link address", "/interfaces/alb-1/mac", "\"02:00:00:00:00:01\"", false},
                    MeaningRow{"a published port", "/interfaces/docker-host/publish", "[]", false},
                    MeaningRow{"a NAT gateway's addresses", "/nat_gateways/nat-a/public_ips", "[\"203.0.113.5\"]",
                               false},
                    MeaningRow{"an interface's timeout", "/interfaces/alb-1/timeouts", "{\"other\": 5}", false},
                    MeaningRow{"an option", "/options/allow_private_internet", "true", false},
                    MeaningRow{"the NAT timeout", "/options/timeouts/nat", "351", false},
                    MeaningRow{"another CIDR of the VPC", "/vpc/cidr_blocks/1", "\"10.9.0.0/16\"", false},
                    MeaningRow{"a name", "/security_groups/new", "{}", false}));

}  // namespace
}  // namespace sallyport::rules
