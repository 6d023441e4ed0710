// Where rules and routes stand after live changes: in the file that was applied, or nowhere in it.
#include <gmock/gmock.h>

#include <map>

#include "control/trace/trace.h"
#include "rules/document/positions.h"
#include "tests/control/store/store_fixture.h"

namespace sallyport::control {
namespace {

using Lines = std::vector<std::uint32_t>;
using rules::kAddedLive;
using ::testing::HasSubstr;
using ::testing::Not;

// Rules on lines 6 to 9, an ACL entry on 11, a route on 12.
const std::string kFile = R"({
  "version": 1,
  "vpc": { "cidr_blocks": ["10.0.0.0/16"], "internet_gateway": true },
  "security_groups": {
    "web": { "ingress": [
      { "protocol": "tcp", "from_port": 80, "to_port": 80, "cidr_blocks": ["0.0.0.0/0"], "description": "site" },
      { "protocol": "tcp", "from_port": 81, "to_port": 81, "cidr_blocks": ["10.0.1.0/24", "10.0.2.0/24"] },
      { "protocol": "tcp", "from_port": 80, "to_port": 80, "cidr_blocks": ["0.0.0.0/0"], "description": "twin" } ],
             "egress": [ { "protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"] } ] } },
  "network_acls": { "edge": { "ingress": [
      { "rule_no": 100, "action": "allow", "protocol": "-1", "cidr_block": "0.0.0.0/0" } ] } },
  "route_tables": { "out": [ { "cidr_block": "0.0.0.0/0", "gateway": "internet" } ] },
  "subnets": { "app-a": { "cidr_block": "10.0.3.0/24", "route_table": "out" },
               "app-b": { "cidr_block": "10.0.4.0/24" } },
  "interfaces": { "app-1": { "subnet": "app-a", "private_ips": ["10.0.3.11"], "public_ip": "203.0.113.11", "security_groups": ["web"] },
                  "app-2": { "subnet": "app-b", "private_ips": ["10.0.4.11"], "security_groups": ["web"] } }
}
)";

// Makes a patch one of the whole document: it adds a group.
const std::string kWhole = R"({ "op": "add", "path": "/security_groups/new", "value": {} })";

std::string add(int port) {
  return R"({ "op": "add", "path": "/security_groups/web/ingress/0", "value": )" + tcp_rule(port) + " }";
}
std::string remove(int index) {
  return R"({ "op": "remove", "path": "/security_groups/web/ingress/)" + std::to_string(index) + R"(" })";
}
std::string put(const std::string& pointer, const std::string& value) {
  return R"({ "op": "add", "path": ")" + pointer + R"(", "value": )" + value + " }";
}

Lines lines_of(const std::string& text, const PolicyStore& store) {
  Lines lines;
  const auto running = store.running();
  const auto& view = running->bound->view();
  for (rules::RuleIndex i = 0; i < view.rules(); ++i) {
    if (view.has_rule(i) && view.rule(i).text == text) lines.push_back(view.rule(i).line);
  }
  std::ranges::sort(lines);
  return lines;
}

class Positions : public PolicyStoreTest {
 protected:
  void patch(const std::string& operations) {
    const auto changed = store.patch("[" + operations + "]", {});
    ASSERT_TRUE(changed) << changed.error().message << changed.error().rendered;
  }
  Lines lines(const std::string& text) const { return lines_of(text, store); }
};

const std::string kWeb = "tcp 80 from 0.0.0.0/0";

TEST_F(Positions, OfTheFileStayAndLiveOnesAreNone) {
  const struct {
    const char* what;
    std::vector<std::string> patches;  // one after the other
    std::map<std::string, Lines> expected;
  } rows[] = {
      {"untouched", {}, {{kWeb, {6, 8}}}},
      {"added", {add(443)}, {{kWeb, {6, 8}}, {"tcp 443 from 0.0.0.0/0", {kAddedLive}}}},
      {"removed", {remove(0)}, {{kWeb, {8}}}},
      {"the other twin removed", {remove(2)}, {{kWeb, {6}}}},
      {"removed, and added again without its description", {remove(0), add(80)}, {{kWeb, {6, 8}}}},
      {"a third of the same", {add(80)}, {{kWeb, {6, 8, kAddedLive}}}},
      {"with its peers in another order",
       {remove(1), put("/security_groups/web/ingress/-",
                       R"({ "protocol": "tcp", "from_port": 81, "to_port": 81,
                            "cidr_blocks": ["10.0.2.0/24", "10.0.1.0/24"] })")},
       {{"tcp 81 from 10.0.2.0/24, 10.0.1.0/24", {7}}}},
      {"another peer",
       {put("/security_groups/web/ingress/1/cidr_blocks/-", R"("10.0.9.0/24")")},
       {{"tcp 81 from 10.0.1.0/24, 10.0.2.0/24, 10.0.9.0/24", {kAddedLive}}}},
      {"a description alone", {put("/security_groups/web/ingress/0/description", R"("new")")}, {{kWeb, {6, 8}}}},
      {"an entry replaced",
       {put("/network_acls/edge/ingress/0/action", R"("deny")")},
       {{"rule 100 deny all from 0.0.0.0/0", {kAddedLive}}}},
      {"the implicit group written down",
       {put("/security_groups/default",
            R"({ "ingress": [{ "protocol": "-1", "self": true }, )" + tcp_rule(22) + "] }")},
       {{"all from the group itself", {0}}, {"tcp 22 from 0.0.0.0/0", {kAddedLive}}}},
  };
  for (const auto& row : rows) {
    for (const bool whole : {false, true}) {
      SCOPED_TRACE(std::string(row.what) + (whole ? ", as a patch of the whole" : ""));
      PolicyStore fresh{small_gateway(), runtime, clock};
      ASSERT_TRUE(fresh.apply(kFile, {}));
      for (const auto& operation : row.patches) {
        const auto changed = fresh.patch("[" + operation + (whole ? ", " + kWhole : "") + "]", {});
        ASSERT_TRUE(changed) << changed.error().message << changed.error().rendered;
      }
      for (const auto& [text, expected] : row.expected) EXPECT_EQ(lines_of(text, fresh), expected) << text;
    }
  }
}

// A new line in the document that is made of the change moves nothing that the user has in his file.
TEST_F(Positions, OfRoutesStayToo) {
  ASSERT_TRUE(apply(kFile));
  patch(put("/route_tables/out/0", R"({ "cidr_block": "192.0.2.0/24", "blackhole": true })"));
  const auto& routes = store.running()->policy.route_tables.at("out").routes;
  ASSERT_EQ(routes.size(), 2U);
  EXPECT_EQ(routes[0].where.line, kAddedLive);
  EXPECT_EQ(routes[1].where.line, 12U);
}

TEST_F(Positions, GoBackWithARollbackAndStartAnewWithAnApply) {
  ASSERT_TRUE(apply(kFile));
  patch(add(443));
  patch(kWhole);
  patch(add(444));
  const Lines none{kAddedLive};
  EXPECT_EQ(lines("tcp 443 from 0.0.0.0/0"), none);
  ASSERT_TRUE(store.rollback(2, author));
  EXPECT_EQ(lines("tcp 443 from 0.0.0.0/0"), none);
  EXPECT_EQ(lines(kWeb), (Lines{6, 8}));
  std::string next = kFile;
  next.insert(next.find("      { \"protocol\""), "      " + tcp_rule(444) + ",\n");
  ASSERT_TRUE(apply(next));
  EXPECT_EQ(lines("tcp 444 from 0.0.0.0/0"), Lines{6});
  EXPECT_EQ(lines(kWeb), (Lines{7, 9}));
}

std::string traced(const PolicyStore& store, std::uint16_t port) {
  TraceRequest request;
  request.from = *rules::parse_ipv4("10.0.4.11");
  request.to = *rules::parse_ipv4("10.0.3.11");
  request.to_port = port;
  const auto told = trace(store.running()->generation.image, store.running()->policy, nullptr, request);
  return told ? to_text(*told) : told.error();
}

// Another layout, or the document in force saved and applied: no generation, but the lines are those of that file.
TEST_F(Positions, AreThoseOfTheFileThatSaysTheSame) {
  ASSERT_TRUE(apply(kFile));
  patch(add(443));
  const auto before = store.running();
  const auto apply_as = [&](const std::string& file, const std::string& text, bool dry_run) {
    ChangeRequest request;
    request.file = file;
    request.dry_run = dry_run;
    const auto again = store.apply(text, request);
    ASSERT_TRUE(again) << again.error().rendered;
    EXPECT_FALSE(again->changed);
    EXPECT_EQ(again->summary, "the same policy");
    EXPECT_EQ(generation(), 2U);
    EXPECT_EQ(store.running()->generation.epoch, before->generation.epoch);
    EXPECT_EQ(store.history().size(), 2U);
  };
  const std::string written = rules::document_of(before->policy);
  apply_as("written.json", written, true);
  EXPECT_EQ(store.running(), before);
  apply_as("written.json", written, false);
  EXPECT_THAT(traced(store, 443), HasSubstr("written.json:7  tcp 443 from 0.0.0.0/0"));
  apply_as("spaced.json", "\n\n" + written, false);
  EXPECT_THAT(traced(store, 443), HasSubstr("spaced.json:9  tcp 443 from 0.0.0.0/0"));
  EXPECT_EQ(store.running()->policy.route_tables.at("out").where.line, 18U);
  EXPECT_EQ(store.history().front().image.hash(), store.running()->generation.image.hash());
  EXPECT_EQ(store.history().front().summary, before->generation.summary);
  EXPECT_EQ(runtime.published.back(), store.running()->bound);
  // Changes go on from there, live; what they add stands in no file, what was there in this one.
  patch(add(444));
  EXPECT_TRUE(store.running()->generation.image.bytes().empty());
  EXPECT_EQ(lines("tcp 444 from 0.0.0.0/0"), Lines{kAddedLive});
  EXPECT_EQ(lines("tcp 443 from 0.0.0.0/0"), Lines{9});
  ASSERT_TRUE(store.rollback(2, author));
  EXPECT_EQ(lines("tcp 443 from 0.0.0.0/0"), Lines{9});
  ASSERT_TRUE(store.rollback(1, author));
  EXPECT_EQ(lines(kWeb), (Lines{6, 8}));
}

TEST_F(Positions, AreToldByTraceAsTheyAre) {
  ASSERT_TRUE(apply(kFile));
  patch(add(443));
  patch(put("/route_tables/out/0", R"({ "cidr_block": "192.0.2.0/24", "gateway": "internet" })"));
  const struct {
    const char* from;
    const char* to;
    std::uint16_t port;
    const char* text;
    const char* json;
  } rows[] = {
      {"10.0.4.11", "10.0.3.11", 443, "allow   added live  tcp 443 from 0.0.0.0/0",
       R"({"added_live":true,"file":null,"line":0,"name":"web/ingress/0"})"},
      {"10.0.4.11", "10.0.3.11", 80, "allow   policy.json:6  tcp 80 from 0.0.0.0/0",
       R"({"file":"policy.json","line":6,"name":"web/ingress/1"})"},
      {"10.0.4.11", "10.0.3.11", 22, "nearest: added live  tcp 443 from 0.0.0.0/0 — not tcp 22", "added live"},
      {"10.0.3.11", "192.0.2.7", 80, "internet 192.0.2.0/24 added live", "added live"},
      {"10.0.3.11", "192.0.3.7", 80, "internet 0.0.0.0/0 policy.json:12", "policy.json:12"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.text);
    TraceRequest request;
    request.from = *rules::parse_ipv4(row.from);
    request.to = *rules::parse_ipv4(row.to);
    request.to_port = row.port;
    const auto traced = trace(store.running()->generation.image, store.running()->policy, nullptr, request);
    ASSERT_TRUE(traced) << traced.error();
    EXPECT_THAT(to_text(*traced), HasSubstr(row.text));
    EXPECT_THAT(to_json(*traced).dump(), HasSubstr(row.json));
  }
}

// What is wrong with a document that nobody has as a file is not said to be in the file.
TEST_F(Positions, OfErrorsAreThoseOfThePatchedDocument) {
  ASSERT_TRUE(apply(kFile));
  const auto refused = store.patch("[" + put("/subnets/app-c", R"({ "cidr_block": "10.0.3.0/25" })") + "]", {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().file, "policy.json (patched)");
  EXPECT_THAT(refused.error().rendered, HasSubstr("policy.json (patched):"));
  EXPECT_THAT(refused.error().rendered, Not(HasSubstr("policy.json:")));
}

}  // namespace
}  // namespace sallyport::control
