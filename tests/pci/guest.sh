# shellcheck shell=bash
# A machine in software whose network cards are PCI devices: a Debian kernel, busybox and sallyportd, and a line to it.
# Sourced after tests/e2e/lib.sh; world_begin has been called.
#
# Owner: tests/pci. Always: QEMU is a process of the world's (world_end ends it), every file lies in $work.
#
#   guest_needs · make_initramfs · add_port NAME SWITCH (a tap, in place of the lab's veth) · boot NAME OPTION...
#   guest COMMAND (its output and status) · guest_file PATH <TEXT · shut_down

here=$top/tests/pci
kernel_folder=$top/build/pci-kernel  # unpacked by ./tools/test --label pci
guest_modules=(virtio_pci virtio_console virtio_net igb vfio_pci vfio_iommu_type1 uio_pci_generic)
guest_drivers=(bus_pci bus_vdev mempool_ring net_virtio net_e1000 net_vmxnet3 net_ena)
declare -A port_queues=()  # more than one for the ports that the test names here, before add_port

# The newest kernel that is at hand, unpacked or installed, into kernel_image and kernel_modules.
find_kernel() {
  local image root
  for root in "$kernel_folder" ''; do
    for image in $(printf '%s\n' "$root"/boot/vmlinuz-* | sort --version-sort --reverse); do
      kernel_image=$image
      kernel_modules=$root/lib/modules/${image##*/vmlinuz-}/kernel
      if [ -r "$image" ] && [ -n "$(module_file vfio_pci)" ]; then return 0; fi
    done
  done
  return 1
}

module_file() { find "$kernel_modules" -name "${1//_/[-_]}.ko" 2>/dev/null | head -n 1; }
dpdk_driver() { find /usr/lib/*/dpdk/pmds-* -name "librte_$1.so.[0-9][0-9]" | head -n 1; }

# guest_needs — what is missing here, into `lacking`.
guest_needs() {
  lacking=''
  if ! command -v qemu-system-x86_64 >/dev/null; then lacking="no qemu-system-x86_64 (package qemu-system-x86)"
  elif ! [ -x /bin/busybox ] || ldd /bin/busybox >/dev/null 2>&1; then lacking="no static busybox (package busybox-static)"
  elif ! find_kernel; then lacking="no Debian kernel for the guest (unpacked by ./tools/test --label pci)"
  elif ! [ -w /dev/net/tun ]; then lacking="no /dev/net/tun"
  fi
}

# A file at its own place in the tree, and the link that leads to it.
add_file() {
  local folder real
  folder=$(realpath "$(dirname "$1")")
  real=$(realpath "$1")
  mkdir -p "$tree$folder" "$tree$(dirname "$real")"
  cp -n "$real" "$tree$real"
  if [ "$folder/$(basename "$1")" != "$real" ]; then ln -sf "$real" "$tree$folder/$(basename "$1")"; fi
}

# Everything the dynamic linker will ask for.
add_libraries() {
  local file
  for file in $(ldd "$1" | grep -oE '/[^ )]+'); do add_file "$file"; done
}

# A module, after those it stands on.
add_module() {
  local file other
  file=$(module_file "$1")
  if [ -z "$file" ] || [ -e "$tree/modules/$1.ko" ]; then return 0; fi
  for other in $(tr '\0' '\n' <"$file" | grep -a '^depends=' | cut -d = -f 2 | tr ',-' ' _'); do add_module "$other"; done
  cp "$file" "$tree/modules/$1.ko"
  printf '%s.ko\n' "$1" >>"$tree/modules/order"
}

make_initramfs() {
  local name
  tree=$work/tree
  mkdir -p "$tree"/{proc,sys,dev,modules,usr/bin,usr/lib,usr/lib64,usr/sbin}
  for name in bin lib lib64 sbin; do ln -s "usr/$name" "$tree/$name"; done
  cp /bin/busybox "$tree/usr/bin/"
  for name in $(/bin/busybox --list | grep -vx busybox); do ln -sf busybox "$tree/usr/bin/$name"; done
  for name in sallyport sallyportd; do
    add_libraries "$bin/$name"
    strip -o "$tree/usr/bin/$name" "$bin/$name"
  done
  for name in "${guest_drivers[@]}"; do
    add_file "$(dpdk_driver "$name")"
    add_libraries "$(dpdk_driver "$name")"
  done
  for name in "${guest_modules[@]}"; do add_module "$name"; done
  cp "$here/guest_init.sh" "$tree/init"
  chmod 755 "$tree/init"
  (cd "$tree" && find . | /bin/busybox cpio -o -H newc) >"$work/initramfs" 2>/dev/null
  rm -rf "$tree"
}

# In place of the lab's veth: the host's side of a card of the guest.
add_port() {
  local several=()
  if (( ${port_queues[$1]:-1} > 1 )); then several=(multi_queue); fi
  ip -n "$(namespace switch)" tuntap add dev "gw-$1" mode tap "${several[@]}"
  ip -n "$(namespace switch)" link set "gw-$1" addrgenmode none master "$2" up
}

# card NAME MODEL,OPTIONS — QEMU's options for a card of the guest at the other end of tap gw-NAME, into `cards`.
card() {
  cards+=(-netdev "tap,id=$1,ifname=gw-$1,script=no,downscript=no,queues=${port_queues[$1]:-1}" -device "$2,netdev=$1,romfile=")
}

# boot NAME KERNEL-OPTIONS OPTION... — returns when the guest listens.
boot() {
  local name=$1 append=$2 line='' end=$(( SECONDS + 90 ))
  shift 2
  mkfifo "$work/$name.in" "$work/$name.out"
  exec {to_guest}<>"$work/$name.in" {from_guest}<>"$work/$name.out"
  start "$name" switch nice -n 5 qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot \
    -machine q35 -accel tcg,thread=multi -cpu max -smp 3 -m 1536 \
    -kernel "$kernel_image" -initrd "$work/initramfs" -append "console=ttyS0 loglevel=4 panic=-1 mitigations=off nokaslr $append" \
    -serial "file:$work/$name.console" -chardev "pipe,id=line,path=$work/$name" \
    -device virtio-serial-pci -device virtserialport,chardev=line "$@"
  qemu=$started
  until IFS= read -r -t 1 line <&"$from_guest" || gone "$qemu" || (( SECONDS >= end )); do :; done
  if [ "$line" = ready ]; then return; fi
  say "FAILED  the guest does not start"
  tail -n 30 "$work/$name.log" "$work/$name.console"
  exit 1
}

guest() {
  local line
  printf '%s\n' "$*" >&"$to_guest"
  while IFS= read -r -t "${guest_patience:-90}" line <&"$from_guest"; do
    if [[ $line =~ ^===\ ([0-9]+)$ ]]; then return "${BASH_REMATCH[1]}"; fi
    printf '%s\n' "$line"
  done
  printf 'the guest does not answer\n'
  return 124
}

guest_file() { guest "echo $(base64 -w 0) | base64 -d >$1"; }
sallyport() { guest "sallyport $* --socket /run/sallyport.sock"; }

shut_down() {
  printf 'poweroff -f\n' >&"$to_guest"
  wait_until 20 gone "$qemu" || stop "$qemu"
  exec {to_guest}>&- {from_guest}>&-
}
