// Whose is an address, where does a route lead, what is published.
#include <gtest/gtest.h>

#include "tests/rules/compile/policy_builder.h"

namespace sallyport::rules {
namespace {

using namespace testing;

PolicyBuilder places() {
  PolicyBuilder b;
  b.policy().vpc.cidr_blocks = {net("10.0.0.0/16"), net("10.9.0.0/24")};
  b.group("web", {}, {}).list("partners", {"192.0.2.0/25", "198.51.100.0/24"});
  b.table("private",
          {route("0.0.0.0/0", RouteTarget::nat_gateway, "nat-a", 11),
           route("192.0.2.0/24", RouteTarget::blackhole, "", 12), route("list:partners", RouteTarget::internet, "", 13),
           route("198.51.100.0/24", RouteTarget::interface, "vpn", 14),
           route("10.0.2.0/24", RouteTarget::interface, "vpn", 15)});
  b.table("public", {route("0.0.0.0/0", RouteTarget::internet, "", 21)});
  b.table("split", {route("0.0.0.0/1", RouteTarget::internet, "", 31),
                    route("255.255.255.255/32", RouteTarget::blackhole, "", 32)});
  b.subnet("pub", "10.0.1.0/24", {}, "public").subnet("app", "10.0.2.0/28", {"web"}, "private");
  b.subnet("base", "10.0.0.0/28");
  b.interface("vpn", "pub", {"10.0.1.9"}).source_dest_check = false;
  b.interface("web-1", "pub", {"10.0.1.20", "10.0.1.21"}).public_ip = ip("203.0.113.20");
  b.interface("app-1", "app", {"10.0.2.5"}, {"web"});
  b.interface("dns", "base", {"10.0.0.2"});
  b.nat("nat-a", "app", "10.0.2.6", {"203.0.113.5", "203.0.113.6"});
  return b;
}

std::string describe(const PolicyView& view, const Owner& owner) {
  static constexpr std::array kKinds{"nobody", "interface", "host", "nat", "router", "reserved", "broadcast"};
  std::string text = kKinds.at(static_cast<std::size_t>(owner.kind));
  if (owner.kind == OwnerKind::interface || owner.kind == OwnerKind::host) {
    text += " " + std::string(view.interface(owner.index).name);
  } else if (owner.kind == OwnerKind::nat_gateway) {
    text += " " + std::string(view.nat(owner.index).name);
  } else if (owner.index != kNone) {
    text += " with an index";
  }
  return text + " in " + (owner.subnet == kNone ? "none" : std::string(view.subnet(owner.subnet).name));
}

TEST(OwnerOf, NamesEveryKindOfAddress) {
  const CompiledView c(places());
  struct Case {
    const char* address;
    const char* owner;
  };
  constexpr std::array kCases{
      Case{"0.0.0.0", "nobody in none"},           Case{"9.255.255.255", "nobody in none"},
      Case{"10.0.0.0", "reserved in base"},        Case{"10.0.0.1", "router in base"},
      Case{"10.0.0.2", "interface dns in base"},   Case{"10.0.0.3", "reserved in base"},
      Case{"10.0.0.15", "broadcast in base"},      Case{"10.0.0.16", "nobody in none"},
      Case{"10.0.1.2", "reserved in pub"},         Case{"10.0.1.4", "nobody in pub"},
      Case{"10.0.1.9", "interface vpn in pub"},    Case{"10.0.1.20", "interface web-1 in pub"},
      Case{"10.0.1.21", "interface web-1 in pub"}, Case{"10.0.1.22", "nobody in pub"},
      Case{"10.0.1.254", "nobody in pub"},         Case{"10.0.1.255", "broadcast in pub"},
      Case{"10.0.2.1", "router in app"},           Case{"10.0.2.4", "host app/* in app"},
      Case{"10.0.2.5", "interface app-1 in app"},  Case{"10.0.2.6", "nat nat-a in app"},
      Case{"10.0.2.7", "host app/* in app"},       Case{"10.0.2.14", "host app/* in app"},
      Case{"10.0.2.15", "broadcast in app"},       Case{"10.0.2.16", "nobody in none"},
      Case{"255.255.255.255", "nobody in none"},
  };
  for (const Case& test : kCases) {
    EXPECT_EQ(describe(c.view, c.view.owner_of(ip(test.address))), test.owner) << test.address;
  }
}

TEST(OwnerOf, AnEmptyPolicyHasNobody) {
  const CompiledView c{PolicyBuilder()};
  EXPECT_EQ(c.view.owner_of(ip("10.0.0.1")).kind, OwnerKind::nobody);
  EXPECT_EQ(c.view.public_owner_of(ip("10.0.0.1")).kind, PublicKind::nobody);
}

TEST(PublicOwnerOf, FindsInterfacesAndNatGateways) {
  const CompiledView c(places());
  const PublicOwner web = c.view.public_owner_of(ip("203.0.113.20"));
  EXPECT_EQ(web.kind, PublicKind::interface);
  EXPECT_EQ(c.view.interface(web.index).name, "web-1");
  for (const auto* address : {"203.0.113.5", "203.0.113.6"}) {
    const PublicOwner nat = c.view.public_owner_of(ip(address));
    EXPECT_EQ(nat.kind, PublicKind::nat_gateway) << address;
    EXPECT_EQ(c.view.nat(nat.index).name, "nat-a");
  }
  for (const auto* address : {"203.0.113.4", "203.0.113.7", "203.0.113.19", "203.0.113.21", "10.0.1.20"}) {
    EXPECT_EQ(c.view.public_owner_of(ip(address)).kind, PublicKind::nobody) << address;
  }
}

TEST(Vpc, KnowsItsBlocksAndItsResolver) {
  const CompiledView c(places());
  EXPECT_TRUE(c.view.in_vpc(ip("10.0.255.255")));
  EXPECT_TRUE(c.view.in_vpc(ip("10.9.0.7")));
  EXPECT_FALSE(c.view.in_vpc(ip("10.9.1.0")));
  EXPECT_FALSE(c.view.in_vpc(ip("10.1.0.0")));
  EXPECT_TRUE(c.view.is_resolver(ip("10.0.0.2")));
  EXPECT_FALSE(c.view.is_resolver(ip("10.9.0.2")));
}

std::string describe(const PolicyView& view, const RouteVerdict& verdict) {
  if (!verdict.found) return "none";
  const std::string line = verdict.route == kNone ? "" : " line " + std::to_string(view.route_info(verdict.route).line);
  switch (verdict.target) {
    case RouteTarget::local:
      return "local" + line;
    case RouteTarget::internet:
      return "internet" + line;
    case RouteTarget::nat_gateway:
      return "nat " + std::string(view.nat(verdict.index).name) + line;
    case RouteTarget::interface:
      return "interface " + std::string(view.interface(verdict.index).name) + line;
    case RouteTarget::blackhole:
      return "blackhole" + line;
  }
  return "?";
}

RouteTableIndex table_named(const PolicyView& view, std::string_view subnet) {
  return view.subnet(view.subnet_named(subnet)).table;
}

TEST(Routes, LongestPrefixWins) {
  const CompiledView c(places());
  struct Case {
    const char* subnet;
    const char* destination;
    const char* route;
  };
  constexpr std::array kCases{
      Case{"app", "8.8.8.8", "nat nat-a line 11"},
      Case{"app", "0.0.0.0", "nat nat-a line 11"},
      Case{"app", "255.255.255.255", "nat nat-a line 11"},
      Case{"app", "192.0.2.200", "blackhole line 12"},
      Case{"app", "192.0.2.127", "internet line 13"},        // an entry of the list is longer than the blackhole
      Case{"app", "198.51.100.7", "interface vpn line 14"},  // the CIDR beats the list's entry of the same prefix
      Case{"app", "198.51.101.0", "nat nat-a line 11"},
      Case{"app", "10.0.1.20", "local"},
      Case{"app", "10.0.2.7", "interface vpn line 15"},  // one whole subnet, longer than local
      Case{"app", "10.0.3.0", "local"},
      Case{"app", "10.9.0.9", "local"},
      Case{"app", "10.9.1.0", "nat nat-a line 11"},
      Case{"pub", "192.0.2.1", "internet line 21"},
      Case{"pub", "10.0.2.7", "local"},
      Case{"base", "10.0.2.7", "local"},
      Case{"base", "8.8.8.8", "none"},
  };
  for (const Case& test : kCases) {
    EXPECT_EQ(describe(c.view, c.view.route(table_named(c.view, test.subnet), ip(test.destination))), test.route)
        << test.subnet << " to " << test.destination;
  }
}

TEST(Routes, ReachBothEndsOfTheAddressSpace) {
  PolicyBuilder b = places();
  b.policy().subnets["pub"].route_table = "split";
  const CompiledView c(b);
  const RouteTableIndex table = table_named(c.view, "pub");
  EXPECT_EQ(describe(c.view, c.view.route(table, ip("0.0.0.0"))), "internet line 31");
  EXPECT_EQ(describe(c.view, c.view.route(table, ip("127.255.255.255"))), "internet line 31");
  EXPECT_EQ(describe(c.view, c.view.route(table, ip("128.0.0.0"))), "none");
  EXPECT_EQ(describe(c.view, c.view.route(table, ip("255.255.255.254"))), "none");
  EXPECT_EQ(describe(c.view, c.view.route(table, ip("255.255.255.255"))), "blackhole line 32");
}

TEST(Routes, EqualPrefixesGoToTheCidrThenToTheFirstList) {
  PolicyBuilder b = places();
  b.list("more", {"198.51.100.0/24", "192.0.2.0/25"});
  b.table("split",
          {route("list:more", RouteTarget::blackhole, "", 1), route("list:partners", RouteTarget::internet, "", 2),
           route("198.51.100.0/24", RouteTarget::nat_gateway, "nat-a", 3)});
  b.policy().subnets["pub"].route_table = "split";
  const CompiledView c(b);
  const RouteTableIndex table = table_named(c.view, "pub");
  EXPECT_EQ(describe(c.view, c.view.route(table, ip("198.51.100.1"))), "nat nat-a line 3");
  EXPECT_EQ(describe(c.view, c.view.route(table, ip("192.0.2.1"))), "blackhole line 1");
}

TEST(Routes, AWrittenRouteForTheWholeVpcReplacesTheLocalOne) {
  PolicyBuilder b = places();
  b.table("public", {route("10.0.0.0/16", RouteTarget::interface, "vpn", 7)});
  const CompiledView c(b);
  EXPECT_EQ(describe(c.view, c.view.route(table_named(c.view, "pub"), ip("10.0.2.7"))), "interface vpn line 7");
  EXPECT_EQ(describe(c.view, c.view.route(table_named(c.view, "pub"), ip("10.9.0.7"))), "local");
}

TEST(Publish, RangesAddressesAndProtocols) {
  PolicyBuilder b = places();
  Interface& web = b.policy().interfaces["web-1"];
  web.publish = {{.private_ip = ip("10.0.1.21"),
                  .first_port = 80,
                  .last_port = 80,
                  .target = ip("172.17.0.2"),
                  .target_first_port = 5000},
                 {.first_port = 8000, .last_port = 8010, .target = ip("172.17.0.3"), .target_first_port = 9000},
                 {.first_port = 53,
                  .last_port = 53,
                  .target = ip("172.17.0.4"),
                  .target_first_port = 53,
                  .protocol = kProtocolUdp}};
  const CompiledView c(b);
  struct Case {
    const char* local;
    std::uint8_t protocol;
    std::uint16_t port;
    const char* target;  // "" where nothing is published
  };
  constexpr std::array kCases{
      Case{"10.0.1.21", 6, 80, "172.17.0.2"},
      Case{"10.0.1.20", 6, 80, ""},
      Case{"10.0.1.20", 6, 8000, "172.17.0.3"},
      Case{"10.0.1.21", 6, 8010, "172.17.0.3"},
      Case{"10.0.1.20", 6, 7999, ""},
      Case{"10.0.1.20", 6, 8011, ""},
      Case{"10.0.1.20", 17, 8000, ""},
      Case{"10.0.1.20", 17, 53, "172.17.0.4"},
      Case{"10.0.1.20", 6, 53, ""},
  };
  for (const Case& test : kCases) {
    const PublishInfo* found = c.view.published(c.interface("web-1"), ip(test.local), test.protocol, test.port);
    EXPECT_EQ(found == nullptr ? "" : to_string(Ipv4{found->target}), test.target) << test.local << ":" << test.port;
  }
  EXPECT_EQ(c.view.publishes(c.interface("web-1")).size(), 3U);
  EXPECT_TRUE(c.view.publishes(c.interface("vpn")).empty());
}

TEST(Interfaces, CarryWhatThePolicySays) {
  PolicyBuilder b = places();
  Interface& web = b.policy().interfaces["web-1"];
  web.mac = parse_mac("02:00:00:00:00:07");
  web.timeouts.udp = 45;
  b.policy().options.timeouts.other = 17;
  const CompiledView c(b);
  const InterfaceInfo info = c.view.interface(c.interface("web-1"));
  EXPECT_EQ(info.name, "web-1");
  EXPECT_EQ(c.view.subnet(info.subnet).name, "pub");
  EXPECT_EQ(info.primary, ip("10.0.1.20"));
  EXPECT_EQ(info.public_ip, ip("203.0.113.20").value);
  EXPECT_TRUE(info.source_dest_check);
  EXPECT_TRUE(info.has_mac);
  EXPECT_EQ(info.mac, *web.mac);
  EXPECT_EQ(info.timeouts.udp, 45U);
  EXPECT_FALSE(info.is_host);
  EXPECT_EQ(c.view.private_ips(c.interface("web-1")).size(), 2U);
  const InterfaceInfo vpn = c.view.interface(c.interface("vpn"));
  EXPECT_FALSE(vpn.source_dest_check);
  EXPECT_FALSE(vpn.has_mac);
  EXPECT_EQ(vpn.public_ip, 0U);
  const InterfaceInfo host = c.view.interface(c.interface("app/*"));
  EXPECT_TRUE(host.is_host);
  EXPECT_EQ(host.primary, Ipv4{});
  EXPECT_EQ(host.timeouts.other, 17U);
  EXPECT_EQ(c.view.group_names(c.interface("app/*")), std::vector<std::string_view>{"web"});
  EXPECT_EQ(c.view.subnet(c.view.subnet_named("app")).host_interface, c.interface("app/*"));
  for (const auto* name : {"", "app", "pub/*", "none/*", "web-", "web-10", "zzz"}) {
    EXPECT_EQ(c.interface(name), kNone) << name;
  }
}

TEST(OptionsOf, AreCarriedOver) {
  PolicyBuilder b;
  b.policy().options = {.on_policy_change = OnPolicyChange::revalidate,
                        .tcp_pickup = false,
                        .allow_private_internet = true,
                        .timeouts = {.udp_stream = 99},
                        .nat_timeout = 123};
  const CompiledView c(b);
  EXPECT_EQ(c.view.on_policy_change(), OnPolicyChange::revalidate);
  EXPECT_FALSE(c.view.tcp_pickup());
  EXPECT_TRUE(c.view.allow_private_internet());
  EXPECT_TRUE(c.view.internet_gateway());
  EXPECT_EQ(c.view.timeouts().udp_stream, 99U);
  EXPECT_EQ(c.view.nat_timeout(), 123U);
  const CompiledView defaults{PolicyBuilder()};
  EXPECT_EQ(defaults.view.on_policy_change(), OnPolicyChange::keep);
  EXPECT_TRUE(defaults.view.tcp_pickup());
  EXPECT_FALSE(defaults.view.allow_private_internet());
}

}  // namespace
}  // namespace sallyport::rules
