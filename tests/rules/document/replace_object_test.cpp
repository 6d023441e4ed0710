// One object of a policy read anew: what stays, what is told from it, and what has to be read whole.
#include <gtest/gtest.h>

#include "rules/document/documents.h"
#include "rules/document/positions.h"

namespace sallyport::rules {
namespace {

const std::string kDocument = R"({
  "version": 1,
  "vpc": { "cidr_blocks": ["10.0.0.0/16"], "internet_gateway": true },
  "prefix_lists": { "office": ["198.51.100.0/24"], "routed": ["192.0.2.0/24"] },
  "security_groups": {
    "web": { "ingress": [
      { "protocol": "tcp", "from_port": 80, "to_port": 80, "cidr_blocks": ["0.0.0.0/0"] },
      { "protocol": "tcp", "from_port": 22, "to_port": 22, "prefix_lists": ["office"] }] },
    "db": { "description": "Münster \"east\"" } },
  "route_tables": { "main": [{ "prefix_list": "routed", "gateway": "internet" }] },
  "subnets": { "a": { "cidr_block": "10.0.1.0/24" } },
  "interfaces": { "web-1": { "subnet": "a", "private_ips": ["10.0.1.10"], "security_groups": ["web"] } }
})";

Policy policy() { return read_policy(kDocument, "policy.json").value().policy; }

TEST(ReplaceObject, KnowsTheTextOfEachObject) {
  EXPECT_EQ(text_of(policy(), Section::security_groups, "db"), R"({ "description": "Münster \"east\"" })");
  EXPECT_EQ(text_of(policy(), Section::prefix_lists, "office"), R"(["198.51.100.0/24"])");
  EXPECT_EQ(text_of(policy(), Section::security_groups, "default"), std::nullopt);
  EXPECT_EQ(text_of(policy(), Section::security_groups, "nobody"), std::nullopt);
  EXPECT_EQ(document_of(policy()), kDocument);
}

TEST(ReplaceObject, ChangesThatObjectAlone) {
  const Policy before = policy();
  const std::string text = R"({ "ingress": [
    { "protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ["0.0.0.0/0"] },
    { "protocol": "tcp", "from_port": 22, "to_port": 22, "prefix_lists": ["office"] }] })";
  const auto after = with_object(before, Section::security_groups, "web", text);
  ASSERT_TRUE(after);
  const auto& rules = after->security_groups.at("web").ingress;
  ASSERT_EQ(rules.size(), 2U);
  EXPECT_EQ(rules[0].where.line, kAddedLive);
  EXPECT_EQ(rules[1].where.line, 8U) << "one that stays keeps its line";
  EXPECT_EQ(&std::as_const(before).security_groups.at("db"), &std::as_const(*after).security_groups.at("db"));
  EXPECT_EQ(before.security_groups.at("web").ingress[0].traffic.from_port, 80);
  std::string expected = kDocument;
  const std::string_view old = *text_of(before, Section::security_groups, "web");
  expected.replace(expected.find(old), old.size(), text);
  EXPECT_EQ(document_of(*after), expected);
  const auto whole = read_policy(document_of(*after), "policy.json");
  ASSERT_TRUE(whole);
  EXPECT_TRUE(same_meaning(whole->policy, *after));
  EXPECT_EQ(document_of(*with_object(*after, Section::security_groups, "web", std::string(old))), kDocument);
}

struct Refused {
  const char* what;
  Section section;
  const char* name;
  const char* text;
};
class ReplaceObjectRefused : public testing::TestWithParam<Refused> {};

TEST_P(ReplaceObjectRefused, LeavesItToTheWholeDocument) {
  const auto& [what, section, name, text] = GetParam();
  EXPECT_FALSE(with_object(policy(), section, name, text)) << what;
}

INSTANTIATE_TEST_SUITE_P(
    All, ReplaceObjectRefused,
    testing::Values(Refused{"no JSON", Section::security_groups, "web", "{"},
                    Refused{"an unknown key", Section::security_groups, "web", R"({ "inbound": [] })"},
                    Refused{"more than one value", Section::security_groups, "web", R"({}, "x": {})"},
                    Refused{"an unknown group", Section::security_groups, "web",
                            R"({ "ingress": [{ "protocol": "-1", "security_groups": ["nobody"] }] })"},
                    Refused{"host bits", Section::prefix_lists, "office", R"(["198.51.100.1/24"])"},
                    Refused{"a list that routes use", Section::prefix_lists, "routed", R"(["198.51.100.0/24"])"},
                    Refused{"a group that nobody wrote", Section::security_groups, "default", "{}"},
                    Refused{"a group that is not there", Section::security_groups, "new", "{}"},
                    Refused{"another address", Section::interfaces, "web-1",
                            R"({ "subnet": "a", "private_ips": ["10.0.1.11"], "security_groups": ["web"] })"},
                    Refused{"a warning: a group named twice", Section::interfaces, "web-1",
                            R"({ "subnet": "a", "private_ips": ["10.0.1.10"], "security_groups": ["web", "web"] })"},
                    Refused{"a subnet", Section::subnets, "a", R"({ "cidr_block": "10.0.1.0/24" })"}));

TEST(ReplaceObject, PutsAnInterfaceIntoOtherGroups) {
  const auto after = with_object(policy(), Section::interfaces, "web-1",
                                 R"({ "subnet": "a", "private_ips": ["10.0.1.10"], "security_groups": ["db"] })");
  ASSERT_TRUE(after);
  EXPECT_EQ(after->interfaces.at("web-1").security_groups, std::vector<std::string>{"db"});
}

}  // namespace
}  // namespace sallyport::rules
