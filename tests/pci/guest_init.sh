#!/bin/sh
# The first and only process that a guest of tests/pci is started for: loads the modules, then runs what it is told, one command a
# line, and answers with the command's output and a line of its own, "<mark> <exit status>".
#
# Owner: tests/pci; busybox's shell runs it as /init. The other side is guest() in guest.sh.
export PATH=/bin:/usr/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /run /tmp /var /etc
echo "root:x:0:0:root:/:/bin/sh" >/etc/passwd
echo "root:x:0:" >/etc/group
ln -s /run /var/run
while read -r module; do insmod "/modules/$module" || echo "module $module does not load"; done </modules/order

# bind ADDRESS DRIVER — gives a PCI device to a driver; "none" takes it away from all.
bind() {
  device=/sys/bus/pci/devices/$1
  if [ -e "$device/driver" ]; then echo "$1" >"$device/driver/unbind"; fi
  if [ "$2" = none ]; then return; fi
  echo "$2" >"$device/driver_override"
  echo "$1" >/sys/bus/pci/drivers_probe
  [ "$(basename "$(readlink "$device/driver")")" = "$2" ]
}

# until_done SECONDS COMMAND... — tries a command again and again until it succeeds.
until_done() {
  end=$(( $(cut -d . -f 1 /proc/uptime) + $1 ))
  shift
  while ! "$@"; do
    if [ "$(cut -d . -f 1 /proc/uptime)" -ge "$end" ]; then return 1; fi
    usleep 50000
  done
}

# daemon NAME — starts sallyportd on /run/NAME.json and waits until it answers or is gone; its log is /run/NAME.log.
daemon() {
  sallyportd --config "/run/$1.json" >"/run/$1.log" 2>&1 </dev/null &
  daemon=$!
  until_done 60 answers_or_is_gone
  gateway_answers || { cat "/run/$1.log"; return 1; }
}
gateway_answers() { sallyport status --socket /run/sallyport.sock >/dev/null 2>&1; }
answers_or_is_gone() { ! kill -0 "$daemon" 2>/dev/null || gateway_answers; }

# What is said by commands that stay (daemon) must be known to later ones: they run here, not in a shell of their own.
port=$(ls /dev/vport*p1)
exec 3<>"$port"
echo "ready" >&3
while read -r line <&3; do
  eval "$line" >/tmp/output 2>&1 3>&- </dev/null
  status=$?
  if [ -s /tmp/output ]; then
    cat /tmp/output >&3
    if [ "$(tail -c 1 /tmp/output | wc -l)" = 0 ]; then echo >&3; fi
  fi
  echo "=== $status" >&3
done
poweroff -f
