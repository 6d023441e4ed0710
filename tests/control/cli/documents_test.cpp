// check, compile, show, trace, test and replay as typed: exit statuses, messages that point, images, standard formats.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "control/cli/command.h"
#include "tests/control/cli/run_cli.h"

namespace sallyport::control::test {
namespace {

using ::testing::HasSubstr;

const std::string kPolicy = R"({
  "version": 1,
  "vpc": { "cidr_blocks": ["10.0.0.0/16"] },
  "security_groups": { "web": { "egress": [ { "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"] } ] } },
  "subnets": { "a": { "cidr_block": "10.0.1.0/24" } },
  "interfaces": { "one": { "subnet": "a", "private_ips": ["10.0.1.10"], "security_groups": ["web"] },
                  "two": { "subnet": "a", "private_ips": ["10.0.1.11"] } }
})";

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  return text.replace(text.find(what), what.size(), by);
}

TEST(Check, PointsAtWhatIsWrong) {
  const Folder folder;
  const auto good = folder.write("policy.json", kPolicy);
  const auto bad = folder.write("bad.json", replaced(kPolicy, "[\"web\"]", "[\"wbe\"]"));
  EXPECT_EQ(run_cli({"check", good}).status, kYes);
  EXPECT_THAT(run_cli({"check", good}).out, HasSubstr("policy.json: ok"));
  const auto result = run_cli({"check", bad});
  EXPECT_EQ(result.status, kBadInput);
  EXPECT_THAT(result.err, HasSubstr(bad + ":6:"));
  EXPECT_THAT(result.err, HasSubstr("did you mean \"web\"?"));
  const auto json = nlohmann::json::parse(run_cli({"check", bad, "-o", "json"}).out);
  EXPECT_EQ(json.at("errors"), 1);
  EXPECT_EQ(json.at("diagnostics").at(0).at("line"), 6);
  EXPECT_EQ(json.at("diagnostics").at(0).at("nearest"), "web");
}

TEST(Check, HoldsGatewayAndPolicyTogether) {
  const Folder folder;
  const auto policy = folder.write("policy.json", kPolicy);
  const auto fits =
      folder.write("fits.json", R"({ "version": 1, "ports": { "p": { "device": "tap:x", "subnets": ["a"] } } })");
  const auto not_fits =
      folder.write("not.json", R"({ "version": 1, "ports": { "p": { "device": "tap:x", "subnets": ["b"] } } })");
  EXPECT_NE(run_cli({"check", policy, "--gateway", fits}).status, kBadInput);
  EXPECT_EQ(run_cli({"check", policy, "--gateway", not_fits}).status, kBadInput);
  EXPECT_EQ(run_cli({"check", policy, "--gateway", folder.file("missing")}).status, kBadInput);
}

TEST(Budget, IsAnOptionOfWhatCompiles) {
  const Folder folder;
  const auto policy = folder.write("policy.json", kPolicy);
  const auto image = folder.file("policy.spi");
  ASSERT_EQ(run_cli({"compile", policy, "-o", image}).status, kYes);
  const std::vector<std::vector<std::string>> commands{
      {"compile", policy, "-o", folder.file("x")}, {"verify", policy}, {"verify", image}, {"check", policy}};
  for (const auto& command : commands) {
    const auto run = [&](const std::string& option, const std::string& value) {
      auto words = command;
      words.insert(words.end(), {option, value});
      return run_cli(words);
    };
    EXPECT_EQ(run("--max-rows", "100").status, kYes) << command.front();
    EXPECT_EQ(run("--max-predicates", "100").status, kYes) << command.front();
    EXPECT_EQ(run("--max-memory", "64MiB").status, kYes) << command.front();
    EXPECT_EQ(run("--max-time", "10s").status, kYes) << command.front();
    EXPECT_NE(run("--max-predicates", "1").status, kYes) << command.front();
    for (const auto* option : {"--max-rows", "--max-predicates", "--max-memory", "--max-time"}) {
      for (const auto* value : {"0", "-1", "many", ""}) {
        const auto wrong = run(option, value);
        EXPECT_EQ(wrong.status, kBadInput) << command.front() << ' ' << option << ' ' << value;
        EXPECT_TRUE(wrong.err.contains(option)) << wrong.err;
      }
    }
  }
  const auto refused = run_cli({"check", policy, "--max-predicates", "1"});
  EXPECT_EQ(refused.status, kBadInput);
  EXPECT_THAT(refused.err, HasSubstr("the budget predicates"));
}

TEST(Check, LooksForThePolicyThatTheGatewayNames) {
  const Folder folder;
  const auto policy = folder.write("policy.json", kPolicy);
  const auto gateway = [&folder](const std::string& name) {
    return folder.write("gateway.json", R"({ "version": 1, "ports": { "p": { "device": "tap:x", "subnets": ["a"] } },
                                             "policy": ")" +
                                            name + "\" }");
  };
  EXPECT_EQ(run_cli({"check", policy, "--gateway", gateway("policy.json")}).status, kYes);
  const auto missing = run_cli({"check", policy, "--gateway", gateway("nowhere.json")});
  EXPECT_EQ(missing.status, kBadInput);
  EXPECT_THAT(missing.err, HasSubstr("cannot read " + folder.file("nowhere.json") + ": No such file"));
}

TEST(Check, EndsItsMessagesWithoutABlankLine) {
  const Folder folder;
  const auto bad = folder.write("bad.json", replaced(kPolicy, "[\"web\"]", "[\"wbe\"]"));
  const auto twice = folder.write("twice.json", replaced(kPolicy, "[\"web\"]", "[\"web\", \"web\"]"));
  const std::vector<std::vector<std::string>> commands{
      {"check", bad}, {"show", bad}, {"compile", bad, "-o", folder.file("x")}, {"apply", bad}};
  for (const auto& words : commands) {
    const auto result = run_cli(words);
    EXPECT_EQ(result.status, kBadInput);
    EXPECT_TRUE(result.err.ends_with("^\n") && !result.err.contains("\n\n")) << result.err;
  }
  const auto warned = run_cli({"check", twice});
  EXPECT_EQ(warned.status, kYes);
  EXPECT_THAT(warned.err, HasSubstr("warning: group \"web\" is named twice in /interfaces/one/security_groups/1\n"));
  EXPECT_TRUE(warned.err.ends_with("^\n") && !warned.err.contains("\n\n")) << warned.err;
}

TEST(Compile, GivesTheSameBytesAndAnImageThatCommandsTake) {
  const Folder folder;
  const auto policy = folder.write("policy.json", kPolicy);
  const auto image = folder.file("policy.spi");
  const auto again = folder.file("again.spi");
  const auto compiled = run_cli({"compile", policy, "-o", image});
  EXPECT_EQ(compiled.status, kYes) << compiled.err;
  EXPECT_THAT(compiled.out, HasSubstr("classes"));
  EXPECT_EQ(run_cli({"compile", policy, "--output", again}).status, kYes);
  EXPECT_EQ(Folder::read(image), Folder::read(again));
  EXPECT_EQ(run_cli({"check", image}).status, kYes);
  EXPECT_EQ(run_cli({"show", image}).out, run_cli({"show", policy}).out);
  EXPECT_EQ(run_cli({"compile", policy}).status, kBadInput);
  EXPECT_EQ(run_cli({"compile", policy, "-o", "/no/such/folder/x"}).status, kBadInput);
  const auto cut = folder.write("cut.spi", Folder::read(image).substr(0, 200));
  const auto refused = run_cli({"check", cut});
  EXPECT_EQ(refused.status, kBadInput);
  EXPECT_THAT(refused.err, HasSubstr("cut.spi: "));
}

TEST(Show, IsValidAsInputAgain) {
  const Folder folder;
  const auto policy = folder.write("policy.json", kPolicy);
  const auto shown = run_cli({"show", policy});
  ASSERT_EQ(shown.status, kYes) << shown.err;
  const auto again = folder.write("again.json", shown.out);
  EXPECT_EQ(run_cli({"show", again}).out, shown.out);
  EXPECT_THAT(run_cli({"show", policy, "interfaces", "two"}).out, HasSubstr("default"));
  EXPECT_THAT(run_cli({"show", policy, "interfaces", "tow"}).err, HasSubstr("did you mean \"two\"?"));
  EXPECT_EQ(run_cli({"show", policy, "nonsense"}).status, kBadInput);
}

TEST(TraceCommand, ExitsAsTheContractSays) {
  const Folder folder;
  const auto policy = folder.write("policy.json", kPolicy);
  struct Case {
    std::string description;
    std::vector<std::string> words;
    int status;
    std::string text;
  };
  const std::vector<Case> cases{
      {"denied", {"--from", "10.0.1.10", "--to", "10.0.1.11:22"}, kNo, "DENY ENI_SG_RULES_MISMATCH (ingress, two)"},
      {"allowed", {"--from", "10.0.1.10", "--to", "10.0.1.1", "--proto", "icmp"}, kYes, "verdict: ALLOW"},
      {"json", {"--from", "10.0.1.10", "--to", "10.0.1.11:22", "-o", "json"}, kNo, "sallyport/trace/1"},
      {"established", {"--from", "10.0.1.10", "--to", "10.0.1.11:22", "--state", "established"}, kYes, "ALLOW"},
      {"no destination", {"--from", "10.0.1.10"}, kBadInput, "--to is missing"},
      {"a wrong address", {"--from", "10.0.1", "--to", "10.0.1.11:22"}, kBadInput, "--from"},
      {"an unknown appliance",
       {"--from", "10.0.1.10", "--to", "10.0.1.11:22", "--via", "x"},
       kBadInput,
       "no interface"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.description);
    std::vector<std::string> words{"trace", policy};
    words.insert(words.end(), c.words.begin(), c.words.end());
    const auto result = run_cli(words);
    EXPECT_EQ(result.status, c.status);
    EXPECT_THAT(result.out + result.err, HasSubstr(c.text));
  }
}

TEST(TestCommand, TellsWhatWasExpectedAndSeen) {
  const Folder folder;
  (void)folder.write("policy.json", kPolicy);
  const auto file = [&folder](const std::string& test) {
    return folder.write("tests.json", R"({ "version": 1, "policy": "policy.json", "tests": [ )" + test + " ] }");
  };
  struct Case {
    std::string description, test;
    int status;
    std::string text;
  };
  const std::string packet = R"("id": "t", "protocol": "tcp", "from": "10.0.1.10:1", "to": "10.0.1.11:22")";
  const std::vector<Case> cases{
      {"as expected",
       "{" + packet + R"(, "verdict": "deny", "code": "ENI_SG_RULES_MISMATCH", "direction": "ingress" })", kYes,
       "1 tests, 0 failed"},
      {"a wrong verdict", "{" + packet + R"(, "verdict": "allow" })", kNo,
       "FAIL  t  verdict deny ENI_SG_RULES_MISMATCH, expected allow"},
      {"a wrong code", "{" + packet + R"(, "verdict": "deny", "code": "UNKNOWN_HOST" })", kNo, "expected UNKNOWN_HOST"},
      {"a wrong direction", "{" + packet + R"(, "verdict": "deny", "direction": "egress" })", kNo,
       "direction ingress, expected egress"},
      {"a wrong path", "{" + packet + R"(, "verdict": "deny", "path": "reply" })", kNo, "path forward, expected reply"},
      {"a rule", "{" + packet + R"(, "verdict": "deny", "rule": "100" })", kNo, "rule none, expected 100"},
      {"a rule that does not deny", "{" + packet + R"(, "verdict": "deny", "rule": "web/egress/0" })", kNo,
       "rule none, expected web/egress/0"},
      {"a rule that is none", "{" + packet + R"(, "verdict": "deny", "rule": "100 or so" })", kBadInput,
       "expected the number of an ACL entry"},
      {"a translation", "{" + packet + R"(, "verdict": "deny", "translated_from": "1.2.3.4" })", kNo,
       "translated_from none"},
      {"an unknown key", "{" + packet + R"(, "verdict": "deny", "verdct": 1 })", kBadInput, "tests.json:1:"},
      {"an unknown code", "{" + packet + R"(, "verdict": "deny", "code": "UNKNOWN_HOTS" })", kBadInput,
       "did you mean \"UNKNOWN_HOST\"?"},
      {"a missing verdict", "{" + packet + " }", kBadInput, "verdict"},
      {"the same id twice", "{" + packet + R"(, "verdict": "deny" }, {)" + packet + R"(, "verdict": "deny" })",
       kBadInput, "second test"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.description);
    const auto result = run_cli({"test", file(c.test)});
    EXPECT_EQ(result.status, c.status);
    EXPECT_THAT(result.out + result.err, HasSubstr(c.text));
  }
  EXPECT_EQ(run_cli({"test", folder.file("missing.json")}).status, kBadInput);
  const auto none = run_cli({"test", file("")});
  EXPECT_EQ(none.status, kBadInput);
  EXPECT_THAT(none.err, HasSubstr("found an empty array, expected at least one test in /tests"));
}

TEST(TestCommand, TakesARuleByEveryNameThatTraceGivesIt) {
  const Folder folder;
  (void)folder.write("policy.json", R"({
  "version": 1,
  "vpc": { "cidr_blocks": ["10.0.0.0/16"] },
  "network_acls": { "lid": { "ingress": [ { "rule_no": 100, "action": "deny", "protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_block": "0.0.0.0/0" },
                                          { "rule_no": 110, "action": "allow", "protocol": "tcp", "from_port": 80, "to_port": 80, "cidr_block": "0.0.0.0/0" } ],
                             "egress": [ { "rule_no": 7, "action": "allow", "protocol": "all", "cidr_block": "0.0.0.0/0" } ] } },
  "security_groups": { "open": { "ingress": [ { "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"] } ],
                                 "egress": [ { "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"] } ] } },
  "subnets": { "a": { "cidr_block": "10.0.1.0/24", "security_groups": ["open"] },
               "b": { "cidr_block": "10.0.2.0/24", "security_groups": ["open"], "network_acl": "lid" } }
})");
  struct Case {
    std::string port, rule, wrong;  // wrong: what is said, or "" where it is as expected
  };
  const std::vector<Case> cases{
      {"22", "100", ""},
      {"22", R"("100")", ""},
      {"22", R"("rule 100")", ""},
      {"22", R"("lid/ingress/100")", ""},
      {"22", R"("open/egress/0")", "rule lid/ingress/100, expected open/egress/0"},
      {"22", "110", "rule 100, expected 110"},
      {"23", R"("*")", ""},
      {"23", R"("rule *")", ""},
      {"80", R"("open/egress/0")", ""},
      {"80", R"("lid/ingress/110")", ""},
      {"80", R"("lid/egress/7")", ""},
      {"80", R"("lid/ingress/100")", "expected lid/ingress/100"},
      {"80", "110", "rule none, expected 110"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.port + ' ' + c.rule);
    const auto tests = folder.write(
        "tests.json", R"({ "version": 1, "policy": "policy.json", "tests": [ { "id": "t", "protocol": "tcp",
                           "from": "10.0.1.10", "to": "10.0.2.10:)" +
                          c.port + R"(", "verdict": ")" + (c.port == "80" ? "allow" : "deny") + R"(", "rule": )" +
                          c.rule + " } ] }");
    const auto result = run_cli({"test", tests});
    EXPECT_EQ(result.status, c.wrong.empty() ? kYes : kNo) << result.out << result.err;
    EXPECT_THAT(result.out, HasSubstr(c.wrong));
  }
}

}  // namespace
}  // namespace sallyport::control::test
