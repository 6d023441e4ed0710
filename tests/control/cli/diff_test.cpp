// diff and verify as typed: exit statuses, what they print, limits.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "control/cli/command.h"
#include "tests/control/cli/run_cli.h"

namespace sallyport::control::test {
namespace {

using ::testing::HasSubstr;

std::string policy_with(const std::string& port, const std::string& cidr) {
  return R"({ "version": 1, "vpc": { "cidr_blocks": ["10.0.0.0/16"] },
    "security_groups": { "web": { "ingress": [ { "protocol": "tcp", "from_port": )" +
         port + R"(, "to_port": )" + port + R"(, "cidr_blocks": [")" + cidr + R"("] } ] } },
    "subnets": { "a": { "cidr_block": "10.0.1.0/24" } },
    "interfaces": { "one": { "subnet": "a", "private_ips": ["10.0.1.10"], "security_groups": ["web"] } } })";
}

TEST(DiffCommand, TellsWhatIsAllowedAndDeniedNow) {
  const Folder folder;
  const auto before = folder.write("old.json", policy_with("80", "0.0.0.0/0"));
  const auto after = folder.write("new.json", policy_with("443", "10.0.0.0/8"));
  const auto result = run_cli({"diff", before, after});
  EXPECT_EQ(result.status, kNo);
  EXPECT_EQ(result.out,
            "now allowed\n  one, ingress: tcp 443 from 10.0.0.0/8\n      e.g. tcp 443 from 10.0.0.1 to 10.0.1.10\n"
            "now denied\n  one, ingress: tcp 80 from 0.0.0.0/0\n      e.g. tcp 80 from 198.51.100.7 to 10.0.1.10\n");
  EXPECT_EQ(run_cli({"diff", before, before}).status, kYes);
  const auto json = nlohmann::json::parse(run_cli({"diff", before, after, "-o", "json"}).out);
  EXPECT_EQ(json.at("schema"), "sallyport/diff/1");
  EXPECT_EQ(json.at("opened").at(0).at("remotes"), nlohmann::json::array({"10.0.0.0/8"}));
  EXPECT_EQ(json.at("closed").at(0).at("traffic"), nlohmann::json::array({"tcp 80"}));
}

TEST(DiffCommand, RefusesWhatOpensMoreThanItMay) {
  const Folder folder;
  const auto before = folder.write("old.json", policy_with("80", "0.0.0.0/0"));
  const auto after = folder.write("new.json", policy_with("443", "10.0.0.0/8"));
  EXPECT_EQ(run_cli({"diff", before, after, "--max-opened", "10.0.0.0/8"}).status, kNo);
  const auto refused = run_cli({"diff", before, after, "--max-opened", "10.1.0.0/16"});
  EXPECT_EQ(refused.status, kRefused);
  EXPECT_THAT(refused.err, HasSubstr("opens more than --max-opened: tcp 443 from 10.0.0.0/8 at one"));
  EXPECT_EQ(run_cli({"diff", before, after, "--max-opened", "10.0.0.1/8"}).status, kBadInput);
  EXPECT_EQ(run_cli({"diff", before}).status, kBadInput);
  EXPECT_EQ(run_cli({"diff", before, after, "--running"}).status, kBadInput);
  EXPECT_EQ(run_cli({"diff", before, folder.file("missing")}).status, kBadInput);
}

// A subnet that was not there, with a way out.
TEST(DiffCommand, RoutesOfNewSubnetsOpen) {
  const Folder folder;
  std::string text = policy_with("80", "10.0.0.0/8");
  text.insert(text.find("\"subnets\""),
              R"("route_tables": { "out": [ { "cidr_block": "0.0.0.0/0", "gateway": "internet" } ] },
    )");
  text.insert(text.find("\"cidr_blocks\""), "\"internet_gateway\": true, ");
  const auto before = folder.write("old.json", text);
  const struct {
    std::string table;
    int status;
    const char* says;
  } rows[] = {{"main", kNo, ""},
              {"out", kRefused, "opens more than --max-opened: a route to 0.0.0.0/5 by internet in b"}};
  for (const auto& row : rows) {
    std::string next = text;
    next.insert(next.find("\"a\": { \"cidr_block\""),
                R"("b": { "cidr_block": "10.0.2.0/24", "route_table": ")" + row.table + R"(" }, )");
    const auto after = folder.write("new.json", next);
    const auto result = run_cli({"diff", before, after, "--max-opened", "10.0.0.0/8"});
    EXPECT_EQ(result.status, row.status) << result.err;
    EXPECT_THAT(result.err, HasSubstr(row.says));
    EXPECT_EQ(run_cli({"diff", after, before, "--max-opened", "10.0.0.0/8"}).status, kNo);
  }
  EXPECT_EQ(run_cli({"diff", before, before, "--max-time", "soon"}).status, kBadInput);
  EXPECT_EQ(run_cli({"reach", before, "--max-time", "0"}).status, kBadInput);
}

TEST(VerifyCommand, ProvesADocumentAndItsImage) {
  const Folder folder;
  const auto policy = folder.write("policy.json", policy_with("80", "0.0.0.0/0"));
  const auto image = folder.file("policy.spi");
  ASSERT_EQ(run_cli({"compile", policy, "-o", image}).status, kYes);
  for (const auto& path : {policy, image}) {
    const auto result = run_cli({"verify", path});
    EXPECT_EQ(result.status, kYes);
    EXPECT_THAT(result.out, HasSubstr("proven: "));
    const auto json = nlohmann::json::parse(run_cli({"verify", path, "-o", "json"}).out);
    EXPECT_EQ(json.at("proven"), true);
    EXPECT_GT(json.at("compared").at("decisions"), 0);
  }
  EXPECT_EQ(run_cli({"verify", folder.file("missing")}).status, kBadInput);
}

}  // namespace
}  // namespace sallyport::control::test
