#!/usr/bin/env bash
# Several workers on software ports: what one worker does with a flow, two and three do, and their counters add up.
. "$(dirname "$0")/lib.sh"

gateway_with_workers() {
  if [ "${daemon:-}" ]; then stop "$daemon"; fi
  jq ".workers = $1" "$top/tools/lab.d/gateway.json" >"$work/gateway.json"
  policy '.security_groups.web.ingress += [{ protocol: "tcp", from_port: 9000, to_port: 9000, cidr_blocks: ["0.0.0.0/0"] }] |
          .interfaces["web-1"].publish = ["9000:172.17.0.2:80/tcp"]' >"$work/policy.json"
  start_gateway "$work/gateway.json"
  expect "workers" "$1" "$(sallyport status -o json | jq .workers)"
}

# requests HOST URL — 40 connections, ten at a time: flows for every worker. How many were answered with 200, and as whom they were seen.
requests() {
  in_host "$1" curl --silent --parallel --parallel-max 10 --connect-timeout 3 --max-time 8 --no-keepalive -H 'Connection: close' \
    --output /dev/null --write-out '%{http_code} from %header{x-client}\n' "$2?[1-40]" 2>/dev/null | sort | uniq -c | awk '$2 == 200 { print $1, $3, $4 }'
}

allowed() {
  expect "$1: outbound through SNAT" "40 from 203.0.113.5" "$(requests client http://192.0.2.80/)"
  expect "$1: another client" "40 from 203.0.113.5" "$(requests client2 http://192.0.2.80/)"
  expect "$1: inside the VPC" "40 from 10.0.2.10" "$(requests client http://10.0.1.20/)"
  expect "$1: inbound to the public address" "40 from 192.0.2.99" "$(requests internet http://203.0.113.20/)"
  expect "$1: published" "40 from 192.0.2.99" "$(requests internet http://203.0.113.20:9000/)"
  expect "$1: reflected" "40 from 203.0.113.5" "$(requests client http://203.0.113.20/)"
  expect "$1: DNS over UDP" 192.0.2.80 "$(in_host client dig +short +time=2 +tries=1 @192.0.2.53 www.example.net)"
  expect "$1: ping through SNAT" yes "$(pinged client 192.0.2.80)"
}

denied() {
  silence "$1: a port no rule admits" ENI_SG_RULES_MISMATCH internet http://203.0.113.20:8080/
  silence "$1: a port the ACL denies" SUBNET_ACL_RESTRICTION internet http://203.0.113.20:8081/
  silence "$1: the NAT address from outside" NAT_NO_SESSION internet http://203.0.113.5/
}

workers() {
  if (( $1 > $(nproc) )); then say "skipped: $1 workers: this machine has $(nproc) cores"; return; fi
  gateway_with_workers "$1"
  allowed "$1 workers"
  denied "$1 workers"
  expect_match "$1 workers: packets were handed over" '^[1-9]' "$(sallyport counters -o json | jq .packets.handed_over)"
  wait_until 5 books_balance || true
  expect "$1 workers: the books balance" true "$(books_balance)"
}

e2e_begin "$@"
world_begin "$e2e_prefix"
lab_hosts
ip -n "$(namespace web)" address add 172.17.0.2/32 dev lo
workers 2
workers 3
e2e_end
