#!/usr/bin/env bash
# The lab's network with the gateway in a machine of its own, in software, whose three ports are network cards on the PCI bus: behind
# an IOMMU and bound to vfio-pci, as on a host, and without one and bound to uio_pci_generic, as in most virtual machines.
#
# Owner: tests/pci. The cards are of three makes: virtio with two pairs of queues, e1000e with one queue, vmxnet3; and igb with a
# virtual function where QEMU has it.
. "$(dirname "$0")/../e2e/lib.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/guest.sh"

# gateway [JQ-FILTER] — the lab's gateway document with PCI ports, two workers and hugepages, to /run/gateway.json in the guest.
gateway() {
  jq '.ports.inside.device = "pci:0000:00:04.0" | .ports.dmz.device = "pci:0000:00:05.0" | .ports.outside.device = "pci:0000:00:06.0"
      | .control.socket = "/run/sallyport.sock" | .workers = 2 | .memory = "hugepages"' "$top/tools/lab.d/gateway.json" |
    jq "${1:-.}" | guest_file /run/gateway.json
}

# cards_of OPTIONS-FOR-VIRTIO — into `cards`.
cards_of() {
  cards=()
  card inside "virtio-net-pci,addr=4,mq=on,vectors=6,$1"
  card dmz e1000e,addr=5
  card outside vmxnet3,addr=6
}

bind_all() { guest "bind 0000:00:04.0 $1 && bind 0000:00:05.0 $1 && bind 0000:00:06.0 $1"; }
free_hugepages() { guest "sed -n 's/^HugePages_Free: *//p' /proc/meminfo"; }
reserve() { guest "echo $1 >/proc/sys/vm/nr_hugepages"; }

# refuses TITLE REGEX [JQ-FILTER] — exit status 2 and one sentence.
refuses() {
  local status=0 said
  gateway "${3:-.}"
  said=$(guest 'sallyportd --config /run/gateway.json') || status=$?
  expect "$1: exit status" 2 "$status"
  expect_match "$1: the reason" "$2" "$said"
}

starts() {
  gateway "${2:-.}"
  if ! guest daemon gateway; then expect "$1: starts" yes no; e2e_end; fi
}

# stops TITLE — cleanly, and every hugepage of FREE is free again.
stops() {
  local status=0
  guest 'kill -TERM $daemon; wait $daemon' || status=$?
  expect "$1: clean stop" 0 "$status"
  expect "$1: hugepages free again" "$2" "$(free_hugepages)"
  expect "$1: no socket, no runtime folder" "gateway.json gateway.log policy.json" "$(guest 'echo $(ls /run)')"
}

# A frame each way over every port, with and without translation.
carries() {
  expect_match "$1: ping to the router" ' 0% packet loss' "$(wait_until 10 answers client 10.0.2.1; in_host client ping -c 3 -i 0.2 -W 2 10.0.2.1)"
  expect_match "$1: ping through to the internet" ' 0% packet loss' "$(wait_until 10 answers client 192.0.2.80; in_host client ping -c 5 -i 0.2 -W 2 192.0.2.80)"
  expect "$1: TCP through SNAT" "200 from 203.0.113.5" "$(get_seen client http://192.0.2.80/)"
  expect "$1: TCP inside the VPC" 200 "$(get client http://10.0.1.20/)"
  expect "$1: TCP to a public address" 200 "$(get internet http://203.0.113.20/)"
}

faults() {
  reserve 0
  bind_all vfio-pci
  guest 'bind 0000:00:05.0 none'
  refuses "a card without a driver" 'port "dmz" \(pci:0000:00:05.0\): it is bound to no driver; run: dpdk-devbind.py --bind=vfio-pci 0000:00:05.0'
  guest 'bind 0000:00:04.0 virtio-pci'
  refuses "a card that the kernel has" 'it is bound to virtio-pci; run: dpdk-devbind.py' '.ports |= { inside: .inside }'
  bind_all vfio-pci
  refuses "an address without a card" 'port "dmz" \(pci:0000:00:0a.0\): there is no such PCI device' '.ports.dmz.device = "pci:0000:00:0a.0"'
  refuses "no hugepages" 'memory: about [0-9]+ MiB of hugepages are needed, 0 MiB are free; reserve them \(sysctl vm.nr_hugepages\)'
  reserve 300
  guest 'bind 0000:00:1f.3 vfio-pci'
  refuses "a device that is no card" 'port "dmz" \(pci:0000:00:1f.3\): DPDK has no driver for it' '.ports.dmz.device = "pci:0000:00:1f.3"'
  refuses "an MTU that the card does not have" 'port "inside" .*its largest MTU is 2000, the gateway document says 2001' '.ports.inside.mtu = 2001'
  guest 'bind 0000:01:01.0 vfio-pci'
  refuses "a card whose neighbour the kernel has" 'IOMMU group [0-9]+ holds 0000:01:02.0 too, which is bound to virtio-pci: bind that one' \
    '.ports.dmz.device = "pci:0000:01:01.0"'
}

queues_of() { sallyport ports -o json | jq -r ".ports[] | select(.name == \"$1\") | \"\\(.device) \\(.driver) \\(.queues)\""; }

# What the control plane says about the ports while they carry traffic.
said_about_ports() {
  expect "ports: virtio" "pci:0000:00:04.0 net_virtio 2" "$(queues_of inside)"
  expect "ports: e1000e" "pci:0000:00:05.0 net_e1000_em 1" "$(queues_of dmz)"
  expect "ports: vmxnet3" "pci:0000:00:06.0 net_vmxnet3 2" "$(queues_of outside)"
  expect_match "more workers than queues: said in the log" 'net_e1000_em, 1 receive queue for 2 workers' "$(guest 'cat /run/gateway.log')"
  expect_match "status: links and pages" 'inside \(pci:0000:00:04.0, up\).*2, [0-9]+ MiB of hugepages' "$(sallyport status | tr '\n' ' ')"
  expect "the books balance" true "$(books_balance)"
}

# Rules replaced while cards run.
rules() {
  silence "a port no rule admits" ENI_SG_RULES_MISMATCH internet http://203.0.113.20:8080/
  sallyport rule add sg:web ingress --protocol tcp --port 8080 --cidr 0.0.0.0/0 >/dev/null
  expect "the port after a rule for it" 200 "$(get internet http://203.0.113.20:8080/)"
  guest_file /run/policy2.json <"$top/tools/lab.d/policy.json"
  sallyport apply /run/policy2.json >/dev/null
  guest 'rm /run/policy2.json'
  silence "the port after the first policy is applied again" ENI_SG_RULES_MISMATCH internet http://203.0.113.20:8080/
}

sum_of() { md5sum | cut -d ' ' -f 1; }
download() { in_host "$1" curl --silent --max-time 20 "$2" | sum_of; }

# Full frames, back to back; and from senders that leave sums and segments to their card.
bulk() {
  local original
  head -c 1M /dev/urandom | tee "$work/internet/html/random" >"$work/web/html/random"
  original=$(sum_of <"$work/web/html/random")
  expect "$1: a download through SNAT" "$original" "$(download client http://192.0.2.80/random)"
  expect "$1: a download inside the VPC" "$original" "$(download client http://10.0.1.20/random)"
  expect "$1: a download from a public address" "$original" "$(download internet http://203.0.113.20/random)"
}
offloads() {
  local name
  for name in client web internet; do
    in_host "$name" ethtool -K eth0 tx "$1" tso "$1" gso "$1" >/dev/null
    in_host switch ethtool -K "$name" tx "$1" tso "$1" gso "$1" >/dev/null
  done
}

behind_an_iommu() {
  cards_of rss=on,iommu_platform=on,disable-legacy=on,host_mtu=2000
  boot iommu "intel_iommu=on iommu=pt" -device intel-iommu,intremap=on,caching-mode=on,aw-bits=48 "${cards[@]}" \
    -device pcie-pci-bridge,id=bridge,addr=7 -device e1000,bus=bridge,addr=1,romfile= -device virtio-rng-pci,bus=bridge,addr=2
  guest_file /run/policy.json <"$top/tools/lab.d/policy.json"
  faults
  starts "behind an IOMMU"
  carries "behind an IOMMU"
  said_about_ports
  rules
  bulk "full frames"
  offloads on
  bulk "unfinished sums"
  offloads off
  refuses "a card that another process has" 'port "dmz" .*another program uses it' '.control.socket = "/run/other.sock"'
  stops "behind an IOMMU" 300
  starts "ordinary pages, three workers" '.memory = "pages" | .workers = 3'
  carries "ordinary pages, three workers"
  guest 'kill -KILL $daemon; wait $daemon' >/dev/null || true
  guest 'rm -f /run/sallyport.sock'
  starts "after it was killed"
  expect "after it was killed: ping" yes "$(wait_until 10 answers client 192.0.2.80 && echo yes)"
  stops "after it was killed" 300
  shut_down
}

without_iommu() {
  cards_of rss=off
  boot bare "" "${cards[@]}"
  guest_file /run/policy.json <"$top/tools/lab.d/policy.json"
  refuses "a card of the kernel's where there is no IOMMU" 'bound to virtio-pci, and this host has no IOMMU for it.*uio_pci_generic' '.ports |= { inside: .inside }'
  bind_all uio_pci_generic
  refuses "no IOMMU and no hugepages" 'of hugepages are needed \(pci ports without an IOMMU work on hugepages only\), 0 MiB are free; reserve them' '.memory = "auto"'
  refuses "no IOMMU and ordinary pages" 'pci ports without an IOMMU work on hugepages only; write "memory": "hugepages"' '.memory = "pages"'
  reserve 300
  starts "without an IOMMU" '.memory = "auto"'
  carries "without an IOMMU"
  stops "without an IOMMU" 300
  shut_down
}

# A virtual function of one card and the whole of another: QEMU has emulated such cards since version 8.
virtual_functions() {
  if [[ $(qemu-system-x86_64 -device igb,help 2>/dev/null) != "igb options"* ]]; then say "skipped: virtual functions: this QEMU emulates no igb"; return; fi
  if [ -z "$(module_file igb)" ]; then say "skipped: virtual functions: the guest's kernel has no igb"; return; fi
  cards=(-device "pcie-root-port,id=one,chassis=1,addr=8" -device "pcie-root-port,id=two,chassis=2,addr=9")
  card inside igb,bus=one
  card dmz e1000e,addr=5
  card outside igb,bus=two
  boot functions "intel_iommu=on iommu=pt" -device intel-iommu,intremap=on,caching-mode=on,aw-bits=48 "${cards[@]}"
  guest_file /run/policy.json <"$top/tools/lab.d/policy.json"
  guest 'echo 1 >/sys/bus/pci/devices/0000:01:00.0/sriov_numvfs; ip link set "$(ls /sys/bus/pci/devices/0000:01:00.0/net)" up'
  guest 'bind 0000:01:10.0 vfio-pci && bind 0000:00:05.0 vfio-pci && bind 0000:02:00.0 vfio-pci'
  reserve 300
  starts "a virtual function" '.ports.inside.device = "pci:0000:01:10.0" | .ports.outside.device = "pci:0000:02:00.0"'
  carries "a virtual function"
  expect "ports: the function" "pci:0000:01:10.0 net_e1000_igb_vf 1" "$(queues_of inside)"
  expect "ports: a card with RSS" "pci:0000:02:00.0 net_e1000_igb 2" "$(queues_of outside)"
  bulk "a virtual function"
  stops "a virtual function" 300
  shut_down
}

e2e_begin "$@"
guest_needs
if [ "$lacking" ]; then say "skipped: $lacking"; exit 77; fi
world_begin "$e2e_prefix"
make_initramfs
port_queues[inside]=2
lab_hosts
behind_an_iommu
without_iommu
virtual_functions
e2e_end
