# shellcheck shell=bash
# shellcheck disable=SC2016  # work, prefix and the like are tools/world.sh's; $ is for the scripts written here
# The lab's network: clients in a private subnet, a public web host, the internet with a web server, a DNS server and a client.
# Sourced after tools/world.sh; the end-to-end tests use the same network under names of their own.
#
#   client   10.0.2.10  client2 10.0.2.11  private-a, behind the NAT gateway 203.0.113.5
#   batch    10.0.3.10                     batch-a, its ACL forgot replies
#   web      10.0.1.20  203.0.113.20       public-a, ports 80, 8080 and 8081
#   internet 198.51.100.1                  next hop of the uplink; web server 192.0.2.80, DNS 192.0.2.53, a client 192.0.2.99

start_web_server() {
  mkdir -p "$work/$1/html" "$work/$1/temp"
  printf 'hello from %s\n' "$1" >"$work/$1/html/index.html"
  truncate --size=64M "$work/$1/html/large"
  start "nginx-$1" "$1" nginx -p "$work/$1" -e error.log -c "$top/tools/lab.d/nginx.conf"
  wait_until 10 in_host "$1" curl --silent --fail --max-time 1 http://127.0.0.1/ ||
    { cat "$work/nginx-$1.log" "$work/$1/error.log"; return 1; }
}

start_dns_server() {
  start dnsmasq internet dnsmasq --keep-in-foreground --conf-file=/dev/null --user= --group= --pid-file= \
    --no-resolv --no-hosts --bind-interfaces --listen-address=192.0.2.53 --address=/www.example.net/192.0.2.80 --log-queries --log-facility=-
  wait_until 10 in_host internet dig +short +time=1 +tries=1 @192.0.2.53 www.example.net ||
    { cat "$work/dnsmasq.log"; return 1; }
}

# lab_hosts — everything but the gateway's process; needs world_begin.
lab_hosts() {
  local switch address
  for switch in inside dmz outside; do
    add_switch "$switch"
    add_port "$switch" "$switch"
  done
  add_host client inside 10.0.2.10/24 10.0.2.1
  add_host client2 inside 10.0.2.11/24 10.0.2.1
  add_host batch inside 10.0.3.10/24 10.0.3.1
  add_host web dmz 10.0.1.20/24 10.0.1.1
  add_host internet outside 198.51.100.1/24 none
  for address in 192.0.2.80 192.0.2.53 192.0.2.99; do
    ip -n "$(namespace internet)" address add "$address/32" dev lo
  done
  ip -n "$(namespace internet)" route add 203.0.113.0/24 via 198.51.100.2 src 192.0.2.99
  start_web_server web
  start_web_server internet
  start_dns_server
}

# lab_network PREFIX — all of it, the gateway's daemon included.
lab_network() {
  world_begin "$1"
  lab_hosts
  cp "$top/tools/lab.d/policy.json" "$top/tools/lab.d/gateway.json" "$work/"
  start_gateway "$work/gateway.json"
}

# get HOST URL [curl options] — "200", or "no answer" (dropped on the way) or what else went wrong.
get() { get_as '%{http_code}' "$@"; }

# get_seen HOST URL [curl options] — likewise, with the client's address as the server saw it: "200 from 203.0.113.5".
get_seen() { get_as '%{http_code} from %header{x-client}' "$@"; }

# get_as FORMAT HOST URL [curl options]
get_as() {
  local format=$1 host=$2 url=$3 answer status=0
  shift 3
  answer=$(in_host "$host" curl --silent --output /dev/null --write-out "$format" --connect-timeout 2 --max-time 5 "$@" "$url") || status=$?
  case $status in
    0) printf '%s' "$answer" ;;
    28) printf 'no answer' ;;
    7) printf 'connection refused' ;;
    *) printf 'curl exit %d' "$status" ;;
  esac
}

# dropped_as CODE — how many packets the gateway dropped under this code.
dropped_as() { sallyport counters -o json | jq -r ".drops.$1 // 0"; }

# lab_commands — $work/bin: sallyport with the lab's socket, and `on HOST COMMAND`.
lab_commands() {
  mkdir -p "$work/bin"
  printf '#!/bin/sh\nexec "%s" "$@" --socket "%s"\n' "$bin/sallyport" "$socket" >"$work/bin/sallyport"
  printf '#!/bin/sh\nhost=$1; shift\nexec ip netns exec "%s-$host" "$@"\n' "$prefix" >"$work/bin/on"
  chmod 755 "$work/bin/sallyport" "$work/bin/on"
  printf '[ -e ~/.bashrc ] && . ~/.bashrc\nPATH="%s:$PATH"\nPS1="(sallyport lab) \\w \\$ "\n' "$work/bin" >"$work/shell"
}

lab_welcome() {
  local enter=''
  if [ "${SALLYPORT_OWN_USER_NAMESPACE:-}" ]; then enter="nsenter --preserve-credentials --user --net --mount --target $daemon "; fi
  cat <<WELCOME
The lab is up. Hosts: client client2 batch web internet; control socket: $socket
  on client curl http://192.0.2.80/            outbound through the NAT gateway
  on internet curl http://203.0.113.20/        inbound to the public web host
  sallyport status                             also: counters, flows, trace --running …, rule add …
Enter it:  ${enter}bash --rcfile $work/shell
End it:    ./tools/lab down
WELCOME
}
