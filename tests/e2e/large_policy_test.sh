#!/usr/bin/env bash
# A large policy under a gateway that forwards: applied without a lost packet, then changed rule by rule, member by member, prefix by
# prefix, each seen on packets. SALLYPORT_LARGE has the generator's options for other sizes; what each command took is printed.
. "$(dirname "$0")/lib.sh"

size=${SALLYPORT_LARGE:---interfaces 10000 --groups 2000 --rules 40000 --prefix-lists 50 --prefixes 50000}

hosts() {
  local switch
  for switch in left right; do
    add_switch "$switch"
    add_port "$switch" "$switch"
  done
  add_host client left 10.254.1.10/24 10.254.1.1
  add_host server right 10.254.2.10/24 10.254.2.1
  start_web_server server
}

write_documents() {
  # shellcheck disable=SC2086
  "$bin/sallyport-generate" $size >"$work/generated.json"
  jq -n '{ security_groups: {
             client: { egress: [{ protocol: "-1", cidr_blocks: ["10.254.0.0/16"] }] }, admins: {},
             server: { ingress: [{ protocol: "icmp", cidr_blocks: ["10.254.0.0/16"] },
                                 { protocol: "tcp", from_port: 8081, to_port: 8081, prefix_lists: ["guests"] },
                                 { protocol: "tcp", from_port: 8080, to_port: 8080, security_groups: ["admins"] }] } },
           prefix_lists: { guests: ["192.0.2.128/25"] },
           subnets: { left: { cidr_block: "10.254.1.0/24" }, right: { cidr_block: "10.254.2.0/24" } },
           interfaces: { client: { subnet: "left", private_ips: ["10.254.1.10"], security_groups: ["client"] },
                         server: { subnet: "right", private_ips: ["10.254.2.10"], security_groups: ["server"] } } }' >"$work/hosts.json"
  jq '{ version: 1, vpc: { cidr_blocks: ["10.0.0.0/8"] } } + .' "$work/hosts.json" >"$work/policy.json"
  jq -c -s '.[0] as $all | .[1] as $ours | reduce ($ours | keys[]) as $section ($all; .[$section] += $ours[$section])' \
    "$work/generated.json" "$work/hosts.json" >"$work/large.json"
  jq -n '{ version: 1, memory: "pages", max_flows: 1000, policy: "policy.json", control: { socket: "control.sock" },
           ports: { left: { device: "af_packet:gw-left", subnets: ["left"] },
                    right: { device: "af_packet:gw-right", subnets: ["right"] } } }' >"$work/gateway.json"
}

# timed COMMAND... — a command of sallyport and how long it took.
timed() {
  local began=${EPOCHREALTIME/[.,]/}
  sallyport "$@" >"$work/timed.log" 2>&1 || { cat "$work/timed.log"; failures=$((failures + 1)); }
  say "        $(( (${EPOCHREALTIME/[.,]/} - began) / 1000 )) ms: $1 ${2:-}: $(head -n 1 "$work/timed.log")"
}

last_answered() { grep -oP 'icmp_seq=\K[0-9]+' "$work/ping.log" | sort -n | tail -n 1 || true; }
answered_beyond() { [ "$(last_answered)" -gt "$1" ]; }

# Pings that are under way when it ends are not lost: there is no gap before the last answer, and that one came after all changes.
applied_without_loss() {
  local pings last
  in_host client ping -n -i 0.002 -w 50 10.254.2.10 >"$work/ping.log" 2>&1 & pings=$!
  timed apply "$work/large.json"
  timed apply "$work/policy.json"
  timed apply "$work/large.json"
  last=$(last_answered)
  expect "answers after the last change" yes "$(wait_until 5 answered_beyond $(( ${last:-0} + 50 )) && printf yes || printf no)"
  # shellcheck disable=SC2046  # what runs in the client's namespace: ping, whose parent here ignores the signal
  kill -INT $(ip netns pids "$(namespace client)")
  wait "$pings" || true
  last=$(last_answered)
  expect_match "pings all the while" '^[0-9]{3,}$' "$last"
  expect "none lost" "$last answers" "$(grep -c 'icmp_seq=' "$work/ping.log") answers"
}

server() { get client "http://10.254.2.10:$1/" --connect-timeout 1; }

changed_in_place() {
  expect "a port that no rule admits" "no answer" "$(server 80)"
  timed rule add server ingress --protocol tcp --port 80 --cidr 10.254.1.0/24
  expect "once a rule does" 200 "$(server 80)"
  timed rule remove server ingress --protocol tcp --port 80 --cidr 10.254.1.0/24
  expect "once it is gone" "no answer" "$(server 80)"
  expect "a port for members of a group" "no answer" "$(server 8080)"
  timed member add client admins
  expect "once a member" 200 "$(server 8080)"
  timed member remove client admins
  expect "once no member any more" "no answer" "$(server 8080)"
  expect "a port for the prefixes of a list" "no answer" "$(server 8081)"
  timed prefix add guests 10.254.1.0/24
  expect "once on the list" 200 "$(server 8081)"
  timed prefix remove guests 10.254.1.0/24
  expect "once off the list" "no answer" "$(server 8081)"
  printf '[{ "op": "add", "path": "/network_acls/edge/ingress/-", "value": { "rule_no": 7, "action": "deny", "protocol": "tcp", "from_port": 7, "to_port": 7, "cidr_block": "192.0.2.7/32" } }]' >"$work/patch.json"
  timed patch "$work/patch.json"
  timed rollback
  expect "the document is what was applied" "$(jq -cS . "$work/large.json" | sha256sum)" \
    "$(curl --silent --unix-socket "$socket" http://localhost/v1/policy | jq -cS . | sha256sum)"
}

e2e_begin "$@"
world_begin "$e2e_prefix"
hosts
write_documents
start_gateway "$work/gateway.json"
applied_without_loss
changed_in_place
e2e_end
