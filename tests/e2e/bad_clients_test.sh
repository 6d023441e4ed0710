#!/usr/bin/env bash
# Slow, wrong and forbidden clients of the control socket: others are answered, and the gateway goes on.
. "$(dirname "$0")/lib.sh"

ask() { curl --silent --output /dev/null --write-out '%{http_code}' --max-time 8 --unix-socket "$socket" "$@" || true; }

# Clients that are slow, loud or wrong do not keep others from being answered.
socket_abuse() {
  local slow i applies=()
  head -c 1M /dev/zero >"$work/slow"
  curl --silent --output /dev/null --limit-rate 1k --unix-socket "$socket" --data-binary "@$work/slow" http://x/v1/policy & slow=$!
  expect "status beside a slow client" 200 "$(ask http://x/v1/status)"
  expect "a header of 100 KB" 4 "$(ask -H "X: $(head -c 100000 /dev/zero | tr '\0' x)" http://x/v1/status | cut -c 1)"
  expect "an unknown method" 400 "$(ask -X BREW http://x/v1/policy)"
  expect "a method the path does not have" 405 "$(ask -X DELETE http://x/v1/policy)"
  expect "bytes that are no text" 422 "$(printf '\377\376' | ask --data-binary @- http://x/v1/policy)"
  expect "a patch to a policy that is none" 422 "$(ask -X PATCH -d '[{"op":"remove","path":"/subnets/public-a"}]' http://x/v1/policy)"
  for (( i = 0; i < 8; i++ )); do
    policy ".security_groups.web.ingress[1].from_port = $((8000 + i)) | .security_groups.web.ingress[1].to_port = $((8000 + i))" >"$work/many-$i.json"
    sallyport apply "$work/many-$i.json" >/dev/null 2>&1 & applies+=($!)
  done
  for i in "${applies[@]}"; do wait "$i" || expect "eight applies at once" 0 "$?"; done
  expect "each made a generation" 9 "$(sallyport status -o json | jq .policy.generation)"
  kill "$slow" 2>/dev/null || true
}

confirmation() {
  sallyport apply "$work/policy.json" --confirm-within 60s >/dev/null 2>&1
  refused "apply while a confirmation is pending" 4 'waits for a confirmation' apply "$work/many-0.json"
  refused "patch while a confirmation is pending" 4 'waits for a confirmation' \
    rule add sg:web ingress --protocol tcp --port 99 --cidr 10.0.0.0/8
  sallyport rollback >/dev/null 2>&1
  refused "rollback to what is not there" 4 'not in the history' rollback 4711
}

# nobody cannot be had in a user namespace that maps root alone.
strangers() {
  local status=0
  if ! setpriv --reuid 65534 --regid 65534 --clear-groups true 2>/dev/null; then return; fi
  setpriv --reuid 65534 --regid 65534 --clear-groups "$bin/sallyport" status --socket "$socket" >"$work/refused.log" 2>&1 || status=$?
  expect "a stranger: exit status" 4 "$status"
  chmod 666 "$socket"
  status=0
  setpriv --reuid 65534 --regid 65534 --clear-groups "$bin/sallyport" apply "$work/policy.json" --socket "$socket" >"$work/refused.log" 2>&1 || status=$?
  expect "a stranger past the socket's mode: exit status" 4 "$status"
  expect_match "a stranger past the socket's mode: the reason" 'may not change' "$(cat "$work/refused.log")"
  chmod 660 "$socket"
}

sockets() {
  local long status=0
  long=/tmp/$(printf 'x%.0s' {1..120})
  "$bin/sallyport" status --socket "$long" >"$work/refused.log" 2>&1 || status=$?
  expect "a socket path that is too long: exit status" 2 "$status"
  "$bin/sallyport" status --socket "$work/nobody.sock" >"$work/refused.log" 2>&1 || status=$?
  expect "a socket that is not there: exit status" 3 "$status"
}

# A slow client does not keep SIGTERM waiting either.
ends_in_time() {
  local slow before
  curl --silent --output /dev/null --limit-rate 1k --unix-socket "$socket" --data-binary "@$work/slow" http://x/v1/policy & slow=$!
  before=$EPOCHREALTIME
  kill -TERM "$daemon"
  wait_until 10 gone "$daemon" || true
  expect "SIGTERM beside a slow client: within 3 s" true "$(jq -n "$EPOCHREALTIME - $before < 3")"
  kill "$slow" 2>/dev/null || true
}

e2e_begin "$@"
lab_network "$e2e_prefix"
socket_abuse
confirmation
strangers
sockets
expect "packets still pass after all" 200 "$(get client http://192.0.2.80/)"
ends_in_time
e2e_end
