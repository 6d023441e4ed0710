# shellcheck shell=bash
# Two hosts, each behind a port of its own, and gateways between them. Sourced after lib.sh by the tests of ports.

two_hosts() {
  local side
  for side in left right; do
    add_switch "$side"
    add_port "$side" "$side"
  done
  add_host one left 10.9.1.10/24 10.9.1.1
  add_host two right 10.9.2.10/24 10.9.2.1
  jq -n '{ version: 1, vpc: { cidr_blocks: ["10.9.0.0/16"] },
           security_groups: { all: { ingress: [{ protocol: "-1", from_port: 0, to_port: 0, cidr_blocks: ["0.0.0.0/0"] }],
                                     egress: [{ protocol: "-1", from_port: 0, to_port: 0, cidr_blocks: ["0.0.0.0/0"] }] } },
           subnets: { left: { cidr_block: "10.9.1.0/24", security_groups: ["all"] },
                      right: { cidr_block: "10.9.2.0/24", security_groups: ["all"] } } }' >"$work/policy.json"
}

# gateway_of WORKERS LEFT-DEVICE RIGHT-DEVICE [JQ-FILTER]
gateway_of() {
  jq -n --arg left "$2" --arg right "$3" --argjson workers "$1" \
    '{ version: 1, workers: $workers, max_flows: 1000000, memory: "pages", policy: "policy.json", control: { socket: "control.sock" },
       ports: { left: { device: $left, subnets: ["left"] }, right: { device: $right, subnets: ["right"] } } }' |
    jq "${4:-.}" >"$work/gateway.json"
}

ping_through() { wait_until 5 answers "$1" "$2" && in_host "$1" ping -c 20 -i 0.01 -W 2 -q "$2" | grep -o '[0-9]* received'; }

stop_gateway() {
  local before=$EPOCHREALTIME
  kill -TERM "$daemon"
  wait_until 5 gone "$daemon" || true
  expect "$1: stopped within a second" true "$(jq -n "$EPOCHREALTIME - $before < 1")"
  expect "$1: no socket or runtime folder" "" "$(find "$work" -name control.sock -o -path '*dpdk*')"
}
