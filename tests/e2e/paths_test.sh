#!/usr/bin/env bash
# Every path of the gateway with real clients and servers, and every way to be refused seen as silence.
. "$(dirname "$0")/lib.sh"

allowed_paths() {
  expect "client to the internet" "200 from 203.0.113.5" "$(get_seen client http://192.0.2.80/)"
  expect "another client" 200 "$(get client2 http://192.0.2.80/)"
  expect "client to the web host inside the VPC" "200 from 10.0.2.10" "$(get_seen client http://10.0.1.20/)"
  expect "internet to the public address" "200 from 192.0.2.99" "$(get_seen internet http://203.0.113.20/)"
  expect "web host to the internet" "200 from 203.0.113.20" "$(get_seen web http://192.0.2.80/)"
  expect "client to the web host's public address" "200 from 203.0.113.5" "$(get_seen client http://203.0.113.20/)"
}

names_and_pings() {
  expect "DNS over UDP" 192.0.2.80 "$(in_host client dig +short +time=2 +tries=1 @192.0.2.53 www.example.net)"
  expect "DNS over TCP" 192.0.2.80 "$(in_host client dig +short +tcp +time=2 +tries=1 @192.0.2.53 www.example.net)"
  expect_match "ping to the internet" ' 2 received' "$(in_host client ping -c 2 -i 0.2 -W 2 192.0.2.80 || true)"
  expect_match "ping to the web host" ' 2 received' "$(in_host client ping -c 2 -i 0.2 -W 2 10.0.1.20 || true)"
  expect_match "ping to the router" ' 1 received' "$(in_host client ping -c 1 -W 2 10.0.2.1 || true)"
  expect_match "ping to the uplink address" ' 1 received' "$(in_host internet ping -c 1 -W 2 198.51.100.2 || true)"
  expect_match "no ping to the web host from outside" ' 0 received' "$(in_host internet ping -c 1 -W 1 203.0.113.20 || true)"
}

# Fragments of a host on a narrow link: the kernel of a raw socket puts them together, and the NAT gateway takes those of ICMP too.
fragments() {
  ip -n "$(namespace client)" route change default via 10.0.2.1 mtu 600
  expect_match "nat_fragments: ICMP in fragments through the NAT gateway" ' 1 received' \
    "$(in_host client ping -c 1 -W 2 -M "dont" -s 1200 192.0.2.80 || true)"
  ip -n "$(namespace client)" route change default via 10.0.2.1
}

refused_paths() {
  silence "a port no rule admits" ENI_SG_RULES_MISMATCH internet http://203.0.113.20:8080/
  silence "a port the ACL denies" SUBNET_ACL_RESTRICTION internet http://203.0.113.20:8081/
  silence "the NAT address from outside" NAT_NO_SESSION internet http://203.0.113.5/
  silence "a public address that is nobody's" IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS internet http://203.0.113.99/
  silence "a client from the web host" ENI_SG_RULES_MISMATCH web http://10.0.2.10/
  silence "an address nobody has" UNKNOWN_HOST client http://10.0.1.77/
  silence "replies an ACL forgot" SUBNET_ACL_RESTRICTION batch http://192.0.2.80/
  silence "the gateway itself" NOT_FOR_GATEWAY client http://10.0.2.1/
}

# Each decision of groups and ACLs so far was made again from the rules, and came out the same.
decisions_are_made_again() {
  checked() { sallyport status -o json | jq -e '.self_check.checked > 50' >/dev/null; }
  wait_until 5 checked || true
  expect_match "decisions made again from the rules" '^[1-9][0-9]+$' "$(sallyport status -o json | jq .self_check.checked)"
  expect "of them different" 0 "$(sallyport counters -o json | jq .self_check.mismatched)"
}

e2e_begin "$@"
world_begin "$e2e_prefix"
lab_hosts
policy '.options.nat_fragments = "all"' >"$work/policy.json"
jq '.self_check = 1' "$top/tools/lab.d/gateway.json" >"$work/gateway.json"
start_gateway "$work/gateway.json"
allowed_paths
names_and_pings
fragments
refused_paths
decisions_are_made_again
e2e_end
