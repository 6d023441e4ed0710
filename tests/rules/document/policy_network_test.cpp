// Every rule and refusal of the policy format, from route tables to options: one change to its own example, and what is
// said about it.
#include "tests/rules/document/documents_support.h"

namespace sallyport::rules {
namespace {

using testing_support::Change;
using NetworkChange = testing_support::PolicyChange;

TEST_P(NetworkChange, IsSaidPlainly) { expect_said(); }

const Change kRoutes[] = {
    {"two destinations", "/route_tables/public/0/prefix_list", "\"office\"",
     "expected exactly one destination: cidr_block, ipv6_cidr_block or prefix_list in /route_tables/public/0"},
    {"a misspelt destination", "/route_tables/public/0", R"({"cidr_blocks":"0.0.0.0/0","gateway":"internet"})",
     "unknown key \"cidr_blocks\" in /route_tables/public/0/cidr_blocks; did you mean \"cidr_block\"?"},
    {"a misspelt target", "/route_tables/public/0", R"({"cidr_block":"0.0.0.0/0","gatway":"internet"})",
     "unknown key \"gatway\" in /route_tables/public/0/gatway; did you mean \"gateway\"?"},
    {"no destination", "/route_tables/public/0/cidr_block", "",
     "expected exactly one destination: cidr_block, ipv6_cidr_block or prefix_list in /route_tables/public/0"},
    {"a prefix list", "/route_tables/private/1", R"({"prefix_list":"office","blackhole":true})", ""},
    {"no such prefix list", "/route_tables/private/1", R"({"prefix_list":"ofice","blackhole":true})",
     "unknown prefix list \"ofice\" in /route_tables/private/1/prefix_list; did you mean \"office\"?"},
    {"IPv6", "/route_tables/public/1", R"({"ipv6_cidr_block":"::/0","gateway":"internet"})",
     "IPv6 is not enforced by this version: found the key \"ipv6_cidr_block\" in "
     "/route_tables/public/1/ipv6_cidr_block"},
    {"two targets", "/route_tables/public/0/blackhole", "true",
     "expected exactly one target: gateway, nat_gateway, interface, egress_only_gateway or blackhole in "
     "/route_tables/public/0"},
    {"no target", "/route_tables/public/0/gateway", "",
     "expected exactly one target: gateway, nat_gateway, interface, egress_only_gateway or blackhole in "
     "/route_tables/public/0"},
    {"blackhole: false is none", "/route_tables/private/1/blackhole", "false",
     "expected exactly one target: gateway, nat_gateway, interface, egress_only_gateway or blackhole in "
     "/route_tables/private/1"},
    {"the egress-only gateway", "/route_tables/private/1",
     R"({"cidr_block":"192.0.2.0/24","egress_only_gateway":true})",
     "IPv6 is not enforced by this version: found the key \"egress_only_gateway\" in "
     "/route_tables/private/1/egress_only_gateway"},
    {"another gateway", "/route_tables/public/0/gateway", "\"igw-1\"",
     "unknown gateway \"igw-1\", expected \"internet\" in /route_tables/public/0/gateway"},
    {"no such NAT gateway", "/route_tables/private/0/nat_gateway", "\"nat-b\"",
     "unknown NAT gateway \"nat-b\" in /route_tables/private/0/nat_gateway; did you mean \"nat-a\"?"},
    {"no such interface", "/route_tables/private/2/interface", "\"vpn-aplliance\"",
     "unknown interface \"vpn-aplliance\" in /route_tables/private/2/interface; did you mean \"vpn-appliance\"?"},
    {"the same destination twice", "/route_tables/private/2/cidr_block", "\"0.0.0.0/0\"",
     "duplicate route to \"0.0.0.0/0\", first (line) in /route_tables/private/2/cidr_block"},
    {"inside the VPC, one whole subnet, to an interface", "/route_tables/private/2/cidr_block", "\"10.0.1.0/24\"", ""},
    {"inside the VPC, no subnet", "/route_tables/private/2/cidr_block", "\"10.0.1.0/25\"",
     "10.0.1.0/25 lies inside the VPC's 10.0.0.0/16, where a route is for one whole subnet in "
     "/route_tables/private/2/cidr_block"},
    {"inside the VPC, to nowhere", "/route_tables/private/1/cidr_block", "\"10.0.1.0/24\"",
     "10.0.1.0/24 lies inside the VPC's 10.0.0.0/16, where a route leads to an interface or a nat_gateway in "
     "/route_tables/private/1/blackhole"},
    {"wider than the VPC", "/route_tables/private/1/cidr_block", "\"10.0.0.0/8\"", ""},
    {"a written main table", "/route_tables/main", "[]", ""},
};

const Change kSubnets[] = {
    {"outside the VPC", "/subnets/x", R"({"cidr_block":"10.1.0.0/24"})",
     "10.1.0.0/24 lies in no CIDR block of the VPC in /subnets/x/cidr_block"},
    {"overlapping", "/subnets/x", R"({"cidr_block":"10.0.0.0/23"})",
     "10.0.0.0/23 overlaps the subnet 10.0.1.0/24 (line) in /subnets/x/cidr_block"},
    {"the same again", "/subnets/x", R"({"cidr_block":"10.0.3.0/24"})",
     "10.0.3.0/24 overlaps the subnet 10.0.3.0/24 (line) in /subnets/x/cidr_block"},
    {"loopback", "/subnets/x", R"({"cidr_block":"127.0.4.0/24"})",
     "127.0.4.0/24 has no address of a host: 127.0.0.0/8 is loopback in /subnets/x/cidr_block\n"
     "127.0.4.0/24 lies in no CIDR block of the VPC in /subnets/x/cidr_block"},
    {"defaults", "/subnets/x", R"({"cidr_block":"10.0.4.0/24"})", ""},
    {"too small", "/subnets/x", R"({"cidr_block":"10.0.4.0/30"})",
     "\"10.0.4.0/30\" has no address that is not reserved (the first four and the last are), expected a /29 or larger "
     "in "
     "/subnets/x/cidr_block"},
    {"no CIDR", "/subnets/x", "{}", "missing key \"cidr_block\" in /subnets/x"},
    {"no such table", "/subnets/app-a/route_table", "\"privat\"",
     "unknown route table \"privat\" in /subnets/app-a/route_table; did you mean \"private\"?"},
    {"no such ACL", "/subnets/app-a/network_acl", "\"pubic\"",
     "unknown network ACL \"pubic\" in /subnets/app-a/network_acl; did you mean \"public\"?"},
    {"no such group", "/subnets/app-a/security_groups/0", "\"ap\"",
     "unknown group \"ap\" in /subnets/app-a/security_groups/0; did you mean \"app\"?"},
    {"IPv6", "/subnets/app-a/ipv6_cidr_block", "\"2001:db8:10:3::/64\"",
     "IPv6 is not enforced by this version: found the key \"ipv6_cidr_block\" in /subnets/app-a/ipv6_cidr_block"},
};

// Addresses that no packet between hosts ever has.
const Change kNobodysAddresses[] = {
    {"a VPC of this network", "/vpc/cidr_blocks/1", "\"0.0.0.0/8\"",
     "0.0.0.0/8 has no address of a host: 0.0.0.0/8 stands for no host in /vpc/cidr_blocks/1"},
    {"a VPC of loopback", "/vpc/cidr_blocks/1", "\"127.1.0.0/16\"",
     "127.1.0.0/16 has no address of a host: 127.0.0.0/8 is loopback in /vpc/cidr_blocks/1"},
    {"a link-local VPC", "/vpc/cidr_blocks/1", "\"169.254.0.0/16\"",
     "169.254.0.0/16 has no address of a host: 169.254.0.0/16 is link-local and never forwarded in "
     "/vpc/cidr_blocks/1"},
    {"a multicast VPC", "/vpc/cidr_blocks/1", "\"239.0.0.0/8\"",
     "239.0.0.0/8 has no address of a host: 224.0.0.0/4 is multicast in /vpc/cidr_blocks/1"},
    {"a reserved VPC", "/vpc/cidr_blocks/1", "\"255.0.0.0/8\"",
     "255.0.0.0/8 has no address of a host: 240.0.0.0/4 is reserved in /vpc/cidr_blocks/1"},
    {"a VPC with more besides", "/vpc/cidr_blocks/1", "\"126.0.0.0/7\"", ""},
    {"public 0.0.0.0", "/interfaces/alb-1/public_ip", "\"0.0.0.0\"",
     "0.0.0.0 is never a host's: 0.0.0.0/8 stands for no host in /interfaces/alb-1/public_ip"},
    {"public loopback", "/interfaces/alb-1/public_ip", "\"127.0.0.1\"",
     "127.0.0.1 is never a host's: 127.0.0.0/8 is loopback in /interfaces/alb-1/public_ip"},
    {"public link-local", "/interfaces/alb-1/public_ip", "\"169.254.1.1\"",
     "169.254.1.1 is never a host's: 169.254.0.0/16 is link-local and never forwarded in "
     "/interfaces/alb-1/public_ip"},
    {"public multicast", "/interfaces/alb-1/public_ip", "\"224.0.0.1\"",
     "224.0.0.1 is never a host's: 224.0.0.0/4 is multicast in /interfaces/alb-1/public_ip"},
    {"public reserved", "/interfaces/alb-1/public_ip", "\"240.0.0.1\"",
     "240.0.0.1 is never a host's: 240.0.0.0/4 is reserved in /interfaces/alb-1/public_ip"},
    {"public broadcast", "/interfaces/alb-1/public_ip", "\"255.255.255.255\"",
     "255.255.255.255 is never a host's: 240.0.0.0/4 is reserved in /interfaces/alb-1/public_ip"},
    {"a NAT gateway's 0.0.0.0", "/nat_gateways/nat-a/public_ips/1", "\"0.0.0.0\"",
     "0.0.0.0 is never a host's: 0.0.0.0/8 stands for no host in /nat_gateways/nat-a/public_ips/1"},
    {"a NAT gateway's multicast", "/nat_gateways/nat-a/public_ips/0", "\"239.255.255.255\"",
     "239.255.255.255 is never a host's: 224.0.0.0/4 is multicast in /nat_gateways/nat-a/public_ips/0"},
    {"a NAT gateway inside of nobody's", "/nat_gateways/nat-a/private_ip", "\"127.0.0.1\"",
     "127.0.0.1 is outside its subnet, expected an address of 10.0.1.0/24 in /nat_gateways/nat-a/private_ip"},
    {"published on loopback", "/interfaces/docker-host/publish/0", "\"80:127.0.0.1:80\"",
     "127.0.0.1 is never a host's: 127.0.0.0/8 is loopback in /interfaces/docker-host/publish/0"},
    {"published on nobody", "/interfaces/docker-host/publish/0", "\"80:0.0.0.0:80\"",
     "0.0.0.0 is never a host's: 0.0.0.0/8 stands for no host in /interfaces/docker-host/publish/0"},
    {"beside them", "/interfaces/alb-1/public_ip", "\"223.255.255.255\"", ""},
};

const Change kInterfaces[] = {
    {"the flow log", "/interfaces/app-1/flow_log", "{}",
     "The flow log is not enforced by this version: found the key \"flow_log\" in /interfaces/app-1/flow_log"},
    {"the flow log of all", "/flow_log", "{}",
     "The flow log is not enforced by this version: found the key \"flow_log\" in /flow_log"},
    {"the VPC's flow log", "/vpc/flow_log", "{}",
     "The flow log is not enforced by this version: found the key \"flow_log\" in /vpc/flow_log"},
    {"a subnet's flow log", "/subnets/app-a/flow_log", "{}",
     "The flow log is not enforced by this version: found the key \"flow_log\" in /subnets/app-a/flow_log"},
    {"a NAT gateway's flow log", "/nat_gateways/nat-a/flow_log", "{}",
     "The flow log is not enforced by this version: found the key \"flow_log\" in /nat_gateways/nat-a/flow_log"},
    {"idle among the options", "/options/idle", "\"adaptive\"",
     "idle \"adaptive\" is not enforced by this version: found the key \"idle\" in /options/idle"},
    {"no subnet", "/interfaces/app-1/subnet", "", "missing key \"subnet\" in /interfaces/app-1"},
    {"no such subnet", "/interfaces/app-1/subnet", "\"app-b\"",
     "unknown subnet \"app-b\" in /interfaces/app-1/subnet; did you mean \"app-a\"?"},
    {"no address", "/interfaces/app-1/private_ips", "[]",
     "found an empty array, expected at least one address in /interfaces/app-1/private_ips"},
    {"no list of addresses", "/interfaces/app-1/private_ips", "", "missing key \"private_ips\" in /interfaces/app-1"},
    {"in another subnet", "/interfaces/app-1/private_ips/0", "\"10.0.1.11\"",
     "10.0.1.11 is outside its subnet, expected an address of 10.0.3.0/24 in /interfaces/app-1/private_ips/0"},
    {"the router's address", "/interfaces/app-1/private_ips/0", "\"10.0.3.1\"",
     "10.0.3.1 is reserved: the first four addresses and the last of 10.0.3.0/24 belong to the VPC in "
     "/interfaces/app-1/private_ips/0"},
    {"the fourth address", "/interfaces/app-1/private_ips/0", "\"10.0.3.3\"",
     "10.0.3.3 is reserved: the first four addresses and the last of 10.0.3.0/24 belong to the VPC in "
     "/interfaces/app-1/private_ips/0"},
    {"the fifth address", "/interfaces/app-1/private_ips/0", "\"10.0.3.4\"", ""},
    {"the last address", "/interfaces/app-1/private_ips/0", "\"10.0.3.255\"",
     "10.0.3.255 is reserved: the first four addresses and the last of 10.0.3.0/24 belong to the VPC in "
     "/interfaces/app-1/private_ips/0"},
    {"somebody else's", "/interfaces/docker-host/private_ips/0", "\"10.0.1.20\"",
     "10.0.1.20 belongs to interface \"alb-1\" (line) already in /interfaces/docker-host/private_ips/0"},
    {"a NAT gateway's", "/interfaces/docker-host/private_ips/0", "\"10.0.1.5\"",
     "10.0.1.5 belongs to interface \"docker-host\" (line) already in /nat_gateways/nat-a/private_ip"},
    {"its own twice", "/interfaces/app-1/private_ips/1", "\"10.0.3.11\"",
     "10.0.3.11 belongs to interface \"app-1\" (line) already in /interfaces/app-1/private_ips/1"},
    {"no address at all", "/interfaces/app-1/private_ips/0", "\"10.0.3\"",
     "found \"10.0.3\", expected an IPv4 address like \"10.0.1.20\" in /interfaces/app-1/private_ips/0"},
    {"an IPv6 address", "/interfaces/app-1/private_ips/1", "\"2001:db8::1\"",
     "IPv6 is not enforced by this version: found the address \"2001:db8::1\" in /interfaces/app-1/private_ips/1"},
    {"IPv6 addresses", "/interfaces/app-1/ipv6_addresses", "[\"2001:db8::1\"]",
     "IPv6 is not enforced by this version: found the key \"ipv6_addresses\" in /interfaces/app-1/ipv6_addresses"},
    {"no IPv6 addresses", "/interfaces/app-1/ipv6_addresses", "[]", ""},
    {"a public address twice", "/interfaces/docker-host/public_ip", "\"203.0.113.20\"",
     "203.0.113.20 belongs to interface \"alb-1\" (line) already in /interfaces/docker-host/public_ip"},
    {"a NAT gateway's public address", "/interfaces/docker-host/public_ip", "\"203.0.113.6\"",
     "203.0.113.6 belongs to interface \"docker-host\" (line) already in /nat_gateways/nat-a/public_ips/1"},
    {"a public address inside the VPC", "/interfaces/alb-1/public_ip", "\"10.0.200.9\"", ""},
    {"a public address that is somebody's private one", "/interfaces/alb-1/public_ip", "\"10.0.3.11\"",
     "10.0.3.11 belongs to interface \"alb-1\" (line) already in /interfaces/app-1/private_ips/0"},
    {"a public address that is a router's", "/interfaces/alb-1/public_ip", "\"10.0.3.1\"",
     "10.0.3.1 is reserved: the first four addresses and the last of 10.0.3.0/24 belong to the VPC in "
     "/interfaces/alb-1/public_ip"},
    {"the primary itself may be public", "/interfaces/alb-1/public_ip", "\"10.0.1.20\"", ""},
    {"an empty list of groups", "/interfaces/app-1/security_groups", "[]",
     "found an empty array, expected at least one group (without the key it is \"default\") in "
     "/interfaces/app-1/security_groups"},
    {"no list of groups", "/interfaces/app-1/security_groups", "", ""},
    {"no such group", "/interfaces/app-1/security_groups/0", "\"apps\"",
     "unknown group \"apps\" in /interfaces/app-1/security_groups/0; did you mean \"app\"?"},
    {"a check is a boolean", "/interfaces/app-1/source_dest_check", "0",
     "found the number 0, expected true or false in /interfaces/app-1/source_dest_check"},
    {"a link address", "/interfaces/app-1/mac", "\"02:00:0A:00:03:0b\"", ""},
    {"no link address", "/interfaces/app-1/mac", "\"02-00-0a-00-03-0b\"",
     "found \"02-00-0a-00-03-0b\", expected a link address like \"02:00:0a:00:01:14\" of one station in "
     "/interfaces/app-1/mac"},
    {"a group's link address", "/interfaces/app-1/mac", "\"01:00:5e:00:00:01\"",
     "found \"01:00:5e:00:00:01\", expected a link address like \"02:00:0a:00:01:14\" of one station in "
     "/interfaces/app-1/mac"},
    {"timeouts", "/interfaces/app-1/timeouts", R"({"udp":31})", ""},
    {"timeouts without nat", "/interfaces/app-1/timeouts", R"({"nat":31})",
     "unknown key \"nat\" in /interfaces/app-1/timeouts/nat"},
};

constexpr const char* kPublish = "/interfaces/docker-host/publish/0";
constexpr const char* kTwoPublish = "/interfaces/docker-host/publish";
const Change kPublished[] = {
    {"a range, udp", kPublish, "\"8000-8010:172.17.0.2:9000-9010/udp\"", ""},
    {"of one address", kPublish, "\"10.0.1.100:80:172.17.0.2:8080\"", ""},
    {"of somebody else's address", kPublish, "\"10.0.1.20:80:172.17.0.2:8080\"",
     "10.0.1.20 is no private address of this interface in /interfaces/docker-host/publish/0"},
    {"of no address", kPublish, "\"0.0.0.0:80:172.17.0.2:8080\"",
     "found \"0.0.0.0:80:172.17.0.2:8080\": the private address is none, expected "
     "[PRIVATE_IP:]PORT[-PORT]:TARGET_IP:PORT[-PORT][/tcp|udp] in /interfaces/docker-host/publish/0"},
    {"unequal ranges", kPublish, "\"80-82:172.17.0.2:80-81\"",
     "found \"80-82:172.17.0.2:80-81\": the two ranges of ports are not of equal length, expected "
     "[PRIVATE_IP:]PORT[-PORT]:TARGET_IP:PORT[-PORT][/tcp|udp] in /interfaces/docker-host/publish/0"},
    {"port 0", kPublish, "\"0:172.17.0.2:80\"",
     "found \"0:172.17.0.2:80\": a port is from 1 to 65535, a range in ascending order, expected "
     "[PRIVATE_IP:]PORT[-PORT]:TARGET_IP:PORT[-PORT][/tcp|udp] in /interfaces/docker-host/publish/0"},
    {"another protocol", kPublish, "\"80:172.17.0.2:80/sctp\"",
     "found \"80:172.17.0.2:80/sctp\": only tcp and udp can be published, expected "
     "[PRIVATE_IP:]PORT[-PORT]:TARGET_IP:PORT[-PORT][/tcp|udp] in /interfaces/docker-host/publish/0"},
    {"no target", kPublish, "\"80:80\"",
     "found \"80:80\": not a published port, expected [PRIVATE_IP:]PORT[-PORT]:TARGET_IP:PORT[-PORT][/tcp|udp] in "
     "/interfaces/docker-host/publish/0"},
    {"no target address", kPublish, "\"80:web:80\"",
     "found \"80:web:80\": the target address is none, expected "
     "[PRIVATE_IP:]PORT[-PORT]:TARGET_IP:PORT[-PORT][/tcp|udp] in /interfaces/docker-host/publish/0"},
    {"the same port twice", kTwoPublish, R"(["80-90:172.17.0.2:80-90","85:172.17.0.3:80"])",
     "\"85:172.17.0.3:80\" publishes a port that \"80-90:172.17.0.2:80-90\" has (line) in "
     "/interfaces/docker-host/publish/1"},
    {"the same port of the other protocol", kTwoPublish, R"(["80:172.17.0.2:80","80:172.17.0.3:80/udp"])", ""},
};

constexpr const char* kNat = "/nat_gateways/nat-a";
const Change kNats[] = {
    {"in a subnet that routes to one", "/nat_gateways/nat-a/subnet", "\"app-a\"",
     "the subnet of a NAT gateway may not route to a NAT gateway: its table \"private\" leads to \"nat-a\" (line) "
     "in "
     "/nat_gateways/nat-a/subnet\n"
     "10.0.1.5 is outside its subnet, expected an address of 10.0.3.0/24 in /nat_gateways/nat-a/private_ip"},
    {"no private address", "/nat_gateways/nat-a/private_ip", "", "missing key \"private_ip\" in /nat_gateways/nat-a"},
    {"the resolver's address", "/nat_gateways/nat-a/private_ip", "\"10.0.1.2\"",
     "10.0.1.2 is reserved: the first four addresses and the last of 10.0.1.0/24 belong to the VPC in "
     "/nat_gateways/nat-a/private_ip"},
    {"no public address", "/nat_gateways/nat-a/public_ips", "[]",
     "found 0 public addresses, expected 1 to 8 in /nat_gateways/nat-a/public_ips"},
    {"no list", "/nat_gateways/nat-a/public_ips", "", "missing key \"public_ips\" in /nat_gateways/nat-a"},
    {"nine", "/nat_gateways/nat-a/public_ips",
     R"(["203.0.113.1","203.0.113.2","203.0.113.3","203.0.113.4","203.0.113.5","203.0.113.6","203.0.113.7","203.0.113.8","203.0.113.9"])",
     "found 9 public addresses, expected 1 to 8 in /nat_gateways/nat-a/public_ips"},
    {"the same twice", "/nat_gateways/nat-a/public_ips/1", "\"203.0.113.5\"",
     "203.0.113.5 belongs to NAT gateway \"nat-a\" (line) already in /nat_gateways/nat-a/public_ips/1"},
    {"public by name", "/nat_gateways/nat-a/connectivity_type", "\"public\"", ""},
    {"a private one", kNat, R"({"subnet":"public-a","private_ip":"10.0.1.5","connectivity_type":"private"})",
     "A private NAT gateway is not enforced by this version: expected the connectivity_type \"public\" in "
     "/nat_gateways/nat-a/connectivity_type"},
    {"secondary addresses", "/nat_gateways/nat-a/secondary_private_ip_addresses", "[\"10.0.1.6\"]",
     "A private NAT gateway is not enforced by this version: found the key \"secondary_private_ip_addresses\" in "
     "/nat_gateways/nat-a/secondary_private_ip_addresses"},
    {"no secondary addresses", "/nat_gateways/nat-a/secondary_private_ip_addresses", "[]", ""},
};

const Change kOptions[] = {
    {"keep", "/options/on_policy_change", "\"revalidate\"", ""},
    {"cut", "/options/on_policy_change", "\"cut\"", ""},
    {"another", "/options/on_policy_change", "\"keeep\"",
     "unknown on_policy_change \"keeep\", expected \"keep\" or \"revalidate\" or \"cut\" in /options/on_policy_change; "
     "did "
     "you mean \"keep\"?"},
    {"tcp_pickup", "/options/tcp_pickup", "false", ""},
    {"nat_fragments as AWS", "/options/nat_fragments", "\"udp\"",
     "nat_fragments \"udp\" is not enforced by this version: expected \"all\" in /options/nat_fragments"},
    {"other nat_fragments", "/options/nat_fragments", "\"none\"",
     "unknown nat_fragments \"none\", expected \"all\" or \"udp\" in /options/nat_fragments"},
    {"private internet", "/options/allow_private_internet", "true", ""},
    {"a misspelt option", "/options/tcp_pikup", "true",
     "unknown key \"tcp_pikup\" in /options/tcp_pikup; did you mean \"tcp_pickup\"?"},
    {"every timeout", "/options/timeouts",
     R"({"tcp_established":60,"udp":60,"udp_stream":60,"other":1,"nat":1,"tcp_syn":1,"tcp_closing":1,"tcp_time_wait":1})",
     ""},
    {"0 seconds", "/options/timeouts/udp", "0",
     "found the number 0, expected seconds from 1 to 2147483648 in /options/timeouts/udp"},
    {"for ever", "/options/timeouts/nat", "2147483649",
     "found the number 2147483649, expected seconds from 1 to 2147483648 in /options/timeouts/nat"},
    {"outside the range of AWS is a warning", "/options/timeouts/udp", "61", ""},
};

INSTANTIATE_TEST_SUITE_P(Routes, NetworkChange, testing::ValuesIn(kRoutes));
INSTANTIATE_TEST_SUITE_P(Subnets, NetworkChange, testing::ValuesIn(kSubnets));
INSTANTIATE_TEST_SUITE_P(NobodysAddresses, NetworkChange, testing::ValuesIn(kNobodysAddresses));
INSTANTIATE_TEST_SUITE_P(Interfaces, NetworkChange, testing::ValuesIn(kInterfaces));
INSTANTIATE_TEST_SUITE_P(Published, NetworkChange, testing::ValuesIn(kPublished));
INSTANTIATE_TEST_SUITE_P(Nats, NetworkChange, testing::ValuesIn(kNats));
INSTANTIATE_TEST_SUITE_P(Options, NetworkChange, testing::ValuesIn(kOptions));

}  // namespace
}  // namespace sallyport::rules
