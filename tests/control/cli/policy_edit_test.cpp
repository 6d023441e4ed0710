// Edits of a document: what they add, what they take, what they refuse, and that the rest stays as it was.
#include "control/cli/policy_edit.h"

#include <gmock/gmock.h>

#include <functional>

#include "control/store/document_text.h"

namespace sallyport::control::test {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::HasSubstr;

constexpr const char* kDocument = R"({
  "version": 1,
  "vpc": { "cidr_blocks": ["10.0.0.0/16"] },
  "prefix_lists": { "office": ["198.51.100.0/24"] },
  "security_groups": {
    "web": { "description": "front", "ingress": [
      { "protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ["0.0.0.0/0"], "security_groups": ["db"] },
      { "protocol": 17, "from_port": 53, "to_port": 53, "cidr_blocks": ["10.0.0.0/8", "192.0.2.0/24"] },
      { "protocol": "icmp", "self": true } ] },
    "db": {},
    "a/b~c": { "ingress": [] },
    "both": {} },
  "network_acls": {
    "public": { "ingress": [ { "rule_no": 100, "action": "allow", "protocol": "-1", "cidr_block": "0.0.0.0/0" } ] },
    "both": {} },
  "interfaces": { "app-1": { "security_groups": ["web"] }, "bare": {} }
})";

GroupRuleText tcp(const std::string& port, PeerText peer) { return {{"tcp", port, ""}, std::move(peer), ""}; }
PeerText cidr(const std::string& text) { return {text, "", "", false}; }
PeerText group(const std::string& name) { return {"", name, "", false}; }
PeerText self() { return {"", "", "", true}; }

struct Case {
  std::string description;
  std::function<Edited(PolicyEdit&)> edit;
  std::string operations;  // as JSON, or
  std::string error;       // what the error contains
};

TEST(PolicyEdit, MakesTheOperationsThatWereAskedFor) {
  const std::vector<Case> cases{
      {"a rule", [](PolicyEdit& e) { return e.add_group_rule("web", "ingress", tcp("80", cidr("0.0.0.0/0"))); },
       R"([{"op":"add","path":"/security_groups/web/ingress/-","value":
           {"protocol":"tcp","from_port":80,"to_port":80,"cidr_blocks":["0.0.0.0/0"]}}])",
       ""},
      {"a range from a group",
       [](PolicyEdit& e) { return e.add_group_rule("web", "ingress", tcp("80-90", group("db"))); },
       R"([{"op":"add","path":"/security_groups/web/ingress/-","value":
           {"protocol":"tcp","from_port":80,"to_port":90,"security_groups":["db"]}}])",
       ""},
      {"the same peer with another port is another rule",
       [](PolicyEdit& e) { return e.add_group_rule("web", "ingress", tcp("444", cidr("0.0.0.0/0"))); },
       R"([{"op":"add","path":"/security_groups/web/ingress/-","value":
           {"protocol":"tcp","from_port":444,"to_port":444,"cidr_blocks":["0.0.0.0/0"]}}])",
       ""},
      {"a direction that was not written",
       [](PolicyEdit& e) { return e.add_group_rule("db", "egress", tcp("80", self())); },
       R"([{"op":"add","path":"/security_groups/db/egress","value":[]},
           {"op":"add","path":"/security_groups/db/egress/-","value":{"protocol":"tcp","from_port":80,"to_port":80,"self":true}}])",
       ""},
      {"a name with slash and tilde",
       [](PolicyEdit& e) { return e.add_group_rule("a/b~c", "ingress", tcp("80", self())); },
       R"([{"op":"add","path":"/security_groups/a~1b~0c/ingress/-","value":{"protocol":"tcp","from_port":80,"to_port":80,"self":true}}])",
       ""},
      {"a duplicate beside other peers",
       [](PolicyEdit& e) { return e.add_group_rule("web", "ingress", tcp("443", group("db"))); }, "", "already"},
      {"a duplicate in other words",
       [](PolicyEdit& e) { return e.add_group_rule("web", "ingress", {{"udp", "53", ""}, cidr("192.0.2.0/24"), ""}); },
       "", "already"},
      {"absent and explicit any of ICMP",
       [](PolicyEdit& e) { return e.add_group_rule("web", "ingress", {{"icmp", "", "-1/-1"}, self(), ""}); }, "",
       "already"},
      {"one peer of several leaves the others",
       [](PolicyEdit& e) {
         return e.remove_group_rule("web", "ingress", {{"udp", "53", ""}, cidr("192.0.2.0/24"), ""});
       },
       R"([{"op":"remove","path":"/security_groups/web/ingress/1/cidr_blocks/1"}])", ""},
      {"the last of a kind takes its member along",
       [](PolicyEdit& e) { return e.remove_group_rule("web", "ingress", tcp("443", group("db"))); },
       R"([{"op":"remove","path":"/security_groups/web/ingress/0/security_groups"}])", ""},
      {"the last peer takes the rule along",
       [](PolicyEdit& e) { return e.remove_group_rule("web", "ingress", {{"icmp", "", ""}, self(), ""}); },
       R"([{"op":"remove","path":"/security_groups/web/ingress/2"}])", ""},
      {"a rule that is not there",
       [](PolicyEdit& e) { return e.remove_group_rule("web", "ingress", tcp("22", self())); }, "", "no such"},
      {"a misspelt group", [](PolicyEdit& e) { return e.add_group_rule("wbe", "ingress", tcp("80", self())); }, "",
       "did you mean \"web\""},
      {"ports with all",
       [](PolicyEdit& e) { return e.add_group_rule("web", "ingress", {{"all", "80", ""}, self(), ""}); }, "", "--port"},
      {"tcp without ports",
       [](PolicyEdit& e) { return e.add_group_rule("web", "ingress", {{"tcp", "", ""}, self(), ""}); }, "", "--port"},
      {"no protocol", [](PolicyEdit& e) { return e.add_group_rule("web", "ingress", {{"tpc", "1", ""}, self(), ""}); },
       "", "tpc"},
      {"an ACL's entry",
       [](PolicyEdit& e) {
         return e.add_acl_entry("public", "ingress", {50, "deny", {"tcp", "22", ""}, "192.0.2.0/24"});
       },
       R"([{"op":"add","path":"/network_acls/public/ingress/-","value":{"rule_no":50,"action":"deny","protocol":"tcp",
           "cidr_block":"192.0.2.0/24","from_port":22,"to_port":22}}])",
       ""},
      {"a number that is taken",
       [](PolicyEdit& e) {
         return e.add_acl_entry("public", "ingress", {100, "deny", {"tcp", "22", ""}, "192.0.2.0/24"});
       },
       "", "already"},
      {"another entry in its place",
       [](PolicyEdit& e) {
         return e.replace_acl_entry("public", "ingress", {100, "deny", {"icmp", "", "8/0"}, "0.0.0.0/0"});
       },
       R"([{"op":"replace","path":"/network_acls/public/ingress/0","value":{"rule_no":100,"action":"deny","protocol":"icmp",
           "cidr_block":"0.0.0.0/0","icmp_type":8,"icmp_code":0}}])",
       ""},
      {"nothing to replace",
       [](PolicyEdit& e) {
         return e.replace_acl_entry("public", "egress", {100, "deny", {"all", "", ""}, "0.0.0.0/0"});
       },
       "", "no egress rule 100"},
      {"an entry goes", [](PolicyEdit& e) { return e.remove_acl_entry("public", "ingress", 100); },
       R"([{"op":"remove","path":"/network_acls/public/ingress/0"}])", ""},
      {"host bits",
       [](PolicyEdit& e) { return e.add_acl_entry("public", "ingress", {50, "deny", {"all", "", ""}, "10.0.0.1/8"}); },
       "", "10.0.0.0/8"},
      {"a member", [](PolicyEdit& e) { return e.add_member("app-1", "db"); },
       R"([{"op":"add","path":"/interfaces/app-1/security_groups/-","value":"db"}])", ""},
      {"a member of the default group by default", [](PolicyEdit& e) { return e.add_member("bare", "db"); },
       R"([{"op":"add","path":"/interfaces/bare/security_groups","value":["default"]},
           {"op":"add","path":"/interfaces/bare/security_groups/-","value":"db"}])",
       ""},
      {"a member already", [](PolicyEdit& e) { return e.add_member("app-1", "web"); }, "", "already"},
      {"no member", [](PolicyEdit& e) { return e.remove_member("app-1", "db"); }, "", "no member"},
      {"the last group", [](PolicyEdit& e) { return e.remove_member("app-1", "web"); }, "", "last group"},
      {"no interface", [](PolicyEdit& e) { return e.add_member("app-2", "web"); }, "", "did you mean \"app-1\""},
      {"a prefix", [](PolicyEdit& e) { return e.add_prefix("office", "192.0.2.7/32"); },
       R"([{"op":"add","path":"/prefix_lists/office/-","value":"192.0.2.7/32"}])", ""},
      {"a prefix already", [](PolicyEdit& e) { return e.add_prefix("office", "198.51.100.0/24"); }, "", "already"},
      {"a prefix goes", [](PolicyEdit& e) { return e.remove_prefix("office", "198.51.100.0/24"); },
       R"([{"op":"remove","path":"/prefix_lists/office/0"}])", ""},
      {"no such prefix", [](PolicyEdit& e) { return e.remove_prefix("office", "10.0.0.0/8"); }, "", "does not hold"},
      {"no such list", [](PolicyEdit& e) { return e.add_prefix("home", "10.0.0.0/8"); }, "", "no prefix list"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.description);
    PolicyEdit edit(Json::parse(kDocument));
    const Edited edited = c.edit(edit);
    EXPECT_EQ(edited.has_value(), c.error.empty()) << (edited ? "" : edited.error());
    if (!edited) {
      EXPECT_THAT(edited.error(), HasSubstr(c.error));
    } else {
      EXPECT_EQ(edit.operations(), Json::parse(c.operations)) << edit.operations().dump();
      EXPECT_EQ(edit.document(), Json::parse(kDocument).patch(edit.operations()));
    }
  }
}

TEST(PolicyEdit, TheImplicitDefaultsAreWrittenDownBeforeTheyAreChanged) {
  PolicyEdit edit(Json::parse(R"({ "version": 1 })"));
  ASSERT_TRUE(edit.add_group_rule("default", "ingress", tcp("22", cidr("0.0.0.0/0"))));
  ASSERT_TRUE(edit.remove_acl_entry("default", "egress", 100));
  const Json& group = edit.document()["security_groups"]["default"];
  EXPECT_EQ(group["ingress"].size(), 2U);
  EXPECT_EQ(group["ingress"][0]["self"], true);
  EXPECT_EQ(group["egress"].size(), 1U);
  EXPECT_EQ(edit.document()["network_acls"]["default"]["egress"].size(), 0U);
  EXPECT_EQ(edit.document()["network_acls"]["default"]["ingress"].size(), 1U);
}

TEST(PolicyEdit, ANameOfBothKindsNeedsItsPrefix) {
  const PolicyEdit edit(Json::parse(kDocument));
  const struct {
    const char* name;
    const char* owner;  // "sg web", or
    const char* error;
  } rows[] = {{"web", "sg web", ""},
              {"sg:web", "sg web", ""},
              {"public", "acl public", ""},
              {"acl:both", "acl both", ""},
              {"sg:both", "sg both", ""},
              {"both", "", "say sg:both or acl:both"},
              {"default", "", "say sg:default"},
              {"pubic", "", "did you mean \"public\""}};
  for (const auto& row : rows) {
    const auto owner = edit.owner_named(row.name);
    EXPECT_EQ(owner ? (owner->is_acl ? "acl " : "sg ") + owner->name : "", row.owner) << row.name;
    if (!owner) {
      EXPECT_THAT(owner.error(), HasSubstr(row.error));
    }
  }
}

TEST(DocumentText, KeepsOrderAndLaysOutLikeAPerson) {
  const std::string text = R"({
  "version": 1,
  "zebra": {
    "web": { "ingress": [{ "protocol": "tcp", "from_port": 443 }] },
    "empty": {}
  },
  "apple": { "a": ["10.0.0.0/8"] }
}
)";
  const std::string again = document_text(Json::parse(text));
  EXPECT_EQ(Json::parse(again).dump(), Json::parse(text).dump());
  EXPECT_THAT(again, HasSubstr("{ \"protocol\": \"tcp\", \"from_port\": 443 }"));
  EXPECT_LT(again.find("zebra"), again.find("apple"));
}

TEST(DocumentText, PatchesThatDoNotFitAreRefusedInWords) {
  const std::string document = R"({ "a": [1] })";
  const struct {
    std::string patch;
    const char* error;
  } rows[] = {{R"([{"op":"remove","path":"/b"}])", "refused"},
              {R"([{"op":"test","path":"/a/0","value":2}])", "refused"},
              {R"({"op":"remove"})", "refused"},
              {R"([{"op":"fly","path":"/a"}])", "refused"},
              {"[", "refused"},
              {"", "refused"},
              {std::string(100000, '['), "deeper"}};
  for (const auto& row : rows) {
    const auto patched = patched_document(document, row.patch);
    ASSERT_FALSE(patched) << row.patch.substr(0, 40);
    EXPECT_THAT(patched.error(), HasSubstr(row.error));
    EXPECT_FALSE(patched.error().contains("json.exception"));
  }
  EXPECT_EQ(Json::parse(*patched_document(document, R"([{"op":"add","path":"/a/-","value":2}])")),
            Json::parse(R"({"a":[1,2]})"));
}

}  // namespace
}  // namespace sallyport::control::test
