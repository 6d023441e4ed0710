# shellcheck shell=bash
# A small world of network namespaces: switches, hosts, the gateway and real servers in it. The lab and the end-to-end tests stand on it.
#
# Sourced after tools/common.sh. Always: everything has a name that starts with $prefix or lies in $work, and is recorded there; nothing
# else on the host is touched, and world_end takes all of it away.
#
#   world_begin PREFIX · add_switch NAME · add_host NAME SWITCH ADDRESS/LEN GATEWAY|none [LINK-ADDRESS] · add_port NAME SWITCH
#   add_leg NAME SWITCH ADDRESS/LEN (another interface of a host, named like the switch)
#   start NAME NAMESPACE COMMAND... · start_gateway FILE · in_host NAME COMMAND... · wait_until SECONDS COMMAND... · world_end

prefix='' work='' socket=''

# Can namespaces be made here at all? Prints why not.
world_possible() {
  local reason
  if [ "$(id -u)" != 0 ]; then say "not root, and not inside a user namespace"; return 1; fi
  if ! reason=$(unshare --net --mount true 2>&1); then say "no network namespaces here: $reason"; return 1; fi
}

# Without root: runs this script again as root of a user namespace of its own, where /run is private. Returns where root is had already.
world_without_root() {
  if [ "$(id -u)" = 0 ]; then
    if [ "${SALLYPORT_OWN_USER_NAMESPACE:-}" = 1 ]; then
      mount -t tmpfs tmpfs /run
      export SALLYPORT_OWN_USER_NAMESPACE=mounted
    fi
    return 0
  fi
  unshare --user --map-root-user --net --mount true 2>/dev/null ||
    die "needs root here (no user namespaces for ordinary users): sudo $0 $*"
  SALLYPORT_OWN_USER_NAMESPACE=1 exec unshare --user --map-root-user --net --mount "$0" "$@"
}

world_begin() {
  prefix=$1
  work=$(mktemp -d "${TMPDIR:-/tmp}/$prefix.XXXXXX")
  chmod 755 "$work"
  socket=$work/control.sock
  printf '%s %s\n' "$$" "$(started_at $$)" >"$work/owner"
  : >"$work/processes"
  : >"$work/namespaces"
  add_namespace switch
  add_namespace gateway
}

namespace() { printf '%s-%s' "$prefix" "$1"; }
add_namespace() {
  ip netns add "$(namespace "$1")"
  printf '%s\n' "$(namespace "$1")" >>"$work/namespaces"
  ip -n "$(namespace "$1")" link set lo up
}
in_host() { local name=$1; shift; ip netns exec "$(namespace "$name")" "$@"; }

add_switch() {
  ip -n "$(namespace switch)" link add "$1" type bridge stp_state 0 forward_delay 0 mcast_snooping 0
  ip -n "$(namespace switch)" link set "$1" addrgenmode none up
}

# A veth from a namespace's DEVICE to a switch. Offloads are off at both ends: what they leave unfinished no wire would carry.
plug() {
  local name=$1 device=$2 switch=$3 link=${4:-} here there
  here=$(namespace switch)
  case $name-$device in
    gateway-*) there=$device ;;
    *-eth0) there=$name ;;
    *) there=$name-$device ;;
  esac
  ip -n "$here" link add "$there" type veth peer name "$device" netns "$(namespace "$name")"
  if [ "$link" ]; then ip -n "$(namespace "$name")" link set "$device" address "$link"; fi
  ip -n "$here" link set "$there" addrgenmode none master "$switch" up
  ip -n "$(namespace "$name")" link set "$device" addrgenmode none up
  ip netns exec "$here" ethtool -K "$there" tx off tso off gso off gro off >/dev/null
  in_host "$name" ethtool -K "$device" tx off tso off gso off gro off >/dev/null
}

# A port of the gateway: interface gw-NAME in its namespace, without any address of the kernel's.
add_port() { plug gateway "gw-$1" "$2"; }

add_host() {
  local name=$1 switch=$2 address=$3 gateway=$4
  add_namespace "$name"
  plug "$name" eth0 "$switch" "${5:-}"
  ip -n "$(namespace "$name")" address add "$address" dev eth0
  if [ "$gateway" != none ]; then ip -n "$(namespace "$name")" route add default via "$gateway"; fi
}

add_leg() {
  plug "$1" "$2" "$2"
  ip -n "$(namespace "$1")" address add "$3" dev "$2"
}

started_at() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20; }
alive() { [ "$(started_at "$1")" = "$2" ]; }

# start NAME NAMESPACE COMMAND... — in the background, output in $work/NAME.log, ended by world_end. The process id is in $started.
start() {
  local name=$1 where=$2
  shift 2
  setsid ip netns exec "$(namespace "$where")" "$@" >"$work/$name.log" 2>&1 </dev/null &
  started=$!
  disown
  printf '%s %s %s\n' "$started" "$(started_at "$started")" "$name" >>"$work/processes"
}

# wait_until SECONDS COMMAND... — polls; fails when the time is over.
wait_until() {
  local end=$(( SECONDS + $1 ))
  shift
  until "$@" >/dev/null 2>&1; do
    (( SECONDS < end )) || return 1
    sleep 0.05
  done
}

sallyport() { "$bin/sallyport" "$@" --socket "$socket"; }

# The daemon with a gateway document whose control socket is $socket; returns when it answers, or shows its log.
start_gateway() {
  start sallyportd gateway env XDG_RUNTIME_DIR="$work" "$bin/sallyportd" --config "$1" --foreground
  daemon=$started
  wait_until 15 gateway_answers_or_is_gone || true
  if ! sallyport status >/dev/null 2>&1; then
    say "sallyportd does not answer:"
    tail -n 20 "$work/sallyportd.log"
    return 1
  fi
}
gateway_answers_or_is_gone() { gone "$daemon" || sallyport status; }

# stop PID — ends a process of ours and waits for it; the last word is KILL.
stop() {
  kill "$1" 2>/dev/null || return 0
  wait_until 5 gone "$1" || kill -KILL "$1" 2>/dev/null || true
  wait_until 5 gone "$1"
}
# Gone, or a zombie whose last thread has ended.
gone() {
  ! [ -d "/proc/$1" ] || { grep -q '^State:.Z' "/proc/$1/status" && [ "$(find "/proc/$1/task" -mindepth 1 -maxdepth 1 | wc -l)" -le 1 ]; } 2>/dev/null
}

# end_world WORK — whatever a run with this folder started or made, from its records and nothing else.
end_world() {
  local folder=$1 pid since name
  while read -r pid since name; do
    if alive "$pid" "$since"; then stop "$pid"; fi
  done < <(tac "$folder/processes" 2>/dev/null)
  end_namespaces "$folder/namespaces"
  rm -rf "$folder"
}

# Without root they were those of a user namespace and are gone with its last process.
end_namespaces() {
  local name pid
  if [ "$(id -u)" != 0 ] || ! [ -e "$1" ]; then return; fi
  while read -r name; do
    [ -e "/run/netns/$name" ] || continue
    for pid in $(ip netns pids "$name"); do stop "$pid"; done
    ip netns delete "$name"
  done <"$1"
}

world_end() {
  [ "$work" ] || return 0
  end_world "$work"
  work=''
}
