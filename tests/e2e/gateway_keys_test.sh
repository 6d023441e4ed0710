#!/usr/bin/env bash
# Keys of the gateway document that the daemon alone obeys, each seen from outside: with the key, and without it.
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/two_hosts.sh"

# gateway_with JQ-FILTER
gateway_with() {
  if [ "${daemon:-}" ]; then stop "$daemon"; fi
  gateway_of 1 af_packet:gw-left af_packet:gw-right "$1"
  start_gateway "$work/gateway.json"
}

# does_not_start TITLE REGEX JQ-FILTER
does_not_start() {
  stop "$daemon"
  gateway_of 1 af_packet:gw-left af_packet:gw-right "$3"
  refuses_to_start "$1" "$2" "$work/gateway.json"
}

metrics() { get_as '%{http_code}' gateway http://127.0.0.1:9467/metrics; }

# Without a policy nobody is anybody's router: one knows the port's link address from elsewhere.
policy_and_metrics() {
  gateway_with 'del(.policy)'
  ip -n "$(namespace one)" neighbour replace 10.9.1.1 dev eth0 \
    lladdr "$(ip -n "$(namespace gateway)" -j link show gw-left | jq -r '.[0].address')"
  expect "without a policy" no "$(pinged one 10.9.2.10)"
  expect_match "without a policy, is counted" '^[1-9]' "$(dropped_as NO_POLICY)"
  expect "without a listener" "connection refused" "$(metrics)"
  gateway_with '.metrics.listen = "127.0.0.1:9467"'
  expect "with a policy" "20 received" "$(ping_through one 10.9.2.10)"
  expect "with a listener" 200 "$(metrics)"
}

budgets() {
  jq '.security_groups.all.ingress += [range(4000) | { protocol: "tcp", from_port: (2 * .), to_port: (2 * .), cidr_blocks: ["10.9.\(. % 2 + 1).0/24"] }]' \
    "$work/policy.json" >"$work/larger.json"
  does_not_start "a budget of one row" 'the budget rows' '.budget.rows = 1 | .policy = "larger.json"'
  does_not_start "a budget of one predicate" 'the budget predicates' '.budget.predicates = 1 | .policy = "larger.json"'
  does_not_start "a budget of little memory" 'the budget memory' '.budget.memory = "1MiB" | .policy = "larger.json"'
  gateway_with '.policy = "larger.json"'
  expect "without a budget" "20 received" "$(ping_through one 10.9.2.10)"
}

another_socket() {
  local usual=$socket
  socket=$work/other.sock
  gateway_with '.control.socket = "other.sock"'
  expect "the socket that is written" "1 there" "$(sallyport status -o json | jq .policy.generation) $([ -e "$socket" ] && echo there)"
  expect "not the usual one" missing "$([ -e "$usual" ] && echo there || echo missing)"
}

# as GROUPS COMMAND... — a command of sallyport by nobody who is in these groups too; its exit status.
as() {
  local groups=$1 status=0
  shift
  setpriv --reuid 65534 --regid 65534 --groups "$groups" "$bin/sallyport" "$@" --socket "$socket" >"$work/as.log" 2>&1 || status=$?
  printf %d "$status"
}

# Only root of the machine can be somebody else; 1 and 2 are Debian's daemon and bin.
who_may() {
  if ! setpriv --reuid 65534 --regid 65534 --groups 1,2 "$bin/sallyport" --version >/dev/null 2>&1; then say "skipped: groups of the socket: needs root"; return; fi
  gateway_with '.control.read_group = "daemon" | .control.write_group = "bin"'
  expect "one who may neither" 4 "$(as 65534 status)"
  expect "one who may look" 0 "$(as 1 status)"
  expect "one who may look alone" 4 "$(as 1 apply "$work/policy.json")"
  expect "one who may change" 0 "$(as 1,2 apply "$work/policy.json")"
  gateway_with .
  expect "none of them without the keys" "4 4" "$(as 1 status) $(as 1,2 apply "$work/policy.json")"
}

e2e_begin "$@"
world_begin "$e2e_prefix"
two_hosts
policy_and_metrics
budgets
who_may
another_socket
e2e_end
