#!/usr/bin/env bash
# Every kind of software port, one worker and two: started, packets through, counters that balance, nothing left behind.
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/two_hosts.sh"

forwards() {
  local workers=$1 left=$2 right=$3 title="$2 to $3, $1 workers" before
  if (( workers > $(nproc) )); then say "skipped: $title: this machine has $(nproc) cores"; return; fi
  gateway_of "$workers" "$left" "$right"
  before=$EPOCHREALTIME
  start_gateway "$work/gateway.json"
  say "        started in $(jq -n "($EPOCHREALTIME - $before) * 1000 | round") ms"
  expect "$title: a router address answers" "20 received" "$(ping_through one 10.9.1.1)"
  expect "$title: through the gateway" "20 received" "$(ping_through one 10.9.2.10)"
  expect "$title: the books balance" true "$(books_balance)"
  stop_gateway "$title"
}

af_xdp() {
  if [ "${SALLYPORT_OWN_USER_NAMESPACE:-}" ]; then say "skipped: af_xdp needs root of the machine"; return; fi
  forwards 1 af_xdp:gw-left af_xdp:gw-right
  forwards 2 af_xdp:gw-left af_packet:gw-right
}

# The tap's other end is the kernel's interface: it becomes a host.
tap() {
  add_namespace tapped
  gateway_of 1 tap:gw-tap af_packet:gw-right
  start_gateway "$work/gateway.json"
  ip -n "$(namespace gateway)" link set gw-tap netns "$(namespace tapped)"
  ip -n "$(namespace tapped)" address add 10.9.1.20/24 dev gw-tap
  ip -n "$(namespace tapped)" link set gw-tap up
  ip -n "$(namespace tapped)" route add default via 10.9.1.1
  expect "tap: through the gateway" "20 received" "$(ping_through tapped 10.9.2.10)"
  stop_gateway tap
  expect "tap: the interface is gone" 0 "$(ip -n "$(namespace tapped)" link show gw-tap 2>/dev/null | wc -l)"
}

# A device by DPDK's own arguments carries packets as well.
dpdk_device() {
  add_namespace virtual
  gateway_of 1 dpdk:net_tap9,iface=gw-virtual af_packet:gw-right
  start_gateway "$work/gateway.json"
  ip -n "$(namespace gateway)" link set gw-virtual netns "$(namespace virtual)"
  ip -n "$(namespace virtual)" address add 10.9.1.21/24 dev gw-virtual
  ip -n "$(namespace virtual)" link set gw-virtual up
  ip -n "$(namespace virtual)" route add default via 10.9.1.1
  expect "dpdk: through the gateway" "20 received" "$(ping_through virtual 10.9.2.10)"
  stop_gateway dpdk
}

# One frame in a capture: 10.9.1.77 asks who has the router's address.
arp_request_capture() {
  printf '\xd4\xc3\xb2\xa1\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\x00\x00\x01\x00\x00\x00'
  printf '\x00\x00\x00\x00\x00\x00\x00\x00\x2a\x00\x00\x00\x2a\x00\x00\x00'
  printf '\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x77\x08\x06\x00\x01\x08\x00\x06\x04\x00\x01'
  printf '\x02\x00\x00\x00\x00\x77\x0a\x09\x01\x4d\x00\x00\x00\x00\x00\x00\x0a\x09\x01\x01'
}

captures() {
  arp_request_capture >"$work/asked.pcap"
  gateway_of 1 "pcap:$work/asked.pcap,$work/answered.pcap" af_packet:gw-right
  start_gateway "$work/gateway.json"
  wait_until 5 answered_arp || true
  stop_gateway captures
  # From the router's address to the one that asked, behind op code 2.
  expect_match "captures: a frame read is answered by a frame written" \
    '00 02 ([0-9a-f]{2} ){6}0a 09 01 01 02 00 00 00 00 77 0a 09 01 4d' "$(od -An -v -tx1 "$work/answered.pcap" | tr -d '\n' | tr -s ' ')"
}
answered_arp() { sallyport counters -o json | jq -e '[.. | .arp? // empty | .replies_sent] | add > 0' >/dev/null; }

files_and_virtual_devices() {
  gateway_of 1 "pcap:-,$work/out.pcap" dpdk:net_ring0 '.ports.third = { device: "dpdk:net_null0,no-rx=1", subnets: ["left"] } | .ports.void = { device: "pcap:-,-", subnets: ["right"] }'
  start_gateway "$work/gateway.json"
  expect "captures and DPDK's own devices: drivers" "net_pcap net_ring net_null net_null" \
    "$(sallyport ports -o json | jq -r '[.ports | sort_by(.name)[] | .driver] | join(" ")')"
  stop_gateway "captures and DPDK's own devices"
  expect "the capture is a file with a header" true "$([ "$(stat -c %s "$work/out.pcap")" -ge 24 ] && echo true)"
}

e2e_begin "$@"
world_begin "$e2e_prefix"
two_hosts
forwards 1 af_packet:gw-left af_packet:gw-right
forwards 2 af_packet:gw-left af_packet:gw-right
af_xdp
tap
dpdk_device
captures
files_and_virtual_devices
e2e_end
