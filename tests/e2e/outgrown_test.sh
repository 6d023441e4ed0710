#!/usr/bin/env bash
# Live changes under a small budget: once what they left behind goes over it, the daemon compiles the policy whole and goes on live. Each
# change is seen on packets, and none is lost meanwhile.
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/two_hosts.sh"

admitted() { printf '%s' "--protocol tcp --port 80 --cidr 10.9.1.10/32"; }
whole() { grep -c 'live changes have left too much behind' "$work/sallyportd.log" || true; }

# Who is admitted by one rule alone, which comes and goes.
start_small() {
  jq '.security_groups.all.ingress = [{ protocol: "icmp", cidr_blocks: ["0.0.0.0/0"] }]' "$work/policy.json" >"$work/small.json"
  gateway_of 1 af_packet:gw-left af_packet:gw-right '.policy = "small.json" | .budget = { rows: 3 }'
  start_gateway "$work/gateway.json"
  start_web_server two
}

changes_until_outgrown() {
  local round rule seen=
  read -r -a rule <<<"$(admitted)"
  for round in {1..12}; do
    sallyport rule add all ingress "${rule[@]}" >"$work/change.log" 2>&1 || cat "$work/change.log"
    seen+="$(get one http://10.9.2.10/ --connect-timeout 1) "
    sallyport rule remove all ingress "${rule[@]}" >"$work/change.log" 2>&1 || cat "$work/change.log"
  done
  expect "each rule that was added is seen" "$(printf '200 %.0s' {1..12})" "$seen"
  expect "and once it is gone" "no answer" "$(get one http://10.9.2.10/ --connect-timeout 1)"
  expect "generations" 25 "$(sallyport status -o json | jq .policy.generation)"
  expect_match "compiled whole some times, not each time" '^[2-9]$' "$(whole)"
  expect "the hash is that of what was applied" "$(sallyport history -o json | jq -r '.generations[-1].hash')" \
    "$(sallyport status -o json | jq -r .policy.hash)"
  expect "decisions made again, that were others" 0 "$(sallyport status -o json | jq .self_check.mismatched)"
}

e2e_begin "$@"
world_begin "$e2e_prefix"
two_hosts
start_small
in_host one ping -n -i 0.01 -w 55 10.9.2.10 >"$work/ping.log" 2>&1 & pings=$!
changes_until_outgrown
# shellcheck disable=SC2046  # what runs in the client's namespace: ping, whose parent here ignores the signal
kill -INT $(ip netns pids "$(namespace one)") 2>/dev/null || true
wait "$pings" || true
grep -oP 'bytes from .* icmp_seq=\K[0-9]+' "$work/ping.log" | sort -n >"$work/answered" || true
answers=$(wc -l <"$work/answered")
expect "pings are answered beside the changes" yes "$( (( answers >= 20 )) && echo yes || echo "$answers answers")"
expect "no ping lost" "$(( $(tail -n 1 "$work/answered") - $(head -n 1 "$work/answered") + 1 )) answers" "$answers answers"
e2e_end
