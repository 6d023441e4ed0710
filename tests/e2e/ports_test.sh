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
files_and_virtual_devices
e2e_end
