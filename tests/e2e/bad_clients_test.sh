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

strangers() {
  local status=0
  if ! $others; then return; fi
  "${stranger[@]}" "$bin/sallyport" status --socket "$socket" >"$work/refused.log" 2>&1 || status=$?
  expect "a stranger: exit status" 4 "$status"
  chmod 666 "$socket"
  status=0
  "${stranger[@]}" "$bin/sallyport" apply "$work/policy.json" --socket "$socket" >"$work/refused.log" 2>&1 || status=$?
  expect "a stranger past the socket's mode: exit status" 4 "$status"
  expect_match "a stranger past the socket's mode: the reason" 'may not change' "$(cat "$work/refused.log")"
  chmod 660 "$socket"
  status=0
  "${reader[@]}" "$bin/sallyport" apply "$work/policy.json" --socket "$socket" >"$work/refused.log" 2>&1 || status=$?
  expect "a reader changes: exit status" 4 "$status"
  status=0
  "${reader[@]}" "$bin/sallyport" status --socket "$socket" >"$work/refused.log" 2>&1 || status=$?
  expect "a reader looks: exit status" 0 "$status"
}

# holding COUNT TEXT — that many connections of a user of the read group say TEXT and then nothing. Ends with $holder.
holding() {
  : >"$work/held"
  # shellcheck disable=SC2016  # perl's own
  "${reader[@]}" perl -MIO::Socket::UNIX -e '
    my ($path, $count, $text) = @ARGV;
    $SIG{PIPE} = "IGNORE";
    my @held;
    for (1 .. $count) {
      my $socket = IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => $path) or die "$path: $!";
      syswrite $socket, $text;
      push @held, $socket;
    }
    syswrite STDOUT, "held";
    sleep 60;' "$socket" "$1" "$2" >"$work/held" & holder=$!
  wait_until 10 test -s "$work/held" || expect "$1 connections" held "$(cat "$work/held")"
}

# Who may change things is answered within a second, however many connections others hold.
crowd() {
  local text before
  for text in '' 'GET /v1/st' $'POST /v1/trace HTTP/1.1\r\nContent-Length: 9\r\n\r\n' $'GET /v1/flows?watch HTTP/1.1\r\n\r\n'; do
    if ! $others && [[ $text == *$'\n'* ]]; then continue; fi  # root's own would be worked for
    holding 200 "$text"
    before=$EPOCHREALTIME
    sallyport status >/dev/null || expect "status beside 200 connections" 0 "$?"
    sallyport apply "$work/policy.json" >/dev/null 2>&1 || expect "apply beside 200 connections" 0 "$?"
    expect "status and apply before the 5 s of 200 x '${text%%$'\r'*}'" true "$(jq -n "$EPOCHREALTIME - $before < 5")"
    kill "$holder"
    wait "$holder" 2>/dev/null || true
  done
  if ! $others; then return; fi
  expect_match "connections turned away: counted" '^[1-9]' "$(sallyport counters -o json | jq .connections_refused.control)"
  expect_match "connections turned away: in the log" 'control socket: no place for a connection of user 65534' "$(cat "$work/sallyportd.log")"
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
# No other user can be had in a user namespace that maps root alone.
others=false reader=() stranger=()
if setpriv --reuid 65534 --regid 65534 --clear-groups true 2>/dev/null; then
  others=true
  reader=(setpriv --reuid 65534 --regid 65534 --clear-groups)  # of nogroup, the read group
  stranger=(setpriv --reuid 65533 --regid 65533 --clear-groups)
fi
world_begin "$e2e_prefix"
lab_hosts
cp "$top/tools/lab.d/policy.json" "$work/"
if $others; then group=nogroup; else group=root; fi
jq --arg group "$group" '.control.read_group = $group' "$top/tools/lab.d/gateway.json" >"$work/gateway.json"
start_gateway "$work/gateway.json"
socket_abuse
confirmation
strangers
crowd
sockets
expect "packets still pass after all" 200 "$(get client http://192.0.2.80/)"
ends_in_time
e2e_end
