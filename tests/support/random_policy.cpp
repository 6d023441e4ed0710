#include "tests/support/random_policy.h"

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

namespace sallyport::test {
namespace {

using nlohmann::json;

template <std::size_t N>
std::string any_of(Random& random, const std::array<const char*, N>& choices) {
  return choices[pick(random, N)];
}

bool chance(Random& random, std::uint64_t percent) { return pick(random, 100) < percent; }

constexpr std::array kCidrs{"0.0.0.0/0",       "0.0.0.0/0",       "10.0.0.0/16",    "10.0.1.0/28",   "10.0.3.0/28",
                            "198.51.100.0/24", "198.51.100.7/32", "203.0.113.0/24", "10.0.1.4/32",   "10.0.3.5/32",
                            "192.0.2.0/25",    "203.0.113.20/32", "8.0.0.0/7",      "10.200.0.0/16", "10.0.2.5/32"};
constexpr std::array kGroups{"g0", "g1", "g2", "g3"};
constexpr std::array kLists{"pl-a", "pl-b"};
constexpr std::array kSubnets{"pub-a", "pub-b", "priv-a", "priv-b"};

struct PortChoice {
  int from, to;
};
constexpr std::array<PortChoice, 9> kPorts{
    {{22, 22}, {80, 80}, {443, 443}, {53, 53}, {0, 65535}, {1024, 65535}, {79, 81}, {1024, 50000}, {40000, 40001}}};

void add_traffic(Random& random, json& rule, const char* type_key, const char* code_key) {
  switch (pick(random, 6)) {
    case 0:
      rule["protocol"] = "-1";
      break;
    case 1:
      rule["protocol"] = "icmp";
      if (chance(random, 60)) {
        rule[type_key] = chance(random, 70) ? 8 : 0;
        rule[code_key] = chance(random, 50) ? 0 : -1;
      }
      break;
    case 2:
      rule["protocol"] = "47";
      break;
    default: {
      const auto ports = kPorts[pick(random, kPorts.size())];
      rule["protocol"] = chance(random, 70) ? "tcp" : "udp";
      rule["from_port"] = ports.from;
      rule["to_port"] = ports.to;
    }
  }
}

json random_group_rule(Random& random) {
  json rule;
  add_traffic(random, rule, "from_port", "to_port");
  switch (pick(random, 4)) {
    case 0:
      rule["security_groups"] = {any_of(random, kGroups)};
      break;
    case 1:
      rule["prefix_lists"] = {any_of(random, kLists)};
      break;
    case 2:
      rule["self"] = true;
      break;
    default:
      break;
  }
  if (rule.size() < 2 || !rule.contains("self") || chance(random, 50)) rule["cidr_blocks"] = {any_of(random, kCidrs)};
  return rule;
}

json random_group(Random& random) {
  json group = json::object();
  for (const char* side : {"ingress", "egress"}) {
    json rules = json::array();
    for (auto n = pick(random, 4); n > 0; --n) rules.push_back(random_group_rule(random));
    if (chance(random, 40)) rules.push_back({{"protocol", "-1"}, {"cidr_blocks", {"0.0.0.0/0"}}});
    group[side] = rules;
  }
  return group;
}

json random_acl(Random& random) {
  json acl = json::object();
  for (const char* side : {"ingress", "egress"}) {
    json entries = json::array();
    int number = 10;
    for (auto n = pick(random, 4); n > 0; --n) {
      json entry{{"rule_no", number},
                 {"action", chance(random, 60) ? "allow" : "deny"},
                 {"cidr_block", any_of(random, kCidrs)}};
      add_traffic(random, entry, "icmp_type", "icmp_code");
      number += 10;
      entries.push_back(entry);
    }
    if (chance(random, 70)) {
      entries.push_back({{"rule_no", 900}, {"action", "allow"}, {"protocol", "-1"}, {"cidr_block", "0.0.0.0/0"}});
    }
    acl[side] = entries;
  }
  return acl;
}

json group_names(Random& random) {
  json names = json::array();
  const auto first = pick(random, kGroups.size());
  names.push_back(kGroups[first]);
  if (chance(random, 40)) names.push_back(kGroups[(first + 1) % kGroups.size()]);
  return names;
}

json route_tables(Random& random) {
  json pub = json::array();
  json priv = json::array();
  json other = json::array();
  if (chance(random, 90)) pub.push_back({{"cidr_block", "0.0.0.0/0"}, {"gateway", "internet"}});
  if (chance(random, 90)) priv.push_back({{"cidr_block", "0.0.0.0/0"}, {"nat_gateway", "nat"}});
  if (chance(random, 30)) pub.push_back({{"cidr_block", "192.0.2.0/24"}, {"blackhole", true}});
  if (chance(random, 30)) priv.push_back({{"cidr_block", "192.0.2.0/24"}, {"blackhole", true}});
  if (chance(random, 40)) priv.push_back({{"cidr_block", "10.200.0.0/16"}, {"interface", "pub-a-2"}});
  if (chance(random, 20)) priv.push_back({{"cidr_block", "10.0.4.0/28"}, {"interface", "pub-a-2"}});
  if (chance(random, 20)) other.push_back({{"cidr_block", "10.0.3.0/28"}, {"nat_gateway", "nat"}});
  if (chance(random, 50)) other.push_back({{"prefix_list", "pl-b"}, {"nat_gateway", "nat"}});
  if (chance(random, 30)) other.push_back({{"cidr_block", "8.8.8.0/24"}, {"blackhole", true}});
  if (chance(random, 50)) other.push_back({{"cidr_block", "0.0.0.0/0"}, {"gateway", "internet"}});
  return {{"pub", pub}, {"priv", priv}, {"other", other}};
}

json random_subnet(Random& random, const char* cidr, const char* table) {
  json subnet{{"cidr_block", cidr}, {"route_table", table}};
  if (chance(random, 50)) subnet["network_acl"] = chance(random, 50) ? "acl-a" : "acl-b";
  if (chance(random, 40)) subnet["security_groups"] = group_names(random);
  return subnet;
}

json random_interfaces(Random& random) {
  json interfaces = json::object();
  int number = 1;
  for (const std::string subnet : kSubnets) {
    const std::string base = "10.0." + std::to_string(number) + ".";
    json first{{"subnet", subnet}, {"private_ips", {base + "4"}}, {"security_groups", group_names(random)}};
    json second{
        {"subnet", subnet}, {"private_ips", {base + "5", base + "6"}}, {"security_groups", group_names(random)}};
    if (chance(random, 60)) first["public_ip"] = "203.0.113." + std::to_string(20 + number);
    if (chance(random, 40)) first["publish"] = {"80-81:172.17.0.2:5000-5001/tcp", base + "4:53:172.17.0.3:5353/udp"};
    if (chance(random, 40)) second["source_dest_check"] = false;
    interfaces[subnet + "-1"] = first;
    interfaces[subnet + "-2"] = second;
    ++number;
  }
  return interfaces;
}

constexpr std::array kIpv6Cidrs{"::/0",
                                "::/0",
                                "2001:db8:10::/56",
                                "2001:db8:10:1::/64",
                                "2001:db8:10:2::/65",
                                "2001:db8:10:3::4/127",
                                "2001:db8:10:3::5/128",
                                "2001:db8:ffff::/48",
                                "2400::/12",
                                "8000::/1",
                                "2001:db8:8000::/33",
                                "ffff::/16"};

// Traffic of an IPv6 peer: where it is ICMP, it is ICMPv6.
void add_ipv6_traffic(Random& random, json& rule, const char* type_key, const char* code_key) {
  add_traffic(random, rule, type_key, code_key);
  if (rule["protocol"] != "icmp") return;
  rule["protocol"] = "icmpv6";
  if (rule.contains(type_key)) rule[type_key] = chance(random, 50) ? 128 : 2;
}

// Rules of IPv6 peers, alone and beside others, anywhere among those there are.
void add_ipv6_rules(Random& random, json& rules) {
  for (auto n = pick(random, 4); n > 0; --n) {
    json rule{{"ipv6_cidr_blocks", {any_of(random, kIpv6Cidrs)}}};
    if (chance(random, 30)) rule["security_groups"] = {any_of(random, kGroups)};
    if (chance(random, 20)) rule["self"] = true;
    add_ipv6_traffic(random, rule, "from_port", "to_port");
    if (rule["protocol"] != "icmpv6" && chance(random, 30)) rule["cidr_blocks"] = {any_of(random, kCidrs)};
    rules.insert(rules.begin() + static_cast<std::ptrdiff_t>(pick(random, rules.size() + 1)), rule);
  }
}

void add_ipv6_entries(Random& random, json& entries) {
  int number = 5;
  for (auto n = pick(random, 4); n > 0; --n) {
    json entry{{"rule_no", number},
               {"action", chance(random, 60) ? "allow" : "deny"},
               {"ipv6_cidr_block", any_of(random, kIpv6Cidrs)}};
    add_ipv6_traffic(random, entry, "icmp_type", "icmp_code");
    entries.push_back(entry);
    number += chance(random, 50) ? 10 : 500;
  }
}

}  // namespace

std::uint64_t pick(Random& random, std::uint64_t below) { return random() % below; }

std::string random_policy(Random& random) {
  json policy{{"version", 1}, {"vpc", {{"cidr_blocks", {"10.0.0.0/16"}}, {"internet_gateway", true}}}};
  policy["prefix_lists"] = {{"pl-a", {any_of(random, kCidrs), "198.18.0.0/15"}},
                            {"pl-b", {"198.51.100.0/24", "8.8.8.0/24"}}};
  if (policy["prefix_lists"]["pl-a"][0] == "198.18.0.0/15") policy["prefix_lists"]["pl-a"] = {"198.18.0.0/15"};
  for (const char* group : kGroups) policy["security_groups"][group] = random_group(random);
  policy["network_acls"] = {{"acl-a", random_acl(random)}, {"acl-b", random_acl(random)}};
  policy["route_tables"] = route_tables(random);
  policy["subnets"] = {{"pub-a", random_subnet(random, "10.0.1.0/28", "pub")},
                       {"pub-b", random_subnet(random, "10.0.2.0/28", "pub")},
                       {"priv-a", random_subnet(random, "10.0.3.0/28", "priv")},
                       {"priv-b", random_subnet(random, "10.0.4.0/28", chance(random, 50) ? "priv" : "other")}};
  policy["interfaces"] = random_interfaces(random);
  policy["nat_gateways"] = {
      {"nat", {{"subnet", "pub-b"}, {"private_ip", "10.0.2.9"}, {"public_ips", {"203.0.113.5"}}}}};
  if (chance(random, 30)) policy["options"] = {{"allow_private_internet", true}};
  return policy.dump(1);
}

RandomObject random_object(Random& random, const rules::Policy& policy) {
  const std::uint64_t choice = pick(random, 10);
  if (choice < 4) return {rules::Section::security_groups, any_of(random, kGroups), random_group(random).dump()};
  if (choice < 6)
    return {rules::Section::network_acls, chance(random, 50) ? "acl-a" : "acl-b", random_acl(random).dump()};
  if (choice < 8) {
    json list = json::array();
    for (const char* cidr : kCidrs) {
      if (chance(random, 30)) list.push_back(cidr);
    }
    return {rules::Section::prefix_lists, "pl-a", list.dump()};
  }
  const std::string name = std::string(any_of(random, kSubnets)) + (chance(random, 50) ? "-1" : "-2");
  json interface = json::parse(*rules::text_of(policy, rules::Section::interfaces, name));
  interface["security_groups"] = group_names(random);
  return {rules::Section::interfaces, name, interface.dump()};
}

std::string random_policy_of_both_families(Random& random) {
  json policy = json::parse(random_policy(random));
  policy["vpc"]["ipv6_cidr_blocks"] = {"2001:db8:10::/56"};
  for (auto n = pick(random, 3); n > 0; --n) {
    policy["prefix_lists"]["pl-a"].push_back(any_of(random, kIpv6Cidrs));
  }
  for (auto& [name, group] : policy["security_groups"].items()) {
    for (const char* side : {"ingress", "egress"}) add_ipv6_rules(random, group[side]);
  }
  for (auto& [name, acl] : policy["network_acls"].items()) {
    for (const char* side : {"ingress", "egress"}) add_ipv6_entries(random, acl[side]);
  }
  int number = 1;
  for (const std::string subnet : kSubnets) {
    const std::string base = "2001:db8:10:" + std::to_string(number++) + "::";
    policy["subnets"][subnet]["ipv6_cidr_block"] = base + (chance(random, 70) ? "/64" : "/120");
    policy["interfaces"][subnet + "-1"]["ipv6_addresses"] = {base + "4"};
    if (chance(random, 60)) policy["interfaces"][subnet + "-2"]["ipv6_addresses"] = {base + "5", base + "7"};
  }
  return policy.dump(1);
}

rules::Ipv6 random_ipv6_address(Random& random) {
  static constexpr std::array kBases{"::",
                                     "2001:db8:10:1::4",
                                     "2001:db8:10:1::7",
                                     "2001:db8:10:2::5",
                                     "2001:db8:10:2::ff",
                                     "2001:db8:10:3::5",
                                     "2001:db8:10:3:ffff:ffff:ffff:ffff",
                                     "2001:db8:10:4::100",
                                     "2001:db8:10:ff::",
                                     "2001:db8:ffff::9",
                                     "2400:1::",
                                     "8000::",
                                     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"};
  const rules::Ipv6 base = *rules::parse_ipv6(any_of(random, kBases));
  const bool first = base == rules::Ipv6{};
  const bool last = base == rules::kLastIpv6;
  switch (pick(random, 3)) {
    case 0:
      return first ? base : previous(base);
    case 1:
      return last ? base : next(base);
    default:
      return base;
  }
}

rules::reference::FirstPacket random_packet(Random& random) {
  static constexpr std::array kInside{"10.0.1.4", "10.0.1.5", "10.0.2.4", "10.0.2.6", "10.0.3.4", "10.0.3.5",
                                      "10.0.4.4", "10.0.4.5", "10.0.3.8", "10.0.1.8", "10.0.4.10"};
  static constexpr std::array kAnywhere{"198.51.100.7", "8.8.8.8",     "203.0.113.21", "203.0.113.22", "203.0.113.23",
                                        "203.0.113.24", "203.0.113.5", "203.0.113.99", "192.0.2.9",    "10.200.0.5",
                                        "172.16.0.1",   "100.64.0.1",  "10.0.2.9",     "10.0.9.9",     "10.0.3.2",
                                        "198.18.0.1",   "9.9.9.9"};
  static constexpr std::array<std::uint16_t, 8> kDestinationPorts{22, 80, 443, 53, 81, 5000, 40000, 1024};
  static constexpr std::array<std::uint8_t, 8> kProtocols{6, 6, 6, 17, 17, 1, 1, 47};
  const auto address = [&](std::uint64_t inside_percent) {
    return *rules::parse_ipv4(chance(random, inside_percent) ? any_of(random, kInside) : any_of(random, kAnywhere));
  };
  rules::reference::FirstPacket packet;
  packet.from = address(70);
  do packet.to = address(45);
  while (packet.to == packet.from);
  packet.protocol = kProtocols[pick(random, kProtocols.size())];
  if (packet.protocol == rules::kProtocolTcp || packet.protocol == rules::kProtocolUdp) {
    packet.from_port = static_cast<std::uint16_t>(40000 + pick(random, 3));
    packet.to_port = kDestinationPorts[pick(random, kDestinationPorts.size())];
  }
  if (chance(random, 20)) packet.icmp_type = 13;
  return packet;
}

std::string describe(const rules::reference::FirstPacket& packet) {
  return "protocol " + std::to_string(packet.protocol) + " from " + to_string(packet.from) + ":" +
         std::to_string(packet.from_port) + " to " + to_string(packet.to) + ":" + std::to_string(packet.to_port) +
         " icmp " + std::to_string(packet.icmp_type);
}

}  // namespace sallyport::test
