#!/usr/bin/env bash
# Policies replaced under load: downloads live through 100 applies, bad policies change nothing, groups bite where AWS says so.
. "$(dirname "$0")/lib.sh"

# download HOST URL [curl options]
download() {
  local host=$1 url=$2
  shift 2
  in_host "$host" curl --silent --show-error --fail --limit-rate 4M --max-time 50 --output "$work/$host.file" "$@" "$url" 2>"$work/$host.err"
}

# finish PID — waits; curl's exit status is in $ended.
finish() { ended=0; wait "$1" || ended=$?; }

running_generation() { sallyport status -o json | jq .policy.generation; }

downloads_survive() {
  local through_nat to_public i applied=0
  policy . >"$work/a.json"
  policy '.security_groups.web.ingress += [{ protocol: "tcp", from_port: 8080, to_port: 8080, cidr_blocks: ["0.0.0.0/0"] }]' >"$work/b.json"
  download client http://192.0.2.80/large & through_nat=$!
  download internet http://203.0.113.20/large & to_public=$!
  wait_until 5 test -s "$work/client.file" -a -s "$work/internet.file" || true
  for (( i = 0; i < 50; i++ )); do
    if sallyport apply "$work/b.json" >>"$work/apply.log" 2>&1; then applied=$((applied + 1)); fi
    if sallyport apply "$work/a.json" >>"$work/apply.log" 2>&1; then applied=$((applied + 1)); fi
  done
  expect "applies" 100 "$applied"
  expect "both downloads still run" "yes yes" "$(kill -0 $through_nat && echo yes) $(kill -0 $to_public && echo yes)"
  finish "$through_nat"
  expect "the download through the NAT gateway" 0 "$ended"
  finish "$to_public"
  expect "the download from the public host" 0 "$ended"
  expect "their sizes" "67108864 67108864" "$(stat -c %s "$work/client.file" "$work/internet.file" | xargs)"
}

# bad TITLE FILE — refused with exit status 2 while the policy in force stays.
bad() {
  local before status=0
  before=$(running_generation)
  sallyport apply "$2" >"$work/bad.log" 2>&1 || status=$?
  expect "$1: exit status" 2 "$status"
  expect_match "$1: an error that says why" 'error|cannot read' "$(cat "$work/bad.log")"
  expect "$1: the generation in force" "$before" "$(running_generation)"
}

bad_policies_change_nothing() {
  : >"$work/empty.json"
  head -c 700 "$top/tools/lab.d/policy.json" >"$work/truncated.json"
  policy '.interfaces["web-1"].security_groups = ["wbe"]' >"$work/dangling.json"
  policy '.vpc.ipv6_cidr_blocks = ["2001:db8:10::/56"]' >"$work/ipv6.json"
  printf 'SPI?garbage' >"$work/foreign.spi"
  bad "an empty file" "$work/empty.json"
  bad "a truncated document" "$work/truncated.json"
  bad "a dangling name" "$work/dangling.json"
  bad "what this version refuses" "$work/ipv6.json"
  bad "a foreign image" "$work/foreign.spi"
  bad "a missing file" "$work/nowhere.json"
  expect "and packets still pass" 200 "$(get client http://192.0.2.80/)"
}

same_policy_is_no_new_generation() {
  local before
  before=$(running_generation)
  sallyport apply "$work/a.json" >/dev/null 2>&1
  expect "the same policy again" "$before" "$(running_generation)"
}

# Untracked (any source, everything out): the rule's end is the connection's end. Tracked (a narrower source): it lives on.
group_edits_bite_where_flows_are_untracked() {
  local untracked tracked
  policy '.security_groups.web.ingress += [{ protocol: "tcp", from_port: 8080, to_port: 8080, cidr_blocks: ["10.0.2.0/24"] }]' >"$work/open.json"
  policy 'del(.security_groups.web.ingress[0])' >"$work/closed.json"
  sallyport apply "$work/open.json" >/dev/null 2>&1
  talk untracked internet 203.0.113.20 80 & untracked=$!
  talk tracked client 10.0.1.20 8080 & tracked=$!
  wait_until 5 test -s "$work/untracked.talk" -a -s "$work/tracked.talk" || true
  sallyport apply "$work/closed.json" >/dev/null 2>&1
  touch "$work/go"
  wait "$untracked" "$tracked" || true
  expect "an untracked connection whose rule is gone" "answered silence" "$(xargs <"$work/untracked.talk")"
  expect "a tracked connection whose rule is gone" "answered answered" "$(xargs <"$work/tracked.talk")"
  expect "a new connection" "no answer" "$(get client http://10.0.1.20:8080/)"
  sallyport rollback >/dev/null 2>&1
  expect "a new connection after rollback" 200 "$(get client http://10.0.1.20:8080/)"
}

e2e_begin "$@"
lab_network "$e2e_prefix"
downloads_survive
bad_policies_change_nothing
same_policy_is_no_new_generation
group_edits_bite_where_flows_are_untracked
e2e_end
