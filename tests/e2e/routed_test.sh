#!/usr/bin/env bash
# A gateway that is no host's router: behind a router (routed), with one port for everything (one-armed), and with one address for
# everything (a NAT gateway under the uplink's own).
. "$(dirname "$0")/lib.sh"

# A router between the hosts and the gateway: what comes from a host or from the internet goes to the gateway, what comes from
# the gateway to whom it is for.
#
#   one  10.9.1.10 ─┐
#   web  10.9.2.10 ─┤ router ── core 10.9.9.0/24 ── gateway ── outside 198.51.100.0/24 ── internet, third 10.9.3.10
#   outside ────────┘
add_router() {
  local leg
  add_host router core 10.9.9.1/24 none
  add_leg router left 10.9.1.1/24
  add_leg router right 10.9.2.1/24
  add_leg router outside 198.51.100.254/24
  in_host router sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
  for leg in left right outside; do
    in_host router sysctl -qw "net.ipv4.conf.$leg.rp_filter=0"
    in_host router ip rule add iif "$leg" lookup 100
  done
  in_host router ip route add default via 10.9.9.4 table 100
  in_host router ip route add default via 198.51.100.1
}

hosts() {
  local switch
  for switch in left right core outside; do add_switch "$switch"; done
  add_port core core
  add_port outside outside
  add_router
  add_host one left 10.9.1.10/24 10.9.1.1
  add_host web right 10.9.2.10/24 10.9.2.1
  add_host third outside 10.9.3.10/24 10.9.3.1
  add_host internet outside 198.51.100.1/24 none
  ip -n "$(namespace internet)" address add 192.0.2.80/32 dev lo
  start_web_server web
  start_web_server internet
}

# Where the internet finds the public addresses.
public_addresses_via() { ip -n "$(namespace internet)" route replace 203.0.113.0/24 via "$1" src 192.0.2.80; }

# gateway_with PORTS
gateway_with() {
  if [ "${daemon:-}" ]; then stop "$daemon"; fi
  jq -n '{ version: 1, memory: "pages", max_flows: 1000, policy: "policy.json", control: { socket: "control.sock" } }' |
    jq ".ports = $1" >"$work/gateway.json"
  start_gateway "$work/gateway.json"
}

write_policy() {
  jq -n '{ version: 1, vpc: { cidr_blocks: ["10.9.0.0/16"], internet_gateway: true },
           security_groups: { clients: { egress: [{ protocol: "-1", cidr_blocks: ["0.0.0.0/0"] }] },
                              web: { ingress: [{ protocol: "tcp", from_port: 80, to_port: 80, cidr_blocks: ["0.0.0.0/0"] },
                                               { protocol: "icmp", from_port: 8, to_port: -1, security_groups: ["clients"] }] } },
           route_tables: { public: [{ cidr_block: "0.0.0.0/0", gateway: "internet" }],
                           private: [{ cidr_block: "0.0.0.0/0", nat_gateway: "nat" }] },
           subnets: { left: { cidr_block: "10.9.1.0/24", route_table: "private", security_groups: ["clients"] },
                      right: { cidr_block: "10.9.2.0/24", route_table: "public" },
                      third: { cidr_block: "10.9.3.0/24", route_table: "private", security_groups: ["clients"] } },
           interfaces: { web: { subnet: "right", private_ips: ["10.9.2.10"], public_ip: "203.0.113.20", security_groups: ["web"] } },
           nat_gateways: { nat: { subnet: "right", private_ip: "10.9.2.5", public_ips: ["203.0.113.5"] } } }' >"$work/policy.json"
}

behind_the_router() {
  expect "$1: out through the NAT gateway" "200 from 203.0.113.5" "$(get_seen one http://192.0.2.80/)"
  expect "$1: ping out" yes "$(pinged one 192.0.2.80)"
  expect "$1: to another subnet" "200 from 10.9.1.10" "$(get_seen one http://10.9.2.10/)"
  expect "$1: ping to another subnet" yes "$(pinged one 10.9.2.10)"
  expect "$1: in to a public address" "200 from 192.0.2.80" "$(get_seen internet http://203.0.113.20/)"
  expect "$1: ping to the gateway's own address" yes "$(pinged one 10.9.9.4)"
  silence "$1: a port no rule admits, from inside" ENI_SG_RULES_MISMATCH one http://10.9.2.10:8080/
  silence "$1: a port no rule admits, from outside" ENI_SG_RULES_MISMATCH internet http://203.0.113.20:8080/
  silence "$1: the web host, which may open nothing" ENI_SG_RULES_MISMATCH web http://192.0.2.80/
  silence "$1: the NAT address from outside" NAT_NO_SESSION internet http://203.0.113.5/
}

routed() {
  public_addresses_via 198.51.100.2
  gateway_with '{ core: { device: "af_packet:gw-core", routed: { address: "10.9.9.4/24", gateway: "10.9.9.1" } },
                  outside: { device: "af_packet:gw-outside", uplink: { address: "198.51.100.2/24", gateway: "198.51.100.1" } } }'
  behind_the_router "routed"
  ip -n "$(namespace one)" address add 10.9.4.10/32 dev lo
  expect "routed: a source that is nobody's" no "$(pinged one 10.9.2.10 -I 10.9.4.10)"
  expect_match "routed: is counted" '^[1-9]' "$(dropped_as UNKNOWN_HOST)"
}

one_armed_behind_a_router() {
  public_addresses_via 198.51.100.254
  gateway_with '{ core: { device: "af_packet:gw-core", routed: { address: "10.9.9.4/24", gateway: "10.9.9.1" },
                          uplink: { address: "10.9.9.4/24", gateway: "10.9.9.1" } } }'
  behind_the_router "one-armed, routed"
}

one_armed_on_a_link() {
  gateway_with '{ outside: { device: "af_packet:gw-outside", subnets: ["third"],
                             uplink: { address: "198.51.100.2/24", gateway: "198.51.100.1" } } }'
  public_addresses_via 198.51.100.2
  expect "one-armed: out through the NAT gateway" "200 from 203.0.113.5" "$(get_seen third http://192.0.2.80/)"
  expect "one-armed: ping to the router's address" yes "$(pinged third 10.9.3.1)"
  expect "one-armed: ping to the uplink's own address" yes "$(pinged internet 198.51.100.2)"
  silence "one-armed: the NAT address from outside" NAT_NO_SESSION internet http://203.0.113.5/
}

# A host with one public address: the NAT gateway shares the uplink's.
one_public_address() {
  jq '.nat_gateways.nat.public_ips = ["198.51.100.2"]' "$work/policy.json" >"$work/shared.json"
  sallyport apply "$work/shared.json" >/dev/null 2>&1
  expect "one public address: out" "200 from 198.51.100.2" "$(get_seen third http://192.0.2.80/)"
  expect "one public address: ping out" yes "$(pinged third 192.0.2.80)"
  expect "one public address: no echo from it" no "$(pinged internet 198.51.100.2)"
  silence "one public address: unasked from outside" NAT_NO_SESSION internet http://198.51.100.2/
}

e2e_begin "$@"
world_begin "$e2e_prefix"
hosts
write_policy
routed
one_armed_behind_a_router
one_armed_on_a_link
one_public_address
e2e_end
