#!/usr/bin/env bash
# Broken, huge and hostile files: a clear error, the right exit status, and the gateway goes on with the policy it had.
. "$(dirname "$0")/lib.sh"

# everywhere TITLE REGEX FILE — refused by the offline commands, by apply, and by a daemon that is asked about it.
everywhere() {
  local command
  for command in check show apply; do refused "$command $1" 2 "$2" "$command" "$3"; done
  start_with "$1" "$2" "$3" --check
}

# start_with TITLE REGEX FILE [OPTION] — a daemon that is to start with this policy does not.
start_with() {
  jq --arg file "$3" '.policy = $file | .control.socket = "other.sock" | .ports = { "spare": { "device": "pcap:-,-", "subnets": ["public-a"] } }' \
    "$work/gateway.json" >"$work/other.json"
  refuses_to_start "sallyportd ${*:4} with $1" "$2" "$work/other.json" "${@:4}"
}

documents() {
  policy '.security_groups.web.ingress[0].to_port = 65536' >"$work/range.json"
  policy '.security_groups.web.ingress[0].to_port = 1e300' >"$work/number.json"
  { policy . | head -n -1; printf ', "deep": '; head -c 100000 /dev/zero | tr '\0' '['; } >"$work/deep.json"
  everywhere "a port out of range" '65536' "$work/range.json"
  everywhere "a number beyond all ranges" 'error' "$work/number.json"
  everywhere "deep nesting" 'nested more than 64 deep' "$work/deep.json"
}

# A document with 100,000 errors: the first hundred and the count, in seconds and little memory.
many_errors() {
  local status=0
  policy . | jq -c '.security_groups.web.ingress = [range(100000) | { protocol: "tcp", from_port: 1, to_port: 70000, cidr_blocks: ["0.0.0.0/0"] }]' \
    | sed 's/{"protocol"/\n&/g' >"$work/errors.json"
  ( ulimit -v 1048576; timeout 10 "$bin/sallyport" check "$work/errors.json" >"$work/errors.log" 2>&1 ) || status=$?
  expect "100,000 errors: exit status" 2 "$status"
  expect "100,000 errors: how many are printed" 100 "$(grep -c 'errors.json:.* error: ' "$work/errors.log")"
  expect "100,000 errors: the last line" "... and 99900 more errors" "$(tail -n 1 "$work/errors.log")"
  expect "100,000 errors: short" 1 "$(( $(stat -c %s "$work/errors.log") < 100000 ))"
}

images() {
  sallyport compile "$work/policy.json" -o "$work/good.spi" >/dev/null 2>&1
  local size
  size=$(stat -c %s "$work/good.spi")
  head -c $((size / 2)) "$work/good.spi" >"$work/short.spi"
  head -c 10 "$work/good.spi" >"$work/shorter.spi"
  { cat "$work/good.spi"; echo more; } >"$work/longer.spi"
  cp "$work/good.spi" "$work/altered.spi"
  printf '\377' | dd of="$work/altered.spi" bs=1 seek=$((size / 2)) conv=notrunc status=none
  cp "$work/good.spi" "$work/newer.spi"
  printf '\377' | dd of="$work/newer.spi" bs=1 seek=8 conv=notrunc status=none
  everywhere "half an image" 'image|truncated|cut' "$work/short.spi"
  everywhere "the first bytes of an image" 'image|truncated|cut' "$work/shorter.spi"
  everywhere "an image with bytes behind it" 'image|bytes' "$work/longer.spi"
  everywhere "an altered image" 'checksum|altered|damaged' "$work/altered.spi"
  everywhere "a newer image" 'version|newer' "$work/newer.spi"
  start_with "an altered image" 'checksum|altered|damaged' "$work/altered.spi"
}

bytes() { local byte; for byte in "$@"; do printf '%b' "\\x$byte"; done; }

# A capture of three datagrams from a client to the internet: 24 bytes of header, then 16 and 46 a record.
capture() {
  local second
  bytes d4 c3 b2 a1 02 00 04 00 00 00 00 00 00 00 00 00 ff ff 00 00 01 00 00 00
  for second in 01 02 03; do
    bytes "$second" 00 00 00 00 00 00 00 2e 00 00 00 2e 00 00 00
    bytes 02 00 00 00 00 01 02 00 00 00 02 0a 08 00 45 00 00 20 00 00 40 00 40 11 6c 73 0a 00 02 0a c0 00 02 50
    bytes 9c 40 00 35 00 0c 00 00 61 62 63 64
  done
}

# replayed TITLE STATUS FORWARDED REGEX FILE — packets before the damage, and what is said about it.
replayed() {
  local status=0
  sallyport replay --policy "$work/policy.json" --capture "$5" -o json >"$work/replay.json" 2>"$work/replay.err" || status=$?
  expect "replay of $1: exit status" "$2" "$status"
  expect "replay of $1: packets in and forwarded" "$3 $3" "$(jq -r '"\(.packets.in) \(.packets.forwarded)"' "$work/replay.json")"
  expect_match "replay of $1: what is said" "$4" "$(cat "$work/replay.err")"
}

captures() {
  capture >"$work/whole.pcap"
  head -c 160 "$work/whole.pcap" >"$work/cut.pcap"      # inside the third record
  head -c 90 "$work/whole.pcap" >"$work/cut-header.pcap"  # inside the second's header
  cp "$work/whole.pcap" "$work/length.pcap"
  bytes ff ff ff 7f | dd of="$work/length.pcap" bs=1 seek=$((24 + 62 + 8)) conv=notrunc status=none
  replayed "a whole capture" 0 3 '^$' "$work/whole.pcap"
  replayed "a truncated capture" 0 2 'cut.pcap: record 3 at byte 148: ' "$work/cut.pcap"
  replayed "a capture that ends in a record's header" 0 1 'cut-header.pcap: record 2 at byte 86: ' "$work/cut-header.pcap"
  replayed "a record of absurd length" 0 1 'length.pcap: record 2 at byte 86: ' "$work/length.pcap"
  head -c 10 "$work/whole.pcap" >"$work/stub.pcap"
  refused "replay of a capture without its header" 2 'stub.pcap' replay --policy "$work/policy.json" --capture "$work/stub.pcap"
}

# Standard input has one name, whatever is said of it.
standard_input() {
  expect_match "check of a good document at standard input" '^standard input: ok' "$(sallyport check - <"$work/policy.json" 2>/dev/null)"
  expect_match "check of a bad one" '^standard input:' "$(head -c 700 "$work/policy.json" | sallyport check - 2>&1 || true)"
}

resident() { awk '/^VmRSS/ { print int($2 / 1024) }' "/proc/$daemon/status"; }  # MiB

# 200 MiB: a policy behind white space is a policy, half of one is none; both are read while packets pass, and the memory comes back.
huge() {
  local before
  before=$(resident)
  { head -c 200M /dev/zero | tr '\0' ' '; head -c 700 "$work/policy.json"; } >"$work/huge.json"
  refused "check of a huge document" 2 'ends inside' check "$work/huge.json"
  sallyport apply "$work/huge.json" >"$work/huge.log" 2>&1 &
  local apply=$! status=0 seen=''
  while kill -0 "$apply" 2>/dev/null; do seen+="$(get client http://192.0.2.80/) "; sleep 0.2; done
  wait "$apply" || status=$?
  expect "apply of a huge document: exit status" 2 "$status"
  expect "requests while it is read" 200 "$(tr ' ' '\n' <<<"$seen" | sed '/^$/d' | sort -u | xargs)"
  expect "the memory it took is given back" 1 "$(( $(resident) - before < 64 ))"
  rm "$work/huge.json"
}

e2e_begin "$@"
lab_network "$e2e_prefix"
documents
many_errors
images
captures
standard_input
huge
expect "the generation in force after all of it" 1 "$(sallyport status -o json | jq .policy.generation)"
expect "packets still pass" 200 "$(get client http://192.0.2.80/)"
e2e_end
