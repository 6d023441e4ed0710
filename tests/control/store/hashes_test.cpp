// The hash of the policy in force: of the document that was applied, or of that and of what differs from it now.
#include <gmock/gmock.h>

#include "tests/control/store/store_fixture.h"

namespace sallyport::control {
namespace {

const std::string kFile = R"({
  "version": 1,
  "vpc": { "cidr_blocks": ["10.0.0.0/16"], "internet_gateway": true },
  "prefix_lists": { "office": [
    "198.51.100.0/24", "192.0.2.0/24" ] },
  "security_groups": {
    "web": { "ingress": [
      { "protocol": "tcp", "from_port": 80, "to_port": 80, "cidr_blocks": ["0.0.0.0/0"], "description": "site" },
      { "protocol": "tcp", "from_port": 22, "to_port": 22, "prefix_lists": ["office"] } ] },
    "db": { "ingress": [] } },
  "network_acls": { "edge": { "ingress": [
      { "rule_no": 100, "action": "allow", "protocol": "-1", "cidr_block": "0.0.0.0/0" } ] } },
  "route_tables": { "out": [ { "cidr_block": "0.0.0.0/0", "gateway": "internet" } ] },
  "subnets": { "app-a": { "cidr_block": "10.0.3.0/24", "route_table": "out" } },
  "interfaces": { "app-1": { "subnet": "app-a", "private_ips": ["10.0.3.11"], "security_groups": ["web"] } }
}
)";

std::string put(const std::string& pointer, const std::string& value) {
  return R"({ "op": "add", "path": ")" + pointer + R"(", "value": )" + value + " }";
}
std::string remove(const std::string& pointer) { return R"({ "op": "remove", "path": ")" + pointer + R"(" })"; }

const std::string kFirst = "/security_groups/web/ingress/0";
const std::string kSite = tcp_rule(80).insert(2, R"("description": "site", )");  // its keys in another order

class Hashes : public PolicyStoreTest {
 protected:
  std::string hash() const { return store.running()->generation.image.hash(); }
  // The hash after these patches one after the other.
  std::string after(const std::vector<std::string>& patches) {
    for (const auto& operation : patches) {
      const auto changed = store.patch("[" + operation + "]", {});
      EXPECT_TRUE(changed) << changed.error().message << changed.error().rendered;
      if (changed) {
        EXPECT_EQ(changed->hash, hash());
      }
    }
    return hash();
  }
};

// Each change is undone by the next; the hash is that of the document again.
TEST_F(Hashes, OfWhatWasUndoneAreThoseOfTheDocument) {
  const struct {
    const char* what;
    std::string change, back;
  } rows[] = {
      {"a rule added", put(kFirst, tcp_rule(443)), remove(kFirst)},
      {"a rule removed, and put back in other words", remove(kFirst), put(kFirst, kSite)},
      {"a description", put(kFirst + "/description", R"("shop")"), put(kFirst + "/description", R"("site")")},
      {"a description taken away", remove(kFirst + "/description"), put(kFirst + "/description", R"("site")")},
      {"a prefix", put("/prefix_lists/office/-", R"("203.0.113.0/24")"), remove("/prefix_lists/office/2")},
      {"a prefix removed, and put behind the others", remove("/prefix_lists/office/0"),
       put("/prefix_lists/office/-", R"("198.51.100.0/24")")},
      {"a member", put("/interfaces/app-1/security_groups/-", R"("db")"),
       remove("/interfaces/app-1/security_groups/1")},
      {"an entry", put("/network_acls/edge/ingress/-", R"({ "rule_no": 90, "action": "deny", "protocol": "-1",
                                                            "cidr_block": "192.0.2.0/24" })"),
       remove("/network_acls/edge/ingress/1")},
      {"a route", put("/route_tables/out/-", R"({ "cidr_block": "192.0.2.0/24", "blackhole": true })"),
       remove("/route_tables/out/1")},
      {"a group", put("/security_groups/new", "{}"), remove("/security_groups/new")},
      {"an interface", put("/interfaces/app-2", R"({ "subnet": "app-a", "private_ips": ["10.0.3.12"] })"),
       remove("/interfaces/app-2")},
      {"an option", put("/options", R"({ "tcp_pickup": false })"), remove("/options")},
      {"an option, and what it is anyway", put("/options", R"({ "tcp_pickup": false })"),
       put("/options", R"({ "tcp_pickup": true })")},
      {"all of the VPC", put("/vpc/internet_gateway", "true") + "," + put("/vpc/cidr_blocks/-", R"("10.1.0.0/16")"),
       remove("/vpc/cidr_blocks/1")},
  };
  ASSERT_TRUE(apply(kFile));
  const std::string applied = hash();
  for (const auto& row : rows) {
    SCOPED_TRACE(row.what);
    EXPECT_NE(after({row.change}), applied);
    EXPECT_EQ(after({row.back}), applied);
  }
}

// Changes of one object and changes that are read whole, in every order.
TEST_F(Hashes, DoNotDependOnTheWayThere) {
  std::vector<std::string> changes{put(kFirst, tcp_rule(443)), put("/security_groups/db/description", R"("rows")"),
                                   put("/route_tables/out/-", R"({ "cidr_block": "192.0.2.0/24", "blackhole": true })"),
                                   put("/interfaces/app-1/security_groups/-", R"("db")")};
  std::ranges::sort(changes);
  std::vector<std::string> seen;
  do {
    ASSERT_TRUE(apply(small_policy(tcp_rule(80))));
    ASSERT_TRUE(apply(kFile));
    const std::string applied = hash();
    seen.push_back(after(changes));
    EXPECT_NE(seen.back(), applied);
    EXPECT_EQ(seen.back(), seen.front());
  } while (std::ranges::next_permutation(changes).found);
  EXPECT_EQ(seen.size(), 24U);
  // What a rollback brings back has the hash it had; another change has another.
  ASSERT_TRUE(apply(small_policy(tcp_rule(80))));
  ASSERT_TRUE(store.rollback(std::nullopt, author));
  EXPECT_EQ(hash(), seen.front());
  EXPECT_NE(after({put(kFirst, tcp_rule(444))}), seen.front());
}

TEST_F(Hashes, OfADryRunAreThoseOfTheChange) {
  ASSERT_TRUE(apply(kFile));
  ChangeRequest dry;
  dry.dry_run = true;
  const std::string change = "[" + put(kFirst, tcp_rule(443)) + "]";
  const auto tried = store.patch(change, dry);
  ASSERT_TRUE(tried);
  EXPECT_NE(tried->hash, hash());
  EXPECT_EQ(after({put(kFirst, tcp_rule(443))}), tried->hash);
}

// The document with the changes, applied as a whole, is a document of its own.
TEST_F(Hashes, OfTheSameDocumentAppliedAreItsOwn) {
  ASSERT_TRUE(apply(kFile));
  const std::string live = after({put(kFirst, tcp_rule(443))});
  const std::string text = rules::document_of(store.running()->policy);
  const auto again = apply(text);
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->changed);
  EXPECT_NE(again->hash, live);
  EXPECT_EQ(again->hash, hash());
  EXPECT_EQ(after({put("/security_groups/db/description", R"("x")"), remove("/security_groups/db/description")}),
            again->hash);
}

}  // namespace
}  // namespace sallyport::control
