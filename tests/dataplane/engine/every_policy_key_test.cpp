// Every key of the policy document by name: two documents that differ in it alone, one packet, two fates.
//
// Owner: tests. Always: a key that the reader knows and no row holds fails here. What a version refuses is held by the
// refusal; forms of values and defaults stand in policy_keys_test.cpp and options_test.cpp.
#include "tests/dataplane/support/key_rows.h"

namespace sallyport::dataplane::testing {
namespace {

using rules::ObjectKind;

const std::string kRefused = "drop ENI_SG_RULES_MISMATCH";
const std::string kDenied = "drop SUBNET_ACL_RESTRICTION";
const std::string kUnknown = "drop UNKNOWN_HOST";
const std::string kBlackhole = "drop BAD_STATE_ROUTE";
const std::string kNoRoute = "drop NO_ROUTE_TO_DESTINATION";
const std::string kChecked = "drop ENI_SOURCE_DEST_CHECK_RESTRICTION";
const std::string kNoIpv6 = "refused: IPv6 is not enforced by this version: found the key ";
const std::string kNoTarget =
    "refused: expected exactly one target: gateway, nat_gateway, interface, egress_only_gateway or blackhole";

Frame syn(std::string_view from, std::string_view to) { return tcp(from, to, tcp::kSyn).frame(); }

// A packet most rows send, and its way where nothing is in it.
constexpr auto* kApp = "10.0.3.11:40000";
constexpr auto* kDb = "10.0.4.5:5432";
const std::string kToDb = "inside tcp 10.0.3.11:40000 > 10.0.4.5:5432 S ttl 63";
const std::string kFromDb = "inside tcp 10.0.4.5:5432 > 10.0.3.11:40000 A ttl 63";
const std::string kToWeb = "dmz tcp 198.18.0.7:1 > 10.0.1.20:443 S ttl 63";
const std::string kFromWeb = "outside tcp 203.0.113.20:1 > 198.18.0.7:25 S ttl 63";
const std::string kTranslated = "outside tcp 203.0.113.5:2000 > 198.18.0.7:443 S ttl 63";
const std::string kByVpn = "dmz tcp 10.0.3.11:40000 > 192.0.2.9:1 S ttl 63";
const auto app_to_db = [] { return sends("inside", syn(kApp, kDb)); };
const auto to_web = [] { return sends("outside", syn("198.18.0.7:1", "203.0.113.20:443")); };
const auto web_mails = [](const char* to = "198.18.0.7:25") { return sends("dmz", syn("10.0.1.20:1", to)); };
const auto by_nat = [](const char* to = "198.18.0.7:443") {
  return Probe([to](GatewayWorld& world, const Json&) {
    world.engine().force_nat_port(2000);
    return world.send("inside", syn(kApp, to));
  });
};

// The usual policy with something of each kind that it has not.
Json base_policy() {
  auto policy = usual_policy();
  policy["prefix_lists"]["elsewhere"] = {"203.0.112.0/24"};
  policy["security_groups"]["app"]["ingress"].push_back({{"protocol", "-1"}, {"security_groups", {"db"}}});
  auto& to_db = policy["security_groups"]["db"]["ingress"];
  to_db.push_back({{"protocol", "udp"}, {"from_port", 53}, {"to_port", 53}, {"security_groups", {"app"}}});
  to_db.push_back({{"protocol", "icmp"}, {"security_groups", {"app"}}});
  policy["network_acls"]["public"]["ingress"].push_back({{"rule_no", 70},
                                                         {"action", "deny"},
                                                         {"protocol", "icmp"},
                                                         {"cidr_block", "198.18.7.0/24"},
                                                         {"icmp_type", 8},
                                                         {"icmp_code", 0}});
  policy["nat_gateways"]["nat-b"] = {{"subnet", "public"}, {"private_ip", "10.0.1.6"}, {"public_ips", {"203.0.113.6"}}};
  return policy;
}

std::string fate_of(const Json& policy, const KeyRow& row) {
  const auto read = rules::read_policy(policy.dump(), "policy.json");
  if (!read) return refusal(read.error(), row.pointer);
  GatewayWorld world(policy.dump(), resolved());
  return row.probe(world, policy);
}

std::vector<KeyRow> sections() {
  return {
      {"/version", nullptr, "2", app_to_db(), kToDb, "refused: found the number 2, expected the version 1"},
      {"/vpc", nullptr, R"({"cidr_blocks": ["10.0.0.0/16", "198.18.0.0/16"], "internet_gateway": true})", by_nat(),
       kTranslated, kUnknown},
      {"/prefix_lists", nullptr, R"({"partners": ["192.0.2.0/29"], "elsewhere": []})", by_nat("192.0.2.9:1"), kByVpn,
       "outside tcp 203.0.113.5:2000 > 192.0.2.9:1 S ttl 63"},
      {"/security_groups", nullptr, "", app_to_db(), kToDb, "refused: unknown group \"app\""},
      {"/network_acls", nullptr, "", web_mails(), kDenied, "refused: unknown network ACL \"public\""},
      {"/route_tables", nullptr, "", by_nat(), kTranslated, "refused: unknown route table \"public\""},
      {"/subnets", nullptr, "", app_to_db(), kToDb, "refused: unknown subnet \"public\""},
      {"/interfaces", nullptr, "", app_to_db(), kToDb, "refused: unknown interface \"vpn\""},
      {"/nat_gateways", nullptr, "", by_nat(), kTranslated, "refused: unknown NAT gateway \"nat-a\""},
      {"/options", R"({"tcp_pickup": false})", "", sends("inside", tcp(kApp, kDb, tcp::kAck).frame()),
       "drop CONNTRACK_INVALID_STATE", "inside tcp 10.0.3.11:40000 > 10.0.4.5:5432 A ttl 63"},
      {"/vpc/cidr_blocks", nullptr, R"(["10.0.0.0/16", "198.18.0.0/16"])", by_nat(), kTranslated, kUnknown},
      {"/vpc/ipv6_cidr_blocks", R"(["2001:db8::/56"])", "", app_to_db(), kNoIpv6 + "\"ipv6_cidr_blocks\"", kToDb},
      // Without it there is neither a route to the internet nor a public address for a packet to use.
      {"/vpc/internet_gateway", nullptr, "", to_web(), kToWeb,
       "refused: a route to the internet needs \"internet_gateway\": true in /vpc"},
  };
}

std::vector<KeyRow> group_keys() {
  return {
      {"/security_groups/db/ingress", nullptr, "", app_to_db(), kToDb, kRefused},
      {"/security_groups/app/egress", nullptr, "", app_to_db(), kToDb, kRefused},
      {"/security_groups/db/ingress/0/protocol", nullptr, "\"udp\"", app_to_db(), kToDb, kRefused},
      {"/security_groups/db/ingress/2/protocol", nullptr, "\"all\"", sends("inside", syn(kApp, "10.0.4.5:1")), kRefused,
       "inside tcp 10.0.3.11:40000 > 10.0.4.5:1 S ttl 63"},
      {"/security_groups/db/ingress/0/from_port", nullptr, "5431", sends("inside", syn(kApp, "10.0.4.5:5431")),
       kRefused, "inside tcp 10.0.3.11:40000 > 10.0.4.5:5431 S ttl 63"},
      {"/security_groups/db/ingress/0/to_port", nullptr, "5433", sends("inside", syn(kApp, "10.0.4.5:5433")), kRefused,
       "inside tcp 10.0.3.11:40000 > 10.0.4.5:5433 S ttl 63"},
      {"/security_groups/web/ingress/1/cidr_blocks", nullptr, R"(["10.0.0.0/16"])", to_web(), kToWeb, kRefused},
      {"/security_groups/db/ingress/0/ipv6_cidr_blocks", R"(["::/0"])", "", app_to_db(),
       kNoIpv6 + "\"ipv6_cidr_blocks\"", kToDb},
      {"/security_groups/db/ingress/0/security_groups", nullptr, R"(["web"])", app_to_db(), kToDb, kRefused},
      {"/security_groups/db/ingress/0/prefix_lists", R"(["partners"])", "",
       sends("dmz", tcp("192.0.2.9:1", kDb, tcp::kSyn).from(kVpnMac).frame()),
       "inside tcp 192.0.2.9:1 > 10.0.4.5:5432 S ttl 63", kRefused},
      {"/security_groups/app/ingress/0/self", "true", "", sends("inside", syn(kApp, "10.0.3.12:3000")),
       "inside tcp 10.0.3.11:40000 > 10.0.3.12:3000 S ttl 63", kRefused},
  };
}

std::vector<KeyRow> acl_keys() {
  const auto echo = sends("outside", echo_request("198.18.7.7", "203.0.113.20", 1).frame());
  const std::string echoed = "dmz icmp 8/0 198.18.7.7 > 10.0.1.20 id 1 ttl 63";
  const auto mailed = [](const char* port) {
    return "outside tcp 203.0.113.20:1 > 198.18.0.7:" + std::string(port) + " S ttl 63";
  };
  return {
      {"/network_acls/public/ingress", nullptr, "", to_web(), kToWeb, kDenied},
      {"/network_acls/public/egress", nullptr, "", web_mails("198.18.0.7:443"), mailed("443"), kDenied},
      {"/network_acls/public/egress/0/rule_no", nullptr, "101", web_mails(), kDenied, kFromWeb},
      {"/network_acls/public/egress/0/action", nullptr, "\"allow\"", web_mails(), kDenied, kFromWeb},
      {"/network_acls/public/egress/0/protocol", nullptr, "\"udp\"", web_mails(), kDenied, kFromWeb},
      {"/network_acls/public/egress/1/protocol", "\"all\"", "\"icmp\"", web_mails("198.18.0.7:443"), mailed("443"),
       kDenied},
      {"/network_acls/public/egress/0/cidr_block", nullptr, "\"198.19.0.0/16\"", web_mails(), kDenied, kFromWeb},
      {"/network_acls/public/egress/0/ipv6_cidr_block", "\"::/0\"", "", web_mails(), kNoIpv6 + "\"ipv6_cidr_block\"",
       kDenied},
      {"/network_acls/public/egress/0/from_port", nullptr, "24", web_mails("198.18.0.7:24"), mailed("24"), kDenied},
      {"/network_acls/public/egress/0/to_port", nullptr, "26", web_mails("198.18.0.7:26"), mailed("26"), kDenied},
      {"/network_acls/public/ingress/2/icmp_type", nullptr, "13", echo, kDenied, echoed},
      {"/network_acls/public/ingress/2/icmp_code", nullptr, "1", echo, kDenied, echoed},
  };
}

std::vector<KeyRow> place_keys() {
  const auto to_partner = sends("inside", syn(kApp, "192.0.2.9:1"));
  return {
      {"/route_tables/private/1/cidr_block", nullptr, "\"198.18.0.0/24\"", by_nat(), kTranslated, kBlackhole},
      {"/route_tables/private/1/ipv6_cidr_block", "\"::/0\"", "", by_nat(), kNoIpv6 + "\"ipv6_cidr_block\"",
       kTranslated},
      {"/route_tables/private/2/prefix_list", nullptr, "\"elsewhere\"", by_nat("192.0.2.9:1"), kByVpn,
       "outside tcp 203.0.113.5:2000 > 192.0.2.9:1 S ttl 63"},
      {"/route_tables/public/0/gateway", nullptr, "", to_web(), kToWeb, kNoTarget},
      {"/route_tables/private/0/nat_gateway", nullptr, "\"nat-b\"", by_nat(), kTranslated,
       "outside tcp 203.0.113.6:2000 > 198.18.0.7:443 S ttl 63"},
      {"/route_tables/private/2/interface", nullptr, "\"docker\"", to_partner, kByVpn, kChecked},
      {"/route_tables/private/1/egress_only_gateway", "true", "", by_nat(), kNoIpv6 + "\"egress_only_gateway\"",
       kTranslated},
      {"/route_tables/private/1/blackhole", nullptr, "", sends("inside", syn(kApp, "192.0.2.200:1")), kBlackhole,
       kNoTarget},
      {"/subnets/far/cidr_block", nullptr, "\"10.0.8.0/24\"", sends("inside", syn(kApp, "10.0.9.9:22")), kNoRoute,
       kUnknown},
      {"/subnets/db/ipv6_cidr_block", "\"2001:db8::/64\"", "", app_to_db(), kNoIpv6 + "\"ipv6_cidr_block\"", kToDb},
      {"/subnets/app/route_table", nullptr, "", by_nat(), kTranslated, kNoRoute},
      {"/subnets/public/network_acl", nullptr, "", web_mails(), kDenied, kFromWeb},
      {"/subnets/app/security_groups", nullptr, "", sends("inside", syn("10.0.3.200:1", kDb)),
       "inside tcp 10.0.3.200:1 > 10.0.4.5:5432 S ttl 63", kUnknown},
      {"/nat_gateways/nat-a/subnet", nullptr, "\"db\"", by_nat(), kTranslated,
       "refused: 10.0.1.5 is outside its subnet, expected an address of 10.0.4.0/24"},
      {"/nat_gateways/nat-a/private_ip", nullptr, "\"10.0.1.7\"", sends("inside", syn(kApp, "10.0.1.5:443")),
       "drop NAT_NO_SESSION", kUnknown},
      {"/nat_gateways/nat-a/public_ips", nullptr, R"(["203.0.113.9"])", by_nat(), kTranslated,
       "outside tcp 203.0.113.9:2000 > 198.18.0.7:443 S ttl 63"},
      {"/nat_gateways/nat-a/connectivity_type", "\"public\"", "\"private\"", by_nat(), kTranslated,
       "refused: A private NAT gateway is not enforced by this version: expected the connectivity_type \"public\""},
      {"/nat_gateways/nat-a/secondary_private_ip_addresses", R"(["10.0.1.8"])", "", by_nat(),
       "refused: A private NAT gateway is not enforced by this version: found the key "
       "\"secondary_private_ip_addresses\"",
       kTranslated},
  };
}

std::vector<KeyRow> interface_keys() {
  return {
      {"/interfaces/db-1/subnet", nullptr, "\"app\"", app_to_db(), kToDb,
       "refused: 10.0.4.5 is outside its subnet, expected an address of 10.0.3.0/24"},
      {"/interfaces/db-1/private_ips", nullptr, R"(["10.0.4.6"])", app_to_db(), kToDb, kUnknown},
      {"/interfaces/web-1/public_ip", nullptr, "", web_mails("198.18.0.7:443"),
       "outside tcp 203.0.113.20:1 > 198.18.0.7:443 S ttl 63", "drop IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"},
      {"/interfaces/db-1/ipv6_addresses", R"(["2001:db8::5"])", "", app_to_db(), kNoIpv6 + "\"ipv6_addresses\"", kToDb},
      {"/interfaces/db-1/security_groups", nullptr, "", app_to_db(), kToDb, kRefused},
      {"/interfaces/vpn/source_dest_check", nullptr, "", sends("inside", syn(kApp, "192.0.2.9:1")), kByVpn, kChecked},
      {"/interfaces/app-1/mac", "\"02:00:00:00:03:0b\"", "", app_to_db(), "drop GATEWAY_REJECTS_SPOOFED_TRAFFIC",
       kToDb},
      {"/interfaces/docker/publish", nullptr, "", sends("outside", syn("198.18.0.7:1", "203.0.113.100:8080")),
       "dmz tcp 198.18.0.7:1 > 172.17.0.2:5000 S ttl 63", "dmz tcp 198.18.0.7:1 > 10.0.1.100:8080 S ttl 63"},
      {"/interfaces/db-1/flow_log", "true", "", app_to_db(),
       "refused: The flow log is not enforced by this version: found the key \"flow_log\"", kToDb},
  };
}

// What becomes of a segment of db-1's after a change of policy, on a flow that app-1 opened.
Probe after_a_change(const std::function<void(Json&)>& change) {
  return [change](GatewayWorld& world, const Json& policy) {
    static_cast<void>(world.send("inside", syn(kApp, kDb)));
    static_cast<void>(world.send("inside", tcp(kDb, kApp, kSynAck).frame()));
    static_cast<void>(world.send("inside", tcp(kApp, kDb, tcp::kAck).frame()));
    auto changed = policy;
    change(changed);
    world.apply(changed.dump());
    return world.send("inside", tcp(kDb, kApp, tcp::kAck).frame());
  };
}

std::vector<KeyRow> option_keys() {
  const auto without_rule =
      after_a_change([](Json& policy) { policy["security_groups"]["db"]["ingress"] = Json::array(); });
  const auto elsewhere = after_a_change([](Json& policy) { policy["route_tables"]["more"] = Json::array(); });
  const auto fragment = sends("inside", tcp(kApp, "198.18.0.7:443", tcp::kSyn).fragment(0, true).frame());
  return {
      {"/options/on_policy_change", "\"keep\"", "\"revalidate\"", without_rule, kFromDb, kRefused},
      {"/options/on_policy_change", "", "\"revalidate\"", without_rule, kFromDb, kRefused},
      {"/options/on_policy_change", "\"revalidate\"", "\"cut\"", elsewhere, kFromDb, kRefused},
      {"/options/tcp_pickup", "false", "", sends("inside", tcp(kApp, kDb, tcp::kAck).frame()),
       "drop CONNTRACK_INVALID_STATE", "inside tcp 10.0.3.11:40000 > 10.0.4.5:5432 A ttl 63"},
      // That a NAT gateway takes fragments of ICMP as well is shown where the kernel puts them together:
      // e2e/paths_test.
      {"/options/nat_fragments", "\"all\"", "\"udp\"", fragment, "drop FRAGMENT_LIMIT",
       "refused: nat_fragments \"udp\" is not enforced by this version: expected \"all\""},
      {"/options/allow_private_internet", "true", "", sends("dmz", syn("10.0.1.20:1", "192.168.0.1:1")),
       "outside tcp 203.0.113.20:1 > 192.168.0.1:1 S ttl 63", "drop IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS"},
      {"/options/timeouts", R"({"tcp_established": 100})", "",
       [](GatewayWorld& world, const Json& policy) {
         const auto same = after_a_change([](Json&) {});
         static_cast<void>(same(world, policy));
         world.pass(200);
         return world.send("inside", tcp(kDb, kApp, tcp::kAck).frame());
       },
       kRefused, kFromDb},
  };
}

struct Life {
  const char* key;
  int seconds;   // where the key is written
  bool longer;   // than the default
  double pause;  // between the two
  std::vector<Frame> packets;
  Frame last;  // of db-1, which may open nothing
  const char* passed;
};

std::vector<Life> lives() {
  const auto open = syn(kApp, kDb), answer = tcp(kDb, kApp, kSynAck).frame(), ack = tcp(kApp, kDb, tcp::kAck).frame();
  const auto end = tcp(kApp, kDb, tcp::kFin | tcp::kAck).frame(),
             end_too = tcp(kDb, kApp, tcp::kFin | tcp::kAck).frame();
  const auto ask = udp("10.0.3.11:53", "10.0.4.5:53").frame(), tell = udp("10.0.4.5:53", "10.0.3.11:53").frame();
  const auto segment = tcp(kDb, kApp, tcp::kAck).frame();
  const auto* const passed = "inside tcp 10.0.4.5:5432 > 10.0.3.11:40000 A ttl 63";
  const auto* const told = "inside udp 10.0.4.5:53 > 10.0.3.11:53 ttl 63";
  return {
      {"tcp_established", 100, false, 200, {open, answer, ack}, segment, passed},
      {"tcp_syn", 100, true, 80, {open}, answer, "inside tcp 10.0.4.5:5432 > 10.0.3.11:40000 SA ttl 63"},
      {"tcp_closing", 100, true, 50, {open, answer, ack, end}, segment, passed},
      {"tcp_time_wait", 100, true, 80, {open, answer, ack, end, end_too}, segment, passed},
      {"udp", 60, true, 45, {ask}, tell, told},
      {"udp_stream", 60, false, 100, {ask, tell, ask}, tell, told},
      {"other",
       100,
       false,
       200,
       {echo_request("10.0.3.11", "10.0.4.5", 3).frame()},
       echo_reply("10.0.4.5", "10.0.3.11", 3).frame(),
       "inside icmp 0/0 10.0.4.5 > 10.0.3.11 id 3 ttl 63"},
  };
}

TEST(EveryKey, OfTimeouts) {
  for (const auto& life : lives()) {
    const Probe probe = [&](GatewayWorld& world, const Json&) {
      for (const auto& packet : life.packets) static_cast<void>(world.send("inside", packet));
      world.pass(life.pause);
      return world.send("inside", life.last);
    };
    const auto value = std::to_string(life.seconds);
    for (const std::string object : {"/options/timeouts/", "/interfaces/db-1/timeouts/"}) {
      const auto pointer = object + life.key;
      const KeyRow row{pointer.c_str(),
                       value.c_str(),
                       "",
                       probe,
                       life.longer ? life.passed : kRefused,
                       life.longer ? kRefused : life.passed};
      expect_fates(std::span(&row, 1), base_policy(), fate_of);
    }
  }
}

Held held_by_timeouts() {
  Held held{{ObjectKind::timeouts, "nat"}, {ObjectKind::interface, "timeouts"}};
  for (const auto& life : lives()) {
    held.emplace(ObjectKind::timeouts, life.key);
    held.emplace(ObjectKind::interface_timeouts, life.key);
  }
  return held;
}

TEST(EveryKey, OfTimeoutsOfNat) {
  const Probe probe = [](GatewayWorld& world, const Json&) {
    world.engine().force_nat_port(2000);
    static_cast<void>(world.send("inside", syn(kApp, "198.18.0.7:443")));
    static_cast<void>(world.send("outside", tcp("198.18.0.7:443", "203.0.113.5:2000", kSynAck).frame()));
    static_cast<void>(world.send("inside", tcp(kApp, "198.18.0.7:443", tcp::kAck).frame()));
    world.pass(200);
    return world.send("outside", tcp("198.18.0.7:443", "203.0.113.5:2000", tcp::kAck).frame());
  };
  const KeyRow row{"/options/timeouts/nat",
                   "100",
                   "",
                   probe,
                   "drop NAT_NO_SESSION",
                   "inside tcp 198.18.0.7:443 > 10.0.3.11:40000 A ttl 63"};
  expect_fates(std::span(&row, 1), base_policy(), fate_of);
}

std::vector<KeyRow> all_rows() {
  std::vector<KeyRow> rows;
  for (const auto& part : {sections(), group_keys(), acl_keys(), place_keys(), interface_keys(), option_keys()})
    rows.insert(rows.end(), part.begin(), part.end());
  return rows;
}

TEST(EveryKey, OfThePolicyAsAWholeHasAFateThatItChanges) { expect_fates(sections(), base_policy(), fate_of); }
TEST(EveryKey, OfGroups) { expect_fates(group_keys(), base_policy(), fate_of); }
TEST(EveryKey, OfAcls) { expect_fates(acl_keys(), base_policy(), fate_of); }
TEST(EveryKey, OfRoutesSubnetsAndNatGateways) { expect_fates(place_keys(), base_policy(), fate_of); }
TEST(EveryKey, OfInterfaces) { expect_fates(interface_keys(), base_policy(), fate_of); }
TEST(EveryKey, OfOptions) { expect_fates(option_keys(), base_policy(), fate_of); }

// Texts for people: no packet meets them, whoever asks for the policy in force reads them.
constexpr const char* kDescriptions[] = {"/security_groups/db/description", "/security_groups/db/ingress/0/description",
                                         "/network_acls/public/egress/0/description"};

TEST(EveryKey, DescriptionsAreShownAndChangeNoPacket) {
  const auto plain = rules::read_policy(base_policy().dump(), "policy.json");
  ASSERT_TRUE(plain);
  for (const auto* pointer : kDescriptions) {
    const auto read =
        rules::read_policy(with_value(base_policy(), pointer, R"("why it is there")").dump(), "policy.json");
    ASSERT_TRUE(read) << pointer;
    EXPECT_TRUE(rules::same_meaning(plain->policy, read->policy)) << pointer;
    const auto shown = Json::parse(rules::write_policy(read->policy));
    EXPECT_EQ(shown.at(Json::json_pointer(pointer)), "why it is there") << pointer;
  }
}

TEST(EveryKey, ThatThePolicysReaderKnowsIsHeldHere) {
  auto held = held_by(all_rows(), ObjectKind::policy);
  held.merge(held_by_timeouts());
  for (const auto* pointer : kDescriptions) held.emplace(kind_of_object(pointer, ObjectKind::policy), "description");
  expect_complete(held, ObjectKind::policy, ObjectKind::timeouts);
}

TEST(EveryKey, OfThePolicyIsHeldInEachOfItsWords) {
  expect_all_choices(all_rows(), {}, ObjectKind::policy, base_policy(), [](const Json& document) {
    auto read = rules::read_policy(document.dump(), "policy.json");
    return read ? std::move(read->warnings) : std::move(read.error());
  });
}

}  // namespace
}  // namespace sallyport::dataplane::testing
