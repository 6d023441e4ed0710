#!/usr/bin/env bash
# Starting and stopping the daemon: what is wrong is said in plain words, and nothing stays behind.
. "$(dirname "$0")/lib.sh"

# refuses TITLE REGEX JQ-FILTER — a gateway document that cannot be had.
refuses() {
  jq "$3" "$top/tools/lab.d/gateway.json" >"$work/broken.json"
  refuses_to_start "$1" "$2" "$work/broken.json" --foreground
}

bad_starts() {
  refuses "a port that does not exist" 'gw-nowhere' '.ports.inside.device = "af_packet:gw-nowhere"'
  refuses "a socket path that is too long" '107|too long' '.control.socket = ("/tmp/" + ("x" * 120))'
  refuses "a missing policy" 'nowhere.json' '.policy = "nowhere.json"'
  refuses "an unknown key" 'did you mean "workers"' 'del(.workers) | .wrokers = 2'
}

second_daemon() {
  jq 'del(.policy) | .ports = { "spare": { "device": "pcap:-,-", "subnets": ["public-a"] } }' "$work/gateway.json" >"$work/second.json"
  refuses_to_start "a second daemon on the socket" 'control.sock' "$work/second.json" --foreground
  expect "the first goes on" 200 "$(get client http://192.0.2.80/)"
}

clean_stop() {
  local status=0
  kill -TERM "$daemon"
  wait_until 5 gone "$daemon" || status=1
  expect "SIGTERM ends it" 0 "$status"
  expect "its socket is gone" gone "$([ -e "$socket" ] && echo there || echo gone)"
  expect "its runtime folder is gone" "" "$(find "$work" -path '*dpdk*' | head -n 3)"
  sallyport status >/dev/null 2>&1 || status=$?
  expect "sallyport status without a daemon: exit status" 3 "$status"
}

survives_a_crash() {
  start_gateway "$work/gateway.json"
  kill -KILL "$daemon"
  wait_until 5 gone "$daemon"
  start_gateway "$work/gateway.json"
  expect "started again after a crash" 200 "$(get client http://192.0.2.80/)"
}

e2e_begin "$@"
world_begin "$e2e_prefix"
lab_hosts
cp "$top/tools/lab.d/policy.json" "$top/tools/lab.d/gateway.json" "$work/"
bad_starts
start_gateway "$work/gateway.json"
second_daemon
clean_stop
survives_a_crash
e2e_end
