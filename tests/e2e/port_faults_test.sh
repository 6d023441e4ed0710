#!/usr/bin/env bash
# What is wrong with a port is said with the command that mends it: senders that leave work unfinished, ports that cannot be had.
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/two_hosts.sh"

advice() { sallyport ports -o json | jq -r '.ports[] | select(.name == "left") | .advice[]'; }
has_advice() { advice | grep -q .; }

# A sender that leaves checksums to hardware: in sight, and out of sight.
unfinished() {
  in_host gateway ip link add gw-near type veth peer name far-end
  in_host gateway ip link set gw-near up
  in_host gateway ip link set far-end up
  gateway_of 1 af_packet:gw-near af_packet:gw-right
  start_gateway "$work/gateway.json"
  expect_match "a peer in sight is named" 'peer far-end .* ethtool -K far-end tx off tso off gso off' "$(advice)"
  wait_until 3 grep -q 'ethtool -K far-end' "$work/sallyportd.log" || true
  expect "and logged once" 1 "$(grep -c 'ethtool -K far-end' "$work/sallyportd.log")"
  stop_gateway "a peer in sight"
  in_host gateway ip link delete gw-near

  in_host one ethtool -K eth0 tx on >/dev/null
  in_host switch ethtool -K gw-left tx on >/dev/null
  gateway_of 1 af_packet:gw-left af_packet:gw-right
  start_gateway "$work/gateway.json"
  expect "ping needs no checksum of hardware" "20 received" "$(ping_through one 10.9.2.10)"
  expect "so there is no advice yet" "" "$(advice)"
  in_host one bash -c 'echo hello >/dev/udp/10.9.2.10/9'
  wait_until 3 has_advice || true
  expect_match "a peer out of sight is recognised by what arrives" '^gw-left: .*unfinished checksums.*ethtool -K IFACE tx off' "$(advice)"
  stop_gateway "a peer out of sight"
  in_host one ethtool -K eth0 tx off >/dev/null
  in_host switch ethtool -K gw-left tx off >/dev/null
}

# refuses TITLE REGEX JQ-FILTER
refuses() {
  gateway_of 1 af_packet:gw-left af_packet:gw-right "$3"
  refuses_to_start "$1" "$2" "$work/gateway.json"
}

refusals() {
  refuses "a core that cannot be had" 'cores are needed.*workers' '.workers = 120'
  refuses "pages that cannot be had" 'MiB of hugepages are needed' '.memory = "hugepages" | .max_flows = 100000000'
  refuses "a port that does not exist" 'port "left" .*there is no interface nowhere' '.ports.left.device = "af_packet:nowhere"'
  refuses "a PCI device that does not exist" 'no such PCI device' '.ports.left.device = "pci:ffff:ff:1f.7"'
  refuses "a tap that is there already" 'is there already' '.ports.left.device = "tap:gw-left"'
  refuses "a device DPDK does not know" 'port "left" \(dpdk:net_nothing0\): the driver refused it' '.ports.left.device = "dpdk:net_nothing0"'
  refuses "an MTU the interface does not have" 'ip link set gw-left mtu 9000' '.ports.left.mtu = 9000'
  in_host gateway ip link set gw-left down
  refuses "an interface that is down" 'ip link set gw-left up' .
  in_host gateway ip link set gw-left up
}

e2e_begin "$@"
world_begin "$e2e_prefix"
two_hosts
unfinished
refusals
e2e_end
