// Commands against a control server: what they print, what they change, their exit statuses.
#include <gmock/gmock.h>
#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/cli/command.h"
#include "tests/control/server/running_server.h"

namespace sallyport::control::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

using OnlineTest = RunningServer;

std::string with_acl_and_list() {
  std::string text = small_policy(tcp_rule(80));
  text.insert(text.find("\"subnets\""), R"("network_acls": { "edge": { "ingress": [
      { "rule_no": 100, "action": "allow", "protocol": "-1", "cidr_block": "0.0.0.0/0" } ] } },
  "prefix_lists": { "office": ["198.51.100.0/24"] },
  )");
  return text;
}

TEST_F(OnlineTest, CommandsDoWhatTheySayOneAfterTheOther) {
  start_with(with_acl_and_list());
  const std::string next = folder.write("next.json", small_policy(tcp_rule(443)));
  const std::string bad = folder.write("bad.json", small_policy(R"({ "protocol": "-1", "security_groups": ["wbe"] })"));
  const std::string patch =
      folder.write("patch.json", R"([{"op":"add","path":"/vpc/internet_gateway","value":false}])");
  const std::string unwritten = folder.file("unwritten.json");
  const struct {
    std::vector<std::string> words;
    int status;
    const char* says;  // on either stream
  } rows[] = {
      {{"status"}, kYes, "generation 1"},
      {{"rule", "add", "web", "ingress", "--protocol", "tcp", "--port", "443", "--cidr", "0.0.0.0/0"},
       kYes,
       "generation 2 is live"},
      {{"rule", "add", "web", "ingress", "--protocol", "6", "--port", "443", "--cidr", "0.0.0.0/0"},
       kBadInput,
       "already"},
      {{"rule", "list", "web"}, kYes, "443"},
      {{"rule", "list", "web", "--dry-run"}, kBadInput, "--dry-run goes with add and remove, not with list"},
      {{"rule", "list", "web", "--confirm-within", "60s"}, kBadInput, "--confirm-within goes with"},
      {{"rule", "list", "web", "--max-opened", "10.0.0.0/8"}, kBadInput, "--max-opened goes with"},
      {{"rule", "list", "web", "ingress", "--write", unwritten}, kBadInput, "--write goes with"},
      {{"rule", "list", "web", "--self"}, kBadInput, "--self goes with"},
      {{"rule", "remove", "web", "ingress", "--protocol", "tcp", "--port", "22", "--self"}, kBadInput, "no such"},
      {{"rule", "add", "web", "ingress", "--protocol", "tcp", "--port", "22", "--group", "wbe"}, kBadInput, "unknown"},
      {{"rule", "add", "default", "ingress", "--protocol", "-1", "--self"}, kBadInput, "sg:default"},
      {{"rule", "add", "edge", "ingress", "--rule-no", "50", "--action", "deny", "--protocol", "-1", "--cidr",
        "192.0.2.0/24"},
       kYes,
       "generation 3 is live"},
      {{"rule", "remove", "acl:edge", "ingress", "--rule-no", "51"}, kBadInput, "no ingress rule 51"},
      {{"prefix", "add", "office", "192.0.2.7/32", "192.0.2.8/32"},
       kYes,
       "generation 4 is live: prefix list office changed: 2 added"},
      {{"prefix", "add", "office", "192.0.2.9/32", "192.0.2.7/32"}, kBadInput, "already"},
      {{"member", "add", "app-1", "default"}, kYes, "generation 5 is live: interface app-1 changed: joins default"},
      {{"member", "remove", "app-1", "nobody"}, kBadInput, "no member"},
      {{"patch", patch}, kYes, "generation 6 is live: text only"},
      {{"authorize-security-group-ingress", "--group-id", "web", "--protocol", "tcp", "--port", "22", "--cidr",
        "10.0.0.0/8"},
       kYes,
       "generation 7"},
      {{"authorize-security-group-egress", "--group-id", "web", "--ip-permissions",
        R"([{"IpProtocol":"-1","IpRanges":[{"CidrIp":"10.0.0.0/8","Description":"out"}],"UserIdGroupPairs":[{"GroupId":"web"}]}])"},
       kYes,
       "generation 8 is live: 2 rules added"},
      {{"authorize-security-group-ingress", "--group-id", "web", "--ip-permissions", R"([{"IpProtocol":"-1"}])"},
       kBadInput,
       "nobody"},
      {{"revoke-security-group-ingress", "--group-id", "web", "--protocol", "tcp", "--port", "22", "--cidr",
        "10.0.0.0/8"},
       kYes,
       "generation 9"},
      {{"revoke-security-group-ingress", "--group-id", "web", "--protocol", "tcp", "--port", "22", "--cidr",
        "10.0.0.0/8"},
       kBadInput,
       "no such"},
      {{"create-network-acl-entry", "--network-acl-id", "edge", "--egress", "--rule-number", "100", "--protocol", "tcp",
        "--port-range", "From=1024,To=65535", "--cidr-block", "0.0.0.0/0", "--rule-action", "allow"},
       kYes,
       "generation 10"},
      {{"create-network-acl-entry", "--network-acl-id", "edge", "--egress", "--rule-number", "100", "--protocol", "-1",
        "--cidr-block", "0.0.0.0/0", "--rule-action", "allow"},
       kBadInput,
       "already"},
      {{"replace-network-acl-entry", "--network-acl-id", "edge", "--egress", "--rule-number", "100", "--protocol",
        "icmp", "--icmp-type-code", "Type=8,Code=0", "--cidr-block", "0.0.0.0/0", "--rule-action", "deny"},
       kYes,
       "generation 11"},
      {{"delete-network-acl-entry", "--network-acl-id", "edge", "--egress", "--rule-number", "100"},
       kYes,
       "generation 12"},
      {{"delete-network-acl-entry", "--network-acl-id", "edge", "--egress", "--rule-number", "100"},
       kBadInput,
       "no egress rule 100"},
      {{"apply", bad}, kBadInput, "did you mean \"web\"?"},
      {{"apply", next, "--max-opened", "10.0.0.0"}, kBadInput, "is no prefix"},
      {{"apply", next, "--confirm-within", "soon"}, kBadInput, "no duration"},
      {{"apply", next, "--dry-run"}, kYes, "dry run"},
      {{"status"}, kYes, "generation 12"},
      {{"apply", next, "--confirm-within", "1h"}, kYes, "sallyport confirm"},
      {{"apply", next}, kRefused, "waits for a confirmation"},
      {{"rule", "add", "web", "ingress", "--protocol", "-1", "--self"}, kRefused, "waits for a confirmation"},
      {{"confirm"}, kYes, "generation 13 is confirmed"},
      {{"confirm"}, kRefused, "no change waits"},
      {{"apply", next}, kYes, "nothing to change"},
      {{"rollback"}, kYes, "generation 14 is live: back to generation 12"},
      {{"rollback", "99"}, kRefused, "not in the history"},
      {{"rollback", "x"}, kBadInput, "no generation"},
      {{"history"}, kYes, "back to generation 12"},
      {{"ports"}, kYes, "PORT"},
      {{"counters"}, kYes, "packets.in"},
      {{"counters", "--rules"}, kYes, "web/ingress/0"},
      {{"flows", "count"}, kYes, "0"},
      {{"flows", "tcp", "and", "port", "443"}, kYes, "0 flows"},
      {{"flows", "kill"}, kBadInput, "filter"},
      {{"flows", "kill", "tcp"}, kYes, "0 killed"},
      {{"flows", "tcp", "prot"}, kBadInput, "syntax error"},
      {{"trace", "--running", "--from", "10.0.3.11", "--to", "10.0.3.12:22"}, kNo, "DENY"},
      {{"trace", "--running", "--from", "10.0.3.11", "--to", "nowhere"}, kBadInput, "to:"},
      {{"trace", "--running", next, "--from", "10.0.3.11", "--to", "10.0.3.12:22"}, kBadInput, "--running"},
      {{"health"}, kYes, "ok"},
  };
  for (const auto& row : rows) {
    std::string typed;
    for (const auto& word : row.words) typed += word + " ";
    SCOPED_TRACE(typed);
    const CliResult result = cli(row.words);
    EXPECT_EQ(result.status, row.status) << result.err;
    EXPECT_THAT(result.out + result.err, HasSubstr(row.says));
    EXPECT_EQ(result.status <= kNo, result.err.empty()) << result.err;
  }
}

TEST_F(OnlineTest, JsonCarriesSchemaAndPolicy) {
  start_with(small_policy(tcp_rule(80)));
  const struct {
    std::vector<std::string> words;
    const char* schema;
  } rows[] = {{{"status"}, "sallyport/status/1"},
              {{"ports"}, "sallyport/ports/1"},
              {{"counters"}, "sallyport/counters/1"},
              {{"history"}, "sallyport/history/1"},
              {{"flows"}, "sallyport/flows/1"},
              {{"rule", "list", "web"}, "sallyport/rules/1"},
              {{"flows", "count"}, "sallyport/flow-count/1"}};
  for (const auto& row : rows) {
    std::vector<std::string> words = row.words;
    words.insert(words.end(), {"-o", "json"});
    EXPECT_EQ(json::parse(cli(words).out)["schema"], row.schema);
  }
  const json policy = json::parse(cli({"status", "-o", "json"}).out)["policy"];
  EXPECT_EQ(policy["generation"], 1);
  EXPECT_EQ(policy["hash"].get<std::string>().size(), 64U);
  EXPECT_EQ(policy["confirmed"], true);
  EXPECT_THAT(policy["applied_at"].get<std::string>(), ::testing::MatchesRegex("....-..-..T..:..:..Z"));
}

TEST_F(OnlineTest, JsonOfARefusalHasItsErrors) {
  start_with(small_policy(tcp_rule(80)));
  const std::string bad = folder.write("bad.json", small_policy(R"({ "protocol": "-1", "security_groups": ["wbe"] })"));
  const struct {
    std::vector<std::string> words;
    int status;
    const char* code;
    std::size_t details;
  } rows[] = {
      {{"apply", bad}, kBadInput, "policy_refused", 1},
      {{"apply", folder.file("missing.json")}, kBadInput, "unreadable", 0},
      {{"rule", "add", "web", "ingress", "--protocol", "-1", "--group", "wbe"}, kBadInput, "policy_refused", 1},
      {{"confirm"}, kRefused, "nothing_there", 0},
  };
  for (const auto& row : rows) {
    std::vector<std::string> words = row.words;
    words.insert(words.end(), {"-o", "json"});
    const CliResult result = cli(words);
    EXPECT_EQ(result.status, row.status);
    EXPECT_EQ(result.err, "");
    // The server of this process logs to the same stream.
    const json refused = json::parse(result.out.substr(result.out.find("{\n")), nullptr, false);
    ASSERT_TRUE(refused.is_object()) << result.out;
    EXPECT_EQ(refused["schema"], "sallyport/error/1");
    EXPECT_EQ(refused["error"]["code"], row.code);
    EXPECT_NE(refused["error"]["message"], "");
    ASSERT_EQ(refused["error"]["details"].size(), row.details);
    for (const json& each : refused["error"]["details"]) EXPECT_EQ(each["nearest"], "web");
  }
}

TEST_F(OnlineTest, WriteKeepsTheFileInStepWithTheGateway) {
  start_with(small_policy(tcp_rule(80)));
  ASSERT_EQ(cli({"rule", "add", "web", "ingress", "--protocol", "tcp", "--port", "443", "--cidr", "0.0.0.0/0",
                 "--write", gateway.policy_path})
                .status,
            kYes);
  EXPECT_EQ(Folder::read(gateway.policy_path), ask("GET", "/v1/policy")->body);
  EXPECT_THAT(Folder::read(gateway.policy_path), HasSubstr("443"));
  EXPECT_EQ(cli({"apply", gateway.policy_path}).out, "nothing to change: generation 2 is this policy already\n");
}

TEST_F(OnlineTest, ShowPrintsWhatIsInForce) {
  start_with(small_policy(tcp_rule(80)));
  ASSERT_EQ(cli({"rule", "add", "web", "ingress", "--protocol", "tcp", "--port", "443", "--cidr", "0.0.0.0/0"}).status,
            kYes);
  const std::string shown = cli({"show", "--running"}).out;
  EXPECT_EQ(shown, ask("GET", "/v1/policy")->body);
  EXPECT_EQ(cli({"apply", folder.write("again.json", shown)}).out,
            "nothing to change: generation 2 is this policy already\n");
  EXPECT_THAT(cli({"show", "--running", "security_groups", "web"}).out, HasSubstr("443"));
  EXPECT_THAT(cli({"show", "--running", "security_groups", "wbe"}).err, HasSubstr("did you mean \"web\"?"));
  EXPECT_EQ(cli({"show"}).status, kBadInput);
  EXPECT_EQ(cli({"show", "--running", "interfaces", "app-1", "x"}).status, kBadInput);
}

TEST_F(OnlineTest, ARuleThatIsInNoFileIsSaidToBeAddedLive) {
  start_with(small_policy(tcp_rule(80)));
  ASSERT_EQ(cli({"rule", "add", "web", "ingress", "--protocol", "tcp", "--port", "443", "--cidr", "0.0.0.0/0"}).status,
            kYes);
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"rule", "list", "web"}, {"counters", "--rules"}}) {
    const std::string out = cli(words).out;
    EXPECT_THAT(out, ::testing::ContainsRegex("policy.json:5 +tcp 80 from"));
    EXPECT_THAT(out, ::testing::ContainsRegex("added live +tcp 443 from"));
  }
}

// Every change takes them: tried, limited, and taken back by itself.
TEST_F(OnlineTest, EditsTakeWhatApplyTakes) {
  start_with(with_acl_and_list());
  const std::string patch = folder.write("patch.json", R"([{"op":"add","path":"/security_groups/db","value":{}}])");
  const std::vector<std::vector<std::string>> edits = {
      {"rule", "add", "web", "ingress", "--protocol", "tcp", "--port", "443", "--cidr", "0.0.0.0/0"},
      {"member", "add", "app-1", "default"},
      {"prefix", "add", "office", "192.0.2.7/32"},
      {"patch", patch},
      {"authorize-security-group-ingress", "--group-id", "web", "--protocol", "tcp", "--port", "22", "--cidr",
       "10.0.0.0/8"},
      {"delete-network-acl-entry", "--network-acl-id", "edge", "--ingress", "--rule-number", "100"},
  };
  std::uint64_t in_force = 1;
  for (const auto& edit : edits) {
    SCOPED_TRACE(edit.front());
    const auto with = [&](const std::vector<std::string>& more) {
      std::vector<std::string> words = edit;
      words.insert(words.end(), more.begin(), more.end());
      return cli(words);
    };
    EXPECT_THAT(with({"--dry-run"}).out, HasSubstr("dry run, nothing was changed"));
    EXPECT_EQ(with({"--dry-run", "--write", folder.file("x.json")}).status, kBadInput);
    EXPECT_EQ(with({"--confirm-within", "soon"}).status, kBadInput);
    EXPECT_EQ(with({"--max-opened", "10.0.0.0"}).status, kBadInput);
    EXPECT_EQ(generation(), in_force);
    EXPECT_THAT(with({"--confirm-within", "1h"}).out, HasSubstr("unless you type: sallyport confirm"));
    EXPECT_EQ(cli({"rollback"}).status, kYes);
    in_force += 2;
    EXPECT_EQ(generation(), in_force);
  }
  std::vector<std::string> limited = edits.front();
  limited.insert(limited.end(), {"--max-opened", "10.0.0.0/8"});
  EXPECT_EQ(cli(limited).status, kRefused);
}

TEST_F(OnlineTest, WithoutADaemonTheStatusIsThree) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"status"},
                                                {"flows"},
                                                {"confirm"},
                                                {"rule", "list", "web"},
                                                {"counters"},
                                                {"history"}}) {
    const CliResult result = cli(words);
    EXPECT_EQ(result.status, kUnreachable);
    EXPECT_THAT(result.err, HasSubstr("start it with sallyportd --config"));
  }
  const std::string bad = folder.write("bad.json", "{");
  EXPECT_EQ(cli({"apply", bad}).status, kBadInput);
  gateway.socket_path = folder.file(std::string(120, 's'));
  EXPECT_EQ(cli({"status"}).status, kBadInput);
}

// Runs a command as another user, in a process of its own.
int status_as(uid_t uid, std::vector<gid_t> groups, const std::vector<std::string>& words) {
  const pid_t child = fork();
  if (child == 0) {
    if (setgroups(groups.size(), groups.data()) != 0 || setgid(65534) != 0 || setuid(uid) != 0) _exit(99);
    if (freopen("/dev/null", "w", stdout) == nullptr || freopen("/dev/null", "w", stderr) == nullptr) _exit(98);
    _exit(run_command_line(words));
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(OnlineTest, WhoMayLookAndWhoMayChange) {
  const auto number_of = [](const char* name) {
    const group* found = getgrnam(name);
    return found == nullptr ? gid_t{0} : found->gr_gid;
  };
  const gid_t read_gid = number_of("daemon");
  const gid_t write_gid = number_of("bin");
  if (geteuid() != 0 || read_gid == 0 || write_gid == 0) GTEST_SKIP() << "needs root, and groups daemon and bin";
  gateway.read_group = "daemon";
  gateway.write_group = "bin";
  start_with(small_policy(tcp_rule(80)));
  const std::vector<std::string> look{"status", "--socket", gateway.socket_path};
  const std::vector<std::string> change{"member", "add", "app-1", "default", "--socket", gateway.socket_path};
  EXPECT_EQ(status_as(65534, {}, look), kRefused);
  EXPECT_EQ(status_as(65534, {read_gid}, look), kYes);
  EXPECT_EQ(status_as(65534, {read_gid}, change), kRefused);
  EXPECT_EQ(generation(), 1U);
  EXPECT_EQ(status_as(65534, {read_gid, write_gid}, change), kYes);
  EXPECT_EQ(generation(), 2U);
  EXPECT_EQ(json_of("/v1/history")["generations"][0]["uid"], 65534);
}

}  // namespace
}  // namespace sallyport::control::test
