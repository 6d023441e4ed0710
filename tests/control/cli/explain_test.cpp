// `explain`: every code, every key of the documents, misspellings.
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "control/cli/command.h"
#include "control/cli/document_keys.h"
#include "control/server/error_codes.h"
#include "rules/analyze/lint.h"
#include "rules/document/known_keys.h"
#include "rules/model/drop_code.h"
#include "tests/control/cli/run_cli.h"

namespace sallyport::control::test {
namespace {

using ::testing::HasSubstr;

TEST(Explain, KnowsEveryDropCode) {
  for (std::size_t i = 1; i < rules::kDropCodes; ++i) {
    const auto& text = rules::text_of(static_cast<rules::DropCode>(i));
    const auto result = run_cli({"explain", std::string(text.name)});
    EXPECT_EQ(result.status, kYes);
    EXPECT_THAT(result.out, HasSubstr(std::string(text.meaning)));
    EXPECT_THAT(result.out, HasSubstr(std::string(text.remedy)));
  }
}

TEST(Explain, AnswersWords) {
  struct Case {
    std::string word;
    int status;
    std::string out, err;
  };
  const std::vector<Case> cases{
      {"subnet_acl_restriction", kYes, "SUBNET_ACL_RESTRICTION\n", ""},
      {"source_dest_check", kYes, "policy: interfaces.NAME", ""},
      {"options.timeouts.nat", kYes, "default 350", ""},
      {"/options/tcp_pickup", kYes, "only a SYN", ""},
      {"NAT_NO_SESION", kBadInput, "", "did you mean \"NAT_NO_SESSION\"?"},
      {"nat_gatway", kBadInput, "", "did you mean \"nat_gateway\"?"},
      {"zzz", kBadInput, "", "neither a drop code nor a document key"},
      {"acl-drops-replies", kYes, "acl-drops-replies\n", ""},
      {"policy_refused", kYes, "policy_refused (HTTP status 422)\n", ""},
      {"policy_refsed", kBadInput, "", "did you mean \"policy_refused\"?"},
      {"unused-gruop", kBadInput, "", "did you mean \"unused-group\"?"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.word);
    const auto result = run_cli({"explain", c.word});
    EXPECT_EQ(result.status, c.status);
    EXPECT_THAT(result.out, HasSubstr(c.out));
    EXPECT_THAT(result.err, HasSubstr(c.err));
  }
}

TEST(Explain, ListsEverythingItKnows) {
  const auto text = run_cli({"explain"});
  EXPECT_EQ(text.status, kYes);
  const auto json = nlohmann::json::parse(run_cli({"explain", "-o", "json"}).out);
  EXPECT_EQ(json.at("schema"), "sallyport/explain/1");
  EXPECT_EQ(json.at("codes").size(), rules::kDropCodes - 1);
  EXPECT_EQ(json.at("kinds").size(), rules::lint_texts().size());
  EXPECT_EQ(json.at("errors").size(), error_codes().size());
  for (const auto& row : json.at("errors")) {
    auto single = nlohmann::json::parse(run_cli({"explain", row.at("error"), "-o", "json"}).out);
    single.erase("schema");
    EXPECT_EQ(single, row);
  }
  EXPECT_EQ(json.at("keys").size(), document_keys().size());
  for (const auto& [list, name] : {std::pair("codes", "code"), std::pair("kinds", "kind"), std::pair("errors", "error"),
                                   std::pair("keys", "key")}) {
    for (const auto& row : json.at(list)) {
      const auto word = row.at(name).get<std::string>();
      EXPECT_THAT(text.out, HasSubstr("\n  " + word + " ")) << list;
    }
  }
}

// "policy: subnets.NAME" and "gateway; policy: interfaces.NAME" speak of a policy's keys.
bool speaks_of(std::string_view where, std::string_view document) {
  return where.starts_with("both") || where.find(document) != std::string_view::npos;
}

TEST(Explain, KnowsTheKeysOfTheReadersAndNoOthers) {
  std::set<std::pair<std::string_view, std::string_view>> known;  // document, key
  for (std::size_t i = 0; i < rules::kObjectKinds; ++i) {
    const auto kind = static_cast<rules::ObjectKind>(i);
    const std::string_view document = kind < rules::ObjectKind::gateway ? "policy" : "gateway";
    for (const auto key : rules::keys_of(kind)) {
      known.emplace(document, key);
      EXPECT_TRUE(std::ranges::any_of(
          document_keys(), [&](const DocumentKey& row) { return row.key == key && speaks_of(row.where, document); }))
          << key << " of " << rules::name_of(kind);
    }
  }
  for (const auto& row : document_keys()) {
    const bool read = (speaks_of(row.where, "policy") && known.contains({"policy", row.key})) ||
                      (speaks_of(row.where, "gateway") && known.contains({"gateway", row.key}));
    EXPECT_TRUE(read) << row.key << " of " << row.where;
  }
}

TEST(Explain, JsonCarriesSchemaMeaningAndRemedy) {
  const auto json = nlohmann::json::parse(run_cli({"explain", "NO_POLICY", "-o", "json"}).out);
  EXPECT_EQ(json.at("schema"), "sallyport/explain/1");
  EXPECT_EQ(json.at("code"), "NO_POLICY");
  EXPECT_FALSE(json.at("meaning").get<std::string>().empty());
  EXPECT_FALSE(json.at("remedy").get<std::string>().empty());
}

}  // namespace
}  // namespace sallyport::control::test
