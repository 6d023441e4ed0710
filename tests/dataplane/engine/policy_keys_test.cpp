// Forms, values and defaults of keys of the policy document: a packet before a change to the usual policy and after it.
//
// Owner: tests. That no key is without a packet is shown by every_policy_key_test.cpp; options, timeouts and ports
// stand in options_test.cpp.
#include <functional>

#include "tests/dataplane/support/steps.h"

namespace sallyport::dataplane::testing {
namespace {

using Json = nlohmann::ordered_json;

struct Row {
  std::string key;
  std::function<void(Json&)> change;
  std::string port;
  Frame frame;
  std::string before;
  std::string after;
};

void hold_true(const std::vector<Row>& rows) {
  for (const auto& row : rows) {
    auto policy = usual_policy();
    GatewayWorld usual(policy.dump(), resolved()), changed(policy.dump(), resolved());
    row.change(policy);
    changed.apply(policy.dump());
    EXPECT_EQ(usual.send(row.port, row.frame), row.before) << row.key << ", before";
    EXPECT_EQ(changed.send(row.port, row.frame), row.after) << row.key << ", after";
  }
}

Frame syn(std::string_view from, std::string_view to) { return tcp(from, to, tcp::kSyn).frame(); }

Frame icmp_of(std::uint8_t type, std::uint8_t code, std::string_view from, std::string_view to) {
  return echo_request(from, to, 1).icmp(type, code).frame();
}

Json allow_all(const char* cidr) { return {{"protocol", "-1"}, {"cidr_blocks", {cidr}}}; }

const std::string kRefused = "drop ENI_SG_RULES_MISMATCH";
const std::string kDenied = "drop SUBNET_ACL_RESTRICTION";
const std::string kToDb = "inside tcp 10.0.3.11:1 > 10.0.4.5:5432 S ttl 63";
const auto kDbSyn = syn("10.0.3.11:1", "10.0.4.5:5432");

auto db_rule(Json rule) {
  return [rule = std::move(rule)](Json& policy) { policy["security_groups"]["db"]["ingress"] = Json::array({rule}); };
}

TEST(PolicyKeys, GroupRules) {
  const auto without = [](const char* key) {
    return [key](Json& policy) { policy["security_groups"]["app"].erase(key); };
  };
  hold_true({
      {"from_port",
       db_rule({{"protocol", "tcp"}, {"from_port", 5433}, {"to_port", 6000}, {"security_groups", {"app"}}}), "inside",
       kDbSyn, kToDb, kRefused},
      {"to_port", db_rule({{"protocol", "tcp"}, {"from_port", 1}, {"to_port", 5431}, {"security_groups", {"app"}}}),
       "inside", kDbSyn, kToDb, kRefused},
      {"protocol", db_rule({{"protocol", "udp"}, {"from_port", 5432}, {"to_port", 5432}, {"security_groups", {"app"}}}),
       "inside", kDbSyn, kToDb, kRefused},
      {"protocol as a number",
       db_rule({{"protocol", 17}, {"from_port", 5432}, {"to_port", 5432}, {"security_groups", {"app"}}}), "inside",
       kDbSyn, kToDb, kRefused},
      {"that of TCP", db_rule({{"protocol", 6}, {"from_port", 5432}, {"to_port", 5432}, {"security_groups", {"app"}}}),
       "inside", kDbSyn, kToDb, kToDb},
      {"protocol by number", db_rule({{"protocol", "47"}, {"cidr_blocks", {"10.0.3.0/24"}}}), "inside",
       other(47, "10.0.3.11", "10.0.4.5").frame(), kRefused, "inside protocol 47 10.0.3.11 > 10.0.4.5 ttl 63"},
      {"another number", db_rule({{"protocol", "50"}, {"cidr_blocks", {"10.0.3.0/24"}}}), "inside",
       other(47, "10.0.3.11", "10.0.4.5").frame(), kRefused, kRefused},
      {"cidr_blocks", db_rule({{"protocol", "-1"}, {"cidr_blocks", {"10.0.3.12/32", "10.0.3.8/30"}}}), "inside",
       syn("10.0.3.11:1", "10.0.4.5:1"), kRefused, "inside tcp 10.0.3.11:1 > 10.0.4.5:1 S ttl 63"},
      {"cidr_blocks, beside it", db_rule({{"protocol", "-1"}, {"cidr_blocks", {"10.0.3.12/32"}}}), "inside", kDbSyn,
       kToDb, kRefused},
      {"security_groups", db_rule({{"protocol", "-1"}, {"security_groups", {"web"}}}), "inside", kDbSyn, kToDb,
       kRefused},
      {"self", db_rule({{"protocol", "-1"}, {"self", true}}), "inside", kDbSyn, kToDb, kRefused},
      {"prefix_lists",
       [](Json& policy) {
         policy["prefix_lists"]["clients"] = {"10.0.3.12/32", "10.0.3.11/32"};
         db_rule({{"protocol", "-1"}, {"prefix_lists", {"clients"}}})(policy);
       },
       "inside", syn("10.0.3.11:1", "10.0.4.5:7"), kRefused, "inside tcp 10.0.3.11:1 > 10.0.4.5:7 S ttl 63"},
      {"prefix_lists, beside it", db_rule({{"protocol", "-1"}, {"prefix_lists", {"partners"}}}), "inside", kDbSyn,
       kToDb, kRefused},
      {"ingress is none by default", without("ingress"), "inside", icmp_of(8, 0, "10.0.3.12", "10.0.3.11"),
       "inside icmp 8/0 10.0.3.12 > 10.0.3.11 id 0 ttl 63", kRefused},
      {"egress is none by default", without("egress"), "inside", kDbSyn, kToDb, kRefused},
  });
}

TEST(PolicyKeys, IcmpTypesAndCodesOfGroups) {
  const auto rule = [](int type, int code) {
    return db_rule({{"protocol", "icmp"}, {"from_port", type}, {"to_port", code}, {"security_groups", {"app"}}});
  };
  const auto passes = [](const char* what) {
    return "inside icmp " + std::string(what) + " 10.0.3.11 > 10.0.4.5 ttl 63";
  };
  const auto timestamp = icmp_of(13, 0, "10.0.3.11", "10.0.4.5");
  hold_true({
      {"a type", rule(13, -1), "inside", timestamp, kRefused, passes("13/0")},
      {"another type", rule(8, -1), "inside", timestamp, kRefused, kRefused},
      {"type and code", rule(13, 0), "inside", timestamp, kRefused, passes("13/0")},
      {"another code", rule(13, 1), "inside", timestamp, kRefused, kRefused},
      {"any", rule(-1, -1), "inside", timestamp, kRefused, passes("13/0")},
      {"absent is any", db_rule({{"protocol", "icmp"}, {"security_groups", {"app"}}}), "inside", timestamp, kRefused,
       passes("13/0")},
  });
}

TEST(PolicyKeys, GroupsOfInterfaces) {
  const auto grouped = [](Json groups) {
    return [groups = std::move(groups)](Json& policy) { policy["interfaces"]["db-1"]["security_groups"] = groups; };
  };
  const auto default_pair = [](Json& policy) {
    policy["interfaces"]["app-1"].erase("security_groups");
    policy["interfaces"]["db-1"]["security_groups"] = {"default"};
  };
  hold_true({
      {"security_groups", grouped({"web"}), "inside", kDbSyn, kToDb, kRefused},
      {"several are pooled", grouped({"web", "db"}), "inside", kDbSyn, kToDb, kToDb},
      {"absent is default: its members alone come in",
       [](Json& policy) { policy["interfaces"]["db-1"].erase("security_groups"); }, "inside", kDbSyn, kToDb, kRefused},
      {"default to default: anything", default_pair, "inside", syn("10.0.3.11:1", "10.0.4.5:99"), kRefused,
       "inside tcp 10.0.3.11:1 > 10.0.4.5:99 S ttl 63"},
      {"a written default replaces the implicit one",
       [&](Json& policy) {
         default_pair(policy);
         policy["security_groups"]["default"] = {{"egress", {allow_all("0.0.0.0/0")}}};
       },
       "inside", kDbSyn, kToDb, kRefused},
      {"a subnet's groups count for references",
       [](Json& policy) { policy["subnets"]["app"]["security_groups"] = {"any"}; }, "inside",
       syn("10.0.3.77:1", "10.0.4.5:5432"), "inside tcp 10.0.3.77:1 > 10.0.4.5:5432 S ttl 63", kRefused},
      {"a subnet's groups are not for reserved addresses",
       [](Json& policy) { policy["subnets"]["app"]["security_groups"] = {"any"}; }, "inside",
       syn("10.0.3.3:1", "10.0.4.5:5432"), "drop UNKNOWN_HOST", "drop UNKNOWN_HOST"},
  });
}

auto acl_of_db(const char* direction, Json entries) {
  return [direction, entries = std::move(entries)](Json& policy) {
    Json acl{{"ingress", {{{"rule_no", 1}, {"action", "allow"}, {"protocol", "-1"}, {"cidr_block", "0.0.0.0/0"}}}},
             {"egress", {{{"rule_no", 1}, {"action", "allow"}, {"protocol", "-1"}, {"cidr_block", "0.0.0.0/0"}}}}};
    acl[direction] = entries;
    policy["network_acls"]["guard"] = acl;
    policy["subnets"]["db"]["network_acl"] = "guard";
  };
}

Json entry(int rule_no, const char* action, const Json& more = Json::object()) {
  Json result{{"rule_no", rule_no}, {"action", action}, {"cidr_block", "0.0.0.0/0"}, {"protocol", "-1"}};
  result.update(more);
  return result;
}

Json tcp_ports(int from, int to) { return {{"protocol", "tcp"}, {"from_port", from}, {"to_port", to}}; }

TEST(PolicyKeys, AclEntries) {
  const auto row = [](const char* key, Json entries, const std::string& after) {
    return Row{key, acl_of_db("ingress", std::move(entries)), "inside", kDbSyn, kToDb, after};
  };
  hold_true({
      row("nothing matched is a deny", Json::array(), kDenied),
      row("action", {entry(10, "deny")}, kDenied),
      row("the lowest rule_no decides, wherever it stands", {entry(20, "deny"), entry(10, "allow")}, kToDb),
      row("and denies likewise", {entry(20, "allow"), entry(10, "deny")}, kDenied),
      row("protocol", {entry(10, "allow", {{"protocol", "17"}, {"from_port", 0}, {"to_port", 65535}})}, kDenied),
      row("cidr_block", {entry(10, "allow", {{"cidr_block", "10.0.3.12/32"}})}, kDenied),
      row("cidr_block that matches", {entry(10, "allow", {{"cidr_block", "10.0.3.11/32"}})}, kToDb),
      row("destination ports", {entry(10, "allow", tcp_ports(5432, 5432))}, kToDb),
      row("from_port", {entry(10, "allow", tcp_ports(5433, 65535))}, kDenied),
      row("to_port", {entry(10, "allow", tcp_ports(0, 5431))}, kDenied),
      row("source ports are not asked", {entry(10, "deny", tcp_ports(1, 1)), entry(20, "allow")}, kToDb),
      {"egress meets the answer", acl_of_db("egress", {entry(10, "allow", tcp_ports(1024, 65535))}), "inside", kDbSyn,
       kToDb, kToDb},
      {"network_acl absent is default: allow all",
       [](Json& policy) { policy["subnets"]["public"].erase("network_acl"); }, "dmz",
       syn("10.0.1.20:1", "198.18.0.7:25"), kDenied, "outside tcp 203.0.113.20:1 > 198.18.0.7:25 S ttl 63"},
      {"a written default replaces the implicit one",
       [](Json& policy) { policy["network_acls"]["default"] = {{"egress", {entry(1, "allow")}}}; }, "inside", kDbSyn,
       kToDb, kDenied},
  });
  auto policy = usual_policy();
  acl_of_db("egress", {entry(10, "allow", tcp_ports(1024, 65535))})(policy);
  GatewayWorld world(policy.dump(), resolved());
  run(world,
      {{"asked from port 1", "inside", kDbSyn, kToDb},
       {"its answer to port 1 is denied", "inside", tcp("10.0.4.5:5432", "10.0.3.11:1", kSynAck).frame(), kDenied}});
}

TEST(PolicyKeys, IcmpTypesAndCodesOfAcls) {
  const auto row = [](const char* key, Json more, const std::string& after) {
    more["protocol"] = "icmp";
    return Row{key,
               [more](Json& policy) {
                 policy["interfaces"]["db-1"]["security_groups"] = {"any"};
                 acl_of_db("ingress", {entry(10, "allow", more)})(policy);
               },
               "inside",
               icmp_of(13, 0, "10.0.3.11", "10.0.4.5"),
               kRefused,
               after};
  };
  const std::string passes = "inside icmp 13/0 10.0.3.11 > 10.0.4.5 ttl 63";
  hold_true({row("icmp_type", {{"icmp_type", 13}, {"icmp_code", -1}}, passes),
             row("another icmp_type", {{"icmp_type", 8}, {"icmp_code", -1}}, kDenied),
             row("icmp_code", {{"icmp_type", 13}, {"icmp_code", 0}}, passes),
             row("another icmp_code", {{"icmp_type", 13}, {"icmp_code", 4}}, kDenied),
             row("any", {{"icmp_type", -1}, {"icmp_code", -1}}, passes), row("absent is any", Json::object(), passes)});
}

TEST(PolicyKeys, RoutesAndCidrBlocks) {
  const auto beyond = syn("10.0.3.11:1", "192.0.2.9:1");
  const std::string by_vpn = "dmz tcp 10.0.3.11:1 > 192.0.2.9:1 S ttl 63";
  const auto private_routes = [](Json routes) {
    return [routes = std::move(routes)](Json& policy) { policy["route_tables"]["private"] = routes; };
  };
  hold_true({
      {"route_table absent is main: local alone", [](Json& policy) { policy["subnets"]["app"].erase("route_table"); },
       "inside", beyond, by_vpn, "drop NO_ROUTE_TO_DESTINATION"},
      {"a written main is everybody's",
       [](Json& policy) {
         policy["route_tables"]["main"] = {{{"cidr_block", "192.0.2.0/24"}, {"blackhole", true}}};
         policy["subnets"]["app"].erase("route_table");
       },
       "inside", beyond, by_vpn, "drop BAD_STATE_ROUTE"},
      {"the longest prefix wins, wherever it stands",
       private_routes({{{"cidr_block", "192.0.2.8/30"}, {"blackhole", true}},
                       {{"cidr_block", "192.0.0.0/16"}, {"interface", "vpn"}}}),
       "inside", beyond, by_vpn, "drop BAD_STATE_ROUTE"},
      {"a shorter blackhole does not",
       private_routes({{{"cidr_block", "192.0.0.0/16"}, {"blackhole", true}},
                       {{"cidr_block", "192.0.2.8/30"}, {"interface", "vpn"}}}),
       "inside", beyond, by_vpn, by_vpn},
      {"gateway: internet needs a public address",
       private_routes({{{"cidr_block", "192.0.2.0/24"}, {"gateway", "internet"}}}), "inside", beyond, by_vpn,
       "drop IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"},
      {"a written route of one subnet wins over local",
       [](Json& policy) {
         policy["route_tables"]["private"].push_back({{"cidr_block", "10.0.4.0/24"}, {"interface", "vpn"}});
       },
       "inside", kDbSyn, kToDb, "dmz tcp 10.0.3.11:1 > 10.0.4.5:5432 S ttl 63"},
      {"a second vpc.cidr_blocks is local too",
       [](Json& policy) {
         policy["vpc"]["cidr_blocks"].push_back("192.168.0.0/24");
         policy["subnets"]["db"]["cidr_block"] = "192.168.0.0/25";
         policy["interfaces"]["db-1"]["private_ips"] = {"192.168.0.5"};
       },
       "inside", syn("10.0.3.11:1", "192.168.0.5:5432"), "drop IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS",
       "inside tcp 10.0.3.11:1 > 192.168.0.5:5432 S ttl 63"},
  });
}

TEST(PolicyKeys, PublishForms) {
  const auto publish = [](const char* text) {
    return [text](Json& policy) { policy["interfaces"]["docker"]["publish"] = {text}; };
  };
  const auto at = [](const char* port) { return syn("198.18.0.7:1", "203.0.113.100:" + std::string(port)); };
  const std::string published = "dmz tcp 198.18.0.7:1 > 172.17.0.2:5000 S ttl 63";
  const std::string own = "dmz tcp 198.18.0.7:1 > 10.0.1.100:8080 S ttl 63";
  hold_true({
      {"tcp is meant where nothing is said", publish("8080:172.17.0.9:5000"), "outside", at("8080"), published,
       "dmz tcp 198.18.0.7:1 > 172.17.0.9:5000 S ttl 63"},
      {"/tcp", publish("8080:172.17.0.9:5001/tcp"), "outside", at("8080"), published,
       "dmz tcp 198.18.0.7:1 > 172.17.0.9:5001 S ttl 63"},
      {"/udp is not tcp", publish("8080:172.17.0.2:5000/udp"), "outside", at("8080"), published, own},
      {"the first of a range", publish("8080-8090:172.17.0.3:6000-6010"), "outside", at("8080"), published,
       "dmz tcp 198.18.0.7:1 > 172.17.0.3:6000 S ttl 63"},
      {"the last of a range", publish("8080-8090:172.17.0.3:6000-6010"), "outside", at("8090"),
       "dmz tcp 198.18.0.7:1 > 10.0.1.100:8090 S ttl 63", "dmz tcp 198.18.0.7:1 > 172.17.0.3:6010 S ttl 63"},
      {"none", [](Json& policy) { policy["interfaces"]["docker"].erase("publish"); }, "outside", at("8080"), published,
       own},
  });
}

TEST(PolicyKeys, AddressesOfInterfaces) {
  hold_true({
      {"public_ip", [](Json& policy) { policy["interfaces"]["web-1"]["public_ip"] = "203.0.113.21"; }, "dmz",
       syn("10.0.1.20:1", "198.18.0.7:443"), "outside tcp 203.0.113.20:1 > 198.18.0.7:443 S ttl 63",
       "outside tcp 203.0.113.21:1 > 198.18.0.7:443 S ttl 63"},
      {"the first of private_ips is the primary",
       [](Json& policy) { policy["interfaces"]["web-1"]["private_ips"] = {"10.0.1.21", "10.0.1.20"}; }, "outside",
       syn("198.18.0.7:1", "203.0.113.20:443"), "dmz tcp 198.18.0.7:1 > 10.0.1.20:443 S ttl 63",
       "dmz tcp 198.18.0.7:1 > 10.0.1.21:443 S ttl 63"},
      {"mac", [](Json& policy) { policy["interfaces"]["app-1"]["mac"] = "02:00:00:00:03:0b"; }, "inside", kDbSyn, kToDb,
       "drop GATEWAY_REJECTS_SPOOFED_TRAFFIC"},
  });
}

}  // namespace
}  // namespace sallyport::dataplane::testing
