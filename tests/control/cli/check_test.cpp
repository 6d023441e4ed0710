// `check` and its warnings as typed: exit statuses, both places in text and JSON, images.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "control/cli/command.h"
#include "tests/control/cli/run_cli.h"

namespace sallyport::control::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kRight = R"({
  "version": 1,
  "vpc": { "cidr_blocks": ["10.0.0.0/16"] },
  "network_acls": { "a": {
    "ingress": [ { "rule_no": 100, "action": "allow", "protocol": "-1", "cidr_block": "0.0.0.0/0" } ],
    "egress": [ { "rule_no": 100, "action": "allow", "protocol": "-1", "cidr_block": "0.0.0.0/0" } ] } },
  "subnets": { "a": { "cidr_block": "10.0.1.0/24", "network_acl": "a" } },
  "interfaces": { "one": { "subnet": "a", "private_ips": ["10.0.1.10"] } }
})";

std::string with_dead_entry() {
  const std::string entry = R"("0.0.0.0/0" } ],)";
  auto text = kRight;
  return text.replace(text.find(entry), entry.size(), R"("0.0.0.0/0" },
      { "rule_no": 110, "action": "deny", "protocol": "-1", "cidr_block": "192.0.2.0/24" } ],)");
}

TEST(CheckWarnings, CountUnderStrict) {
  const Folder folder;
  const auto right = folder.write("right.json", kRight);
  const auto warned = folder.write("warned.json", with_dead_entry());
  const auto quiet = run_cli({"check", right, "--strict"});
  EXPECT_EQ(quiet.status, kYes) << quiet.err;
  EXPECT_THAT(quiet.err, IsEmpty());
  EXPECT_EQ(run_cli({"check", warned}).status, kYes);
  EXPECT_EQ(run_cli({"check", warned, "--strict"}).status, kNo);
  EXPECT_THAT(run_cli({"check", warned}).out, HasSubstr("warned.json: ok, 1 warning"));
}

TEST(CheckWarnings, ShowBothPlaces) {
  const Folder folder;
  const auto warned = folder.write("warned.json", with_dead_entry());
  const auto text = run_cli({"check", warned}).err;
  EXPECT_THAT(text, HasSubstr(warned + ":6:7: warning: entry 110 (deny all from 192.0.2.0/24) never decides"));
  EXPECT_THAT(text, HasSubstr("[acl-entry-never-decides]\n          { \"rule_no\": 110"));
  EXPECT_THAT(text, HasSubstr(warned + ":5:18: note: ingress entry 100: allow all from 0.0.0.0/0 in "));
  const auto json = nlohmann::json::parse(run_cli({"check", warned, "-o", "json"}).out);
  EXPECT_EQ(json.at("warnings"), 1);
  const auto& found = json.at("diagnostics").at(0);
  EXPECT_EQ(found.at("severity"), "warning");
  EXPECT_EQ(found.at("kind"), "acl-entry-never-decides");
  EXPECT_EQ(found.at("line"), 6);
  EXPECT_EQ(found.at("pointer"), "/network_acls/a/ingress/1");
  EXPECT_FALSE(found.at("remedy").get<std::string>().empty());
  EXPECT_EQ(found.at("also").at(0).at("file"), warned);
  EXPECT_EQ(found.at("also").at(0).at("line"), 5);
  EXPECT_EQ(found.at("also").at(0).at("pointer"), "/network_acls/a/ingress/0");
}

TEST(CheckWarnings, AreFoundInAnImageToo) {
  const Folder folder;
  const auto warned = folder.write("warned.json", with_dead_entry());
  const auto image = folder.file("policy.spi");
  ASSERT_EQ(run_cli({"compile", warned, "-o", image}).status, kYes);
  EXPECT_THAT(run_cli({"check", image}).err, HasSubstr("warned.json:6:7: warning: "));
}

}  // namespace
}  // namespace sallyport::control::test
