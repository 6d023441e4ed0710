// What lint says of the example networks, letter by letter, and that it knows a word for all of it.
#include "tests/rules/analyze/lint_rows.h"
#include "tests/support/paths.h"

namespace sallyport::rules {
namespace {

using testing_support::lint_of;
using testing_support::places;

TEST(Lint, KnowsTheExampleNetworks) {
  struct Example {
    const char* file;
    const char* expected;
  };
  const Example examples[] = {
      {"/examples/appliance/policy.json", ""},
      {"/examples/docker-host/policy.json", "open-admin-port /security_groups/ec2/ingress/0 -> /interfaces/ec2"},
      {"/examples/ecs-behind-alb/policy.json", ""},
      {"/examples/fargate-microservices/policy.json", ""},
      {"/examples/networking-module/policy.json",
       "acl-drops-replies /network_acls/pubnacl/egress/0 -> /network_acls/pubnacl\n"
       "nat-gateway-starved /nat_gateways/nat1 -> /network_acls/pubnacl"},
      {"/examples/three-tier/policy.json", ""},
      {"/tests/rules/document/data/format-example.json", ""},
      {"/tests/rules/analyze/data/format-example-without-120.json",
       "acl-drops-replies /network_acls/public/egress/0 -> /network_acls/public\n"
       "nat-gateway-starved /nat_gateways/nat-a -> /network_acls/public"},
  };
  for (const auto& example : examples) {
    const auto text = testing_support::read_file(source_folder() + example.file);
    EXPECT_EQ(places(lint_of(text)), example.expected) << example.file;
  }
}

// Letter by letter what a person sees.
TEST(Lint, IsSaidLetterByLetter) {
  const auto folder = source_folder() + "/tests/rules/analyze/data/";
  for (const std::string name : {"format-example-without-120", "covered"}) {
    const auto text = testing_support::read_file(folder + name + ".json");
    EXPECT_EQ(render(lint_of(text), name + ".json", text), testing_support::read_file(folder + name + ".expected"));
  }
}

TEST(Lint, HasAMeaningAndARemedyForEveryKind) {
  for (const auto& text : lint_texts()) {
    EXPECT_FALSE(text.name.empty() || text.meaning.empty() || text.remedy.empty());
    EXPECT_EQ(&text_of(text.kind), &text);
  }
}

// Each kind stands in a row, by its name and a place.
TEST(Lint, IsProvokedToSayEveryKind) {
  std::string rows;
  for (const auto* file : {"lint_rules_test.cpp", "lint_ways_test.cpp", "lint_test.cpp"}) {
    rows += testing_support::read_file(source_folder() + "/tests/rules/analyze/" + file);
  }
  for (const auto& text : lint_texts()) EXPECT_TRUE(rows.contains(std::string(text.name) + " /")) << text.name;
}

TEST(Lint, SaysWhereItStoppedComparing) {
  std::string text =
      R"({"version": 1, "vpc": {"cidr_blocks": ["10.0.0.0/16"]}, "security_groups": {"g": {"ingress": [)";
  for (int port = 0; port < 20000; ++port) {
    const auto number = std::to_string(port * 2);
    text += (port > 0 ? "," : "") + std::string(R"({"protocol":"tcp","from_port":)") + number + R"(,"to_port":)" +
            number + R"(,"cidr_blocks":["0.0.0.0/0"]})";
  }
  text += R"(]}}, "subnets": {"a": {"cidr_block": "10.0.1.0/24", "security_groups": ["g"]}}})";
  EXPECT_EQ(places(lint_of(text)), "not-compared /security_groups/g/ingress/0");
}

}  // namespace
}  // namespace sallyport::rules
