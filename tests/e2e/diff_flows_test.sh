#!/usr/bin/env bash
# What diff says of live flows before a policy is applied is what happens to them when it is.
. "$(dirname "$0")/lib.sh"

diff_of() { sallyport diff "$1" --running -o json || true; }

what_diff_says_happens() {
  local admitted translated
  policy '.security_groups.web.ingress += [{ protocol: "tcp", from_port: 8080, to_port: 8080, cidr_blocks: ["10.0.2.0/24"] }]' >"$work/before.json"
  policy '.options.on_policy_change = "revalidate"' >"$work/after.json"
  policy . >"$work/kept.json"
  sallyport apply "$work/before.json" >/dev/null 2>&1
  talk admitted client 10.0.1.20 8080 & admitted=$!
  talk translated client 192.0.2.80 80 & translated=$!
  wait_until 5 test -s "$work/admitted.talk" -a -s "$work/translated.talk" || true

  expect "flows that a rule's removal cuts where tracked flows are kept" "0 0" \
    "$(diff_of "$work/kept.json" | jq -r '"\(.flows.cut) \(.flows.dropped)"')"
  diff_of "$work/after.json" >"$work/diff.json"
  expect "flows cut where they are judged again" "1 of 2" "$(jq -r '"\(.flows.cut) of \(.flows.total)"' "$work/diff.json")"
  expect_match "the one that is told of" '^cut .*:8080 no ingress rule of web admits it$' \
    "$(jq -r '.flows.shown[] | "\(.fate) \(.flow.to) \(.reason)"' "$work/diff.json")"
  policy '.network_acls.shut = { ingress: [{ rule_no: 10, action: "deny", protocol: "tcp", cidr_block: "10.0.2.0/24", from_port: 8080, to_port: 8080 },
      { rule_no: 20, action: "allow", protocol: "-1", cidr_block: "0.0.0.0/0" }],
    egress: [{ rule_no: 10, action: "allow", protocol: "-1", cidr_block: "0.0.0.0/0" }] } |
    .subnets[.interfaces["web-1"].subnet].network_acl = "shut"' >"$work/shut.json"
  expect_match "an ACL that breaks a tracked flow" '^dropped forward network-acl-ingress .*/shut, rule 10: SUBNET_ACL_RESTRICTION$' \
    "$(diff_of "$work/shut.json" | jq -r '.flows.shown[] | "\(.fate) \(.path) \(.reason)"')"

  sallyport apply "$work/after.json" >/dev/null 2>&1
  touch "$work/go"
  wait "$admitted" "$translated" || true
  expect "the flow that was to be cut" "answered silence" "$(xargs <"$work/admitted.talk")"
  expect "the flow that was to live" "answered answered" "$(xargs <"$work/translated.talk")"
}

e2e_begin "$@"
lab_network "$e2e_prefix"
what_diff_says_happens
e2e_end
