// Owner: tests. See usual_policy.h.
#include "tests/dataplane/support/usual_policy.h"

namespace sallyport::dataplane::testing {

nlohmann::ordered_json usual_policy() {
  return nlohmann::ordered_json::parse(R"({
  "version": 1,
  "vpc": { "cidr_blocks": ["10.0.0.0/16"], "internet_gateway": true },
  "prefix_lists": { "partners": ["192.0.2.0/25", "192.0.2.128/26"] },
  "security_groups": {
    "web": { "ingress": [ { "protocol": "tcp", "from_port": 80, "to_port": 80, "cidr_blocks": ["0.0.0.0/0"] },
                          { "protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ["198.18.0.0/15", "10.0.0.0/16", "203.0.113.0/24"] },
                          { "protocol": "tcp", "from_port": 8080, "to_port": 8090, "cidr_blocks": ["198.18.0.0/15", "10.0.0.0/16"] },
                          { "protocol": "udp", "from_port": 5353, "to_port": 5353, "cidr_blocks": ["198.18.0.0/15"] },
                          { "protocol": "icmp", "from_port": 8, "to_port": -1, "cidr_blocks": ["198.18.0.0/15", "10.0.0.0/16"] } ],
             "egress": [ { "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"] } ] },
    "app": { "ingress": [ { "protocol": "tcp", "from_port": 3000, "to_port": 3000, "security_groups": ["web"] },
                          { "protocol": "icmp", "from_port": 8, "to_port": -1, "self": true } ],
             "egress": [ { "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"] } ] },
    "db": { "ingress": [ { "protocol": "tcp", "from_port": 5432, "to_port": 5432, "security_groups": ["app"] } ] },
    "any": { "ingress": [ { "protocol": "-1", "cidr_blocks": ["10.0.0.0/8", "172.16.0.0/12", "198.18.0.0/15", "192.0.2.0/24", "203.0.113.0/24"] } ],
             "egress": [ { "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"] } ] }
  },
  "network_acls": {
    "public": { "ingress": [ { "rule_no": 50, "action": "deny", "protocol": "-1", "cidr_block": "198.19.66.0/24" },
                             { "rule_no": 100, "action": "allow", "protocol": "-1", "cidr_block": "0.0.0.0/0" } ],
                "egress": [ { "rule_no": 60, "action": "deny", "protocol": "tcp", "cidr_block": "198.18.0.0/15", "from_port": 25, "to_port": 25 },
                            { "rule_no": 100, "action": "allow", "protocol": "-1", "cidr_block": "0.0.0.0/0" } ] }
  },
  "route_tables": {
    "public": [ { "cidr_block": "0.0.0.0/0", "gateway": "internet" } ],
    "private": [ { "cidr_block": "0.0.0.0/0", "nat_gateway": "nat-a" },
                 { "cidr_block": "192.0.2.192/26", "blackhole": true },
                 { "prefix_list": "partners", "interface": "vpn" } ]
  },
  "subnets": {
    "public": { "cidr_block": "10.0.1.0/24", "route_table": "public", "network_acl": "public" },
    "app": { "cidr_block": "10.0.3.0/24", "route_table": "private", "security_groups": ["app"] },
    "db": { "cidr_block": "10.0.4.0/24" },
    "far": { "cidr_block": "10.0.9.0/24", "security_groups": ["any"] }
  },
  "interfaces": {
    "web-1": { "subnet": "public", "private_ips": ["10.0.1.20", "10.0.1.21"], "public_ip": "203.0.113.20", "security_groups": ["web"] },
    "bare": { "subnet": "public", "private_ips": ["10.0.1.30"], "security_groups": ["any"] },
    "vpn": { "subnet": "public", "private_ips": ["10.0.1.9"], "security_groups": ["any"], "source_dest_check": false,
             "mac": "02:00:00:00:01:09" },
    "docker": { "subnet": "public", "private_ips": ["10.0.1.100"], "public_ip": "203.0.113.100", "security_groups": ["web"],
                "mac": "02:00:00:00:01:64", "publish": ["8080:172.17.0.2:5000", "8081-8083:172.17.0.3:6001-6003", "5353:172.17.0.4:53/udp"] },
    "app-1": { "subnet": "app", "private_ips": ["10.0.3.11"], "security_groups": ["app"] },
    "app-2": { "subnet": "app", "private_ips": ["10.0.3.12"], "security_groups": ["app", "web"] },
    "db-1": { "subnet": "db", "private_ips": ["10.0.4.5"], "security_groups": ["db"] }
  },
  "nat_gateways": { "nat-a": { "subnet": "public", "private_ip": "10.0.1.5", "public_ips": ["203.0.113.5"] } }
})");
}

}  // namespace sallyport::dataplane::testing
