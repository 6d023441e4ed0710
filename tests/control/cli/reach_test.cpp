// reach as typed: whom it can be asked about, what each format says, and that names are never markup.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "control/cli/command.h"
#include "tests/control/cli/run_cli.h"
#include "tests/support/paths.h"

namespace sallyport::control::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string three_tier() { return source_folder() + "/examples/three-tier/policy.json"; }

struct Asked {
  const char* description;
  std::vector<std::string> words;
  int status;
  const char* line;  // of the table
};

TEST(ReachCommand, AnswersWhoCanTalkToWhom) {
  const Asked cases[] = {
      {"tiers by reference",
       {"--from", "app", "--to", "db"},
       kYes,
       "app   db  tcp 5432  by app/egress/0 policy.json:42 and db/ingress/0 policy.json:50"},
      {"a group that no rule names",
       {"--from", "web", "--to", "db"},
       kNo,
       "web   db  nothing  security-group-ingress db policy.json:47: ENI_SG_RULES_MISMATCH"},
      {"the internet and a public address",
       {"--from", "internet", "--to", "interface:extA"},
       kYes,
       "internet  extalb  tcp 80, tcp 443  by extalb/ingress/0 policy.json:8, extalb/ingress/1 policy.json:9\n"},
      {"the internet and nobody's",
       {"--from", "internet", "--to", "db"},
       kNo,
       "internet  db  nothing  internet-gateway: IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"},
      {"one port", {"--from", "app", "--to", "10.0.5.10", "--port", "5432"}, kYes, "app   db  tcp 5432"},
      {"another port",
       {"--from", "app", "--to", "10.0.5.10", "--port", "5433"},
       kNo,
       "app   db  nothing  security-group-egress app policy.json:35"},
      {"out by NAT", {"--from", "web", "--to", "internet"}, kYes, "web   internet  all tcp, all udp, icmp 8"},
      {"out without a public address",
       {"--from", "intalb", "--to", "198.51.100.0/24"},
       kNo,
       "internet-gateway: IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"},
      {"reflected", {"--from", "web", "--to", "203.0.113.20"}, kYes, "web   203.0.113.20  tcp 80, tcp 443"},
  };
  const auto squeezed = [](std::string text) {
    for (std::size_t at = 0; (at = text.find("  ", at)) != std::string::npos;) text.erase(at, 1);
    return text;
  };
  for (const auto& asked : cases) {
    std::vector<std::string> words{"reach", three_tier()};
    words.insert(words.end(), asked.words.begin(), asked.words.end());
    const auto result = run_cli(words);
    EXPECT_EQ(result.status, asked.status) << asked.description << '\n' << result.out << result.err;
    EXPECT_THAT(squeezed(result.out), HasSubstr(squeezed(asked.line))) << asked.description;
  }
}

// A line that several rules explain names each, and each traffic with all the addresses that get it.
TEST(ReachCommand, NamesEveryRuleBehindALine) {
  const Folder folder;
  const auto policy = folder.write("p.json", R"({ "version": 1,
  "vpc": { "cidr_blocks": ["10.0.0.0/16"], "internet_gateway": true },
  "prefix_lists": { "office": ["198.51.100.0/25"] },
  "security_groups": {
    "web": { "ingress": [ { "protocol": "tcp", "from_port": 80, "to_port": 80, "cidr_blocks": ["0.0.0.0/0"] },
                          { "protocol": "tcp", "from_port": 79, "to_port": 80, "cidr_blocks": ["0.0.0.0/0"] },
                          { "protocol": "tcp", "from_port": 80, "to_port": 80, "cidr_blocks": ["198.51.100.0/24"] },
                          { "protocol": "icmp", "from_port": 8, "to_port": -1, "cidr_blocks": ["198.51.100.0/24"] },
                          { "protocol": "tcp", "from_port": 22, "to_port": 22, "prefix_lists": ["office"] } ] } },
  "route_tables": { "public": [ { "cidr_block": "0.0.0.0/0", "gateway": "internet" } ] },
  "subnets": { "a": { "cidr_block": "10.0.1.0/24", "route_table": "public" } },
  "interfaces": { "w": { "subnet": "a", "private_ips": ["10.0.1.10"], "public_ip": "203.0.113.10",
                         "security_groups": ["web"] } } })");
  const auto table = run_cli({"reach", policy, "--from", "internet"}).out;
  EXPECT_THAT(table, HasSubstr("tcp 79-80"));
  EXPECT_THAT(table, HasSubstr("by web/ingress/0 p.json:5, web/ingress/1 p.json:6\n"));
  EXPECT_THAT(table, HasSubstr("tcp 22 (198.51.100.0/25)"));
  EXPECT_THAT(table, HasSubstr("icmp 8 (198.51.100.0/24)"));
  EXPECT_THAT(table, HasSubstr("web/ingress/3 p.json:8"));
  EXPECT_THAT(table, HasSubstr("web/ingress/4 p.json:9"));
  EXPECT_THAT(table, Not(HasSubstr("web/ingress/2"))) << "it admits nothing that another does not";
  EXPECT_THAT(table, Not(HasSubstr("not between all")));
  const auto json = nlohmann::json::parse(run_cli({"reach", policy, "--from", "internet", "-o", "json"}).out);
  for (const auto& pair : json.at("pairs")) EXPECT_EQ(pair.at("rules").size(), 2U) << pair;
}

TEST(ReachCommand, RefusesWhatItCannotMean) {
  const std::vector<std::pair<std::vector<std::string>, const char*>> cases = {
      {{}, "give POLICY or --running"},
      {{three_tier(), "--running"}, "give POLICY or --running"},
      {{three_tier(), "--from", "nobody"}, "\"nobody\" is no interface, group, subnet, CIDR or address"},
      {{three_tier(), "--to", "appA"}, "\"appA\" names several things: write interface:appA or subnet:appA"},
      {{three_tier(), "--to", "10.0.0.1/8"}, "host bits"},
      {{three_tier(), "--port", "80-70"}, "--port"},
      {{three_tier(), "--proto", "icmp", "--port", "80"}, "--port is for tcp and udp"},
      {{three_tier(), "--proto", "tpc"}, "--proto"},
  };
  for (const auto& [arguments, message] : cases) {
    std::vector<std::string> words{"reach"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const auto result = run_cli(words);
    EXPECT_EQ(result.status, kBadInput) << message;
    EXPECT_THAT(result.err, HasSubstr(message));
  }
}

TEST(ReachCommand, TellsOfLostRepliesAndOfWhatIsClosedInJson) {
  const auto policy = source_folder() + "/examples/networking-module/policy.json";
  const auto json = nlohmann::json::parse(run_cli({"reach", policy, "-o", "json"}).out);
  EXPECT_EQ(json.at("schema"), "sallyport/reach/1");
  EXPECT_EQ(json.at("complete"), true);
  bool lost = false;
  for (const auto& pair : json.at("pairs")) {
    const auto& from = json.at("from").at(pair.at("from").get<std::size_t>()).at("name");
    const auto& to = json.at("to").at(pair.at("to").get<std::size_t>()).at("name");
    EXPECT_TRUE(pair.contains("witness"));
    if (from != "web" || to != "db") continue;
    lost = true;
    EXPECT_EQ(pair.at("open"), nlohmann::json::array());
    EXPECT_EQ(pair.at("replies_lost"), nlohmann::json::array({"tcp 3306"}));
    EXPECT_EQ(pair.at("blocked").at("stage"), "network-acl-ingress");
    EXPECT_EQ(pair.at("blocked").at("path"), "reply");
    EXPECT_EQ(pair.at("blocked").at("rule"), "*");
    EXPECT_EQ(pair.at("blocked").at("line"), 27);
  }
  EXPECT_TRUE(lost);
  EXPECT_GT(json.at("closed").size(), 0U);
}

TEST(ReachCommand, DrawsPicturesThatNeedNothingElseAndTakeNoNameForMarkup) {
  const Folder folder;
  const auto hostile = folder.write("<img src=x>&\"'.json", Folder::read(three_tier()));
  for (const std::string format : {"html", "svg"}) {
    auto page = run_cli({"reach", hostile, "-o", format}).out;
    EXPECT_THAT(page, HasSubstr("&lt;img src=x&gt;&amp;&quot;&#39;.json"));
    EXPECT_THAT(page, Not(HasSubstr("<img")));
    for (const std::string elsewhere : {"src=", "href=", "@import", "url(http"}) {
      auto without_name = page;
      for (std::size_t at = 0; (at = without_name.find("src=x", at)) != std::string::npos;) without_name.erase(at, 5);
      EXPECT_THAT(without_name, Not(HasSubstr(elsewhere))) << format;
    }
    EXPECT_THAT(page, HasSubstr("app → db\ntcp 5432"));
  }
}

TEST(ReachCommand, DrawsTheGraphOfGroups) {
  const auto result = run_cli({"reach", three_tier(), "-o", "dot"});
  EXPECT_THAT(result.out, HasSubstr("\"app\" -> \"db\" [label=\"tcp 5432\", penwidth=2];"));
  EXPECT_THAT(result.out, HasSubstr("\"anyone\" -> \"extalb\" [label=\"tcp 80, tcp 443\"];"));
  EXPECT_THAT(result.out, Not(HasSubstr("\"web\" -> \"intalb\"")));
}

}  // namespace
}  // namespace sallyport::control::test
