# shellcheck shell=bash
# What `./tools/lab demo` shows: one line each, with what was expected and what was seen. Sourced by tools/lab.

unexpected=0

# shown TITLE EXPECTED SEEN — a line; SEEN must be EXPECTED.
shown() {
  local verdict='ok    '
  if [ "$2" != "$3" ]; then verdict='FAILED'; unexpected=$((unexpected + 1)); fi
  printf '%s  %-46s expected: %-44s seen: %s\n' "$verdict" "$1" "$2" "$3"
}

# trace_of JQ-FILTER trace-options... — one value of a trace through the running policy.
trace_of() {
  local filter=$1
  shift
  sallyport trace --running -o json "$@" 2>>"$work/trace.err" | jq -r "$filter"
}

trace_lines() { sallyport trace --running "$@" 2>&1 | sed 's/^/          /' || true; }

show_outbound() {
  local seen
  shown "outbound through SNAT" "200 from 203.0.113.5" "$(get_seen client http://192.0.2.80/)"
  seen=$(in_host client ping -c 3 -i 0.2 -W 2 192.0.2.80 | grep -oE '[0-9]+ received' || true)
  shown "ping through SNAT" "3 received" "$seen"
  shown "dig over UDP through SNAT" "192.0.2.80" "$(in_host client dig +short +time=2 +tries=1 @192.0.2.53 www.example.net)"
  shown "dig over TCP through SNAT" "192.0.2.80" "$(in_host client dig +short +tcp +time=2 +tries=1 @192.0.2.53 www.example.net)"
}

show_inbound() {
  shown "inbound to a public address" "200 from 192.0.2.99" "$(get_seen internet http://203.0.113.20/)"
}

show_refused_port() {
  local flow=(--proto tcp --from 192.0.2.99 --to 203.0.113.20:8080)
  shown "a port that no rule admits" "no answer" "$(get internet http://203.0.113.20:8080/)"
  shown "the trace that explains it" "deny ENI_SG_RULES_MISMATCH ingress" \
    "$(trace_of '"\(.verdict) \(.code) \(.direction)"' "${flow[@]}")"
  trace_lines "${flow[@]}"
}

show_acl_deny() {
  shown "a port that the network ACL denies" "no answer" "$(get internet http://203.0.113.20:8081/)"
  shown "the trace that explains it" "deny SUBNET_ACL_RESTRICTION rule 50" \
    "$(trace_of '"\(.verdict) \(.code) rule \(.rule | if type == "object" then .name else . end)"' --proto tcp --from 192.0.2.99 --to 203.0.113.20:8081)"
}

show_live_rule() {
  local download before after
  in_host client curl --silent --show-error --limit-rate 8M --max-time 60 --output "$work/download" http://192.0.2.80/large 2>"$work/download.err" &
  download=$!
  wait_until 5 test -s "$work/download" || true
  before=$(get internet http://203.0.113.20:8080/)
  sallyport rule add sg:web ingress --protocol tcp --port 8080 --cidr 0.0.0.0/0 --description "opened live" >"$work/rule.log" 2>&1 || cat "$work/rule.log"
  after=$(get internet http://203.0.113.20:8080/)
  shown "sallyport rule add, live" "no answer, then 200" "$before, then $after"
  shown "a download meanwhile" "running" "$(kill -0 "$download" 2>/dev/null && echo running || echo over)"
  wait "$download" || true
  shown "the same download, at its end" "67108864 bytes" "$(stat -c %s "$work/download" 2>/dev/null || echo 0) bytes"
}

show_unsolicited() {
  local before
  before=$(dropped_as NAT_NO_SESSION)
  shown "an unsolicited connection to the NAT address" "no answer" "$(get internet http://203.0.113.5/)"
  shown "its counter" "NAT_NO_SESSION rose" \
    "NAT_NO_SESSION $( (( $(dropped_as NAT_NO_SESSION) > before )) && echo rose || echo unchanged)"
}

show_reply_trap() {
  local flow=(--proto tcp --from 10.0.3.10 --to 192.0.2.80:80)
  shown "a stateless ACL that forgot the replies" "no answer" "$(get batch http://192.0.2.80/)"
  shown "the trace that explains it" "deny SUBNET_ACL_RESTRICTION path reply" \
    "$(trace_of '"\(.verdict) \(.code) path \(.path)"' "${flow[@]}")"
  trace_lines "${flow[@]}"
}

lab_demo() {
  show_outbound
  show_inbound
  show_refused_port
  show_acl_deny
  show_live_rule
  show_unsolicited
  show_reply_trap
  if (( unexpected )); then
    say "$unexpected of these were not as expected; the gateway's last words:"
    tail -n 15 "$work/sallyportd.log"
    return 1
  fi
  say "everything was as expected"
}
