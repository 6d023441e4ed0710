#!/usr/bin/env bash
# Who sent it, on real links: ports isolated by their switch with proxy_arp, forged sources, a link address that is written, an mtu.
. "$(dirname "$0")/lib.sh"

# Two hosts of one subnet, each on a switch port of its own that reaches the gateway alone.
isolated_hosts() {
  local name
  add_switch left
  add_port left left
  add_host one left 10.9.1.10/24 10.9.1.1 02:00:00:00:01:0a
  add_host two left 10.9.1.11/24 10.9.1.1
  add_host three left 10.9.1.12/24 10.9.1.1
  for name in one two three; do bridge -n "$(namespace switch)" link set dev "$name" isolated on; done
  jq -n '{ version: 1, vpc: { cidr_blocks: ["10.9.0.0/16"] },
           security_groups: { asks: { egress: [{ protocol: "-1", cidr_blocks: ["0.0.0.0/0"] }] },
                              answers: { ingress: [{ protocol: "icmp", from_port: 8, to_port: -1, security_groups: ["asks"] }] } },
           subnets: { left: { cidr_block: "10.9.1.0/24" } },
           interfaces: { one: { subnet: "left", private_ips: ["10.9.1.10"], security_groups: ["asks"], mac: "02:00:00:00:01:0a" },
                         two: { subnet: "left", private_ips: ["10.9.1.11"], security_groups: ["answers"] },
                         three: { subnet: "left", private_ips: ["10.9.1.12"], security_groups: ["asks"] } } }' >"$work/policy.json"
}

# gateway_with JQ-FILTER
gateway_with() {
  if [ "${daemon:-}" ]; then stop "$daemon"; fi
  jq -n '{ version: 1, memory: "pages", max_flows: 1000, policy: "policy.json", control: { socket: "control.sock" },
           ports: { left: { device: "af_packet:gw-left", subnets: ["left"], proxy_arp: true } } }' | jq "$1" >"$work/gateway.json"
  start_gateway "$work/gateway.json"
}

neighbours_through_the_gateway() {
  gateway_with '.ports.left.proxy_arp = false'
  expect "isolated neighbours without proxy_arp" no "$(pinged one 10.9.1.11)"
  neighbours_with_proxy_arp 2
  neighbours_with_proxy_arp 1
}

neighbours_with_proxy_arp() {
  local title="isolated neighbours with proxy_arp, workers: $1"
  if (( $1 > $(nproc) )); then say "skipped: $title: this machine has $(nproc) cores"; return; fi
  gateway_with ".workers = $1"
  expect "$title" yes "$(answers_soon one 10.9.1.11)"
  expect "$title, many flows" "20 20" "$(many_pings one 10.9.1.11) $(many_pings three 10.9.1.11)"
  expect "$title, against their groups" no "$(pinged two 10.9.1.10)"
  expect_match "$title, is counted" '^[1-9]' "$(dropped_as ENI_SG_RULES_MISMATCH)"
  expect "$title, the books balance" true "$(wait_until 3 books_balance; books_balance)"
}

# Each ping is a flow of its own: those of one pair of hosts spread over the workers. How many were answered.
many_pings() {
  local i answered=0
  for (( i = 0; i < 20; i++ )); do
    if [ "$(pinged "$1" "$2")" = yes ]; then answered=$((answered + 1)); fi
  done
  printf %d "$answered"
}

forged_sources() {
  ip -n "$(namespace three)" address add 10.9.1.10/32 dev lo
  expect "three itself" yes "$(answers_soon three 10.9.1.11)"
  expect "three as one" no "$(pinged three 10.9.1.11 -I 10.9.1.10)"
  expect_match "is counted" '^[1-9]' "$(dropped_as ENI_SOURCE_DEST_CHECK_RESTRICTION)"
  ip -n "$(namespace one)" link set eth0 address 02:00:00:00:01:77
  expect "one by another link address than the written one" no "$(pinged one 10.9.1.11)"
  expect_match "is counted as spoofed" '^[1-9]' "$(dropped_as GATEWAY_REJECTS_SPOOFED_TRAFFIC)"
  ip -n "$(namespace one)" link set eth0 address 02:00:00:00:01:0a
}

a_smaller_mtu() {
  gateway_with '.ports.left.mtu = 600'
  expect "small packets" yes "$(answers_soon one 10.9.1.11)"
  expect "larger than the port's mtu" no "$(pinged one 10.9.1.11 -M "do" -s 700)"
  expect_match "is counted" '^[1-9]' "$(dropped_as MTU_EXCEEDED)"
}

a_full_table() {
  gateway_with '.max_flows = 1'
  expect "the one flow" yes "$(answers_soon one 10.9.1.11)"
  expect "one too many" no "$(pinged three 10.9.1.11)"
  expect_match "is counted" '^[1-9]' "$(dropped_as CONNTRACK_FULL)"
}

e2e_begin "$@"
world_begin "$e2e_prefix"
isolated_hosts
neighbours_through_the_gateway
forged_sources
a_smaller_mtu
a_full_table
e2e_end
